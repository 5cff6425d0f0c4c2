"""How a seat stands, as values: a state, what follows, and why."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a seat stands; the words are those of the command line."""

    OK = "ok"
    PASSWORD_UNKNOWN = "password_unknown"  # noqa: S105 - a state
    SIGNER_EXPIRING = "signer_expiring"
    TWIN = "twin"
    UNREPORTED = "unreported"
    STALE = "stale"
    MOVED = "moved"
    MISSING = "missing"
    BY_HAND = "by_hand"
    UNKNOWN = "unknown"
    RE_ENROLLED = "re_enrolled"
    OS_UPDATED = "os_updated"
    IN_FLIGHT = "in_flight"
    WAITING = "waiting"
    SILENT = "silent"
    OFFLINE = "offline"
    FAILED = "failed"
    WRONG_PERSON = "wrong_person"
    UNCONFIRMED = "unconfirmed"
    NOT_ENROLLED = "not_enrolled"
    NEEDS_SIGN_IN = "needs_sign_in"
    RETIRING = "retiring"
    RETIRED = "retired"


class Action(StrEnum):
    """What follows: `none` (right, or nothing to do but wait), a command, or `person`: somebody has to see to it."""

    NONE = "none"
    INSTALL = "install"
    REMOVE = "remove"
    LOOK = "look"
    WAIT = "wait"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How one seat stands and what follows; `why` is one sentence for people."""

    state: State
    action: Action
    why: str
