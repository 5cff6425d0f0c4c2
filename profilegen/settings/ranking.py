"""
Which of several answers is best: merging, order and conflicts. Pure, and blind to the order of arrival.

Trust and preference are two things. How far an answer is trusted is its tier, raised where independent sources agree,
and whether somebody confirmed it; `settings.verdict` decides by it. The order is for choosing among what is there.

Order within one direction: a passed probe, then the tier, then the SRV priority (RFC 6186 section 3.4), then the kind
of connection, then the source's own order. Incoming prefers IMAP to POP and implicit TLS to STARTTLS (RFC 8314);
outgoing prefers 587 with STARTTLS, then 465 with TLS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from profilegen.settings.candidates import Answer, Candidate, Conflict, ProbeResult, Source, Tier
from profilegen.settings.servers import Protocol, Security, Server

Place = tuple[Protocol, str, int, Security]
"""Where a server stands: candidates that agree on it are one candidate."""

Probes = Mapping[Place, ProbeResult]
"""What the probes said so far; a place that is not in it was not probed."""

_KINDS = (
    "override",
    "catalogue",
    "pacc",
    "autoconfig",
    "ispdb",
    "srv",
    "mx",
    "mx-autoconfig",
    "autodiscover",
    "mailconf",
    "hint",
    "guess",
)
_ASSUMES_LOGIN = ("pacc", "srv", "guess")  # these name a host, never a user name or a method
_CHANNELS = {  # over what the sources of tier 4 hear what they say: who forges DNS forges all that rests on it
    "pacc": "https",
    "autoconfig": "https",
    "autodiscover": "https",
    "srv": "dns",
    "mx-autoconfig": "dns",
    "mailconf": "dns",
    "hint": "dns",
}
_OUTGOING = {(587, Security.STARTTLS): 0, (465, Security.TLS): 1}


def place(server: Server) -> Place:
    """Return where a server stands, without who logs in there and how."""
    return server.protocol, server.host, server.port, server.security


def kind_rank(kind: str) -> tuple[int, str]:
    """Return the sort key of a source name: the order of the command line, unknown names last."""
    return (_KINDS.index(kind) if kind in _KINDS else len(_KINDS), kind)


def ranked(answers: Iterable[Answer], probes: Probes) -> tuple[Candidate, ...]:
    """Return every candidate once, with all its sources and its probe: incoming first, best first."""
    groups: dict[Place, list[Candidate]] = {}
    for answer in answers:
        for candidate in answer.candidates:
            groups.setdefault(place(candidate.server), []).append(candidate)
    merged = (_probed(_merged(group), probes.get(where)) for where, group in groups.items())
    return tuple(sorted(merged, key=_preference))


def in_order(answer: Answer) -> Answer:
    """Return the answer with its candidates in order of preference, whatever order they came in."""
    ordered = sorted(answer.candidates, key=lambda candidate: (_preference(candidate), _knows_login(candidate)))
    return replace(answer, candidates=tuple(ordered))


def agreed(candidate: Candidate, answers: Iterable[Answer]) -> bool:
    """Return True if at least two sources of tier 3 or better name this host for this protocol."""
    named = {
        answer.kind
        for answer in answers
        for other in answer.candidates
        if other.tier <= Tier.T3 and place(other.server)[:2] == place(candidate.server)[:2]
    }
    return len(named) >= 2


def conflicts(chosen: Candidate, candidates: Iterable[Candidate]) -> tuple[Conflict, ...]:
    """
    Return the best other host of each usable source that did not name the chosen host.

    `candidates` are in order of preference. IMAP and POP of one provider are no conflict.
    """
    rivals: dict[str, Candidate] = {}
    agreeing: set[str] = set()
    for other in candidates:
        if other.server.protocol is not chosen.server.protocol or not other.usable:
            continue
        if other.server.host == chosen.server.host:
            agreeing.update(kinds(other))
            continue
        for kind in kinds(other):
            rivals.setdefault(kind, other)
    return tuple(
        _conflict(chosen, rivals[kind], kind) for kind in sorted(rivals, key=kind_rank) if kind not in agreeing
    )


def kinds(candidate: Candidate) -> set[str]:
    """Return the names of all sources of a candidate."""
    return {source.kind for source in candidate.sources}


def _probed(candidate: Candidate, probe: ProbeResult | None) -> Candidate:
    return candidate if probe is None else replace(candidate, probe=probe)


def _merged(group: list[Candidate]) -> Candidate:
    tier = min(candidate.tier for candidate in group)
    best = [candidate for candidate in group if candidate.tier is tier]
    sources = {source for candidate in group for source in candidate.sources}
    login = min(group, key=_knows_login)
    return Candidate(
        server=login.server,
        sources=tuple(sorted(sources, key=_source_key)),
        tier=Tier.T3 if tier is Tier.T4 and _independent(sources) else tier,
        priority=min(map(attrgetter("priority"), best)),
        order=min(map(attrgetter("order"), best)),
        probe=next((candidate.probe for candidate in group if candidate.probe is not None), None),
        provider=login.provider,
        confirmed=any(candidate.confirmed for candidate in group),
    )


def _independent(sources: Iterable[Source]) -> bool:
    """Two that agree over different channels are trusted as much as the domain's own DNS."""
    channels = {_CHANNELS[source.kind] for source in sources if source.kind in _CHANNELS}
    return len(channels) > 1


def _knows_login(candidate: Candidate) -> tuple[object, ...]:
    first = min(candidate.sources, key=_source_key)
    assumes = first.kind in _ASSUMES_LOGIN and candidate.provider is None
    return (
        assumes,
        candidate.tier,
        candidate.order,
        _source_key(first),
        candidate.server.username,
        candidate.server.auth,
    )


def _source_key(source: Source) -> tuple[object, ...]:
    return kind_rank(source.kind), source.detail, source.url or "", source.sha256 or "", str(source.fetched)


def _preference(candidate: Candidate) -> tuple[object, ...]:
    server = candidate.server
    passed = candidate.probe is not None and candidate.probe.ok
    return (
        not candidate.incoming,
        not passed,
        candidate.tier,
        candidate.priority,
        *_connection(server),
        candidate.order,
        server.host,
        server.port,
        server.security,
    )


def _connection(server: Server) -> tuple[int, bool]:
    upgraded = server.security is Security.STARTTLS
    if server.protocol is Protocol.SMTP:
        return _OUTGOING.get((server.port, server.security), 2), upgraded
    return (1 if server.protocol is Protocol.POP else 0), upgraded


def _conflict(chosen: Candidate, other: Candidate, kind: str) -> Conflict:
    return Conflict(
        direction="incoming" if chosen.incoming else "outgoing",
        chosen=chosen.server.endpoint,
        other=other.server.endpoint,
        said_by=kind,
    )
