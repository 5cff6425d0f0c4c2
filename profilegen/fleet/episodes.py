"""Episodes and command ids: what keeps a profile from being pushed twice for one and the same fault."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from profilegen.fleet.drift import Judgement
from profilegen.fleet.seen import CommandKind, CommandState, Episode, Sight

NAMESPACE = uuid.UUID("5f6e8a0e-7c55-4b0e-9d0f-2f3a52c8e1b7")
"""The namespace of every CommandUUID; changing it would push everything under way once more."""


def command_id(enrollment: str, subject: str, episode: int) -> str:
    """
    Return the CommandUUID of an install (its subject is the revision) or a removal (`remove`) within an episode.

    The same order has the same id after every crash, and a server that knows it already refuses a second one.
    """
    return str(uuid.uuid5(NAMESPACE, f"{enrollment} {subject} {episode}")).upper()


def look_id(enrollment: str, at: datetime) -> str:
    """Return the CommandUUID of a question what is installed, asked at that moment."""
    return str(uuid.uuid5(NAMESPACE, f"{enrollment} look {at.isoformat()}")).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The episode an action belongs to, and whether it is a new one."""

    episode: Episode
    is_new: bool

    def words(self, before: Episode | None) -> str:
        """Return what the history says of its beginning, and of the last one where that never came to a good end."""
        words = f"fault {self.episode.number} begins"
        if before is None or before.closed_at is not None:
            return words
        return f"{words}; fault {before.number} was not put right"


def episode_for(sight: Sight, judgement: Judgement, now: datetime, *, again: bool) -> Opening:
    """
    Return the episode an install or removal belongs to.

    A new one begins with the first fault, after the last one was closed, once the device lacks what a finished command
    should have brought, and wherever the operator says `again`.
    """
    current = sight.episode
    if current is None:
        return _open(1, judgement, now)
    if again or current.closed_at is not None or _was_in_vain(sight, current):
        return _open(current.number + 1, judgement, now)
    return Opening(episode=current, is_new=False)


def _open(number: int, judgement: Judgement, now: datetime) -> Opening:
    reason = f"{judgement.state}: {judgement.why}"
    return Opening(episode=Episode(number=number, reason=reason, opened_at=now), is_new=True)


def _was_in_vain(sight: Sight, current: Episode) -> bool:
    """Return whether this episode's command came to its end and a later, complete look still finds the fault."""
    command, inventory, enrollment = sight.command, sight.inventory, sight.enrollment
    if command is None or command.episode != current.number or command.kind is CommandKind.LOOK:
        return False
    enrolled_at = enrollment.enrolled_at if enrollment is not None else None
    if command.state is CommandState.GONE or (enrolled_at is not None and enrolled_at > command.changed_at):
        return True
    if command.state not in (CommandState.ACKNOWLEDGED, CommandState.SILENT):
        return False
    return inventory is not None and inventory.complete and inventory.collected_at > command.changed_at
