"""One rule for reading replies: small evidence for one cause."""

from dataclasses import dataclass, field

from profilegen.diagnosis import words
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.concepts import Reading, meanings
from profilegen.diagnosis.observation import LOCAL_STAGES, Observation

ENVELOPE = "mail_from rcpt_to data"
LOGIN = "auth imap_login"

BEYOND_DOUBT = 14
CERTAIN = 10
CLEAR = 8
LIKELY = 6
HINT = 4
WEAK = 2
"""Weights. The words of a cause itself are clear; what stage and code alone suggest is weak."""

_STAGE_UNKNOWN = 0.75
_BARE_CODE = 0.35
"""What is left of a rule's weight where the stage is unknown: of one that found words, of one that saw only a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    Evidence for a cause if every given part fits; an empty part fits everything.

    `phrases` in the language of `words`, `meaning` in that of `concepts`; `codes` are reply codes ("535") or their
    first digit ("5xx"); `login`: logged in or not. `made_for` names the servers whose replies the rule was written for;
    empty: plain words of the field, of an RFC or of a language that no single server owns. A rule made for one server
    says nothing about unseen ones, so the benchmark switches it off when it leaves that server out.
    """

    cause: Cause
    weight: float
    phrases: str = ""
    meaning: str = ""
    stages: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    login: bool | None = None
    offered: bool | None = None
    tls: bool | None = None
    made_for: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A rule that fits, its weight here and the words it found, None if it looked at none."""

    rule: Rule
    weight: float
    found: str | None


def rule(
    cause: Cause,
    phrases: str = "",
    weight: float = CLEAR,
    *,
    meaning: str = "",
    stages: str = "",
    codes: str = "",
    enhanced: str = "",
    ports: tuple[int, ...] = (),
    login: bool | None = None,
    offered: bool | None = None,
    tls: bool | None = None,
    made_for: str = "",
) -> Rule:
    """Return a rule; all the lists are written with spaces between, phrases with semicolons."""
    return Rule(
        cause=cause,
        weight=weight,
        phrases=" ".join(phrases.split()),
        meaning=" ".join(meaning.split()),
        stages=tuple(stages.split()),
        codes=tuple(codes.split()),
        enhanced=tuple(enhanced.split()),
        ports=ports,
        login=login,
        offered=offered,
        tls=tls,
        made_for=frozenset(made_for.split()),
    )


def evidence(candidate: Rule, seen: Observation, text: Reading) -> Evidence | None:
    """Return what a rule says about an observation whose text was read, None if it does not fit."""
    if not _place_fits(candidate, seen) or not _codes_fit(candidate, seen):
        return None
    found = None
    if candidate.phrases:
        found = words.find(candidate.phrases, text.folded)
    elif candidate.meaning:
        found = text.find(meanings(candidate.meaning))
    if found is None and (candidate.phrases or candidate.meaning):
        return None
    return Evidence(rule=candidate, weight=candidate.weight * _certainty(candidate, seen), found=found)


def _certainty(candidate: Rule, seen: Observation) -> float:
    if not candidate.stages or seen.stage is not None:
        return 1.0
    return _STAGE_UNKNOWN if candidate.phrases or candidate.meaning else _BARE_CODE


def _place_fits(candidate: Rule, seen: Observation) -> bool:
    return (
        _stage_fits(candidate, seen)
        and (not candidate.ports or seen.port in candidate.ports)
        and (candidate.login is None or candidate.login is seen.logged_in)
        and (candidate.offered is None or candidate.offered is seen.offered)
        and (candidate.tls is None or candidate.tls is seen.tls)
    )


def _stage_fits(candidate: Rule, seen: Observation) -> bool:
    """Where the stage is unknown, a rule needs something else to look at, and a reply is no local error."""
    if not candidate.stages or seen.stage in candidate.stages:
        return True
    if seen.stage is not None or (seen.code and all(stage in LOCAL_STAGES for stage in candidate.stages)):
        return False
    return bool(candidate.phrases or candidate.meaning or candidate.codes or candidate.enhanced)


def _codes_fit(candidate: Rule, seen: Observation) -> bool:
    code = str(seen.code)
    return (not candidate.codes or code in candidate.codes or f"{code[0]}xx" in candidate.codes) and (
        not candidate.enhanced or seen.enhanced in candidate.enhanced
    )
