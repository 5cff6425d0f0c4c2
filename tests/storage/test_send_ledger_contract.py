"""What every ledger of deliveries keeps to."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profilegen.ports.sending import DeliveryState, DeviceProof, Sending, SendLedger
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.storage.ledgers import MemoryLedger

NOW = datetime(2026, 11, 23, 18, 17, 34, 123456, tzinfo=UTC)
LINE = Sending(
    person="anna",
    name="Anna Ü.",
    accounts=("anna@example.com", "sales@example.com"),
    identifier="com.example.mail.anna",
    revision="1a2b3c4d",
    channel="email",
    recipient="anna@example.com",
    token="PG-0000-0000-0000-0000",
    state=DeliveryState.DELIVERED,
    detail="250 2.0.0 Ok",
    at=NOW,
)
PROOF = DeviceProof(person="anna", kind="message", seen_at=NOW, detail="from an iPhone")

MakeLedger = Callable[[], SendLedger]
names = st.sampled_from(["anna", "ben", "zoë", "", "a\x00b", "ANNA"])
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
lines = st.builds(
    Sending,
    person=names,
    name=st.none() | names,
    accounts=st.lists(st.sampled_from(["a@example.com", "b@example.com"]), max_size=2).map(tuple),
    identifier=names,
    revision=st.sampled_from(["1a2b3c4d", "99999999"]),
    channel=st.sampled_from(["email", "folder", "airdrop"]),
    recipient=st.none() | st.just("a@example.com"),
    token=st.sampled_from(["PG-1", "PG-2", "PG-3"]),
    state=st.sampled_from(DeliveryState),
    detail=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    at=moments,
)


@pytest.fixture(params=["sqlite", "memory"])
def make_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> MakeLedger:
    """Return what makes an empty ledger."""

    def make() -> SendLedger:
        if request.param == "memory":
            return MemoryLedger()
        return SqliteSendLedger(state=State(path=tmp_path / f"{secrets.token_hex(8)}.sqlite3"))

    return make


@pytest.fixture
def ledger(make_ledger: MakeLedger) -> SendLedger:
    return make_ledger()


def record(ledger: SendLedger, *all_of_it: Sending) -> None:
    for line in all_of_it:
        asyncio.run(ledger.record(line))


def everything(ledger: SendLedger) -> list[Sending]:
    async def collect() -> list[Sending]:
        return [line async for line in ledger.everything()]

    return asyncio.run(collect())


def test_an_empty_ledger_says_nothing(ledger: SendLedger) -> None:
    assert everything(ledger) == []
    assert asyncio.run(ledger.latest("anna", "1a2b3c4d", "email")) is None
    assert not asyncio.run(ledger.by_token(["PG-1"]))
    assert not asyncio.run(ledger.proofs("anna"))
    assert asyncio.run(ledger.unlucky("email")) == frozenset()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(lines, max_size=12))
def test_the_newest_line_counts_everywhere(make_ledger: MakeLedger, written: list[Sending]) -> None:
    ledger = make_ledger()
    record(ledger, *written)

    newest = {(line.person, line.channel): line for line in written}
    assert everything(ledger) == [newest[place] for place in sorted(newest)]
    for line in written:
        same = [
            one
            for one in written
            if (one.person, one.revision, one.channel) == (line.person, line.revision, line.channel)
        ]
        assert asyncio.run(ledger.latest(line.person, line.revision, line.channel)) == same[-1]
    by_token = {line.token: line for line in written}
    found = asyncio.run(ledger.by_token(["PG-3", "PG-1", "PG-3", "PG-x"]))
    assert list(found) == [by_token[token] for token in ("PG-3", "PG-1") if token in by_token]


def test_a_line_comes_back_unchanged(ledger: SendLedger) -> None:
    record(ledger, LINE)
    assert everything(ledger) == [LINE]


def test_a_claim_is_granted_once(ledger: SendLedger) -> None:
    trying = replace(LINE, state=DeliveryState.TRYING)
    bad = (DeliveryState.REFUSED, DeliveryState.FAILED)

    granted = asyncio.run(ledger.claim(trying, over=bad))
    again = asyncio.run(ledger.claim(trying, over=bad))
    record(ledger, replace(LINE, state=DeliveryState.REFUSED))
    after_refusal = asyncio.run(ledger.claim(trying, over=bad))

    assert (granted, again, after_refusal) == (None, trying, None)


def test_a_claim_counts_only_what_was_done_since(ledger: SendLedger) -> None:
    record(ledger, LINE)
    trying = replace(LINE, state=DeliveryState.TRYING, at=LINE.at + timedelta(days=9))

    before = asyncio.run(ledger.claim(trying, over=(), since=LINE.at))
    granted = asyncio.run(ledger.claim(trying, over=(), since=LINE.at + timedelta(seconds=1)))
    again = asyncio.run(ledger.claim(trying, over=(), since=LINE.at + timedelta(seconds=1)))

    assert (before, granted, again) == (LINE, None, trying)


def test_the_unlucky_are_those_whose_newest_line_is_bad(ledger: SendLedger) -> None:
    refused = replace(LINE, state=DeliveryState.REFUSED)
    record(ledger, refused, replace(LINE, person="ben", state=DeliveryState.FAILED), replace(LINE, person="cleo"))
    record(ledger, replace(refused, person="dora"), replace(LINE, person="dora"))
    record(ledger, replace(refused, person="emil", channel="folder"))

    assert asyncio.run(ledger.unlucky("email")) == {"anna", "ben"}


def test_what_came_back_is_written_down_once_and_only_of_the_newest_attempt(ledger: SendLedger) -> None:
    bounced, newer = replace(LINE, state=DeliveryState.BOUNCED), replace(LINE, token="PG-newer")
    over = (DeliveryState.DELIVERED,)
    unknown = asyncio.run(ledger.amend(bounced, over=over))
    record(ledger, LINE)

    first, again = (asyncio.run(ledger.amend(bounced, over=over)) for _ in range(2))
    assert everything(ledger) == [bounced]
    assert asyncio.run(ledger.unlucky("email")) == {"anna"}
    record(ledger, newer)
    late = asyncio.run(ledger.amend(bounced, over=tuple(DeliveryState)))

    assert (unknown, first, again, late) == (False, True, False, False)
    assert everything(ledger) == [newer]


def test_what_came_back_of_an_older_revision_leaves_the_newest_the_newest(ledger: SendLedger) -> None:
    newer = replace(LINE, revision="99999999", token="PG-newer")
    record(ledger, LINE, newer)

    assert asyncio.run(ledger.amend(replace(LINE, state=DeliveryState.BOUNCED), over=(LINE.state,)))

    assert everything(ledger) == [newer]
    standing = asyncio.run(ledger.latest("anna", LINE.revision, "email"))
    assert standing is not None
    assert standing.state is DeliveryState.BOUNCED


def test_every_delivery_that_had_a_recipient_is_known_by_its_token(ledger: SendLedger) -> None:
    record(ledger, LINE, replace(LINE, state=DeliveryState.REFUSED), replace(LINE, token="PG-2", recipient="b@x.test"))
    record(ledger, replace(LINE, token="PG-3", recipient=None, channel="folder"))

    assert asyncio.run(ledger.mailed()) == {LINE.token: LINE.recipient, "PG-2": "b@x.test"}


def test_a_proof_stands_there_once_and_the_newest_comes_first(ledger: SendLedger) -> None:
    older = replace(PROOF, seen_at=NOW - timedelta(microseconds=1), kind="log")
    for proof in (PROOF, older, PROOF, replace(PROOF, person="ben")):
        asyncio.run(ledger.prove(proof))

    assert asyncio.run(ledger.proofs("anna")) == (PROOF, older)


def test_many_people_come_sorted_and_complete(ledger: SendLedger) -> None:
    people = [f"person{number:04}" for number in range(1001)]
    for person in people[600:] + people[:600]:
        record(ledger, replace(LINE, person=person))

    assert [line.person for line in everything(ledger)] == people
