"""The channel of mail against a fake relay that hangs up, vanishes and refuses."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.delivery.email import EmailChannel
from profilegen.delivery.guides import GuideWriter
from profilegen.delivery.submission import Patience, SubmissionSession
from profilegen.errors import NetworkProblem, NotPossible, ProfilegenError
from profilegen.net.hosts import FixedHosts
from profilegen.net.pace import Pace, Timing
from profilegen.net.tls import verified_context
from profilegen.ports.sending import Delivered, DeliveryState, Submission
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, Protocol, Security, Server
from tests.delivery.people import TEMPLATES, parcel
from tests.lab.certificates import Authority
from tests.lab.fake_relay import PASSWORD, FakeRelay, Manners, fake_relay
from tests.probe.world import FakeBudget, SystemClock

HOST = "relay.lab.test"
HASTY = Patience(greeting=5, reply=5, login=5, data=5, pauses=(0.01, 0.02))

Start = Callable[..., AbstractContextManager[FakeRelay]]


class FakeClock:
    """A clock that stands still unless somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def pace(self, per_second: float) -> Pace:
        return Pace(rate=per_second, timing=Timing(monotonic=lambda: self.now, sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def start(authority: Authority, tmp_path: Path) -> Start:
    """Return what starts a fake relay."""
    return lambda manners=None: fake_relay(authority.issue(HOST), tmp_path / "relay", manners)


@pytest.fixture
def relay(start: Start) -> Iterator[FakeRelay]:
    with start() as running:
        yield running


def channel(
    authority: Authority,
    port: int,
    *,
    budget: FakeBudget | None = None,
    security: Security = Security.STARTTLS,
    pace: Pace | None = None,
) -> EmailChannel:
    server = Server(
        protocol=Protocol.SMTP,
        host=HOST,
        port=port,
        security=security,
        auth=(Auth.PASSWORD,),
        username="helpdesk@lab.test",
    )
    sender = Address.parse("helpdesk@lab.test")
    session = SubmissionSession(
        Submission(server=server, sender=sender, password=Secret(text=PASSWORD)),
        resolver=FixedHosts({HOST: ("127.0.0.1",)}),
        context=verified_context([authority.pem]),
        budget=budget or FakeBudget(),
        patience=HASTY,
    )
    return EmailChannel(
        session=session,
        words=GuideWriter(TEMPLATES),
        sender=sender,
        clock=SystemClock(),
        pace=pace or Pace(rate=None, timing=Timing()),
    )


def deliver(post: EmailChannel, *recipients: str) -> list[Delivered]:
    async def all_of_them() -> list[Delivered]:
        try:
            return [
                await post.deliver(replace(parcel(number), recipient=Address.parse(recipient)))
                for number, recipient in enumerate(recipients, start=1)
            ]
        finally:
            await post.close()

    return asyncio.run(all_of_them())


def people(count: int) -> list[str]:
    return [f"person{number}@lab.test" for number in range(1, count + 1)]


def test_many_mails_go_through_one_session(authority: Authority, relay: FakeRelay) -> None:
    outcomes = deliver(channel(authority, relay.port), *people(5))

    assert {outcome.state for outcome in outcomes} == {DeliveryState.DELIVERED}
    assert outcomes[0].detail == "250 2.0.0 Ok: queued as FAKE"
    assert relay.accepted == people(5)
    assert relay.sessions == 1
    assert b"To: person1@lab.test" in relay.message(0)


@pytest.mark.parametrize("says_so", [False, True])
def test_a_server_that_hangs_up_between_mails_gets_each_mail_once(
    authority: Authority, start: Start, *, says_so: bool
) -> None:
    with start(Manners(hang_up_after=2, says_so=says_so)) as relay:
        outcomes = deliver(channel(authority, relay.port), *people(7))

        assert {outcome.state for outcome in outcomes} == {DeliveryState.DELIVERED}
        assert relay.accepted == people(7)
        assert relay.sessions == 4


def test_what_broke_while_it_was_on_its_way_is_in_doubt_and_the_next_one_goes(
    authority: Authority, start: Start
) -> None:
    with start(Manners(vanish_for=("person2@lab.test",))) as relay:
        outcomes = deliver(channel(authority, relay.port), *people(3))

        assert [str(outcome.state) for outcome in outcomes] == ["delivered", "trying", "delivered"]
        assert "may have arrived" in outcomes[1].detail
        assert relay.accepted == ["person1@lab.test", "person3@lab.test"]


def test_a_server_that_always_hangs_up_on_somebody_fails_for_them_alone(authority: Authority, start: Start) -> None:
    with start(Manners(vanish_early=("person1@lab.test",))) as relay:
        outcomes = deliver(channel(authority, relay.port), *people(2))

        assert [str(outcome.state) for outcome in outcomes] == ["failed", "delivered"]
        assert (outcomes[0].stage, outcomes[0].code) == ("rcpt_to", None)
        assert relay.sessions == 3  # one, once more for person1, and one for person2


def test_a_refusal_is_told_with_stage_and_codes_and_the_session_goes_on(authority: Authority, start: Start) -> None:
    answers = {
        "person1@lab.test": "550 5.1.1 <person1@lab.test>: User unknown",
        "person2@lab.test": "450 4.2.0 Greylisted, try again later",
    }
    with start(Manners(answers=answers)) as relay:
        unknown, later, fine = deliver(channel(authority, relay.port), *people(3))

        assert (unknown.state, unknown.stage, unknown.code, unknown.enhanced) == (
            DeliveryState.REFUSED,
            "rcpt_to",
            550,
            "5.1.1",
        )
        assert "User unknown" in unknown.detail
        assert (later.state, later.code) == (DeliveryState.FAILED, 450)
        assert fine.state is DeliveryState.DELIVERED
        assert relay.sessions == 1


def test_an_address_the_server_cannot_take_is_refused_before_it_is_said(authority: Authority, relay: FakeRelay) -> None:
    unusual, fine = deliver(channel(authority, relay.port), "jürgen@lab.test", "person1@lab.test")

    assert (unusual.state, unusual.code) == (DeliveryState.REFUSED, None)
    assert "SMTPUTF8" in unusual.detail
    assert fine.state is DeliveryState.DELIVERED


def failure(post: EmailChannel) -> ProfilegenError:
    with pytest.raises(ProfilegenError) as caught:
        deliver(post, "person1@lab.test")
    return caught.value


def test_a_wrong_password_ends_it_after_one_attempt_and_is_counted(authority: Authority, start: Start) -> None:
    budget = FakeBudget()
    with start(Manners(login=f"535 5.7.8 Error: authentication failed for {PASSWORD}")) as relay:
        problem = failure(channel(authority, relay.port, budget=budget))

        assert isinstance(problem, NotPossible)
        assert problem.code == "submission_login"
        assert "535 5.7.8" in problem.message
        assert PASSWORD not in problem.message
        assert relay.sessions == 1
    assert [call[0] for call in budget.calls] == ["reserve"]


def test_a_server_that_cannot_check_passwords_now_costs_no_login(authority: Authority, start: Start) -> None:
    budget = FakeBudget()
    with start(Manners(login="454 4.7.0 Temporary authentication failure")) as relay:
        problem = failure(channel(authority, relay.port, budget=budget))

    assert isinstance(problem, NetworkProblem)
    assert {call[0] for call in budget.calls} == {"reserve", "release"}


def test_a_spent_budget_sends_no_password(authority: Authority, relay: FakeRelay) -> None:
    problem = failure(channel(authority, relay.port, budget=FakeBudget(spent_until=SystemClock().now())))

    assert problem.code == "submission_login"
    assert relay.sessions == 0


def test_a_server_nobody_vouches_for_gets_no_password(stranger: Authority, relay: FakeRelay) -> None:
    problem = failure(channel(stranger, relay.port))

    assert problem.code == "submission_unsafe"
    assert relay.sessions == 0


def test_no_server_is_a_problem_of_the_network(authority: Authority) -> None:
    problem = failure(channel(authority, 9))

    assert isinstance(problem, NetworkProblem)
    assert problem.code == "connect_refused"


def test_a_rate_is_kept(authority: Authority, relay: FakeRelay) -> None:
    clock = FakeClock()
    deliver(channel(authority, relay.port, pace=clock.pace(20.0)), *people(5))

    assert relay.accepted == people(5)
    assert clock.slept == pytest.approx([0.05] * 4)


@pytest.mark.parametrize(("work", "slept"), [(0.0, [0.1, 0.1, 0.1]), (0.04, [0.06, 0.06, 0.06]), (0.3, [])])
def test_only_what_is_left_of_the_gap_is_waited_for(work: float, slept: list[float]) -> None:
    clock = FakeClock()

    async def four_times() -> None:
        pace = clock.pace(10.0)
        for _ in range(4):
            await pace.turn()
            clock.now += work

    asyncio.run(four_times())
    assert clock.slept == pytest.approx(slept)
