"""Worlds in which somebody publishes settings: addresses from a table, records from a real name server."""

import asyncio
from collections.abc import Mapping

from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpLimits, HttpsClient
from profilegen.net.policy import Encryption
from profilegen.ports import MxRecord, Records, SettingsSource, SrvRecord
from profilegen.settings.candidates import Answer
from tests.discovery.world import YOU
from tests.lab.certificates import Authority
from tests.lab.dns import resolver_at
from tests.lab.https import HttpsServer

CONFIG = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.test">
  <incomingServer type="imap"><hostname>imap.example.test</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.test</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""

SERVERS = ["imap://imap.example.test:993/tls", "smtp://smtp.example.test:587/starttls"]
"""The endpoints of CONFIG."""

PATH = "/mail/config-v1.1.xml"


class HostsAndRecords(FixedHosts):
    """
    Implements `ports.Resolver`: addresses from a table, since servers get theirs when they start; records from DNS.

    `asked` holds every name anybody wanted to know something about.
    """

    def __init__(self, table: Mapping[str, tuple[str, ...]], dns: str) -> None:
        super().__init__(table)
        self._dns = resolver_at(dns)
        self.asked: list[str] = []

    async def addresses(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        return await super().addresses(host)

    async def mx(self, domain: str) -> Records[MxRecord]:
        self.asked.append(domain)
        return await self._dns.mx(domain)

    async def srv(self, name: str) -> Records[SrvRecord]:
        self.asked.append(name)
        return await self._dns.srv(name)

    async def txt(self, name: str) -> Records[str]:
        self.asked.append(name)
        return await self._dns.txt(name)

    async def cname(self, name: str) -> str | None:
        self.asked.append(name)
        return await self._dns.cname(name)


def world_of(dns: str, hosts: Mapping[str, HttpsServer]) -> HostsAndRecords:
    """Return the resolver of a world with these web servers."""
    return HostsAndRecords({name: (running.address,) for name, running in hosts.items()}, dns)


def client_in(
    resolver: FixedHosts, authority: Authority, *, encryption: Encryption = Encryption.REQUIRED, total: float = 6.0
) -> HttpsClient:
    """Return our HTTP client in a world."""
    limits = HttpLimits(connect=min(3.0, total), total=total)
    return HttpsClient(resolver=resolver, trust=authority.trust, encryption=encryption, limits=limits)


def find(source: SettingsSource) -> Answer:
    """Ask a source about YOU."""
    return asyncio.run(source.find(YOU))
