"""
Other names for a server whose certificate does not hold the one it was asked under.

A hoster's customers often write mail.example.com where the certificate says imap.hoster.com. Such a name is proposed if
it leads to the same address; using it takes a person's word, because whoever can answer for the wrong name could also
present a certificate of their own.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from profilegen.errors import SettingsProblem, WorldProblem
from profilegen.net.domains import registrable_domain
from profilegen.ports import Resolver
from profilegen.settings.candidates import Answer, Candidate, Source, Tier
from profilegen.settings.ranking import Place, Probes, place
from profilegen.settings.servers import Protocol

KIND = "certificate"
MAX_NAMES = 12
"""Names of one certificate that are looked up."""

_USUAL = {Protocol.IMAP: ("imap", "mail"), Protocol.POP: ("pop", "pop3", "mail"), Protocol.SMTP: ("smtp", "mail")}


class CertificateNames:
    """Finds proposals over `resolver`."""

    def __init__(self, *, resolver: Resolver) -> None:
        self._resolver = resolver

    async def propose(self, candidates: Iterable[Candidate], probes: Probes) -> Answer:
        """Return a candidate of tier 4 for each name that has an address of the server it was found on."""
        mismatched = _mismatched(candidates, probes)
        proposals = await asyncio.gather(*(self._for_one(*pair) for pair in mismatched.values()))
        return Answer(kind=KIND, candidates=tuple(candidate for found in proposals for candidate in found))

    async def _for_one(self, candidate: Candidate, names: tuple[str, ...]) -> list[Candidate]:
        host = candidate.server.host
        asked = list(dict.fromkeys(_host_names(names, candidate)))[:MAX_NAMES]
        own, *others = await asyncio.gather(*(self._addresses(name) for name in (host, *asked)))
        same = [name for name, addresses in zip(asked, others, strict=True) if own & addresses]
        return [proposal for order, name in enumerate(same) for proposal in _proposal(candidate, name, order)]

    async def _addresses(self, host: str) -> frozenset[str]:
        try:
            return frozenset(await self._resolver.addresses(host))
        except WorldProblem:
            return frozenset()


def _mismatched(candidates: Iterable[Candidate], probes: Probes) -> Mapping[Place, tuple[Candidate, tuple[str, ...]]]:
    found = {}
    for candidate in candidates:
        probe = probes.get(place(candidate.server))
        if probe is not None and probe.certificate_names:
            found[place(candidate.server)] = candidate, probe.certificate_names
    return found


def _host_names(names: Iterable[str], candidate: Candidate) -> Iterator[str]:
    """The names a certificate holds; for a wildcard those it may well stand for."""
    first = candidate.server.host.partition(".")[0]
    for name in (name.lower().rstrip(".") for name in names):
        parent = name.removeprefix("*.")
        if ":" in parent or parent[-1:].isdigit() or registrable_domain(parent) is None:
            continue  # an address, or a name under which strangers have theirs
        if parent == name:
            yield name
        else:
            yield from (f"{label}.{parent}" for label in (*_USUAL[candidate.server.protocol], first))


def _proposal(candidate: Candidate, name: str, order: int) -> Iterator[Candidate]:
    detail = f"{candidate.server.host} presents a certificate for {name}, which has the same address"
    try:
        server = replace(candidate.server, host=name)
    except SettingsProblem:
        return
    yield Candidate(
        server=server, sources=(Source(kind=KIND, detail=detail),), tier=Tier.T4, order=candidate.order * 100 + order
    )
