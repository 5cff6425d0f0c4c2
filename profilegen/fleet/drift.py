"""
How a seat stands: wanted against seen, judged from values alone.

    judgement = judge(seat, sight, moment)     # a state, an action, and why

Unknown is never "none": nothing is called missing unless a complete and fresh inventory lacks it.
"""

from collections.abc import Callable, Sequence

from profilegen.fleet.agreement import Agreement, agreement
from profilegen.fleet.evidence import (
    Moment,
    awaits_proof,
    has_new_system,
    is_offline,
    is_outdated,
    is_silent,
    not_known,
    not_seen,
    password_is_unknown,
    proof_of,
    shows_wanted,
    signer_is_old,
    since_update,
    system_of,
    was_cleared,
    was_re_enrolled,
    was_tried,
)
from profilegen.fleet.installed import find_installed, is_wanted, moved_fields, twins_of
from profilegen.fleet.judgement import Action, Judgement, State
from profilegen.fleet.record import judge_by_record
from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import CommandKind, CommandState, InstalledProfile, MailOnDevice, Sight

__all__ = ["Action", "Judgement", "State", "judge", "lacks_system"]

_Case = Callable[[Seat, Sight, Moment], Judgement | None]


def judge(seat: Seat, sight: Sight, moment: Moment, expected: Sequence[MailOnDevice] = ()) -> Judgement:
    """
    Return how a seat stands; the first case that applies decides.

    `expected` is what declarative status should report of its accounts, empty where an MDM reports no such thing.
    """
    for case in _CASES:
        judgement = case(seat, sight, moment)
        if judgement is not None:
            return judgement
    return _judge_inventory(seat, sight, moment, expected)


# --- cases that decide before anything is compared ----------------------------------------------------------


def _not_enrolled(seat: Seat, sight: Sight, _: Moment) -> Judgement | None:
    device = seat.udid or seat.serial
    if sight.candidates > 1:
        why = f"{sight.candidates} devices of {seat.mdm} answer to {device}; name the UDID"
        return Judgement(state=State.NOT_ENROLLED, action=Action.PERSON, why=why)
    if sight.enrollment is None:
        why = f"{seat.mdm} does not know {device}"
    elif not sight.enrollment.active:
        why = "the device left the MDM"
    else:
        return None
    return Judgement(state=State.NOT_ENROLLED, action=Action.PERSON, why=why)


def _needs_sign_in(seat: Seat, sight: Sight, _: Moment) -> Judgement | None:
    enrollment = sight.enrollment
    if enrollment is None or seat.channel is not EnrollmentChannel.USER or enrollment.channel is seat.channel:
        return None
    why = "mail on a Mac needs its person to sign in once, so that the MDM has a user to send it to"
    return Judgement(state=State.NEEDS_SIGN_IN, action=Action.PERSON, why=why)


def _wrong_person(seat: Seat, sight: Sight, _: Moment) -> Judgement | None:
    if sight.enrollment is None or seat.forced is not None:
        return None
    match agreement(seat, sight.enrollment):
        case Agreement.OTHER_DEVICE:
            why = "UDID and serial number of the roster belong to different devices in the MDM"
            return Judgement(state=State.WRONG_PERSON, action=Action.PERSON, why=why)
        case Agreement.OTHER_PERSON:
            why = f"the MDM says this device is {', '.join(sight.enrollment.emails)}'s"
            return Judgement(state=State.WRONG_PERSON, action=Action.PERSON, why=why)
        case Agreement.SAYS_NOTHING:
            why = "the MDM has no address on record for this device, so only you can say whose it is"
            return Judgement(state=State.UNCONFIRMED, action=Action.PERSON, why=why)
        case Agreement.AGREES:
            return None


def _retired(seat: Seat, sight: Sight, moment: Moment) -> Judgement | None:
    if not seat.retired:
        return None
    inventory = proof_of(sight, moment)
    if inventory is not None and find_installed(seat, inventory) is None:
        return Judgement(state=State.RETIRED, action=Action.NONE, why="its profile is gone from the device")
    command = sight.command
    if command is not None and command.kind is CommandKind.REMOVE:
        return None  # its own state says more
    return Judgement(state=State.RETIRING, action=Action.REMOVE, why="its removal was planned by name")


def _command_open(seat: Seat, sight: Sight, moment: Moment) -> Judgement | None:
    command, enrollment = sight.command, sight.enrollment
    if command is None or enrollment is None or not command.state.is_open or is_outdated(seat, sight):
        return None
    if shows_wanted(seat, sight) or was_cleared(command, enrollment):
        return None
    if is_offline(enrollment, moment):
        return Judgement(state=State.OFFLINE, action=Action.WAIT, why=f"queued, and {not_seen(enrollment)}")
    if command.state.is_unsent:
        why = "the order was written down and never confirmed; it is given again under the same id"
        again = Action.REMOVE if command.kind is CommandKind.REMOVE else Action.INSTALL
        return Judgement(state=State.IN_FLIGHT, action=again, why=why)
    if is_silent(command, sight, moment):
        why = "the device checked in since and the command got no answer; its profiles are looked at again"
        return Judgement(state=State.SILENT, action=Action.LOOK, why=why)
    if command.state is CommandState.WAITING:
        return Judgement(state=State.WAITING, action=Action.WAIT, why="the device said NotNow; it comes back by itself")
    if command.state is CommandState.UNPUSHED:
        why = "queued, and the device could not be woken; it gets it when it checks in"
        return Judgement(state=State.IN_FLIGHT, action=Action.WAIT, why=why)
    return Judgement(state=State.IN_FLIGHT, action=Action.WAIT, why="the MDM took it; the device has not answered yet")


def _command_failed(seat: Seat, sight: Sight, _: Moment) -> Judgement | None:
    command, episode = sight.command, sight.episode
    if command is None or episode is None or command.state is not CommandState.FAILED or is_outdated(seat, sight):
        return None
    if episode.closed_at is not None or command.episode != episode.number:
        return None
    said = command.errors[0] if command.errors else None
    why = f"{said.text} ({said.domain} {said.code})" if said else "refused without a reason"
    return Judgement(state=State.FAILED, action=Action.PERSON, why=why)


_CASES: tuple[_Case, ...] = (
    _not_enrolled,
    _needs_sign_in,
    _retired,
    _wrong_person,
    judge_by_record,
    _command_open,
    _command_failed,
)


# --- what the inventory says --------------------------------------------------------------------------------


def _judge_inventory(seat: Seat, sight: Sight, moment: Moment, expected: Sequence[MailOnDevice]) -> Judgement:
    inventory = proof_of(sight, moment)
    if inventory is None:
        return _unproved(sight, moment)
    installed = find_installed(seat, inventory)
    if seat.retired:
        return Judgement(state=State.RETIRING, action=Action.REMOVE, why="it was to be removed and is still there")
    if installed is None:
        why = f"its inventory is complete, and the profile is not in it{since_update(sight)}"
        return Judgement(state=State.MISSING, action=Action.INSTALL, why=why)
    return _judge_revision(seat, sight, installed) or _judge_wanted(seat, sight, installed, moment, expected)


def _judge_revision(seat: Seat, sight: Sight, installed: InstalledProfile) -> Judgement | None:
    if installed.managed is False:
        why = "the profile was installed by hand; what an MDM does over it is not known"
        return Judgement(state=State.BY_HAND, action=Action.PERSON, why=why)
    if installed.refusal is not None and is_wanted(seat, installed) is not False:
        return _refused(sight, installed.refusal)
    match is_wanted(seat, installed):
        case None:
            return _unreported(seat, sight)
        case False:
            shown = installed.revision or "another one"
            why = f"the device has {shown}, wanted is {seat.wanted.revision if seat.wanted else 'not built yet'}"
            return Judgement(state=State.STALE, action=Action.INSTALL, why=why)
        case True:
            return None


def _refused(sight: Sight, refusal: str) -> Judgement:
    """Send anew what a device can use no longer, but not again what it could not use from the start."""
    if was_tried(sight):
        return Judgement(state=State.FAILED, action=Action.PERSON, why=f"the device cannot use it: {refusal}")
    why = f"the device has it and can use it no longer: {refusal}"
    return Judgement(state=State.MISSING, action=Action.INSTALL, why=why)


def _judge_wanted(
    seat: Seat, sight: Sight, installed: InstalledProfile, moment: Moment, expected: Sequence[MailOnDevice]
) -> Judgement:
    inventory = sight.inventory
    if inventory is None:
        raise AssertionError("judged by an inventory that is not there")
    if moved := moved_fields(expected, inventory):
        why = f"the account on the device is no longer what was installed: {'; '.join(moved)}"
        return Judgement(state=State.MOVED, action=Action.INSTALL, why=why)
    if twins := twins_of(seat, inventory):
        why = f"a second mail profile is on the device: {', '.join(twins)}"
        return Judgement(state=State.TWIN, action=Action.PERSON, why=why)
    if signer_is_old(installed, moment):
        why = "its signature ends soon or is no longer the current one"
        return Judgement(state=State.SIGNER_EXPIRING, action=Action.INSTALL, why=why)
    if password_is_unknown(seat, sight):
        why = "the profile is there; whether the device has the password is not known until it sends"
        return Judgement(state=State.PASSWORD_UNKNOWN, action=Action.PERSON, why=why)
    seen = inventory.collected_at.isoformat(" ", "minutes")[:16]
    why = f"revision {seat.wanted.revision if seat.wanted else '?'} seen {seen}"
    return Judgement(state=State.OK, action=Action.NONE, why=why)


def _unproved(sight: Sight, moment: Moment) -> Judgement:
    """Nothing can be said from what is known; say why, and look, unless the device cannot be asked."""
    look = _look_or_wait(sight, moment)
    enrollment = sight.enrollment
    if enrollment is not None and is_offline(enrollment, moment):
        return Judgement(state=State.OFFLINE, action=look, why=not_seen(enrollment))
    if was_re_enrolled(sight):
        why = "the device enrolled again since it was last right: a restore, perhaps"
        return Judgement(state=State.RE_ENROLLED, action=look, why=why)
    if has_new_system(sight):
        why = f"the system was updated since it was last right: {sight.last_ok_os} to {system_of(sight)}"
        return Judgement(state=State.OS_UPDATED, action=look, why=why)
    if awaits_proof(sight):
        why = "the device acknowledged it; only a fresh inventory proves it"
        return Judgement(state=State.IN_FLIGHT, action=look, why=why)
    return Judgement(state=State.UNKNOWN, action=look, why=not_known(sight, moment))


def _look_or_wait(sight: Sight, moment: Moment) -> Action:
    """Ask once, and again only if the question was lost."""
    look, enrollment = sight.look, sight.enrollment
    if look is None or enrollment is None or not look.state.is_open or look.state.is_unsent:
        return Action.LOOK
    return Action.LOOK if is_silent(look, sight, moment) else Action.WAIT


def _unreported(seat: Seat, sight: Sight) -> Judgement:
    """Judge by our own record where the MDM shows neither UUID nor revision."""
    command = sight.command
    last = command.revision if command is not None and command.state is CommandState.ACKNOWLEDGED else None
    if seat.wanted is not None and last == seat.wanted.revision:
        why = "installed as far as the MDM says; it reports no revision, so nothing proves which one"
        return Judgement(state=State.UNREPORTED, action=Action.NONE, why=why)
    why = "a profile of this name is there, the MDM reports no revision, and ours was not pushed since"
    return Judgement(state=State.STALE, action=Action.INSTALL, why=why)


def lacks_system(judgement: Judgement, sight: Sight) -> bool:
    """
    Return whether a device should be asked what it is.

    Where nobody knows its system, and where its profile went: an update may be why.
    """
    inventory, look, command, enrollment = sight.inventory, sight.look, sight.command, sight.enrollment
    episode = sight.episode
    if inventory is None or enrollment is None or enrollment.channel is not EnrollmentChannel.DEVICE:
        return False
    if judgement.action not in (Action.NONE, Action.INSTALL) or (command is not None and command.state.is_open):
        return False
    if look is not None and (look.state.is_open or look.stored_at >= inventory.collected_at):
        return False  # it was asked since
    was_there = episode is not None and episode.closed_at is not None
    return enrollment.os_version is None or (was_there and judgement.state is State.MISSING)
