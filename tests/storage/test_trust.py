"""Confirmed providers: kept per mail domain, and no home for those who confirm nothing."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from profilegen.ports import Trust
from profilegen.storage.state import State
from profilegen.storage.trust import SqliteTrustStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class StillClock:
    """Implements `ports.Clock` with one moment."""

    def now(self) -> datetime:
        return NOON


@pytest.fixture
def store(tmp_path: Path) -> SqliteTrustStore:
    path = tmp_path / "state.sqlite3"
    return SqliteTrustStore(path=path, open_state=lambda: State(path=path), clock=StillClock())


def test_reading_makes_no_file(store: SqliteTrustStore, tmp_path: Path) -> None:
    assert asyncio.run(store.trusted("example.com")) == ()
    assert asyncio.run(store.all()) == ()
    assert asyncio.run(store.forget("example.com", None)) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_pair_is_remembered_once_and_for_its_mail_domain_alone(store: SqliteTrustStore) -> None:
    for provider in ("hoster.net", "hoster.com", "hoster.net"):
        asyncio.run(store.confirm("example.com", provider))
    assert asyncio.run(store.trusted("example.com")) == ("hoster.com", "hoster.net")
    assert asyncio.run(store.trusted("example.org")) == ()
    assert asyncio.run(store.all())[0] == Trust(domain="example.com", provider="hoster.com", confirmed=NOON)


@pytest.mark.parametrize(
    ("provider", "gone", "left"), [("hoster.com", 1, ("hoster.net",)), (None, 2, ()), ("x.com", 0, None)]
)
def test_one_pair_or_a_whole_mail_domain_is_forgotten(
    store: SqliteTrustStore, provider: str | None, gone: int, left: tuple[str, ...] | None
) -> None:
    for pair in (("example.com", "hoster.com"), ("example.com", "hoster.net"), ("example.org", "hoster.com")):
        asyncio.run(store.confirm(*pair))
    assert asyncio.run(store.forget("example.com", provider)) == gone
    assert asyncio.run(store.trusted("example.com")) == (("hoster.com", "hoster.net") if left is None else left)
    assert asyncio.run(store.trusted("example.org")) == ("hoster.com",)
