"""
Judging where a server never shows everything a device has.

Our own record says what was sent there, the server what it claims, and mail from the device what it can do. None of
it proves which revision a device has, so nothing here is ever called right, and nothing is sent twice because of it.
"""

from datetime import datetime

from profilegen.fleet.evidence import Moment, is_offline, is_outdated, not_seen, password_is_unknown, was_cleared
from profilegen.fleet.installed import find_installed
from profilegen.fleet.judgement import Action, Judgement, State
from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import Command, CommandKind, CommandState, Sight


def judge_by_record(seat: Seat, sight: Sight, moment: Moment) -> Judgement | None:
    """Return how a seat stands by our own record, None where its server shows what devices have."""
    command = sight.command
    if (seat.mdm, seat.channel) not in moment.blind or _is_unfinished(seat, sight):
        return None
    if (not_sent := _not_sent(seat, sight)) is not None:
        return not_sent
    if command is None or sight.enrollment is None:
        raise AssertionError("what was sent has a command, and a device it went to")
    if is_offline(sight.enrollment, moment):
        return Judgement(state=State.OFFLINE, action=Action.WAIT, why=f"sent, and {not_seen(sight.enrollment)}")
    return _removed(seat, sight, command) if seat.retired else _sent(seat, sight, command, moment)


def _is_unfinished(seat: Seat, sight: Sight) -> bool:
    """Return whether the newest command is judged for itself: never confirmed, or refused."""
    command = sight.command
    if command is None or is_outdated(seat, sight):
        return False
    return command.state.is_unsent or command.state is CommandState.FAILED


def _not_sent(seat: Seat, sight: Sight) -> Judgement | None:
    """Return why it has to be sent, None if it was."""
    command, enrollment = sight.command, sight.enrollment
    if command is None or (command.kind is CommandKind.REMOVE and not seat.retired):
        why = f"nothing was sent there yet, and {seat.mdm} never shows all that a device has"
        return Judgement(state=State.UNKNOWN, action=Action.INSTALL, why=why)
    if seat.retired:
        return None
    if seat.wanted is None or is_outdated(seat, sight):
        wanted = seat.wanted.revision if seat.wanted else "not built yet"
        why = f"what was sent there is {command.revision}, wanted is {wanted}"
        return Judgement(state=State.STALE, action=Action.INSTALL, why=why)
    if command.state is CommandState.GONE or (enrollment is not None and was_cleared(command, enrollment)):
        why = "the device enrolled again after it was sent: a restore, perhaps"
        return Judgement(state=State.RE_ENROLLED, action=Action.INSTALL, why=why)
    return None


def _sent(seat: Seat, sight: Sight, command: Command, moment: Moment) -> Judgement:
    sent = f"{command.stored_at:%Y-%m-%d %H:%M}"
    if sight.sends_since is not None and sight.sends_since > command.stored_at:
        why = f"sent there {sent}, and mail came from the device since; nothing shows which revision it has"
        return Judgement(state=State.UNREPORTED, action=Action.NONE, why=why)
    told_at = _told_at(sight, command)
    if told_at is None or not _is_listed(seat, sight, command):
        why = f"{seat.mdm} took it {sent} and does not say that it is there; mail from the device would"
        return Judgement(state=State.UNKNOWN, action=Action.LOOK, why=why)
    doubt = ", nor whether it has its password" if password_is_unknown(seat, sight) else ""
    why = f"there as far as {seat.mdm} says; nothing shows which revision the device has{doubt}"
    action = Action.NONE if told_at >= moment.proof_since else Action.LOOK
    return Judgement(state=State.UNREPORTED, action=action, why=why)


def _removed(seat: Seat, sight: Sight, command: Command) -> Judgement:
    if _told_at(sight, command) is None or _is_listed(seat, sight, command):
        why = f"{seat.mdm} was told to take it away, and does not say that it did"
        return Judgement(state=State.RETIRING, action=Action.LOOK, why=why)
    why = f"{seat.mdm} was told to take it away and does not list it any more; the device itself is not shown"
    return Judgement(state=State.RETIRED, action=Action.NONE, why=why)


def _told_at(sight: Sight, command: Command) -> datetime | None:
    """Return when the server last said what it knows, None if it was not asked since the command."""
    times = [sight.inventory.collected_at] if sight.inventory is not None else []
    if sight.look is not None and not sight.look.state.is_open:
        times.append(sight.look.changed_at)
    return max((time for time in times if time > command.stored_at), default=None)


def _is_listed(seat: Seat, sight: Sight, command: Command) -> bool:
    """Return whether the server lists the profile, by what it says since the command."""
    inventory = sight.inventory
    if inventory is None or inventory.collected_at <= command.stored_at:
        return False
    return find_installed(seat, inventory) is not None
