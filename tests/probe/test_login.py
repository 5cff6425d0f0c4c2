"""When a login is tried, and what the budget is told about it."""

import asyncio
from datetime import UTC, datetime

import pytest

from profilegen.diagnosis.causes import Cause
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.dialects import Capabilities
from profilegen.probe.examine import Examined
from profilegen.probe.login import Attempt, NotTried, login_of, within_budget
from profilegen.probe.stream import ConversationBroken, Trouble
from profilegen.probe.target import target_of_found
from profilegen.report import Report
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, FoundServer, Protocol
from tests.probe.world import FakeBudget

HOST = "smtp.example.com"


def attempt(
    *,
    auth: Auth | None = Auth.PASSWORD,
    username: str | None = "me",
    sound: bool = True,
    level: int = 4,
    known: bool = True,
) -> Attempt:
    """Return an attempt that may be made, unless something is said otherwise."""
    found = FoundServer(protocol=Protocol.SMTP, host=HOST, port=587, use_ssl=True, auth=auth, username=username)
    offered = Capabilities(mechanisms=("PLAIN",)) if sound else None
    examined = Examined(target=target_of_found(found), report=Report(), offered=offered)
    return Attempt(found=found, examined=examined, password=Secret(text="secret") if known else None, level=level)


def ending(outcome: Exception | None) -> list[str]:
    """Run an attempt that ends like this and return what the budget was told."""
    budget = FakeBudget()

    async def log_in() -> None:
        if outcome is not None:
            raise outcome

    async def run() -> None:
        await within_budget(budget, attempt(), log_in)

    try:
        asyncio.run(run())
    except (CheckFailed, ConversationBroken) as problem:
        assert problem is outcome
    return budget.of(HOST)


def test_a_refused_password_stays_booked() -> None:
    assert ending(CheckFailed(Cause.AUTH_BAD_CREDENTIALS, "no", reply="535 no")) == ["reserve"]


@pytest.mark.parametrize(
    "outcome",
    [
        CheckFailed(Cause.CONNECT_TIMEOUT, "no answer"),
        CheckFailed(Cause.TLS_CERT_EXPIRED, "expired"),
        CheckFailed(Cause.AUTH_TEMP_FAILURE, "later", reply="454 later"),
        ConversationBroken(Trouble.CLOSED, "gone"),
    ],
)
def test_without_a_verdict_the_booking_is_taken_back(outcome: Exception) -> None:
    assert ending(outcome) == ["reserve", "release"]


def test_a_success_clears_the_budget() -> None:
    assert ending(None) == ["reserve", "succeeded"]


def test_a_spent_budget_stops_before_anything_is_sent() -> None:
    budget = FakeBudget(spent_until=datetime(2031, 5, 6, 7, 8, tzinfo=UTC))

    async def log_in() -> None:
        pytest.fail("nothing may be sent")

    with pytest.raises(CheckFailed) as failed:
        asyncio.run(within_budget(budget, attempt(), log_in))
    assert failed.value.cause is Cause.TOO_MANY_AUTH_FAILURES
    assert "2031-05-06 07:08 UTC" in failed.value.detail


@pytest.mark.parametrize("missing", [attempt(auth=Auth.NONE), attempt(auth=None), attempt(username=None)])
def test_a_profile_without_login_fails_with_the_words_of_the_server(missing: Attempt) -> None:
    with pytest.raises(CheckFailed) as failed:
        login_of(missing, refusal="554 5.7.1 Relay access denied")
    assert failed.value.cause is Cause.AUTH_NOT_CONFIGURED
    assert "554 5.7.1 Relay access denied" in failed.value.detail


@pytest.mark.parametrize("username", ["me\r\nQUIT", "me\0you", "me\udcff"])
def test_a_user_name_that_would_break_out_of_its_command_is_not_sent(username: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        login_of(attempt(username=username), refusal=None)
    assert failed.value.cause is Cause.AUTH_USERNAME_FORM


@pytest.mark.parametrize(
    "impossible", [attempt(sound=False), attempt(level=1), attempt(auth=Auth.NTLM), attempt(known=False)]
)
def test_what_cannot_be_tried_safely_is_not_tried(impossible: Attempt) -> None:
    with pytest.raises(NotTried):
        login_of(impossible, refusal=None)
