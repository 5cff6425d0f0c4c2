"""Bans. The tables are those of fail2ban 1.0.2 (schema 4), the log lines those its source writes."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.review.fail2ban import ban_of, banned_in_database, banned_in_log

NOW = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
SCHEMA = """
CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
  bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail));
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "fail2ban.sqlite3"
    now = int(NOW.timestamp())
    rows = [("192.0.2.1", now - 60, 600), ("192.0.2.2", now - 700, 600), ("192.0.2.3", now - 9000, -1)]
    with closing(sqlite3.connect(path)) as base, base:
        base.executescript(SCHEMA)
        base.executemany("INSERT INTO bips VALUES (?, 'postfix-sasl', ?, ?, 1, NULL)", rows)
    return path


def test_bans_that_last_are_told_from_those_that_are_over(database: Path) -> None:
    assert banned_in_database(database, NOW) == {"192.0.2.1": "postfix-sasl", "192.0.2.3": "postfix-sasl"}


def test_the_database_is_not_written_to(database: Path) -> None:
    before = database.read_bytes()

    banned_in_database(database, NOW)

    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == [database.name]


@given(st.binary(max_size=100))
def test_what_is_no_database_of_fail2ban_says_nothing(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base"
        path.write_bytes(data)
        assert banned_in_database(path, NOW) is None
    assert banned_in_database(path, NOW) is None


def test_the_log_tells_who_is_still_banned() -> None:
    head = "2031-03-01 11:00:00,123 fail2ban.actions        [812]: NOTICE  "

    assert banned_in_log(
        [
            f"{head}[postfix-sasl] Ban 192.0.2.1",
            f"{head}[dovecot] Restore Ban 2001:db8::1",
            f"{head}[postfix-sasl] Ban 192.0.2.2",
            f"{head}[postfix-sasl] Unban 192.0.2.2",
            f"{head}[postfix-sasl] 192.0.2.9 already banned",
        ]
    ) == {"192.0.2.1": "postfix-sasl", "2001:db8::1": "dovecot"}


@given(st.text(max_size=120))
def test_no_line_breaks_it(line: str) -> None:
    found = ban_of(line)

    assert found is None or found[0].isascii()
