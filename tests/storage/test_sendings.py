"""The log of deliveries in the state file: append only, one claim at a time, and kept open for a batch."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profilegen.ports.sending import DeliveryState, DeviceProof, Sending
from profilegen.storage.sendings import SqliteRehearsalLog, SqliteSendLedger
from profilegen.storage.state import State
from tests.storage import workers
from tests.storage.parallel import run_at_once

NOW = datetime(2026, 11, 23, 18, 17, 34, 123456, tzinfo=UTC)
LINE = Sending(
    person="anna",
    name="Anna",
    accounts=("anna@example.com",),
    identifier="com.example.mail",
    revision="1a2b3c4d",
    channel="email",
    recipient="anna@example.com",
    token="PG-0000",
    state=DeliveryState.TRYING,
    detail="",
    at=NOW,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


def lines(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT person, state FROM sending ORDER BY id").fetchall()


def test_of_processes_that_claim_at_once_exactly_one_may_send(path: Path) -> None:
    tokens = [replace(LINE, token=f"PG-{number}") for number in range(6)]

    standing = run_at_once(workers.claim, [(path, line) for line in tokens])

    assert standing.count(None) == 1
    assert lines(path) == [("anna", "trying")]
    winner = tokens[standing.index(None)]
    assert {line for line in standing if line is not None} == {winner}


@pytest.mark.parametrize(
    "statement",
    [
        f"{action} {table}{change}"
        for table, column in (("sending", "detail"), ("device_proof", "detail"), ("rehearsal", "digest"))
        for action, change in (("UPDATE", f" SET {column} = 'x'"), ("DELETE FROM", ""))
    ],
)
def test_the_log_cannot_be_changed_even_by_hand(path: Path, statement: str) -> None:
    ledger, rehearsals = SqliteSendLedger(state=State(path=path)), SqliteRehearsalLog(state=State(path=path))
    asyncio.run(ledger.record(LINE))
    asyncio.run(ledger.prove(DeviceProof(person="anna", kind="message", seen_at=NOW, detail="")))
    asyncio.run(rehearsals.note("email", ["d"], NOW))

    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


def test_a_rehearsal_counts_for_its_channel_and_from_its_time_on(path: Path) -> None:
    log = SqliteRehearsalLog(state=State(path=path))
    asyncio.run(log.note("email", ["a", "b"], NOW))
    asyncio.run(log.note("folder", ["c"], NOW))

    assert asyncio.run(log.rehearsed("email", NOW)) == {"a", "b"}
    assert asyncio.run(log.rehearsed("email", NOW + timedelta(microseconds=1))) == frozenset()


def test_what_is_written_together_is_there_as_a_whole_or_not_at_all(path: Path) -> None:
    state = State(path=path)
    ledger, rehearsals = SqliteSendLedger(state=state), SqliteRehearsalLog(state=state)

    with pytest.raises(RuntimeError), state.together():
        asyncio.run(ledger.record(LINE))
        asyncio.run(rehearsals.note("email", ["a"], NOW))
        raise RuntimeError

    assert lines(path) == []
    with state.together():
        asyncio.run(ledger.record(LINE))
        asyncio.run(rehearsals.note("email", ["a"], NOW))
    assert lines(path) == [("anna", "trying")]
    assert asyncio.run(rehearsals.rehearsed("email", NOW)) == {"a"}


def test_a_kept_state_is_durable_record_by_record_and_lets_others_write(path: Path) -> None:
    kept = State(path=path)
    mine, others = SqliteSendLedger(state=kept), SqliteSendLedger(state=State(path=path))

    with kept.kept():
        asyncio.run(mine.record(LINE))
        seen_by_others = lines(path)
        asyncio.run(others.record(replace(LINE, person="ben")))
        asyncio.run(mine.record(replace(LINE, person="cleo")))
        seen_by_me = asyncio.run(mine.latest("ben", LINE.revision, "email"))

    assert seen_by_others == [("anna", "trying")]
    assert seen_by_me == replace(LINE, person="ben")
    assert [person for person, _ in lines(path)] == ["anna", "ben", "cleo"]
