"""Who sends, decided from what was sent and what was seen since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.flow.device_status import CLOCKS, LOG, MESSAGE, DeviceState, People, PersonStatus, person_status
from profilegen.ports.sending import DeliveryState, DeviceProof, Sending

SENT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINE = Sending(
    person="anna",
    name="Anna",
    accounts=("anna@example.com",),
    identifier="com.example.mail.anna",
    revision="1a2b3c4d",
    channel="email",
    recipient="anna@example.com",
    token="PG-0000-0000-0000-0000",
    state=DeliveryState.DELIVERED,
    detail="",
    at=SENT,
)


def seen(after: timedelta, kind: str = MESSAGE, detail: str = "from an iPhone") -> DeviceProof:
    return DeviceProof(person="anna", kind=kind, seen_at=SENT + after, detail=detail)


def decide(
    *lines: Sending,
    proofs: tuple[DeviceProof, ...] = (),
    doubtful: tuple[DeviceProof, ...] = (),
    since: datetime | None = None,
) -> PersonStatus:
    return person_status(lines or (LINE,), proofs, doubtful, since=since)


def test_somebody_nothing_was_seen_of_is_silent_since_the_delivery() -> None:
    status = decide()
    assert (status.state, status.silent_since, status.proof) == (DeviceState.SILENT, SENT, None)


def test_a_message_since_then_proves_that_the_device_sends() -> None:
    status = decide(proofs=(seen(HOUR), seen(2 * HOUR, detail="from an iPad")))
    assert (status.state, status.proof, status.silent_since) == (
        DeviceState.SENDS,
        seen(2 * HOUR, detail="from an iPad"),
        None,
    )


def test_a_message_is_better_than_a_newer_line_of_a_log() -> None:
    assert decide(proofs=(seen(5 * HOUR, LOG), seen(HOUR))).proof == seen(HOUR)


def test_a_line_of_a_log_is_better_than_nothing() -> None:
    status = decide(proofs=(seen(HOUR, LOG),))
    assert (status.state, status.proof) == (DeviceState.SENDS, seen(HOUR, LOG))


def test_what_was_seen_before_the_delivery_proves_nothing_but_clocks_may_differ() -> None:
    assert decide(proofs=(seen(-HOUR), seen(-HOUR, LOG))).state is DeviceState.SILENT
    assert decide(proofs=(seen(-CLOCKS),)).state is DeviceState.SENDS
    assert decide(proofs=(seen(-CLOCKS - timedelta(seconds=1)),)).state is DeviceState.SILENT


def test_nothing_before_since_counts_and_silence_begins_with_the_last_sign() -> None:
    status = decide(proofs=(seen(HOUR),), since=SENT + 2 * HOUR)
    assert (status.state, status.silent_since) == (DeviceState.SILENT, SENT + HOUR)


def test_a_new_revision_has_to_be_proved_anew() -> None:
    newer = replace(LINE, revision="99999999", at=SENT + 24 * HOUR)
    status = decide(replace(LINE, channel="folder"), newer, proofs=(seen(HOUR),))
    assert (status.state, status.sent) == (DeviceState.SILENT, newer)


def test_the_same_revision_on_another_way_asks_for_no_new_proof() -> None:
    again = replace(LINE, channel="folder", at=SENT + 24 * HOUR)
    status = decide(LINE, again, proofs=(seen(HOUR),))
    assert (status.state, status.sent) == (DeviceState.SENDS, LINE)


def test_a_refused_mail_is_refused_with_its_reason_unless_it_came_another_way() -> None:
    refused = replace(LINE, state=DeliveryState.REFUSED, detail="550 5.1.1 no such user")
    by_hand = replace(LINE, channel="folder", at=SENT + HOUR)

    alone, helped = decide(refused), decide(refused, by_hand)

    assert (alone.state, alone.detail, alone.silent_since) == (DeviceState.REFUSED, "550 5.1.1 no such user", None)
    assert (helped.state, helped.sent) == (DeviceState.SILENT, by_hand)


def test_a_log_does_not_outweigh_a_refusal_but_a_message_does() -> None:
    failed = replace(LINE, state=DeliveryState.FAILED)
    assert decide(failed, proofs=(seen(HOUR, LOG),)).state is DeviceState.REFUSED
    assert decide(failed, proofs=(seen(HOUR),)).state is DeviceState.SENDS


def test_what_came_back_is_explained_and_outweighed_only_by_a_message() -> None:
    bounced = replace(LINE, state=DeliveryState.BOUNCED, detail="mx.example.com said: 552 5.2.2 Mailbox full")
    status = decide(bounced)
    assert (status.state, status.silent_since, status.detail) == (DeviceState.BOUNCED, None, bounced.detail)
    assert (status.cause, status.remedy) == ("recipient_mailbox_full", remedy_of(Cause.RECIPIENT_MAILBOX_FULL).admin)
    assert decide(bounced, proofs=(seen(HOUR, LOG),)).state is DeviceState.BOUNCED
    assert decide(bounced, proofs=(seen(HOUR),)).state is DeviceState.SENDS
    assert decide(replace(bounced, detail="gone")).cause is None


def test_a_delivery_that_was_cut_off_is_uncertain_until_something_is_seen() -> None:
    trying = replace(LINE, state=DeliveryState.TRYING)
    status = decide(trying)
    assert (status.state, status.silent_since) == (DeviceState.UNCERTAIN, SENT)
    assert "cut off" in status.detail
    assert decide(trying, proofs=(seen(HOUR, LOG),)).state is DeviceState.SENDS


def test_a_message_whose_sender_is_called_false_is_uncertain() -> None:
    status = decide(doubtful=(seen(HOUR),))
    assert status.state is DeviceState.UNCERTAIN
    assert "from an iPhone" in status.detail
    assert decide(doubtful=(seen(-HOUR),)).state is DeviceState.SILENT
    assert decide(doubtful=(seen(HOUR),), proofs=(seen(HOUR),)).state is DeviceState.SENDS


moments = st.integers(-500, 500).map(lambda hours: hours * HOUR)
proofs = st.builds(seen, moments, st.sampled_from([MESSAGE, LOG]))
lines = st.builds(
    lambda after, state, channel, revision: replace(
        LINE, at=SENT + after, state=state, channel=channel, revision=revision
    ),
    moments,
    st.sampled_from(DeliveryState),
    st.sampled_from(["email", "folder", "airdrop"]),
    st.sampled_from(["1a2b3c4d", "99999999"]),
)


@given(st.lists(lines, min_size=1, max_size=4), st.lists(proofs, max_size=4), st.lists(proofs, max_size=2), moments)
def test_nobody_sends_without_a_sign_and_the_answer_never_depends_on_the_order(
    sent: list[Sending], known: list[DeviceProof], doubtful: list[DeviceProof], after: timedelta
) -> None:
    since = SENT + after
    status = person_status(sent, known, doubtful, since=since)

    if status.state is DeviceState.SENDS:
        assert status.proof in known
        assert status.proof is not None
        assert status.proof.seen_at >= max(since, status.sent.at - CLOCKS)
    else:
        assert status.proof is None
    answered = (DeviceState.SENDS, DeviceState.REFUSED, DeviceState.BOUNCED)
    assert (status.silent_since is None) == (status.state in answered)
    turned = person_status(sent, known[::-1], doubtful[::-1], since=since)
    assert turned.state is status.state


def test_people_are_told_apart_and_their_accounts_put_together() -> None:
    other = replace(LINE, channel="folder", accounts=("anna@example.com", "sales@example.com"), at=SENT + HOUR)
    ben = replace(LINE, person="ben", accounts=("ben@example.com",))
    people = People([LINE, other, ben])

    assert people.names == ("anna", "ben")
    assert people.accounts("anna") == ("anna@example.com", "sales@example.com")
    assert people.accounts("nobody") == ()
    assert people.all_accounts == {"anna@example.com", "sales@example.com", "ben@example.com"}
    assert (people.first_at, People([]).first_at) == (SENT, None)
