"""The search ends in time whatever the world does, and leaves no task and no socket behind."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.discovery.autoconfig import AutoconfigSource
from profilegen.discovery.engine import Budgets, Discovery
from profilegen.discovery.guess import GuessSource
from profilegen.discovery.mx import MxSource
from profilegen.discovery.srv import SrvSource
from profilegen.discovery.tasks import FAREWELL, call_off, run_all
from profilegen.errors import NetworkProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from profilegen.net.resolver import DnsResolver
from profilegen.net.tls import tls_contexts
from profilegen.ports import Question, Records, Resolver, SrvRecord
from profilegen.probe.prober import ServerProber
from profilegen.settings.candidates import Answer, Resolution, Status, Tier
from profilegen.settings.servers import Protocol
from tests.discovery.test_engine import IMAP, SMTP
from tests.discovery.world import (
    HANGS,
    YOU,
    FakeCatalogue,
    FakeGuesser,
    FakeProber,
    FakeSource,
    ForbiddenProber,
    StillClock,
    answer,
    failing,
    hanging,
    knowing,
    means,
    server,
)

HASTY = Budgets(sources=0.1, grace=0.05, probe=0.1, total=FAREWELL + 0.6)


def left_over(work: Callable[[], Awaitable[object]]) -> list[str]:
    """Run `work` and return the tasks it left running and the sockets it left open."""

    async def run() -> list[str]:
        await work()
        own = asyncio.current_task()
        return [repr(task) for task in asyncio.all_tasks() if task is not own]

    before = open_sockets()
    tasks = asyncio.run(run())
    return tasks + sorted(open_sockets() - before)


def open_sockets() -> set[str]:
    """Return every socket this process has open, by its number in the kernel."""
    links = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(handle.readlink()))
        except FileNotFoundError:
            continue  # it was the one with which the folder was read
    return {link for link in links if link.startswith("socket:")}


@contextmanager
def silent_world() -> Iterator[tuple[DnsResolver, Resolver]]:
    """A name server that never answers, and a resolver that leads every name to a host that never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.create_server(("127.0.0.1", 0)) as tcp:
        udp.bind(("127.0.0.1", 0))
        yield DnsResolver([f"127.0.0.1:{udp.getsockname()[1]}"]), _Silent(tcp.getsockname()[1])


class _Silent(FixedHosts):
    """A fake resolver: every name has this machine's address, and every label leads to one port."""

    def __init__(self, port: int) -> None:
        super().__init__({})
        self._port = port

    async def addresses(self, host: str) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        return ("127.0.0.1",)

    async def srv(self, name: str) -> Records[SrvRecord]:  # noqa: ARG002 - the port's
        return Records(records=(SrvRecord(priority=0, weight=1, port=self._port, target="silent.example.test"),))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open sockets are listed under /proc on Linux")
def test_nothing_is_left_of_a_search_in_which_nobody_answers() -> None:
    with silent_world() as (no_dns, no_servers):
        tls, clock = tls_contexts(), StillClock()
        prober = ServerProber(resolver=no_servers, tls=tls, clock=clock)
        guesser = GuessSource(resolver=no_servers, prober=prober, clock=clock, label=lambda: "nobody", seconds=0.1)
        http = HttpsClient(resolver=no_dns, trust=lambda: tls.verified)
        engine = Discovery(
            sources=[
                AutoconfigSource(http=http, clock=clock),
                SrvSource(resolver=no_servers, clock=clock),
                MxSource(resolver=no_dns, catalogue=FakeCatalogue(), clock=clock),
            ],
            means=means(prober, resolver=no_dns, guesser=guesser),
            budgets=Budgets(sources=0.5, grace=0.1, probe=0.5, total=FAREWELL + 3),
        )
        found: list[Resolution] = []

        async def work() -> None:
            found.append(await engine.resolve(Question(address=YOU)))

        assert left_over(work) == []
        assert found[0].status is Status.UNREACHABLE
        assert {"autoconfig", "mx"} <= set(found[0].timed_out)  # on a busy machine, SRV and the probe may be late too


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open sockets are listed under /proc on Linux")
def test_nothing_is_left_of_a_search_that_is_cancelled_in_the_middle() -> None:
    with silent_world() as (no_dns, no_servers):
        prober = ServerProber(resolver=no_servers, tls=tls_contexts(), clock=StillClock())
        engine = Discovery(
            sources=[SrvSource(resolver=no_servers, clock=StillClock())], means=means(prober, resolver=no_dns)
        )

        async def work() -> None:
            search = asyncio.create_task(engine.resolve(Question(address=YOU)))
            await asyncio.sleep(0.2)
            search.cancel()
            with pytest.raises(asyncio.CancelledError):
                await search

        assert left_over(work) == []


def stubborn() -> FakeSource:
    """A source that does not end when it is told to for the first time."""

    async def say() -> Answer:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()
        raise AssertionError

    return FakeSource("autoconfig", say)


def test_a_source_that_will_not_end_does_not_hold_the_answer_up() -> None:
    engine = Discovery(
        sources=[stubborn(), knowing("srv", Tier.T3, IMAP, SMTP)],
        means=means(FakeProber()),
        budgets=Budgets(grace=0.05),
    )
    found = asyncio.run(asyncio.wait_for(engine.resolve(Question(address=YOU)), timeout=60))
    assert (found.status, found.timed_out) == (Status.OK, ("autoconfig",))


class _Slow(FakeGuesser):
    """A guesser that takes for ever."""

    async def guess(self, address: Address, protocols: object) -> Answer:  # noqa: ARG002 - the port's
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("seconds", [FAREWELL + 0.1, FAREWELL + 0.5])
def test_the_hard_stop_ends_every_phase(seconds: float) -> None:
    budgets = Budgets(sources=0.1, grace=0.1, probe=3600, total=seconds)
    prober = FakeProber({IMAP.endpoint: HANGS})

    engine = Discovery(
        sources=[hanging("autoconfig"), knowing("srv", Tier.T3, IMAP)],
        means=means(prober, guesser=_Slow()),
        budgets=budgets,
    )
    found = asyncio.run(asyncio.wait_for(engine.resolve(Question(address=YOU)), timeout=60))
    assert (found.status, found.timed_out) == (Status.UNREACHABLE, ("autoconfig", "guess", "probe"))


# --- work that ends ---------------------------------------------------------------------------------------


def test_what_one_work_raises_cancels_the_others_and_comes_out() -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_all([wait(), fail()], seconds=60))
    assert ended == ["cancelled"]


def test_everything_in_time_is_true_and_nothing_to_do_is_in_time() -> None:
    async def work() -> None:
        await asyncio.sleep(0)

    assert asyncio.run(run_all([work(), work()], seconds=60))
    assert asyncio.run(run_all([], seconds=0))
    assert not asyncio.run(run_all([asyncio.sleep(60)], seconds=0))


def test_an_exception_nobody_asked_for_does_not_come_out_of_a_farewell() -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    async def run() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        await call_off([task])
        assert task.done()

    asyncio.run(run())


# --- settings that are published and cannot be reached ------------------------------------------------------

BROKEN = NetworkProblem("autoconfig.example.test answers with HTTP status 503.", hint="-", code="http_server_error")


@pytest.mark.parametrize("source", [failing("autoconfig", BROKEN), hanging("autoconfig")])
@pytest.mark.parametrize(
    ("hosts", "noticed"),
    [
        ({"autoconfig.example.test": ("127.0.0.1",)}, True),
        ({}, False),
        ({"autoconfig.example.test": ("127.0.0.1",), "nobody-has-this.example.test": ("127.0.0.1",)}, False),
        ({"autoconfig.example.test": ("127.0.0.2",), "nobody-has-this.example.test": ("127.0.0.1",)}, True),
    ],
)
def test_published_settings_that_cannot_be_reached_are_named_and_nothing_is_guessed(
    source: FakeSource, hosts: dict[str, tuple[str, ...]], noticed: bool
) -> None:
    guesser = FakeGuesser()
    around = means(ForbiddenProber(), resolver=FixedHosts(hosts), guesser=guesser)
    found = asyncio.run(Discovery(sources=[source], means=around, budgets=HASTY).resolve(Question(address=YOU)))
    assert found.status is Status.UNREACHABLE
    assert ("published_settings_unreachable" in [notice.code for notice in found.notices]) is noticed
    assert guesser.asked == ([] if noticed else [Protocol.IMAP, Protocol.SMTP])


def test_what_an_unencrypted_place_says_instead_is_shown_and_not_believed() -> None:
    around = means(ForbiddenProber(), resolver=FixedHosts({"autoconfig.example.test": ("127.0.0.1",)}))
    sources = [hanging("autoconfig"), knowing("plain-autoconfig", Tier.T5, IMAP, SMTP)]
    engine = Discovery(sources=sources, means=around, budgets=HASTY)
    found = asyncio.run(engine.resolve(Question(address=YOU, allow_http=True)))
    assert (found.status, found.incoming is not None) == (Status.UNREACHABLE, True)
    assert [notice.code for notice in found.notices] == ["published_settings_unreachable"]


def test_a_place_that_was_merely_not_waited_for_is_not_called_unreachable() -> None:
    around = means(FakeProber(), resolver=FixedHosts({"autoconfig.example.test": ("127.0.0.1",)}))
    engine = Discovery(
        sources=[hanging("autoconfig"), knowing("catalogue", Tier.T1, IMAP, SMTP)], means=around, budgets=HASTY
    )
    found = asyncio.run(engine.resolve(Question(address=YOU)))
    assert (found.status, found.notices) == (Status.OK, ())


# --- guessing, at the very end ------------------------------------------------------------------------------


def guessed(*said: Answer, probe: bool = True, sources: tuple[str, ...] | None = None) -> list[Protocol]:
    """Return what is guessed after these answers."""
    guesser = FakeGuesser(answer("guess", Tier.T6, server("imap://mail.example.test:993/tls")))

    def source(one: Answer) -> FakeSource:
        async def say() -> Answer:
            return one

        return FakeSource(one.kind, say)

    engine = Discovery(sources=[source(one) for one in said], means=means(FakeProber(), guesser=guesser))
    found = asyncio.run(engine.resolve(Question(address=YOU, probe=probe, sources=sources)))
    if guesser.asked and found.incoming is not None and found.incoming.tier is Tier.T6:
        assert found.status is not Status.OK
    return guesser.asked


def test_only_a_direction_that_nobody_names_is_guessed() -> None:
    assert guessed(Answer(kind="srv")) == [Protocol.IMAP, Protocol.SMTP]
    assert guessed(answer("srv", Tier.T3, IMAP)) == [Protocol.SMTP]
    assert guessed(answer("srv", Tier.T4, SMTP)) == [Protocol.IMAP]
    assert guessed(answer("srv", Tier.T3, IMAP, SMTP)) == []


def test_nothing_is_guessed_against_the_domains_own_word_or_without_a_probe() -> None:
    assert guessed(Answer(kind="srv", declares_none=(Protocol.IMAP, Protocol.SMTP))) == []
    assert guessed(Answer(kind="srv", declares_none=(Protocol.IMAP,))) == [Protocol.SMTP]
    assert guessed(Answer(kind="srv"), probe=False) == []
    assert guessed(Answer(kind="srv"), sources=("srv",)) == []
