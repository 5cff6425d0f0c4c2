"""Weighing: every rule that fits is evidence for its cause; the causes are ranked by all their evidence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.codes import codes_in
from profilegen.diagnosis.concepts import read
from profilegen.diagnosis.observation import LOCAL_STAGES, Observation, Stage
from profilegen.diagnosis.rule import Evidence, Rule, evidence
from profilegen.diagnosis.rules import all_rules

_NEXT = 0.25
"""Each further rule for the same cause counts a quarter of the one before: one plain word beats many vague ones."""

_WITHOUT_REPLY = (*LOCAL_STAGES, Stage.IMAP_LOGIN)

_MASKED = re.compile(r"(?:2\d\d[ -]?)?[\s\d]{0,4}\*{6}[*\s\d]{0,500}")
"""A greeting of which a firewall leaves only asterisks and a few digits (SMTP inspection of Cisco's and others)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A cause, the weight of all evidence for it, and the evidence, heaviest first (empty: the code says it all)."""

    cause: Cause
    score: float
    evidence: tuple[Evidence, ...] = ()


_SUCCESS = (Weighed(cause=Cause.OK, score=30.0),)
_OVERWRITTEN = (Weighed(cause=Cause.PROXY_INTERFERENCE, score=10.0), Weighed(cause=Cause.OK, score=3.0))
_ACCEPTED_FROM_A_STRANGER = (Weighed(cause=Cause.OPEN_RELAY, score=10.0), Weighed(cause=Cause.OK, score=7.0))


def weigh(seen: Observation, rules: Iterable[Rule] | None = None) -> tuple[Weighed, ...]:
    """Return all causes with any evidence, heaviest first; `rules` None: all of them."""
    seen = _completed(seen)
    if _is_overwritten(seen):
        return _OVERWRITTEN
    if seen.code is not None and seen.code < 400:
        return _ACCEPTED_FROM_A_STRANGER if _accepted_without_login(seen) else _SUCCESS
    text = read(seen.text)
    gathered: dict[Cause, list[Evidence]] = {}
    for candidate in all_rules() if rules is None else rules:
        found = evidence(candidate, seen, text)
        if found is not None and not (candidate.cause is Cause.OK and seen.code):
            gathered.setdefault(candidate.cause, []).append(found)
    weighed = (_weighed(cause, pieces) for cause, pieces in gathered.items())
    return tuple(sorted(weighed, key=lambda one: (-one.score, one.cause)))


def _weighed(cause: Cause, pieces: list[Evidence]) -> Weighed:
    ordered = sorted(pieces, key=lambda piece: -piece.weight)
    score = sum(piece.weight * _NEXT**place for place, piece in enumerate(ordered))
    return Weighed(cause=cause, score=score, evidence=tuple(ordered))


def _completed(seen: Observation) -> Observation:
    """Take code and enhanced code (RFC 3463) from the text where a client kept them only there."""
    if seen.stage in _WITHOUT_REPLY:
        return seen
    code, enhanced = codes_in(seen.text)
    return replace(seen, code=seen.code or code, enhanced=seen.enhanced or enhanced)


def _is_overwritten(seen: Observation) -> bool:
    return seen.stage in (None, Stage.BANNER, Stage.EHLO) and _MASKED.fullmatch(seen.text.strip()[:600]) is not None


def _accepted_without_login(seen: Observation) -> bool:
    """Whether a success may be bad news; for a recipient of the server's own it is none."""
    return seen.logged_in is False and seen.stage in (Stage.RCPT_TO, Stage.DATA) and seen.code in (250, 251)
