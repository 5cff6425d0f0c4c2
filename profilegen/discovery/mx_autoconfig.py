"""What the domain of the MX hosts publishes over https (draft-ietf-mailmaint-autoconfig, locations 3.1 and 3.2)."""

from collections.abc import Iterable

from profilegen.address import Address
from profilegen.discovery.configfile import PATH, ConfigFiles, Place, with_address
from profilegen.discovery.gateways import is_gateway
from profilegen.discovery.refusal import refusal
from profilegen.net.domains import registrable_domain
from profilegen.ports import Clock, Http, Resolver
from profilegen.settings.candidates import Answer, Tier

MAX_DOMAINS = 4


class MxAutoconfigSource:
    """
    Implements `ports.SettingsSource` over the domains of all MX hosts, by ascending preference.

    Tier 4: whoever receives the mail of a domain need not be the one who keeps its mailboxes. Filter services, which
    only pass mail on, are not asked, nor is the mail domain itself or a domain above it.
    """

    kind = "mx-autoconfig"

    def __init__(self, *, resolver: Resolver, http: Http, clock: Clock) -> None:
        self._resolver = resolver
        self._files = ConfigFiles(kind=self.kind, http=http, clock=clock)

    async def find(self, address: Address) -> Answer:
        """Return the servers of all files; raises WorldProblem if the MX records or every file could not be had."""
        answer = await self._resolver.mx(address.domain)
        hosts = [record.host for record in answer.records if record.host and not is_gateway(record.host)]
        places = [_place(domain, address, dnssec=answer.authenticated) for domain in _domains(hosts, address.domain)]
        return await self._files.answer(places, address)


def _domains(hosts: Iterable[str], own: str) -> list[str]:
    """The domains to ask, at most `MAX_DOMAINS`: without its first label, and registrable, for every host."""
    names = (name for host in hosts for name in (host.partition(".")[2], registrable_domain(host)) if name)
    domains = dict.fromkeys(name for name in names if not _is_at_or_above(name, own) and refusal(name) is None)
    return list(domains)[:MAX_DOMAINS]


def _is_at_or_above(name: str, own: str) -> bool:
    return f".{own}".endswith(f".{name}")


def _place(domain: str, address: Address, *, dnssec: bool) -> Place:
    url = f"https://autoconfig.{domain}{PATH}"
    return Place(
        first=with_address(url, address),
        second=url,
        refusals=range(400, 429),
        tier=Tier.T4,
        says=f"published by {domain}, where the MX records lead",
        dnssec=dnssec,
    )
