"""What only a person can say: asked for when it helps, and never when it can be found out."""

from collections.abc import Sequence
from enum import StrEnum

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.case import Case
from profilegen.diagnosis.doctor.clues import NETWORK_CAUSES


class Question(StrEnum):
    """What may be asked."""

    ERROR = "error"
    CURRENT = "current"
    MOBILE_DATA = "mobile_data"


QUESTION_WORDS = {
    Question.ERROR: "What exactly does the phone show when sending fails?",
    Question.CURRENT: "What does the phone show under Outgoing Mail Server, Primary Server?",
    Question.MOBILE_DATA: "Does sending work on mobile data, with Wi-Fi off?",
}

_ASKING_FOR_NETWORK = NETWORK_CAUSES | {Cause.IP_BLACKLISTED, Cause.TLS_HOSTNAME_MISMATCH}


def questions_for(case: Case, causes: Sequence[Cause]) -> tuple[Question, ...]:
    """Return the questions that would still help, the most helpful first."""
    asked: list[Question] = []
    if not case.error and case.current is None:
        asked.append(Question.ERROR)
    network = bool(_ASKING_FOR_NETWORK.intersection(causes[:2]))
    if case.other_network is None and network:
        asked.append(Question.MOBILE_DATA)
    if case.current is None:
        asked.append(Question.CURRENT)
    if case.other_network is None and not causes and (case.error or case.current is not None):
        asked.append(Question.MOBILE_DATA)
    return tuple(asked)
