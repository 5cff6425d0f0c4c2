"""What a seat is due within a run: a push, an answer, or nothing more."""

from profilegen.fleet.drift import Action, State
from profilegen.flow.fleet.values import Judged

PUSHED = frozenset({Action.INSTALL, Action.REMOVE})
"""Actions that go out as a command."""
UNDER_WAY = frozenset({State.IN_FLIGHT, State.SILENT})
"""States of seats whose command went out and has no end yet."""


def is_to_push(each: Judged, *, again: bool) -> bool:
    """Return whether a seat gets a command: by its state, or because the operator says so and it is its person's."""
    if each.judgement.action in PUSHED:
        return True
    refused = (State.WRONG_PERSON, State.UNCONFIRMED, State.NOT_ENROLLED, State.NEEDS_SIGN_IN, State.RETIRED)
    return again and each.judgement.state not in refused


def is_pending(each: Judged) -> bool:
    """Return whether an answer may still come; what was not pushed gets none by being waited for."""
    if each.judgement.state in (State.OFFLINE, State.WAITING):
        return False
    return each.judgement.action in (Action.WAIT, Action.LOOK)


def was_pushed(each: Judged) -> bool:
    """Return whether this episode had its push."""
    episode, command = each.view.sight.episode, each.view.sight.command
    if episode is None or episode.closed_at is not None:
        return False
    return command is not None and command.episode == episode.number
