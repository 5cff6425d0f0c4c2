"""The log of issued profiles."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.ports import Issued, IssueLog
from profilegen.profile.adopted import Adopted, AdoptedPayload
from profilegen.storage.issues import SqliteIssueLog
from profilegen.storage.state import State
from tests.storage import workers
from tests.storage.parallel import run_at_once

MOMENT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


def issued(*accounts: str, revision: str = "0a1b2c3d", issued_at: datetime = MOMENT) -> Issued:
    return Issued(
        accounts=accounts,
        identifier="com.example.mail",
        uuid="0A1B2C3D-0000-5000-8000-000000000000",
        revision=revision,
        sha256="00" * 32,
        signer_spki_sha256=None,
        issued_at=issued_at,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


def log_at(path: Path) -> IssueLog:
    return SqliteIssueLog(state=State(path=path))


def record(path: Path, entry: Issued) -> None:
    asyncio.run(log_at(path).record(entry))


def last(path: Path, account: str) -> Issued | None:
    return asyncio.run(log_at(path).last(account))


def test_nothing_is_known_of_an_account_without_profile(path: Path) -> None:
    record(path, issued("other@example.com"))
    assert last(path, "you@example.com") is None


def test_every_account_of_a_profile_leads_to_the_whole_record(path: Path) -> None:
    entry = issued("z@example.com", "a@example.com")
    record(path, entry)
    assert last(path, "a@example.com") == entry
    assert last(path, "z@example.com") == entry


def test_the_newest_record_wins_by_order_of_writing_not_by_its_date(path: Path) -> None:
    record(path, issued("you@example.com", revision="11111111"))
    record(path, issued("you@example.com", "me@example.com", revision="22222222", issued_at=MOMENT - timedelta(days=9)))
    record(path, issued("me@example.com", revision="33333333"))
    newest = last(path, "you@example.com")
    assert newest is not None
    assert newest.revision == "22222222"


def test_times_come_back_in_utc(path: Path) -> None:
    record(path, issued("you@example.com", issued_at=MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))))
    entry = last(path, "you@example.com")
    assert entry is not None
    assert entry.issued_at == MOMENT
    assert entry.issued_at.utcoffset() == timedelta(0)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    accounts=st.lists(texts, min_size=1, max_size=5, unique=True),
    signer=st.none() | texts,
    level=st.none() | st.integers(0, 4),
    reason=st.none() | texts,
    moment=st.datetimes(timezones=st.just(UTC)),
)
def test_what_is_recorded_comes_back_unchanged(
    accounts: list[str],
    signer: str | None,
    level: int | None,
    reason: str | None,
    moment: datetime,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.sqlite3"
    entry = Issued(
        accounts=tuple(accounts),
        identifier="i",
        uuid="u",
        revision="r",
        sha256="s",
        signer_spki_sha256=signer,
        issued_at=moment,
        level=level,
        allowed_because=reason,
    )
    record(path, entry)
    assert last(path, accounts[-1]) == entry


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE issued SET revision = 'x'",
        "DELETE FROM issued",
        "UPDATE issued_account SET account = 'x'",
        "DELETE FROM issued_account",
    ],
)
def test_the_log_cannot_be_changed_even_by_hand(path: Path, statement: str) -> None:
    record(path, issued("you@example.com"))
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    assert last(path, "you@example.com") == issued("you@example.com")


def test_processes_that_start_on_a_fresh_file_at_once_lose_nothing(path: Path) -> None:
    run_at_once(workers.record, [(path, issued(f"{number}@example.com")) for number in range(8)])
    assert all(last(path, f"{number}@example.com") for number in range(8))


def signed(path: Path, identifier: str, key: str | None) -> None:
    record(path, replace(issued("you@example.com"), identifier=identifier, signer_spki_sha256=key))


def test_only_what_was_last_issued_with_another_key_is_counted(path: Path) -> None:
    for identifier, key in (("a", "old"), ("a", "new"), ("b", "new"), ("b", "old"), ("c", None), ("d", "old")):
        signed(path, identifier, key)

    counted = [asyncio.run(log_at(path).signed_otherwise(key)) for key in ("new", "old", "third", None)]

    assert counted == [2, 1, 3, 3]


def test_an_identity_taken_over_is_remembered_with_every_payload(path: Path) -> None:
    mail = AdoptedPayload(payload_type="com.apple.mail.managed", account="you@example.com", identifier="m", uuid="M")
    entry = replace(issued("you@example.com"), adopted=Adopted(identifier="com.example.mail", payloads=(mail,)))

    record(path, entry)

    assert last(path, "you@example.com") == entry
