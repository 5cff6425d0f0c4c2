"""The one resolver of the program, on dnspython."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from profilegen.errors import ConfigProblem, ResolverProblem
from profilegen.ports import MxRecord, Records, SrvRecord

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver
    from dns.name import Name
    from dns.resolver import Answer

TRY_SECONDS = 2.0
TRIES = 2
_EDNS_PAYLOAD = 1232  # bytes; fits every path without fragments


class DnsResolver:
    """
    Implements `ports.Resolver` and `ports.ReverseResolver`.

    It asks the given name servers ("ip", "ip:port" or "[ip6]:port"), else the system's.
    Every question waits at most `TRY_SECONDS` times `TRIES`. `localhost` (RFC 6761) and IP literals are answered here.
    The AD bit is asked for (RFC 6840 section 5.7) and believed only from a name server on this machine: on the way
    from any other one, whoever can forge the answer can forge the bit. Raises ConfigProblem for a bad server.
    """

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._servers = tuple(_server(text) for text in servers)
        self._engine: Resolver | None = None

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return all addresses, IPv6 first; fails only if one family could not be asked and the other has none."""
        literal = _literal(host)
        if literal is not None:
            return (literal,)
        if _is_localhost(host):
            return ("::1", "127.0.0.1")
        six, four = await asyncio.gather(self._family(host, "AAAA"), self._family(host, "A"))
        found = [address for family in (six, four) if isinstance(family, tuple) for address in family]
        problem = next((family for family in (six, four) if isinstance(family, ResolverProblem)), None)
        if not found and problem is not None:
            raise problem
        return tuple(found)

    async def mx(self, domain: str) -> Records[MxRecord]:
        """Return the MX records by ascending preference, then name."""
        answer = await self._ask(domain, "MX")
        records = [MxRecord(preference=row.preference, host=_host(row.exchange)) for row in _rows(answer)]
        records.sort(key=lambda record: (record.preference, record.host))
        return Records(records=tuple(records), authenticated=_authenticated(answer), ttl=_ttl(answer))

    async def srv(self, name: str) -> Records[SrvRecord]:
        """Return the SRV records of a full name."""
        answer = await self._ask(name, "SRV")
        records = tuple(
            SrvRecord(priority=row.priority, weight=row.weight, port=row.port, target=_host(row.target))
            for row in _rows(answer)
        )
        return Records(records=records, authenticated=_authenticated(answer), ttl=_ttl(answer))

    async def txt(self, name: str) -> Records[str]:
        """Return the TXT records, the strings of each joined; bytes that are no UTF-8 are replaced."""
        answer = await self._ask(name, "TXT")
        records = tuple(b"".join(row.strings).decode("utf-8", "replace") for row in _rows(answer))
        return Records(records=records, authenticated=_authenticated(answer), ttl=_ttl(answer))

    async def cname(self, name: str) -> str | None:
        """Return where a CNAME record of this very name points."""
        answer = await self._ask(name, "CNAME")
        return next((_host(row.target) for row in _rows(answer)), None)

    async def ptr(self, address: str) -> tuple[str, ...]:
        """Return the names of an IP address."""
        import dns.reversename

        answer = await self._ask(dns.reversename.from_address(address).to_text(), "PTR")
        return tuple(_host(row.target) for row in _rows(answer))

    async def _family(self, host: str, kind: str) -> tuple[str, ...] | ResolverProblem:
        try:
            return tuple(str(row.address) for row in _rows(await self._ask(host, kind)))
        except ResolverProblem as problem:
            return problem

    async def _ask(self, name: str, kind: str) -> "Answer | None":
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            return await self._resolver().resolve(name, kind, search=False, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return None
        except (dns.exception.Timeout, OSError) as exc:
            raise _problem(name, "no name server answered in time", "dns_timeout") from exc
        except dns.resolver.NoResolverConfiguration as exc:
            raise _problem(name, "this machine has no name server configured", "dns_unavailable") from exc
        except dns.exception.DNSException as exc:
            raise _problem(name, "the name servers could not answer", "dns_unavailable") from exc

    def _resolver(self) -> "Resolver":
        if self._engine is None:
            self._engine = self._configured()
        return self._engine

    def _configured(self) -> "Resolver":
        import dns.asyncresolver
        import dns.flags
        import dns.nameserver

        engine = dns.asyncresolver.Resolver(configure=not self._servers)
        if self._servers:
            engine.nameservers = [dns.nameserver.Do53Nameserver(ip, port) for ip, port in self._servers]
        engine.timeout = TRY_SECONDS
        engine.lifetime = TRY_SECONDS * TRIES
        engine.flags = dns.flags.RD | dns.flags.AD
        engine.use_edns(0, 0, _EDNS_PAYLOAD)
        return engine


def _rows(answer: "Answer | None") -> list[Any]:
    return [] if answer is None or answer.rrset is None else list(answer.rrset)


def _ttl(answer: "Answer | None") -> int | None:
    return None if answer is None or answer.rrset is None else answer.rrset.ttl


def _authenticated(answer: "Answer | None") -> bool:
    import dns.flags

    if answer is None or answer.nameserver is None or not answer.response.flags & dns.flags.AD:
        return False
    return ipaddress.ip_address(answer.nameserver.partition("%")[0]).is_loopback


def _host(name: "Name") -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")


def _is_localhost(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _server(text: str) -> tuple[str, int]:
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    literal = _literal(host)
    if literal is None or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ConfigProblem(
            f'"{text[:80]}" is not a name server: it is no IP address with an optional port.',
            hint="Write network.resolver like 192.0.2.53 or 127.0.0.1:5353.",
        )
    return literal, int(port)


def _problem(name: str, reason: str, code: str) -> ResolverProblem:
    return ResolverProblem(
        f'"{name[:255]}" could not be looked up: {reason}.',
        hint="Check the network connection and network.resolver in the configuration, then try again.",
        code=code,
    )
