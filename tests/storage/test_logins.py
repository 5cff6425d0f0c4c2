"""The budget of failed logins."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from profilegen.ports import LoginBudget
from profilegen.storage.logins import SqliteLoginBudget
from profilegen.storage.state import State
from tests.storage.clock import START, ManualClock
from tests.storage.parallel import run_at_once
from tests.storage.workers import LOGIN, reserve

HOUR = timedelta(hours=1)
ResultT = TypeVar("ResultT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


def budget_at(path: Path, clock: ManualClock) -> LoginBudget:
    return SqliteLoginBudget(state=State(path=path), clock=clock)


def run(coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
    return asyncio.run(coroutine)


def test_the_third_try_within_an_hour_is_told_when_it_may_come(path: Path) -> None:
    clock = ManualClock()
    assert run(budget_at(path, clock).reserve(*LOGIN)) is None
    clock.advance(minutes=10)
    assert run(budget_at(path, clock).reserve(*LOGIN)) is None
    clock.advance(minutes=10)
    allowed = run(budget_at(path, clock).reserve(*LOGIN))
    assert allowed == START + HOUR
    clock.moment = allowed - timedelta(microseconds=1)
    assert run(budget_at(path, clock).reserve(*LOGIN)) == allowed
    clock.moment = allowed
    assert run(budget_at(path, clock).reserve(*LOGIN)) is None
    assert run(budget_at(path, clock).reserve(*LOGIN)) == START + timedelta(minutes=10) + HOUR


def test_a_refused_reservation_books_nothing(path: Path) -> None:
    clock = ManualClock()
    budget = budget_at(path, clock)
    for _ in range(50):
        run(budget.reserve(*LOGIN))
    clock.advance(hours=1)
    assert run(budget.reserve(*LOGIN)) is None


def test_success_forgets_every_failure(path: Path) -> None:
    budget = budget_at(path, ManualClock())
    run(budget.reserve(*LOGIN))
    run(budget.reserve(*LOGIN))
    run(budget.succeeded(*LOGIN))
    assert run(budget.reserve(*LOGIN)) is None


def test_release_takes_back_the_last_booking_only(path: Path) -> None:
    clock = ManualClock()
    budget = budget_at(path, clock)
    run(budget.reserve(*LOGIN))
    clock.advance(minutes=30)
    run(budget.reserve(*LOGIN))
    run(budget.release(*LOGIN))
    assert run(budget.reserve(*LOGIN)) is None
    assert run(budget.reserve(*LOGIN)) == START + HOUR


def test_release_without_booking_does_nothing(path: Path) -> None:
    budget = budget_at(path, ManualClock())
    run(budget.release(*LOGIN))
    assert run(budget.reserve(*LOGIN)) is None


@pytest.mark.parametrize(
    "other",
    [
        ("imap.example.com", 587, "you@example.com"),
        ("smtp.example.com", 465, "you@example.com"),
        ("smtp.example.com", 587, "me@example.com"),
    ],
)
def test_host_port_and_user_name_are_counted_apart(path: Path, other: tuple[str, int, str]) -> None:
    budget = budget_at(path, ManualClock())
    run(budget.reserve(*LOGIN))
    run(budget.reserve(*LOGIN))
    assert run(budget.reserve(*other)) is None
    run(budget.succeeded(*other))
    run(budget.release(*other))
    assert run(budget.reserve(*LOGIN)) is not None


def test_spellings_that_differ_in_case_share_one_budget(path: Path) -> None:
    budget = budget_at(path, ManualClock())
    run(budget.reserve("SMTP.example.com", 587, "You@Example.com"))
    run(budget.reserve(*LOGIN))
    assert run(budget.reserve(*LOGIN)) is not None


def test_bookings_of_a_clock_that_was_years_ahead_lock_nobody_out(path: Path) -> None:
    clock = ManualClock()
    clock.advance(days=4000)
    run(budget_at(path, clock).reserve(*LOGIN))
    run(budget_at(path, clock).reserve(*LOGIN))
    clock.moment = START
    assert run(budget_at(path, clock).reserve(*LOGIN)) is None


def test_of_twenty_processes_at_once_exactly_two_may_try(path: Path) -> None:
    answers = run_at_once(reserve, [path] * 20)
    assert answers.count(None) == 2
    assert answers.count(START + HOUR) == 18


class Budget(RuleBasedStateMachine):
    """The budget against a plain list of bookings."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.path.unlink(missing_ok=True)
        self.clock = ManualClock()
        self.budget = budget_at(self.path, self.clock)
        self.booked: list[datetime] = []

    @rule(minutes=st.integers(0, 45))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.booked = [moment for moment in self.booked if moment + HOUR > self.clock.moment]

    @rule()
    def reserve(self) -> None:
        answer = run(self.budget.reserve(*LOGIN))
        if len(self.booked) < 2:
            assert answer is None
            self.booked.append(self.clock.moment)
        else:
            assert answer == self.booked[-2] + HOUR

    @rule()
    def succeed(self) -> None:
        run(self.budget.succeeded(*LOGIN))
        self.booked.clear()

    @rule()
    def release(self) -> None:
        run(self.budget.release(*LOGIN))
        del self.booked[-1:]

    @invariant()
    def at_most_two_are_booked(self) -> None:
        assert len(self.booked) <= 2


def test_the_budget_behaves_like_a_list_of_bookings(path: Path) -> None:
    class Here(Budget):
        pass

    Here.path = path
    run_state_machine_as_test(Here)
