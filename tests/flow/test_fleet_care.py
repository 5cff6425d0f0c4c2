"""Care with mail to many, where nobody knows how many there will be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.diagnosis.coverage import Policy
from profilegen.flow.batch import Rehearsals
from profilegen.flow.fleet.carefully import Care
from profilegen.flow.sendvalues import SendState, Sent
from profilegen.mailing.people import FEW, Person
from profilegen.settings.waves import Waves
from profilegen.storage.sendings import SqliteRehearsalLog
from profilegen.storage.state import State


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def care(tmp_path: Path) -> Care:
    log = SqliteRehearsalLog(state=State(path=tmp_path / "state.sqlite3"))
    return Care(
        rehearsals=Rehearsals(log=log, digest=repr),
        channel="email",
        policy=Policy(),
        clock=_Clock(),
        waves=Waves(enough=1),
    )


def _stops(care: Care, number: int, state: SendState) -> str | None:
    person = Person(key=f"p{number}", accounts=(Address.parse(f"p{number}@example.com"),))
    stop = care.count(person, Sent(person=person, state=state, detail="", tried=True), frozenset(), total=1)
    return None if stop is None else stop.code


def test_refusals_stop_mail_to_devices_that_come_one_by_one(care: Care) -> None:
    assert {_stops(care, number, SendState.REFUSED) for number in range(FEW)} == {None}
    assert _stops(care, FEW, SendState.REFUSED) == "too_many_refusals"


def test_mail_that_is_taken_stops_nobody_however_many_come_one_by_one(care: Care) -> None:
    assert {_stops(care, number, SendState.DELIVERED) for number in range(5 * FEW)} == {None}
