"""What the DNS says about a sending address and its domain: names, and the block lists the operator asks."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause
from profilegen.errors import ResolverProblem, SettingsProblem
from profilegen.ports import Resolver, ReverseResolver
from profilegen.report import Finding, Outcome
from profilegen.settings.servers import clean_host

MOST_LISTS = 8
MOST_ADDRESSES = 4
MOST_DOMAINS = 4
"""Questions are asked one after the other, at most this many lists times this many addresses or domains."""

_REFUSED = ipaddress.ip_network("127.255.255.0/24")  # how lists answer a resolver they do not serve
_LISTED = ipaddress.ip_network("127.0.0.0/8")  # RFC 5782 section 2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLists:
    """The zones the operator named: `addresses` list IP addresses (DNSBL), `domains` mail domains (RHSBL)."""

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inquiry:
    """
    One question to one list (RFC 5782).

    `name` is asked for in the zone; `never` must not be listed in any honest one, and `kind` begins the check's name.
    """

    kind: str
    about: str
    name: str
    never: str
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """Asks through the one resolver of the program; without `lists` no list is asked."""

    resolver: Resolver
    reverse: ReverseResolver
    lists: BlockLists = BlockLists()

    async def findings(
        self, addresses: Sequence[str], *, banner_name: str | None, domains: Sequence[str] = ()
    ) -> tuple[Finding, ...]:
        """Return a finding per address about its name, one about the name in the greeting, and those of the lists."""
        few = addresses[:MOST_ADDRESSES]
        names: set[str] = set()
        found = [await self._name(address, names) for address in few]
        if banner_name is not None:
            found.append(_banner(banner_name, names))
        return (*found, *await self.listings(few, domains))

    async def listings(self, addresses: Sequence[str], domains: Sequence[str]) -> tuple[Finding, ...]:
        """Return a finding `dnsbl.ZONE` per list and address, and one `rhsbl.ZONE` per list and mail domain."""
        asked = [
            *((zone, _about_address(address)) for zone in self.lists.addresses[:MOST_LISTS]
              for address in addresses[:MOST_ADDRESSES]),
            *((zone, _about_domain(domain)) for zone in self.lists.domains[:MOST_LISTS]
              for domain in domains[:MOST_DOMAINS]),
        ]  # fmt: skip
        return tuple([await self._listing(zone.strip(".").lower(), inquiry) for zone, inquiry in asked])

    async def _name(self, address: str, names: set[str]) -> Finding:
        try:
            own = await self.reverse.ptr(address)
            confirmed = [name for name in own[:4] if address in await self.resolver.addresses(name)]
        except ResolverProblem as problem:
            return Finding(check="ptr", outcome=Outcome.SKIP, detail=problem.message)
        names.update(confirmed)
        if confirmed:
            return Finding(check="ptr", outcome=Outcome.PASS, detail=f"{address} is {', '.join(confirmed)}, and back.")
        if own:
            detail = f"{address} is called {own[0]}, but that name does not lead back to it."
        else:
            detail = f"{address} has no name (PTR record); many servers refuse mail from it."
        return Finding(check="ptr", outcome=Outcome.WARN, detail=detail, cause=Cause.IP_POLICY_BLOCK)

    async def _listing(self, zone: str, inquiry: _Inquiry) -> Finding:
        check = f"{inquiry.kind}.{zone}"
        if not _is_zone(zone):  # no name server knows it, which would read like "not listed"
            return Finding(check=check, outcome=Outcome.SKIP, detail=f'"{zone}" is not the zone of a block list.')
        try:
            answers = await self.resolver.addresses(f"{inquiry.name}.{zone}")
            codes = [code for code in answers if ":" not in code and ipaddress.ip_address(code) in _LISTED]
            if not codes:
                return Finding(check=check, outcome=Outcome.PASS, detail=f"{inquiry.about} is not listed.")
            if any(ipaddress.ip_address(code) in _REFUSED for code in codes):
                return Finding(check=check, outcome=Outcome.SKIP, detail="The list does not answer this resolver.")
            if await self.resolver.addresses(f"{inquiry.never}.{zone}"):
                return Finding(check=check, outcome=Outcome.SKIP, detail="The list says yes to everything.")
            reasons = (await self.resolver.txt(f"{inquiry.name}.{zone}")).records
        except ResolverProblem as problem:
            return Finding(check=check, outcome=Outcome.SKIP, detail=problem.message)
        why = f": {_printable(reasons[0])}" if reasons else "."
        detail = f"{inquiry.about} is listed ({', '.join(codes)}){why}"
        return Finding(check=check, outcome=Outcome.FAIL, detail=detail, cause=inquiry.cause)


def _is_zone(zone: str) -> bool:
    try:
        return "." in clean_host(zone)
    except SettingsProblem:
        return False


def _about_address(address: str) -> _Inquiry:
    return _Inquiry(kind="dnsbl", about=address, name=_reversed(address), never="1.0.0.127", cause=Cause.IP_BLACKLISTED)


def _about_domain(domain: str) -> _Inquiry:
    return _Inquiry(
        kind="rhsbl", about=f"The domain {domain}", name=domain, never="invalid", cause=Cause.CONTENT_REJECTED
    )


def _banner(name: str, names: set[str]) -> Finding:
    if "." not in name or name.endswith((".local", ".localdomain", ".lan")) or name.startswith("localhost"):
        detail = f'The greeting calls the server "{name}", which is no name on the internet.'
        return Finding(check="banner.name", outcome=Outcome.WARN, detail=detail)
    if names and name.lower() not in names:
        detail = f"The greeting calls the server {name}, its address is {', '.join(sorted(names))}."
        return Finding(check="banner.name", outcome=Outcome.WARN, detail=detail)
    return Finding(check="banner.name", outcome=Outcome.PASS, detail=f"The greeting calls the server {name}.")


def _reversed(address: str) -> str:
    pointer = ipaddress.ip_address(address).reverse_pointer
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:200])
