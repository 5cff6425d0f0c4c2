"""What is known of a seat, and what that is worth at a given moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from profilegen.fleet.installed import find_installed, is_wanted
from profilegen.fleet.seat import EnrollmentChannel, Seat, SecretRoute
from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment, InstalledProfile, Inventory, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerMark:
    """The signer profiles are signed with now: SHA-256 of its leaf certificate (hex) and its end."""

    sha256: str
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    What every judgement of one run shares.

    An inventory collected before `proof_since` proves nothing; a device not seen for `offline_after` is offline; one
    that checked in `answer_within` after a command and gave no answer is silent; a signer is renewed `signer_warning`
    before its end. `signer` None: profiles go out unsigned. `blind` are the servers, and their channels, that never
    show everything a device has: what stands there is judged by our own record.
    """

    now: datetime
    proof_since: datetime
    signer: SignerMark | None = None
    offline_after: timedelta = timedelta(days=14)
    answer_within: timedelta = timedelta(minutes=10)
    signer_warning: timedelta = timedelta(days=30)
    blind: frozenset[tuple[str, EnrollmentChannel]] = frozenset()


def is_offline(enrollment: Enrollment, moment: Moment) -> bool:
    """Return whether a device was not seen for so long that waiting for it has no end."""
    return enrollment.last_seen is not None and moment.now - enrollment.last_seen > moment.offline_after


def proof_of(sight: Sight, moment: Moment) -> Inventory | None:
    """Return the inventory if it proves anything: complete, fresh, and newer than all that could have changed it."""
    inventory, command = sight.inventory, sight.command
    if inventory is None or not inventory.complete:
        return None
    answered_at = command.changed_at if command is not None and not command.state.is_open else None
    if inventory.collected_at < _newest(moment.proof_since, _enrolled_at(sight), answered_at):
        return None
    return None if has_new_system(sight) and _is_before_update(sight) else inventory


def asked_since(sight: Sight, proof_since: datetime) -> datetime:
    """Return since when a device has to have told what it has, so that it answers what is asked of it now."""
    command = sight.command
    given_at = None if command is None else command.stored_at if command.state.is_open else command.changed_at
    return _newest(proof_since, _enrolled_at(sight), given_at)


def _enrolled_at(sight: Sight) -> datetime | None:
    return sight.enrollment.enrolled_at if sight.enrollment is not None else None


def _newest(first: datetime, *others: datetime | None) -> datetime:
    return max((first, *(moment for moment in others if moment is not None)))


def _is_before_update(sight: Sight) -> bool:
    """An inventory taken when the seat was last right says nothing of the time after the update."""
    return sight.inventory is None or (
        sight.last_ok_at is not None and sight.inventory.collected_at <= sight.last_ok_at
    )


def has_new_system(sight: Sight) -> bool:
    """Return whether the device's system was updated since the seat was last right."""
    return sight.last_ok_os is not None and system_of(sight) not in (None, sight.last_ok_os)


def system_of(sight: Sight) -> str | None:
    """Return version and build of the device's system as one text, None if it is not known."""
    enrollment = sight.enrollment
    if enrollment is None or enrollment.os_version is None:
        return None
    return f"{enrollment.os_version} ({enrollment.build})" if enrollment.build else enrollment.os_version


def since_update(sight: Sight) -> str:
    """Return the half sentence that says what was updated since the seat was last right, empty if nothing was."""
    return f"; the system was updated since: {sight.last_ok_os} to {system_of(sight)}" if has_new_system(sight) else ""


def was_tried(sight: Sight) -> bool:
    """Return whether the command of this very episode went to the device as it is enrolled now."""
    command, episode, enrollment = sight.command, sight.episode, sight.enrollment
    if command is None or episode is None or enrollment is None:
        return False
    return episode.closed_at is None and command.episode == episode.number and not was_cleared(command, enrollment)


def was_re_enrolled(sight: Sight) -> bool:
    """Return whether the device enrolled again since the seat was last right."""
    enrolled = sight.enrollment.enrolled_at if sight.enrollment else None
    return enrolled is not None and sight.last_ok_at is not None and enrolled > sight.last_ok_at


def is_outdated(seat: Seat, sight: Sight) -> bool:
    """Return whether the command carries something else than what is wanted now."""
    command = sight.command
    if command is None:
        return False
    if seat.retired:
        return command.kind is not CommandKind.REMOVE
    return command.kind is CommandKind.REMOVE or (seat.wanted is not None and command.revision != seat.wanted.revision)


def shows_wanted(seat: Seat, sight: Sight) -> bool:
    """Return whether an inventory newer than the open command already shows what it was for."""
    inventory, command = sight.inventory, sight.command
    if inventory is None or command is None or not inventory.complete or inventory.collected_at <= command.stored_at:
        return False
    installed = find_installed(seat, inventory)
    if command.kind is CommandKind.REMOVE:
        return installed is None
    return installed is not None and is_wanted(seat, installed) is True


def is_silent(command: Command, sight: Sight, moment: Moment) -> bool:
    """Return whether the device was heard of since a command was given and left it without an answer."""
    seen = sight.enrollment.last_seen if sight.enrollment is not None else None
    told = sight.inventory.collected_at if sight.inventory is not None else None
    heard = max((time for time in (seen, told) if time is not None), default=None)
    return heard is not None and heard - command.changed_at > moment.answer_within


def awaits_proof(sight: Sight) -> bool:
    """Return whether an install was acknowledged, and no inventory has shown it yet."""
    command, episode = sight.command, sight.episode
    if command is None or command.kind is not CommandKind.INSTALL or command.state is not CommandState.ACKNOWLEDGED:
        return False
    return episode is None or episode.closed_at is None


def was_cleared(command: Command, enrollment: Enrollment) -> bool:
    """Return whether the device enrolled again after a command was given, which empties its queue without a word."""
    return enrollment.enrolled_at is not None and enrollment.enrolled_at > command.changed_at


def signer_is_old(installed: InstalledProfile, moment: Moment) -> bool:
    """Return whether the signature ends soon, or is another than the current signer's."""
    signer = moment.signer
    if signer is None:
        return False
    if installed.signer_sha256 is not None and installed.signer_sha256 != signer.sha256:
        return True
    ends = installed.signer_not_after
    return ends is not None and ends - moment.now < moment.signer_warning and signer.not_after > ends


def password_is_unknown(seat: Seat, sight: Sight) -> bool:
    """Return whether a restore may have taken the password, and nothing was sent from the device since."""
    since = sight.password_unknown_since
    if since is None or seat.route in (SecretRoute.ENCRYPTED, SecretRoute.ASSET):
        return False
    return sight.sends_since is None or sight.sends_since < since


def not_seen(enrollment: Enrollment) -> str:
    """Return the half sentence that says since when a device was not seen."""
    seen = enrollment.last_seen
    return f"the device was not seen since {seen:%Y-%m-%d}" if seen else "the device was never seen"


def not_known(sight: Sight, moment: Moment) -> str:
    """Return the half sentence that says why nothing is known of a device's profiles."""
    if sight.inventory is None:
        return "its profiles were never listed"
    if not sight.inventory.complete:
        return "the list of its profiles is not complete"
    return f"its profiles were last listed {sight.inventory.collected_at:%Y-%m-%d %H:%M}, before {moment.now:%Y-%m-%d}"
