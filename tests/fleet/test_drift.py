"""How a seat stands: one test per state, each a seat that is right but for one thing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.fleet.drift import Action, Judgement, State, judge
from profilegen.fleet.seat import Effective, EnrollmentChannel, Seat, SecretRoute
from profilegen.fleet.seen import CommandKind, CommandState, ErrorLink, MailOnDevice, Sight
from tests.fleet.making import (
    NOW,
    SIGNER,
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


def _judge(seat: Seat | None = None, sight: Sight | None = None) -> Judgement:
    return judge(seat or make_seat(), sight or make_sight(), make_moment())


def _states(judgement: Judgement) -> tuple[State, Action]:
    return judgement.state, judgement.action


def test_a_fresh_complete_inventory_with_the_wanted_revision_is_right() -> None:
    assert _states(_judge()) == (State.OK, Action.NONE)


def test_a_complete_inventory_without_the_profile_says_that_it_is_gone() -> None:
    assert _states(_judge(sight=make_sight(inventory=make_inventory()))) == (State.MISSING, Action.INSTALL)


def test_an_incomplete_inventory_never_says_that_anything_is_gone() -> None:
    sight = make_sight(inventory=make_inventory(complete=False))
    assert _states(_judge(sight=sight)) == (State.UNKNOWN, Action.LOOK)


def test_an_old_inventory_proves_nothing() -> None:
    sight = make_sight(inventory=make_inventory(make_installed(), collected_at=ago(25)))
    assert _states(_judge(sight=sight)) == (State.UNKNOWN, Action.LOOK)


def test_nothing_seen_is_not_nothing_there() -> None:
    assert _states(_judge(sight=make_sight(inventory=None))) == (State.UNKNOWN, Action.LOOK)


def test_another_revision_is_stale() -> None:
    sight = make_sight(inventory=make_inventory(make_installed(revision="bbbbbbbb")))
    assert _states(_judge(sight=sight)) == (State.STALE, Action.INSTALL)


def test_the_revision_in_the_description_decides_where_the_mdm_rewrote_the_uuid() -> None:
    sight = make_sight(inventory=make_inventory(make_installed(uuid="FFFFFFFF-0000-0000-0000-000000000000")))
    assert _judge(sight=sight).state is State.OK


def test_the_uuid_decides_where_no_revision_is_reported() -> None:
    same = make_sight(inventory=make_inventory(make_installed(revision=None)))
    other = make_sight(inventory=make_inventory(make_installed(revision=None, uuid="FFFFFFFF")))
    assert (_judge(sight=same).state, _judge(sight=other).state) == (State.OK, State.STALE)


def test_the_identity_an_mdm_made_of_ours_is_the_one_looked_for() -> None:
    seat = make_seat(effective=Effective(identifier="com.mdm.1", uuid="EEEE"))
    sight = make_sight(inventory=make_inventory(make_installed(identifier="com.mdm.1", revision=None, uuid="eeee")))
    assert _judge(seat, sight).state is State.OK


def test_what_reports_neither_uuid_nor_revision_is_never_called_right() -> None:
    nothing = make_inventory(make_installed(revision=None, uuid=None))
    pushed = make_command(state=CommandState.ACKNOWLEDGED, changed_at=ago(3))
    assert _judge(sight=make_sight(inventory=nothing, command=pushed)).state is State.UNREPORTED
    assert _states(_judge(sight=make_sight(inventory=nothing))) == (State.STALE, Action.INSTALL)


def test_a_second_mail_profile_is_told_and_left_alone() -> None:
    twin = make_installed(identifier="com.other.mail")
    assert _states(_judge(sight=make_sight(inventory=make_inventory(make_installed(), twin)))) == (
        State.TWIN,
        Action.PERSON,
    )


def test_a_profile_installed_by_hand_is_left_to_a_person() -> None:
    sight = make_sight(inventory=make_inventory(make_installed(managed=False)))
    assert _states(_judge(sight=sight)) == (State.BY_HAND, Action.PERSON)


@pytest.mark.parametrize(
    "changes", [{"signer_sha256": "00" * 32}, {"signer_not_after": NOW + timedelta(days=29)}], ids=["renewed", "ends"]
)
def test_an_old_signature_is_renewed(changes: dict[str, object]) -> None:
    sight = make_sight(inventory=make_inventory(make_installed(**changes)))
    assert _states(_judge(sight=sight)) == (State.SIGNER_EXPIRING, Action.INSTALL)


def test_a_signature_that_ends_soon_is_kept_while_there_is_no_later_one() -> None:
    ends = NOW + timedelta(days=29)
    sight = make_sight(inventory=make_inventory(make_installed(signer_not_after=ends)))
    moment = make_moment(signer=replace(SIGNER, not_after=ends))
    assert judge(make_seat(), sight, moment).state is State.OK


def test_an_enrolment_after_the_inventory_makes_it_worthless() -> None:
    sight = make_sight(enrollment=make_enrollment(enrolled_at=ago(0.5)))
    assert _states(_judge(sight=sight)) == (State.RE_ENROLLED, Action.LOOK)


def test_a_new_system_is_suspect_until_somebody_looked() -> None:
    updated = make_enrollment(os_version="18.2", build="22C1")
    before = make_sight(enrollment=updated, inventory=make_inventory(make_installed(), collected_at=ago(2)))
    after = make_sight(enrollment=updated, inventory=make_inventory(make_installed(), collected_at=ago(1)))
    assert _states(_judge(sight=before)) == (State.OS_UPDATED, Action.LOOK)
    assert _judge(sight=after).state is State.OK


def test_after_a_restore_the_password_is_unknown_until_something_was_sent() -> None:
    restored = make_sight(password_unknown_since=ago(5))
    assert _states(_judge(sight=restored)) == (State.PASSWORD_UNKNOWN, Action.PERSON)
    assert _judge(sight=replace(restored, sends_since=ago(6))).state is State.PASSWORD_UNKNOWN
    assert _judge(sight=replace(restored, sends_since=ago(4))).state is State.OK
    assert _judge(make_seat(route=SecretRoute.ENCRYPTED), restored).state is State.OK


def test_a_device_long_unseen_is_offline_not_fine() -> None:
    sight = make_sight(enrollment=make_enrollment(last_seen=ago(24 * 15)), inventory=None)
    assert _judge(sight=sight).state is State.OFFLINE


def test_a_question_is_not_asked_twice_while_its_answer_may_still_come() -> None:
    look = make_command(kind=CommandKind.LOOK, revision=None)
    assert _judge(sight=make_sight(inventory=None, look=look)).action is Action.WAIT
    ignored = replace(look, changed_at=ago(1))
    assert _judge(sight=make_sight(inventory=None, look=ignored)).action is Action.LOOK


# --- whose device it is -------------------------------------------------------------------------------------


def test_a_mailbox_never_goes_to_somebody_elses_device() -> None:
    sight = make_sight(enrollment=make_enrollment(emails=("other@example.com",)), inventory=make_inventory())
    assert _states(_judge(sight=sight)) == (State.WRONG_PERSON, Action.PERSON)


def test_udid_and_serial_must_be_of_one_device() -> None:
    sight = make_sight(enrollment=make_enrollment(serial="B2"))
    assert _judge(make_seat(serial="A1"), sight).state is State.WRONG_PERSON


def test_a_sign_in_name_that_is_not_the_mailbox_confirms_nothing() -> None:
    sight = make_sight(enrollment=make_enrollment(emails=(), sign_ins=("you",)), inventory=make_inventory())
    assert _states(_judge(sight=sight)) == (State.UNCONFIRMED, Action.PERSON)
    assert _judge(make_seat(forced="checked by hand"), sight).state is State.MISSING


def test_two_devices_of_one_serial_are_not_chosen_from() -> None:
    assert _states(_judge(sight=make_sight(candidates=2))) == (State.NOT_ENROLLED, Action.PERSON)


def test_a_device_that_left_or_never_came_is_not_enrolled() -> None:
    left = make_sight(enrollment=make_enrollment(active=False))
    never = make_sight(enrollment=None, candidates=0)
    assert (_judge(sight=left).state, _judge(sight=never).state) == (State.NOT_ENROLLED, State.NOT_ENROLLED)


def test_mail_on_a_mac_waits_for_its_person_to_sign_in() -> None:
    seat = make_seat(channel=EnrollmentChannel.USER)
    assert _states(_judge(seat)) == (State.NEEDS_SIGN_IN, Action.PERSON)


# --- commands under way -------------------------------------------------------------------------------------

MISSING = make_inventory()


@pytest.mark.parametrize(
    ("state", "expected", "action"),
    [
        (CommandState.QUEUED, State.IN_FLIGHT, Action.WAIT),
        (CommandState.UNPUSHED, State.IN_FLIGHT, Action.WAIT),
        (CommandState.STORED, State.IN_FLIGHT, Action.INSTALL),
        (CommandState.PREPARED, State.IN_FLIGHT, Action.INSTALL),
        (CommandState.WAITING, State.WAITING, Action.WAIT),
        (CommandState.ACKNOWLEDGED, State.IN_FLIGHT, Action.LOOK),
        (CommandState.GONE, State.UNKNOWN, Action.LOOK),
    ],
)
def test_a_command_under_way_is_neither_repeated_nor_called_done(
    state: CommandState, expected: State, action: Action
) -> None:
    sight = make_sight(inventory=MISSING, command=make_command(state=state), episode=make_episode())
    assert _states(_judge(sight=sight)) == (expected, action)


def test_an_inventory_that_shows_the_revision_ends_the_wait() -> None:
    command = make_command(stored_at=ago(2), changed_at=ago(2))
    assert _judge(sight=make_sight(command=command)).state is State.OK


def test_a_device_that_came_and_said_nothing_is_told_apart_from_one_that_is_offline() -> None:
    ignored = make_command(changed_at=ago(1), stored_at=ago(1))
    here = make_sight(inventory=MISSING, command=ignored, episode=make_episode())
    away = replace(here, enrollment=make_enrollment(last_seen=ago(24 * 20)))
    assert _states(_judge(sight=here)) == (State.SILENT, Action.LOOK)
    assert _states(_judge(sight=away)) == (State.OFFLINE, Action.WAIT)


def test_a_refusal_is_left_to_a_person_until_something_else_is_wanted() -> None:
    refused = make_command(
        state=CommandState.FAILED, errors=(ErrorLink(domain="MCInstallationErrorDomain", code=4001, text="no"),)
    )
    sight = make_sight(inventory=MISSING, command=refused, episode=make_episode())
    judgement = _judge(sight=sight)
    assert _states(judgement) == (State.FAILED, Action.PERSON)
    assert "MCInstallationErrorDomain 4001" in judgement.why
    other = make_seat(wanted=replace(WANTED, revision="cccccccc"))
    later = replace(sight, inventory=make_inventory(collected_at=NOW))
    assert _states(_judge(other, later)) == (State.MISSING, Action.INSTALL)


def test_a_queue_cleared_by_an_enrolment_is_not_waited_for() -> None:
    command = make_command(changed_at=ago(3), stored_at=ago(3))
    sight = make_sight(inventory=MISSING, command=command, enrollment=make_enrollment(enrolled_at=ago(2)))
    assert _states(_judge(sight=sight)) == (State.MISSING, Action.INSTALL)


# --- removal and declarative status -------------------------------------------------------------------------


def test_a_retired_seat_is_removed_and_then_done() -> None:
    retired = make_seat(retired=True)
    assert _states(_judge(retired)) == (State.RETIRING, Action.REMOVE)
    assert _states(_judge(retired, make_sight(inventory=MISSING))) == (State.RETIRED, Action.NONE)
    under_way = make_sight(command=make_command(kind=CommandKind.REMOVE, revision=None, state=CommandState.QUEUED))
    assert _states(_judge(retired, under_way)) == (State.IN_FLIGHT, Action.WAIT)


def test_what_the_device_says_of_its_account_is_compared_field_by_field() -> None:
    expected = MailOnDevice(identifier="outgoing m", host="smtp.example.com", port=587, username="you@example.com")
    found = replace(expected, port=25)
    sight = make_sight(inventory=make_inventory(make_installed(), mail=(found,)))
    judgement = judge(make_seat(), sight, make_moment(), (expected,))
    assert judgement.state is State.MOVED
    assert "port is 25, not 587" in judgement.why
    gone = make_sight(inventory=make_inventory(make_installed(), mail=()))
    assert "was removed" in judge(make_seat(), gone, make_moment(), (expected,)).why


def test_what_the_device_cannot_use_is_sent_again_only_if_it_could_use_it_before() -> None:
    refused = make_inventory(make_installed(refusal="An asset cannot be resolved."))
    episode = make_episode(number=1, opened_at=ago(3), closed_at=None)
    command = make_command(state=CommandState.ACKNOWLEDGED, stored_at=ago(3), changed_at=ago(2))
    tried = make_sight(inventory=refused, episode=episode, command=command)
    assert _states(_judge(sight=tried)) == (State.FAILED, Action.PERSON)
    assert "An asset cannot be resolved." in _judge(sight=tried).why
    ended = replace(tried, episode=replace(episode, closed_at=ago(1)))
    assert _states(_judge(sight=ended)) == (State.MISSING, Action.INSTALL)
    enrolled = replace(tried, enrollment=replace(tried.enrollment, enrolled_at=ago(1.5)))  # type: ignore[type-var]  # it is there
    assert _states(_judge(sight=enrolled)) == (State.MISSING, Action.INSTALL)
    other = make_inventory(make_installed(revision="bbbbbbbb", refusal="An asset cannot be resolved."))
    assert _states(_judge(sight=replace(tried, inventory=other))) == (State.STALE, Action.INSTALL)


# --- what holds for every sight -----------------------------------------------------------------------------

_SIGHTS = st.builds(
    make_sight,
    enrollment=st.builds(
        make_enrollment,
        emails=st.sampled_from([(), ("you@example.com",), ("other@example.com",)]),
        enrolled_at=st.sampled_from([None, ago(1000), ago(0.5)]),
        last_seen=st.sampled_from([None, ago(0.1), ago(24 * 20)]),
        active=st.booleans(),
        build=st.sampled_from(["22B1", "22C1", None]),
    ),
    candidates=st.integers(0, 2),
    inventory=st.none()
    | st.builds(
        make_inventory,
        st.builds(
            make_installed,
            revision=st.sampled_from([None, "aaaaaaaa", "bbbbbbbb"]),
            uuid=st.sampled_from([None, WANTED.uuid, "X"]),
            managed=st.sampled_from([None, True, False]),
        ),
        complete=st.booleans(),
        collected_at=st.sampled_from([ago(30), ago(1), NOW]),
    ),
    command=st.none()
    | st.builds(
        make_command,
        state=st.sampled_from(CommandState),
        kind=st.sampled_from([CommandKind.INSTALL, CommandKind.REMOVE]),
        changed_at=st.sampled_from([ago(0.05), ago(3)]),
    ),
    episode=st.none() | st.builds(make_episode, closed_at=st.sampled_from([None, ago(1)])),
    password_unknown_since=st.sampled_from([None, ago(5)]),
)


@given(seat=st.builds(make_seat, retired=st.booleans(), wanted=st.sampled_from([None, WANTED])), sight=_SIGHTS)
def test_whatever_was_seen_a_push_needs_the_right_person_and_proof(seat: Seat, sight: Sight) -> None:
    judgement = judge(seat, sight, make_moment())
    resumed = sight.command is not None and sight.command.state.is_unsent
    if judgement.action is Action.INSTALL:
        assert sight.enrollment is not None
        assert sight.enrollment.active
        assert "you@example.com" in sight.enrollment.emails
        assert resumed or (sight.inventory is not None and sight.inventory.complete)
    if judgement.state is State.OK:
        assert sight.inventory is not None
        assert sight.inventory.complete
        assert sight.inventory.profiles[0].revision in (None, "aaaaaaaa")
    assert judgement.why
