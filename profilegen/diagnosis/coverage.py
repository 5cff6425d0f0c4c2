"""Which evidence covers which account: the same servers, tested lately, and nothing newer that contradicts it."""

from collections.abc import Collection, Iterable, Iterator
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
    """Evidence, and the level it is worth for the account in question."""

    evidence: Evidence
    level: int


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
    the newest word counts. With `canaries` only evidence of these is used, while everybody's can contradict it.
    """
    covers = [
        Cover(evidence=evidence, level=covered_level(evidence, pair))
        for evidence in _standing(pair, known)
        if is_fresh(evidence, max_age=max_age, now=now) and (canaries is None or evidence.canary in canaries)
    ]
    return max((cover for cover in covers if cover.level > 0), key=lambda cover: cover.level, default=None)


def _standing(pair: EndpointPair, known: Iterable[Evidence]) -> Iterator[Evidence]:
    heard: set[str] = set()
    for evidence in known:
        if _contradicts(evidence, pair):
            return
        if evidence.canary not in heard and covered_level(evidence, pair) > 0:
            yield evidence
        if evidence.canary is not None and _same_place(evidence.pair, pair):
            heard.add(evidence.canary)


def _contradicts(evidence: Evidence, pair: EndpointPair) -> bool:
    """A wrong password is one person's trouble; an expired certificate or an open relay is everybody's."""
    failed = {failure.check for failure in evidence.failures}
    shared = set[str]()
    if _same_server(evidence.pair.incoming, pair.incoming):
        shared |= {f"incoming.{check}" for check in ENDPOINT_CHECKS}
    if _same_server(evidence.pair.outgoing, pair.outgoing):
        shared |= {RELAY_CHECK, *(f"outgoing.{check}" for check in ENDPOINT_CHECKS)}
    return bool(failed & shared)


def _same_place(pair: EndpointPair, other: EndpointPair) -> bool:
    return _same_server(pair.incoming, other.incoming) and _same_server(pair.outgoing, other.outgoing)


def _same_server(endpoint: Endpoint, other: Endpoint) -> bool:
    return endpoint.complete and replace(endpoint, username=other.username) == other
