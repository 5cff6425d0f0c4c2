"""The diagnosis: ranked causes with their evidence, and the remedies in the order of what they can lose."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.case import Case, Clue, Origin
from profilegen.diagnosis.doctor.clues import NETWORK_CAUSES, NO_LOGIN_CAUSES, clues_of
from profilegen.diagnosis.doctor.comparison import Compared, compare
from profilegen.diagnosis.doctor.cures import Cure, cures_for
from profilegen.diagnosis.doctor.questions import Question, questions_for

UNSURE_BELOW = 0.5
_SHOWN = 5
_LEAST = 0.1
_SERIOUS = 0.5
_MADE_UNLIKELY = 0.4
_FOLLOWS_FROM_THE_WRONG_SERVER = 0.7
_ABOUT_THE_DEVICE = (Origin.COMPARISON, Origin.AS_IT_STANDS)
_OWN_FAULTS = NO_LOGIN_CAUSES | {Cause.WRONG_SERVER_HOST, Cause.SENDER_NOT_OWNED, Cause.OAUTH_REQUIRED}
"""What stays a fault of its own where the device also talks to the wrong server; port and SSL came along with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCause:
    """A cause, how sure it is (0 to 1), and every clue for it, heaviest first."""

    cause: Cause
    confidence: float
    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """
    What is wrong, best first, and what to do in this order.

    `unsure`: even the best cause is more likely wrong than right. `open_questions` are what a person could still say
    that would help, the most helpful first.
    """

    causes: tuple[FoundCause, ...]
    compared: tuple[Compared, ...]
    cures: tuple[Cure, ...]
    open_questions: tuple[Question, ...]

    @property
    def healthy(self) -> bool:
        """True if nothing wrong was found."""
        return not self.causes

    @property
    def unsure(self) -> bool:
        """True if there are causes, and none is likely."""
        return bool(self.causes) and self.causes[0].confidence < UNSURE_BELOW


def diagnose(case: Case) -> Diagnosis:
    """Return the diagnosis of a case; pure."""
    compared = () if case.current is None else compare(case.current, case.right)
    causes = _ranked(_weighed_together(clues_of(case, compared), case, compared))
    serious = [found.cause for found in causes if found.confidence >= _SERIOUS * causes[0].confidence]
    return Diagnosis(
        causes=causes,
        compared=compared,
        cures=cures_for(serious, known=case.right.outgoing is not None or case.right.sign_in),
        open_questions=questions_for(case, [found.cause for found in causes]),
    )


def _weighed_together(clues: Iterable[Clue], case: Case, compared: tuple[Compared, ...]) -> list[Clue]:
    """Let the sources judge each other: what one shows can make another's word mean more, less, or something else."""
    login_shown = _login_is_filled_in(compared)
    elsewhere = any(row.cause is Cause.WRONG_SERVER_HOST for row in compared)
    others = [clue for clue in clues if not _is_moot(clue, case)]
    wrong_on_device = {clue.cause for clue in others if clue.origin is Origin.COMPARISON}
    judged = []
    for clue in others:
        weight, cause = clue.weight, clue.cause
        if cause is Cause.RELAY_DENIED_CONTEXT_NEEDED and Cause.AUTH_NOT_CONFIGURED in wrong_on_device:
            cause = Cause.AUTH_NOT_CONFIGURED
        if clue.origin is not Origin.COMPARISON and cause in NO_LOGIN_CAUSES and login_shown:
            weight *= _MADE_UNLIKELY
        if elsewhere and cause not in _OWN_FAULTS and clue.origin in _ABOUT_THE_DEVICE:
            weight *= _FOLLOWS_FROM_THE_WRONG_SERVER
        judged.append(Clue(cause=cause, weight=weight, vantage=clue.vantage, origin=clue.origin, detail=clue.detail))
    return judged


def _is_moot(clue: Clue, case: Case) -> bool:
    """Where mail fails on mobile data too, the network is not to blame for what the device says."""
    return case.other_network is False and clue.origin is Origin.ERROR and clue.cause in NETWORK_CAUSES


def _login_is_filled_in(compared: tuple[Compared, ...]) -> bool:
    fits = {row.field for row in compared if row.fits}
    return {"outgoing.username", "outgoing.password"} <= fits and "outgoing.authentication" not in {
        row.field for row in compared if not row.fits
    }


def _ranked(clues: list[Clue]) -> tuple[FoundCause, ...]:
    gathered: dict[Cause, list[Clue]] = {}
    for clue in clues:
        gathered.setdefault(clue.cause, []).append(clue)
    found = [_found(cause, own) for cause, own in gathered.items()]
    likely = [cause for cause in found if cause.confidence >= _LEAST]
    return tuple(sorted(likely, key=lambda one: (-one.confidence, one.cause))[:_SHOWN])


def _found(cause: Cause, clues: list[Clue]) -> FoundCause:
    """Independent sources add up: each takes its share of the doubt the others leave, by its heaviest clue."""
    heaviest = tuple(sorted(clues, key=lambda clue: -clue.weight))
    of_each = {clue.origin: clue.weight for clue in reversed(heaviest)}
    doubt = prod(1.0 - weight for weight in of_each.values())
    return FoundCause(cause=cause, confidence=round(min(0.99, 1.0 - doubt), 2), clues=heaviest)
