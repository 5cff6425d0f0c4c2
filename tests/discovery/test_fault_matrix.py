"""
Every source at fault, alone and beside good ones: what holds whatever the world does.

The search ends in its time, never names a server without TLS, never prefers a less trusted server to a more trusted one
that passed its probe, and leaves no task behind. Sources and prober are fakes, time is the loop's own; a new source is
part of this as soon as it stands in `profilegen.wiring.search`. `test_faulty_world` does the same to real sources.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from profilegen.discovery.engine import Budgets, Discovery
from profilegen.errors import NetworkProblem, ResolverProblem, WorldProblem
from profilegen.ports import Question
from profilegen.settings.candidates import Advice, Answer, Notice, Resolution, Status, Tier
from profilegen.settings.servers import Security
from profilegen.wiring.search import ON_REQUEST, SOURCES
from tests.discovery.virtual import run_timeless
from tests.discovery.world import HANGS, YOU, FakeGuesser, FakeProber, FakeSource, answer, knowing, means, server

KINDS = (*SOURCES, *ON_REQUEST)
BUDGETS = Budgets()

QUESTION = Question(address=YOU, allow_http=True)
OUR_OWN = ("override", "catalogue", "mx")
"""Sources whose advice is the operator's or the catalogue's: the world cannot write it."""

GOOD = (server("imap://imap.example.test:993/tls"), server("smtp://smtp.example.test:587/starttls"))
EVIL = (server("imap://imap.attacker.test:993/tls"), server("smtp://smtp.attacker.test:587/starttls"))
ODD = tuple(server(f"imap://h{number}.attacker.test:{number + 1000}/starttls") for number in range(30))

Say = Callable[[], Awaitable[Answer]]


# --- what a source may do --------------------------------------------------------------------------------


async def silent() -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


def slow(seconds: float, said: Answer) -> Say:
    async def say() -> Answer:
        await asyncio.sleep(seconds)
        return said

    return say


def refusing(problem: WorldProblem) -> Say:
    async def say() -> Answer:
        raise problem

    return say


def faults(kind: str) -> Mapping[str, Say]:
    """Return everything a source of this kind may do wrong."""
    hostile = Advice(provider="attacker", status=Status.OAUTH_ONLY, notices=(Notice(code="x", text="\x1b[2J" * 50),))
    told = {f"lying {tier.name}": slow(0, answer(kind, tier, *EVIL)) for tier in (Tier.T3, Tier.T4, Tier.T5, Tier.T6)}
    return {
        "silent": silent,
        "slow, in time": slow(BUDGETS.sources - 0.1, answer(kind, Tier.T3, *GOOD)),
        "slow, too late": slow(BUDGETS.sources + 0.1, answer(kind, Tier.T1, *EVIL)),
        "refusing": refusing(NetworkProblem("It is broken.", hint="-", code="http_server_error")),
        "timing out": refusing(ResolverProblem("No answer in time.", hint="-", code="dns_timeout")),
        **told,
        "garbage": slow(0, answer(kind, Tier.T4, *ODD, advice=None if kind in OUR_OWN else hostile)),
        "contradicting itself": slow(0, answer(kind, Tier.T3, *EVIL, *GOOD, *EVIL)),
        "empty": slow(0, Answer(kind=kind)),
    }


class FaultyGuesser(FakeGuesser):
    """A guesser that does what a source may do wrong."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    async def guess(self, address: object, protocols: object) -> Answer:  # noqa: ARG002 - the port's
        try:
            return await self._say()
        except WorldProblem:
            return Answer(kind=self.kind)  # a guesser never raises


# --- the matrix ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One world: which source does what, who tells the truth beside it, and what the probes see."""

    kind: str
    fault: str
    beside: Mapping[str, Tier]
    failing: Mapping[str, str]

    def run(self) -> tuple[Resolution, float, int]:
        """Look up in this world; also the seconds it took, and the tasks it left."""
        say = faults(self.kind)[self.fault]
        guesser = FaultyGuesser(say) if self.kind == "guess" else FakeGuesser()
        faulty = [] if self.kind == "guess" else [FakeSource(self.kind, say)]
        good = [knowing(kind, tier, *GOOD) for kind, tier in self.beside.items() if kind != self.kind]
        tools = means(FakeProber(self.failing), guesser=guesser)
        engine = Discovery(sources=[*faulty, *good], means=tools)
        return run_timeless(engine.resolve(QUESTION))

    @property
    def truth_is_there(self) -> bool:
        """True if somebody else tells the truth and it is not hidden by a failing probe."""
        told = any(kind != self.kind for kind in self.beside)
        return told and not any(one.endpoint in self.failing for one in GOOD)


BESIDE: Sequence[Mapping[str, Tier]] = (
    {},
    {"catalogue": Tier.T1},
    {"autoconfig": Tier.T2},
    {"srv": Tier.T3},
    {"autoconfig": Tier.T2, "srv": Tier.T3, "mx": Tier.T3},
)
FAILING: Sequence[Mapping[str, str]] = (
    {},
    {one.endpoint: HANGS for one in EVIL},
    {one.endpoint: "connect" for one in (*EVIL, *ODD)},
    {one.endpoint: "tls.hostname" for one in GOOD},
    {GOOD[1].endpoint: HANGS},
)


def cases(kind: str) -> Iterator[Case]:
    for fault, beside, failing in itertools.product(faults(kind), BESIDE, FAILING):
        yield Case(kind=kind, fault=fault, beside=beside, failing=failing)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_source_does_the_search_ends_in_its_time_and_leaves_nothing_behind(kind: str) -> None:
    for case in cases(kind):
        _, seconds, tasks = case.run()
        assert seconds <= BUDGETS.total, case
        assert tasks == 0, case


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_source_does_no_better_proven_server_is_passed_over_and_none_is_without_tls(kind: str) -> None:
    for case in cases(kind):
        resolution, _, _ = case.run()
        for chosen in (resolution.incoming, resolution.outgoing):
            if chosen is None:
                continue
            rivals = [other for other in resolution.alternatives if other.incoming is chosen.incoming]
            passed = [other for other in rivals if other.probe is not None and other.probe.ok]
            assert not passed or (chosen.probe is not None and chosen.probe.ok), case
            assert all(chosen.tier <= other.tier for other in passed), case
            assert {one.server.security for one in (chosen, *rivals)} <= set(Security), case
            assert not {one.server.port for one in (chosen, *rivals)} & {25, 80}, case


@pytest.mark.parametrize("kind", KINDS)
def test_a_lie_of_little_trust_never_wins_and_never_takes_a_good_answer_away(kind: str) -> None:
    for case in cases(kind):
        if not case.truth_is_there or case.fault in ("lying T3", "contradicting itself"):
            continue
        resolution, _, _ = case.run()
        assert resolution.status is Status.OK, case
        assert [found and found.server for found in (resolution.incoming, resolution.outgoing)] == list(GOOD), case


@pytest.mark.parametrize("kind", KINDS)
def test_a_lie_nobody_can_tell_from_the_truth_is_a_visible_conflict(kind: str) -> None:
    if kind in ("guess", "srv"):
        pytest.skip("a guesser is not asked where somebody knows; the other one of this test is srv")
    case = Case(kind=kind, fault="lying T3", beside={"srv": Tier.T3}, failing={})
    resolution, _, _ = case.run()
    assert {conflict.direction for conflict in resolution.conflicts} == {"incoming", "outgoing"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_did_not_answer_is_named_and_never_called_not_found(kind: str) -> None:
    if kind == "guess":
        pytest.skip("a guess that came to nothing is no missing answer: everybody who may know has spoken")
    for fault in ("silent", "slow, too late", "timing out", "refusing"):
        resolution, _, _ = Case(kind=kind, fault=fault, beside={}, failing={}).run()
        assert resolution.status is Status.UNREACHABLE, fault
        assert resolution.timed_out == (() if fault == "refusing" else (kind,)), fault


@pytest.mark.parametrize("faulty", list(itertools.combinations(KINDS, 2)))
def test_two_at_fault_beside_one_that_is_good(faulty: tuple[str, str]) -> None:
    truth = next(kind for kind in ("autoconfig", "srv", "mx") if kind not in faulty)
    kinds = [kind for kind in faulty if kind != "guess"]
    ways = ("silent", "slow, too late", "refusing", "lying T4", "garbage", "empty")
    for one, other in itertools.product(ways, ways):
        sources = [FakeSource(kind, faults(kind)[way]) for kind, way in zip(kinds, (one, other), strict=False)]
        engine = Discovery(sources=[*sources, knowing(truth, Tier.T2, *GOOD)], means=means(FakeProber()))
        resolution, seconds, tasks = run_timeless(engine.resolve(QUESTION))
        assert (resolution.status, tasks) == (Status.OK, 0), (one, other)
        assert seconds <= BUDGETS.grace + BUDGETS.probe, (one, other)


def test_the_order_in_which_faults_come_true_decides_nothing() -> None:
    ways = ["slow, in time", "lying T4", "refusing", "empty", "lying T5", "garbage"]
    kinds = [kind for kind in KINDS if kind != "guess"][: len(ways)]
    first = None
    for turn in range(len(ways)):
        sources = [FakeSource(kind, faults(kind)[way]) for kind, way in zip(kinds, ways, strict=True)]
        engine = Discovery(sources=[*sources[turn:], *sources[:turn]], means=means(FakeProber()))
        resolution, _, _ = run_timeless(engine.resolve(QUESTION))
        first = first or resolution
        assert resolution == replace(first)
