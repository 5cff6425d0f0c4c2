"""Which evidence covers which account: the same servers, tested lately, and nothing newer that contradicts it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from profilegen.diagnosis.evidence import Endpoint, EndpointPair, Evidence, UsernameForm
from profilegen.diagnosis.levels import ENDPOINT_CHECKS

RELAY_CHECK = "outgoing.relay_without_auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must be proved before anything is delivered: up to which level, and how long ago at most."""

    min_level: int = 1
    max_age: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """
    Evidence, and the level it is worth for the account in question.

    `incoming` is other evidence about the incoming server, where none is about both servers together.
    """

    evidence: Evidence
    level: int
    incoming: Evidence | None = None


def covered_level(evidence: Evidence, pair: EndpointPair) -> int:
    """
    Return the level a piece of evidence is worth for two servers, 0 for other servers.

    From level 2 on a login was part of it, which says something about others only if their user names are made in the
    same way.
    """
    if not (
        _same_server(evidence.pair.incoming, pair.incoming) and _same_server(evidence.pair.outgoing, pair.outgoing)
    ):
        return 0
    return evidence.level if tells_of(evidence.pair, pair) else min(evidence.level, 1)


def tells_of(tested: EndpointPair, pair: EndpointPair) -> bool:
    """Return whether a login at one pair of servers says that one at another will work: they are the same in all."""
    whole = pair.incoming.complete and pair.outgoing.complete
    return whole and tested == pair and UsernameForm.OTHER not in (pair.incoming.username, pair.outgoing.username)


def is_fresh(evidence: Evidence, *, max_age: timedelta, now: datetime) -> bool:
    """Return whether it is young enough; what seems to come from the future proves a wrong clock and nothing else."""
    return timedelta(0) <= now - evidence.tested_at <= max_age


def best_cover(
    pair: EndpointPair,
    known: Iterable[Evidence],
    *,
    max_age: timedelta,
    now: datetime,
    canaries: Collection[str] | None = None,
) -> Cover | None:
    """
    Return the best fresh evidence for two servers, of equal levels the newest; None if there is none.

    `known` is newest first. A server that was found unsound makes everything older worthless, and of each canary only
    the newest word counts. With `canaries` only evidence of these about both servers together is used, while
    everybody's can contradict it.
    """
    standing = [one for one in _standing(pair, known) if is_fresh(one, max_age=max_age, now=now)]
    covers = [
        Cover(evidence=evidence, level=covered_level(evidence, pair))
        for evidence in standing
        if canaries is None or evidence.canary in canaries
    ]
    if canaries is None:
        covers += _joined(pair, standing)
    return max((cover for cover in covers if cover.level > 0), key=lambda cover: cover.level, default=None)


def _joined(pair: EndpointPair, standing: Sequence[Evidence]) -> Iterator[Cover]:
    """
    Join what is known of each server by itself.

    Both sound is level 1, a login at both 2, and a message the outgoing server took 3; that it arrives can only be seen
    with both together.
    """
    outgoing = _best_about(pair.outgoing, standing, lambda tested: tested.outgoing)
    incoming = _best_about(pair.incoming, standing, lambda tested: tested.incoming)
    if outgoing is not None and incoming is not None:
        out = min(_worth(outgoing, outgoing.pair.outgoing, pair.outgoing), 3)
        back = _worth(incoming, incoming.pair.incoming, pair.incoming)
        yield Cover(evidence=outgoing, level=out if back >= 2 else min(out, back), incoming=incoming)


def _best_about(
    endpoint: Endpoint, standing: Sequence[Evidence], side: Callable[[EndpointPair], Endpoint]
) -> Evidence | None:
    """Return the best evidence about one server, the newest of equals; of each canary its newest word counts."""
    words: dict[object, Evidence] = {}
    for evidence in standing:
        if _same_server(side(evidence.pair), endpoint):
            words.setdefault(evidence.canary or id(evidence), evidence)
    return max(words.values(), key=lambda one: _worth(one, side(one.pair), endpoint), default=None)


def _worth(evidence: Evidence, tested: Endpoint, endpoint: Endpoint) -> int:
    """Return the level a piece of evidence is worth for one of the two servers, 0 for another server."""
    if not _same_server(tested, endpoint):
        return 0
    alike = tested.username is endpoint.username and endpoint.username is not UsernameForm.OTHER
    return evidence.level if alike else min(evidence.level, 1)


def _standing(pair: EndpointPair, known: Iterable[Evidence]) -> Iterator[Evidence]:
    heard: set[tuple[str, EndpointPair]] = set()
    for evidence in known:
        if _contradicts(evidence, pair):
            return
        word = (evidence.canary or "", _place(evidence.pair))
        if evidence.canary is None or word not in heard:
            yield evidence
        heard.add(word)


def _contradicts(evidence: Evidence, pair: EndpointPair) -> bool:
    """A wrong password is one person's trouble; an expired certificate or an open relay is everybody's."""
    failed = {failure.check for failure in evidence.failures}
    shared = set[str]()
    if _same_server(evidence.pair.incoming, pair.incoming):
        shared |= {f"incoming.{check}" for check in ENDPOINT_CHECKS}
    if _same_server(evidence.pair.outgoing, pair.outgoing):
        shared |= {RELAY_CHECK, *(f"outgoing.{check}" for check in ENDPOINT_CHECKS)}
    return bool(failed & shared)


def _place(pair: EndpointPair) -> EndpointPair:
    """Return the servers alone, whatever the user names look like."""
    return EndpointPair(
        incoming=replace(pair.incoming, username=UsernameForm.OTHER),
        outgoing=replace(pair.outgoing, username=UsernameForm.OTHER),
    )


def _same_server(endpoint: Endpoint, other: Endpoint) -> bool:
    return endpoint.complete and replace(endpoint, username=other.username) == other
