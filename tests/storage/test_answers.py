"""Kept answers: whole, for exactly their question, for exactly their time."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.ports import Question
from profilegen.settings.candidates import (
    AccountPayload,
    Candidate,
    Conflict,
    Notice,
    ProbeResult,
    Resolution,
    Source,
    Status,
    Tier,
)
from profilegen.settings.servers import Auth, Protocol, Security, Server
from profilegen.storage.answers import SqliteAnswerStore
from profilegen.storage.state import State
from tests.storage.clock import START, ManualClock

HOUR = timedelta(hours=1)
QUESTION = Question(address=Address.parse("you@example.test"))
FOUND = Candidate(
    server=Server(
        protocol=Protocol.IMAP,
        host="imap.example.test",
        port=993,
        security=Security.TLS,
        auth=(Auth.PASSWORD, Auth.CRAM_MD5),
        username="you@example.test",
    ),
    sources=(
        Source(kind="srv", detail="“said”", url="https://x.test/", fetched=START, sha256="0" * 64, dnssec=True, ttl=9),
    ),
    tier=Tier.T2,
    priority=1,
    order=2,
    probe=ProbeResult(ok=False, detail="it does not work", blocked_by="connect"),
)
ANSWER = Resolution(
    address=QUESTION.address,
    status=Status.APP_PASSWORD,
    payload=AccountPayload.GOOGLE,
    provider="example",
    incoming=FOUND,
    alternatives=(FOUND, FOUND),
    conflicts=(Conflict(direction="incoming", chosen="a", other="b", said_by="mx"),),
    notices=(Notice(code="code", text="text", url="https://x.test/"),),
    timed_out=("autoconfig",),
)


class Kept:
    """A store with a clock of its own, asked without waiting."""

    def __init__(self, path: Path, world: str = "this one") -> None:
        self.clock = ManualClock()
        self.state = State(path=path / "state.sqlite3")
        self._store = SqliteAnswerStore(state=self.state, clock=self.clock, world=world)

    def keep(self, question: Question, answer: Resolution, lifetime: timedelta = HOUR) -> None:
        asyncio.run(self._store.keep(question, answer, lifetime))

    def recall(self, question: Question = QUESTION) -> Resolution | None:
        return asyncio.run(self._store.recall(question))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_an_answer_comes_back_whole_also_in_a_later_run(kept: Kept, tmp_path: Path) -> None:
    kept.keep(QUESTION, ANSWER)
    back = Kept(tmp_path).recall()
    assert back == ANSWER
    assert back is not None
    assert back.incoming is not None
    assert (back.incoming.sources[0].ttl, type(back.incoming.tier)) == (9, Tier)


def test_an_answer_is_there_until_its_time_is_over_and_then_gone(kept: Kept) -> None:
    kept.keep(QUESTION, ANSWER)
    kept.clock.advance(minutes=59, seconds=59)
    assert kept.recall() == ANSWER
    kept.clock.advance(seconds=1)
    assert kept.recall() is None


def test_an_answer_from_the_future_is_no_answer(kept: Kept) -> None:
    kept.keep(QUESTION, ANSWER)
    kept.clock.advance(hours=-48)
    assert kept.recall() is None


def test_a_newer_answer_takes_the_place_of_an_older_one_and_what_is_over_is_forgotten(kept: Kept) -> None:
    other = Question(address=Address.parse("you@other.test"))
    kept.keep(QUESTION, ANSWER)
    kept.clock.advance(hours=2)
    kept.keep(other, ANSWER)
    kept.keep(other, Resolution(address=other.address, status=Status.NOT_FOUND))
    found = kept.recall(other)
    assert found is not None
    assert found.status is Status.NOT_FOUND
    with kept.state.reading() as connection:
        assert connection.execute("SELECT domain FROM answer").fetchall() == [("other.test",)]


@pytest.mark.parametrize(
    "other",
    [
        Question(address=QUESTION.address, probe=False),
        Question(address=QUESTION.address, sources=("srv",)),
        Question(address=Address.parse("you@other.test")),
    ],
    ids=["unprobed", "one source", "other domain"],
)
def test_another_question_has_another_answer(kept: Kept, other: Question) -> None:
    kept.keep(QUESTION, ANSWER)
    assert kept.recall(other) is None


def test_another_world_has_answers_of_its_own(kept: Kept, tmp_path: Path) -> None:
    kept.keep(QUESTION, ANSWER)
    assert Kept(tmp_path, world="another resolver").recall() is None


@pytest.mark.parametrize(
    "damage", ["not json", '{"status": "ok"}', '{"address": {"local": "a", "domain": "b"}, "status": "new"}']
)
def test_an_answer_that_cannot_be_read_is_none(kept: Kept, damage: str) -> None:
    kept.keep(QUESTION, ANSWER)
    with kept.state.transaction() as connection:
        connection.execute("UPDATE answer SET resolution = ?", (damage,))
    assert kept.recall() is None
