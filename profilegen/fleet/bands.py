"""The states of the fleet in five bands: what a picture can tell apart, and two columns nobody may mix up."""

from enum import StrEnum

from profilegen.fleet.drift import State
from profilegen.fleet.seen import Sight


class Band(StrEnum):
    """How a seat stands, from right to wrong."""

    RIGHT = "right"
    ALMOST = "almost"
    OPEN = "open"
    AWAY = "away"
    WRONG = "wrong"


BANDS = {
    State.OK: Band.RIGHT,
    State.UNREPORTED: Band.RIGHT,
    State.RETIRED: Band.RIGHT,
    State.PASSWORD_UNKNOWN: Band.ALMOST,
    State.SIGNER_EXPIRING: Band.ALMOST,
    State.TWIN: Band.ALMOST,
    State.UNKNOWN: Band.OPEN,
    State.RE_ENROLLED: Band.OPEN,
    State.OS_UPDATED: Band.OPEN,
    State.IN_FLIGHT: Band.OPEN,
    State.WAITING: Band.OPEN,
    State.SILENT: Band.OPEN,
    State.RETIRING: Band.OPEN,
    State.OFFLINE: Band.AWAY,
    State.NOT_ENROLLED: Band.AWAY,
    State.NEEDS_SIGN_IN: Band.AWAY,
    State.STALE: Band.WRONG,
    State.MOVED: Band.WRONG,
    State.MISSING: Band.WRONG,
    State.BY_HAND: Band.WRONG,
    State.FAILED: Band.WRONG,
    State.WRONG_PERSON: Band.WRONG,
    State.UNCONFIRMED: Band.WRONG,
}


class Installed(StrEnum):
    """Whether the wanted profile is on the device; `other`: one of this name is, and not the wanted one."""

    YES = "yes"
    OTHER = "other"
    NO = "no"
    NOT_KNOWN = "not_known"


class Sends(StrEnum):
    """Whether mail goes out from the device; `not_since`: it did, and nothing says so since the last suspicion."""

    YES = "yes"
    NOT_SINCE = "not_since"
    NOT_KNOWN = "not_known"


_INSTALLED = {
    **dict.fromkeys((State.OK, State.PASSWORD_UNKNOWN, State.SIGNER_EXPIRING, State.TWIN), Installed.YES),
    **dict.fromkeys((State.STALE, State.MOVED, State.BY_HAND), Installed.OTHER),
    **dict.fromkeys((State.MISSING, State.RETIRED), Installed.NO),
}


def installed_of(state: State) -> Installed:
    """Return what a state says of the device; nothing is concluded from what is not known."""
    return _INSTALLED.get(state, Installed.NOT_KNOWN)


def sends_of(sight: Sight) -> Sends:
    """Return what is known of the mail that goes out."""
    sent, doubted = sight.sends_since, sight.password_unknown_since
    if sent is None:
        return Sends.NOT_KNOWN
    return Sends.NOT_SINCE if doubted is not None and sent < doubted else Sends.YES
