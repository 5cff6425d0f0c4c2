"""Seats of a server that never shows everything a device has: judged by our own record, never called right."""

from dataclasses import replace
from typing import Any

import pytest

from profilegen.fleet.drift import Action, Judgement, State, judge
from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import CommandKind, CommandState, ErrorLink, Sight
from tests.fleet.making import (
    WANTED,
    ago,
    make_command,
    make_enrollment,
    make_episode,
    make_installed,
    make_inventory,
    make_moment,
    make_seat,
    make_sight,
)

BLIND = make_moment(blind=frozenset({("acme", EnrollmentChannel.DEVICE)}))
SENT = make_command(stored_at=ago(5), changed_at=ago(5))
LISTED = make_inventory(make_installed(uuid=None, revision=None), complete=False)
EMPTY = make_inventory(complete=False)


def _judge(seat: Seat | None = None, **changes: Any) -> Judgement:
    facts = {"inventory": EMPTY, "command": SENT, "last_ok_at": None, "last_ok_os": None} | changes
    return judge(seat or make_seat(), make_sight(**facts), BLIND)


def test_what_was_never_sent_is_sent_although_nothing_is_known() -> None:
    judgement = _judge(command=None, inventory=None)
    assert (judgement.state, judgement.action) == (State.UNKNOWN, Action.INSTALL)


def test_what_the_server_took_is_not_sent_again_and_not_called_there() -> None:
    assert (_judge().state, _judge().action) == (State.UNKNOWN, Action.LOOK)


def test_what_the_server_lists_is_there_as_far_as_it_says() -> None:
    judgement = _judge(inventory=LISTED)
    assert (judgement.state, judgement.action) == (State.UNREPORTED, Action.NONE)


def test_what_was_listed_before_it_was_sent_says_nothing() -> None:
    assert _judge(inventory=replace(LISTED, collected_at=ago(6))).state is State.UNKNOWN


def test_mail_from_the_device_after_it_was_sent_says_more_than_the_server() -> None:
    assert _judge(sends_since=ago(1)).state is State.UNREPORTED
    assert _judge(sends_since=ago(6)).state is State.UNKNOWN


def test_another_revision_is_sent_once_it_is_wanted() -> None:
    judgement = _judge(make_seat(wanted=replace(WANTED, revision="bbbbbbbb")), inventory=LISTED)
    assert (judgement.state, judgement.action) == (State.STALE, Action.INSTALL)


def test_whoever_enrolled_again_since_gets_it_again() -> None:
    judgement = _judge(enrollment=make_enrollment(enrolled_at=ago(1)), inventory=LISTED)
    assert (judgement.state, judgement.action) == (State.RE_ENROLLED, Action.INSTALL)


@pytest.mark.parametrize("state", [CommandState.STORED, CommandState.PREPARED, CommandState.FAILED])
def test_what_never_arrived_or_was_refused_is_judged_as_anywhere(state: CommandState) -> None:
    command = replace(SENT, state=state, errors=(ErrorLink(domain="acme", code=1, text="no"),))
    expected = dict.fromkeys(CommandState, Action.INSTALL) | {CommandState.FAILED: Action.PERSON}
    assert _judge(command=command, episode=make_episode()).action is expected[state]


def test_a_device_long_unseen_is_offline_and_nothing_is_sent_after_what_was_sent() -> None:
    judgement = _judge(enrollment=make_enrollment(last_seen=ago(24 * 30)))
    assert (judgement.state, judgement.action) == (State.OFFLINE, Action.WAIT)


def test_a_removal_is_done_once_the_server_lists_it_no_more() -> None:
    retired, removal = make_seat(retired=True), replace(SENT, kind=CommandKind.REMOVE, revision=None)
    assert _judge(retired, command=removal, inventory=LISTED).state is State.RETIRING
    assert _judge(retired, command=removal).state is State.RETIRED
    assert _judge(retired, command=removal, inventory=None).action is Action.LOOK


def test_nobody_elses_device_is_served_on_such_a_server_either() -> None:
    sight = Sight(enrollment=make_enrollment(emails=("other@example.com",)), candidates=1)
    assert judge(make_seat(), sight, BLIND).state is State.WRONG_PERSON
