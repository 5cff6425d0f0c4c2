"""What the DNS says about a sending address and its domain: names, and the block lists the operator asks."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

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

    `name` is asked for in the zone; `never` must not be listed in any honest one, one of `always` is in every working
    one (section 5), and `kind` begins the check's name.
    """

    kind: str
    about: str
    name: str
    never: str
    always: tuple[str, ...]
    cause: Cause


_Silent: TypeAlias = dict[tuple[str, tuple[str, ...]], str | None]
"""Why "not listed" of a zone whose test entries were asked says nothing; None: it can be believed."""
_NOT_SERVED = "The list does not answer this resolver."
_NO_LIST = "No block list{of} answers under this name: the entry that every list has for tests is missing."


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
        silent: _Silent = {}
        return tuple([await self._listing(zone.strip(".").lower(), inquiry, silent) for zone, inquiry in asked])

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

    async def _listing(self, zone: str, inquiry: _Inquiry, silent: _Silent) -> Finding:
        check = f"{inquiry.kind}.{zone}"
        if not _is_zone(zone):  # no name server knows it, which would read like "not listed"
            return Finding(check=check, outcome=Outcome.SKIP, detail=f'"{zone}" is not the zone of a block list.')
        try:
            codes = await self._codes(f"{inquiry.name}.{zone}")
            if not codes:
                tested = (zone, inquiry.always)
                if tested not in silent:
                    silent[tested] = await self._why_silent(zone, inquiry)
                return _not_listed(check, inquiry, silent[tested])
            if _refuses(codes):
                return Finding(check=check, outcome=Outcome.SKIP, detail=_NOT_SERVED)
            if await self.resolver.addresses(f"{inquiry.never}.{zone}"):
                return Finding(check=check, outcome=Outcome.SKIP, detail="The list says yes to everything.")
            reasons = (await self.resolver.txt(f"{inquiry.name}.{zone}")).records
        except ResolverProblem as problem:
            return Finding(check=check, outcome=Outcome.SKIP, detail=problem.message)
        why = f": {_printable(reasons[0])}" if reasons else "."
        detail = f"{inquiry.about} is listed ({', '.join(codes)}){why}"
        return Finding(check=check, outcome=Outcome.FAIL, detail=detail, cause=inquiry.cause)

    async def _why_silent(self, zone: str, inquiry: _Inquiry) -> str | None:
        """Return why "not listed" says nothing here, None where the list names its own entry for tests."""
        for entry in inquiry.always:
            codes = await self._codes(f"{entry}.{zone}")
            if codes:
                return _NOT_SERVED if _refuses(codes) else None
        return _NO_LIST.format(of=" of IPv6 addresses" if ":" in inquiry.about else "")

    async def _codes(self, name: str) -> list[str]:
        answers = await self.resolver.addresses(name)
        return [code for code in answers if ":" not in code and ipaddress.ip_address(code) in _LISTED]


def _refuses(codes: Sequence[str]) -> bool:
    return any(ipaddress.ip_address(code) in _REFUSED for code in codes)


def _not_listed(check: str, inquiry: _Inquiry, silent: str | None) -> Finding:
    if silent is not None:
        return Finding(check=check, outcome=Outcome.SKIP, detail=silent)
    return Finding(check=check, outcome=Outcome.PASS, detail=f"{inquiry.about} is not listed.")


def _is_zone(zone: str) -> bool:
    try:
        return "." in clean_host(zone)
    except SettingsProblem:
        return False


def _about_address(address: str) -> _Inquiry:
    return _Inquiry(
        kind="dnsbl",
        about=address,
        name=_reversed(address),
        never="1.0.0.127",
        always=(_reversed("::ffff:127.0.0.2"),) if ":" in address else ("2.0.0.127",),
        cause=Cause.IP_BLACKLISTED,
    )


def _about_domain(domain: str) -> _Inquiry:
    return _Inquiry(
        kind="rhsbl",
        about=f"The domain {domain}",
        name=domain,
        never="invalid",
        always=("test", "2.0.0.127"),  # some lists of domains have only the latter
        cause=Cause.CONTENT_REJECTED,
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
