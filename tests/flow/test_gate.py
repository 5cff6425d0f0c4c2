"""The gate before every delivery, on the real log."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from profilegen.diagnosis.coverage import Policy
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.errors import NotPossible, UsageProblem
from profilegen.flow.gate import Admission, Gate
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.state import State
from tests.diagnosis.evidence import NOW, evidence, pair
from tests.storage.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(moment=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


def gate_at(path: Path, clock: ManualClock, *known: Evidence, min_level: int = 1) -> Gate:
    log = SqliteEvidenceLog(state=State(path=path))
    for record in known:
        asyncio.run(log.record(record))
    return Gate(log=log, policy=Policy(min_level=min_level), clock=clock)


def admit(gate: Gate, about: EndpointPair | None, because: str | None = None) -> Admission:
    return asyncio.run(gate.admit("you@example.com", about, allowed_because=because))


def allowances(path: Path) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT account, reason, level FROM allowed_unverified").fetchall()


def test_fresh_evidence_of_the_same_servers_opens_it(path: Path, clock: ManualClock) -> None:
    admission = admit(gate_at(path, clock, evidence(4, canary="example.com"), min_level=3), pair())
    assert (admission.admitted, admission.verified, admission.level) == (True, True, 4)


def test_it_closes_again_when_the_evidence_has_grown_old(path: Path, clock: ManualClock) -> None:
    gate = gate_at(path, clock, evidence(4))
    clock.advance(days=7)
    assert admit(gate, pair()).admitted
    clock.moment += timedelta(microseconds=1)
    assert not admit(gate, pair()).admitted


def test_evidence_of_other_servers_or_of_too_low_a_level_does_not_open_it(path: Path, clock: ManualClock) -> None:
    gate = gate_at(path, clock, evidence(1), min_level=2)
    assert (admit(gate, pair()).admitted, admit(gate, pair()).level) == (False, 1)
    assert (admit(gate, pair(port=465)).admitted, admit(gate, pair(port=465)).level) == (False, 0)


def test_a_server_found_unsound_closes_it(path: Path, clock: ManualClock) -> None:
    gate = gate_at(path, clock, evidence(4, days=1), evidence(0, failed=("outgoing.tls.dates",)))
    assert not admit(gate, pair()).admitted


def test_a_reason_opens_it_and_is_recorded_with_the_account(path: Path, clock: ManualClock) -> None:
    admission = admit(gate_at(path, clock, evidence(1), min_level=4), pair(), "server moves tonight")
    assert (admission.admitted, admission.verified, admission.allowed_because) == (True, False, "server moves tonight")
    assert allowances(path) == [("you@example.com", "server moves tonight", 1)]


def test_a_reason_that_was_not_needed_is_not_recorded(path: Path, clock: ManualClock) -> None:
    admission = admit(gate_at(path, clock, evidence(1)), pair(), "just in case")
    assert (admission.verified, admission.allowed_because) == (True, None)
    assert allowances(path) == []


def test_a_reason_needs_words(path: Path, clock: ManualClock) -> None:
    with pytest.raises(UsageProblem) as caught:
        admit(gate_at(path, clock, evidence(4)), pair(), " ")
    assert caught.value.code == "no_reason"


def test_an_account_that_signs_in_on_the_device_has_nothing_to_prove(path: Path, clock: ManualClock) -> None:
    assert admit(gate_at(path, clock, min_level=4), None).admitted


def test_what_is_refused_is_named_with_its_count(path: Path, clock: ManualClock) -> None:
    gate = gate_at(path, clock, min_level=2)
    refused, passed = admit(gate, pair()), admit(gate, None)
    gate.refuse([passed])
    with pytest.raises(NotPossible, match=r"Level 2 is not proved for you@example\.com, nor for 1 more") as caught:
        gate.refuse([passed, refused, refused])
    assert caught.value.code == "unverified"
    assert "within 7d" in caught.value.message
