"""One question to one server and its bounded answer, on connections kept open between questions."""

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from profilegen import __version__
from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.net.failures import problem, translated
from profilegen.net.opened import Opened
from profilegen.net.policy import Encryption
from profilegen.ports import Resolver

if TYPE_CHECKING:
    from httpx2 import URL, AsyncHTTPTransport, Response

MAX_ADDRESSES = 4
NOT_SENT = ("connect_timeout", "refused", "no_route")
"""Codes of failures after which the server cannot have seen the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """
    How long one question may take and how large its answer may be.

    `connect` and `total` in seconds, per attempt; `largest` in bytes; `connections` open at a time.
    """

    connect: float = 5.0
    total: float = 30.0
    largest: int = 16 * 1024 * 1024
    connections: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request as it leaves: a full URL, headers that may hold a key, a body."""

    method: str
    url: "URL"
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One answer: header names lower-case, several headers of one name joined by ", "."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Exchange:
    """
    Sends requests to addresses of our own resolver, over verified TLS, following no redirect.

    Without TLS only a server on this machine is talked to, unless `encryption` says otherwise: a key travels in every
    request.
    """

    def __init__(
        self,
        *,
        resolver: Resolver,
        trust: Callable[[], ssl.SSLContext],
        limits: ClientLimits,
        encryption: Encryption,
    ) -> None:
        self._resolver = resolver
        self._make_trust = trust
        self._limits = limits
        self._encryption = encryption
        # one pool per host name: connections are found by address, and two names may share one
        self._pools: dict[str, AsyncHTTPTransport] = {}
        self._slots = asyncio.Semaphore(limits.connections)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._make_trust()

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Return the answer; raises NetworkProblem with a code of `profilegen.net.failures`, ConfigProblem."""
        host = outgoing.url.raw_host.decode("ascii")
        try:
            async with self._slots, asyncio.timeout(self._limits.total):
                return await self._send(outgoing, host)
        except TimeoutError as exc:
            raise problem(host, f"no complete answer within {self._limits.total:g} seconds", "timeout") from exc

    async def close(self) -> None:
        """Close every connection."""
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.aclose()

    async def _send(self, outgoing: Outgoing, host: str) -> Incoming:
        addresses = await self._addresses(outgoing.url, host)
        for address in addresses[:-1]:
            try:
                return await self._send_to(address, outgoing, host)
            except NetworkProblem as failure:
                if failure.code not in NOT_SENT:
                    raise
        return await self._send_to(addresses[-1], outgoing, host)

    async def _addresses(self, url: "URL", host: str) -> tuple[str, ...]:
        found = (await self._resolver.addresses(host))[:MAX_ADDRESSES]
        if not found:
            raise problem(host, "there is no such host", "no_such_host")
        here = all(ipaddress.ip_address(address).is_loopback for address in found)
        if url.scheme != "https" and self._encryption is Encryption.REQUIRED and not here:
            raise ConfigProblem(
                f"{host} is not on this machine and its URL begins with http: the key would travel unencrypted.",
                hint="Write https, or allow plain http for this server in words.",
                code="plain_http",
            )
        return found

    async def _send_to(self, address: str, outgoing: Outgoing, host: str) -> Incoming:
        import httpx2

        opened = Opened()
        request = httpx2.Request(
            outgoing.method,
            outgoing.url.copy_with(host=address),
            headers={**_fixed(outgoing.url), **outgoing.headers},
            content=outgoing.body,
            extensions={
                "sni_hostname": host,
                "timeout": {"connect": self._limits.connect, "pool": self._limits.total},
                "trace": opened.note,
            },
        )
        try:
            response = await self._pool(host).handle_async_request(request)
            try:
                return await self._read(response, host)
            finally:
                await response.aclose()
        except httpx2.TransportError as exc:
            await opened.close()
            raise translated(exc, host) from exc
        except BaseException:  # a cancelled handshake leaves its connection open, and nobody else knows of it
            await opened.close()
            raise

    def _pool(self, host: str) -> "AsyncHTTPTransport":
        import httpx2

        if host not in self._pools:
            limits = httpx2.Limits(max_connections=self._limits.connections)
            self._pools[host] = httpx2.AsyncHTTPTransport(verify=self._trust, trust_env=False, limits=limits)
        return self._pools[host]

    async def _read(self, response: "Response", host: str) -> Incoming:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise problem(host, "the answer has an encoding that was not asked for", "bad_encoding")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limits.largest:
                raise problem(host, f"the answer is larger than {self._limits.largest >> 10} KiB", "too_large")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Incoming(status=response.status_code, headers=headers, body=bytes(body))


def _fixed(url: "URL") -> dict[str, str]:
    """The headers of every request; `Host` because it goes to an address."""
    return {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"profilegen/{__version__}",
        "Accept-Encoding": "identity",
    }
