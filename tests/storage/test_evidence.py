"""The log of evidence, the canaries, and where their passwords are."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.diagnosis.evidence import Endpoint, EndpointPair, Evidence, Failure, UsernameForm
from profilegen.ports import Allowance, Canary
from profilegen.settings.document import parse_settings
from profilegen.settings.servers import Auth, Protocol, Security
from profilegen.storage.canaries import SqliteCanaryStore
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.state import State
from tests.diagnosis.evidence import NOW, evidence, pair

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> SqliteEvidenceLog:
    return SqliteEvidenceLog(state=State(path=tmp_path / "state.sqlite3"))


def record(log: SqliteEvidenceLog, *all_of_it: Evidence) -> None:
    for entry in all_of_it:
        asyncio.run(log.record(entry))


endpoints = st.builds(
    Endpoint,
    protocol=st.sampled_from(Protocol),
    host=st.none() | st.just("mail.example.com"),
    port=st.none() | st.integers(1, 65535),
    security=st.none() | st.sampled_from(Security),
    auth=st.none() | st.sampled_from(Auth),
    username=st.sampled_from(UsernameForm),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
entries = st.builds(
    Evidence,
    pair=st.builds(EndpointPair, incoming=endpoints, outgoing=endpoints),
    level=st.integers(0, 4),
    level_asked=st.integers(1, 4),
    tested_at=st.datetimes(timezones=st.just(UTC)),
    failures=st.lists(st.builds(Failure, check=texts, cause=st.none() | texts), max_size=4).map(tuple),
    canary=st.just("canary.example"),
)


@given(entries)
def test_what_is_recorded_comes_back_unchanged(tmp_path_factory: pytest.TempPathFactory, entry: Evidence) -> None:
    log = SqliteEvidenceLog(state=State(path=tmp_path_factory.getbasetemp() / "evidence.sqlite3"))
    record(log, entry)
    assert asyncio.run(log.last("canary.example")) == entry


def test_the_newest_comes_first_by_order_of_writing(log: SqliteEvidenceLog) -> None:
    first, second = evidence(1, days=1), evidence(2, days=2)
    record(log, first, second)
    assert asyncio.run(log.about(pair(), LONG_AGO)) == (second, first)


def test_only_what_touches_one_of_the_servers_since_then_is_read(log: SqliteEvidenceLog) -> None:
    outgoing, incoming = evidence(about=pair(incoming="x.example")), evidence(about=pair(host="x.example"))
    record(log, outgoing, incoming, evidence(about=pair(host="x.example", incoming="y.example")), evidence(days=2))
    assert asyncio.run(log.about(pair(), NOW - timedelta(days=1))) == (incoming, outgoing)


def test_the_last_word_of_a_canary_is_its_own(log: SqliteEvidenceLog) -> None:
    mine = evidence(3, canary="a", days=5)
    record(log, evidence(4, canary="a"), mine, evidence(1, canary="b"), evidence(2))
    assert asyncio.run(log.last("a")) == mine
    assert asyncio.run(log.last("c")) is None


@pytest.mark.parametrize("table", ["evidence", "evidence_failure", "allowed_unverified"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_the_log_cannot_be_changed_even_by_hand(
    log: SqliteEvidenceLog, tmp_path: Path, table: str, statement: str
) -> None:
    record(log, evidence(1, failed=("outgoing.auth",)))
    asyncio.run(log.allow(Allowance(account="you@example.com", reason="because", level=1, allowed_at=NOW)))
    statement = statement.replace("rowid = rowid", "evidence_id = 9" if table == "evidence_failure" else "level = 9")
    with (
        closing(sqlite3.connect(tmp_path / "state.sqlite3")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="the evidence log is append-only"),
    ):
        connection.execute(statement.format(table))


SETTINGS = """
{"address": "canary@example.com", "notices": [{"code": "x", "text": "Say this.", "url": null}],
 "incoming": {"host": "imap.example.com", "port": 993, "security": "tls"},
 "outgoing": {"host": "smtp.example.com", "port": 587, "security": "starttls", "username": "c"}}
"""


def canary(domain: str, *, settings: str | None = None) -> Canary:
    return Canary(
        domain=domain,
        address=Address.parse("canary@example.com"),
        added_at=NOW,
        settings=None if settings is None else parse_settings(settings)[0],
    )


def test_canaries_come_back_with_their_settings_one_per_domain(tmp_path: Path) -> None:
    store = SqliteCanaryStore(state=State(path=tmp_path / "state.sqlite3"))
    first, second = canary("b.example", settings=SETTINGS), canary("a.example")
    for one in (canary("b.example"), first, second):
        asyncio.run(store.keep(one))
    assert asyncio.run(store.all()) == (second, first)
    assert [asyncio.run(store.forget("b.example")) for _ in range(2)] == [1, 0]
    assert asyncio.run(store.all()) == (second,)
