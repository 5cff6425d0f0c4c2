"""Whether a mailbox and a device belong together, by the MDM's own record: the worst failure is the wrong person."""

from enum import StrEnum

from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import Enrollment


class Agreement(StrEnum):
    """What the MDM's record says of a seat."""

    AGREES = "agrees"
    OTHER_PERSON = "other_person"
    OTHER_DEVICE = "other_device"
    SAYS_NOTHING = "says_nothing"


def agreement(seat: Seat, enrollment: Enrollment) -> Agreement:
    """
    Return whether the MDM's record of an enrollment names the device and one of the mailboxes of a seat.

    A sign-in name counts only if it *is* one of the mailboxes; one that is not is never taken for a guess.
    """
    if _differs(seat.udid, enrollment.udid) or _differs(seat.serial, enrollment.serial):
        return Agreement.OTHER_DEVICE
    mailboxes = [mailbox.address.account.casefold() for mailbox in seat.mailboxes]
    if any(name.casefold() in mailboxes for name in (*enrollment.emails, *enrollment.sign_ins)):
        return Agreement.AGREES
    return Agreement.OTHER_PERSON if enrollment.emails else Agreement.SAYS_NOTHING


def may_push(seat: Seat, enrollment: Enrollment) -> bool:
    """Return whether a profile of this seat may go to this enrollment; the operator's words stand above the record."""
    return seat.forced is not None or agreement(seat, enrollment) is Agreement.AGREES


def _differs(ours: str | None, theirs: str | None) -> bool:
    return ours != theirs and ours is not None and theirs is not None and ours.upper() != theirs.upper()
