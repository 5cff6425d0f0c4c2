"""One discovery per domain: who waits for whom, what is kept and for how long, and few at once."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.discovery import cache
from profilegen.discovery.cache import LONGEST, NOT_GOOD, UNTOLD, SharedFinder, lifetime_of
from profilegen.discovery.limits import AT_ONCE, PER_PROVIDER, LimitedFinder
from profilegen.errors import ResolverProblem
from profilegen.net.hosts import FixedHosts
from profilegen.ports import MxRecord, Question, Records
from profilegen.settings.candidates import Candidate, Resolution, Source, Status, Tier
from profilegen.settings.standin import STAND_IN
from tests.discovery.world import server

Say = Callable[[Address], Coroutine[Any, Any, Resolution]]


class CountingFinder:
    """A fake of the engine: counts questions, answers with `say`, and knows how many it answers at once."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def resolve(self, question: Question) -> Resolution:
        self.asked.append(str(question.address))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._say(question.address)
        finally:
            self.at_once -= 1


class FakeStore:
    """A fake of the answer store, in memory and without time."""

    def __init__(self) -> None:
        self.kept: dict[Question, tuple[Resolution, timedelta]] = {}

    async def recall(self, question: Question) -> Resolution | None:
        return self.kept[question][0] if question in self.kept else None

    async def keep(self, question: Question, resolution: Resolution, lifetime: timedelta) -> None:
        self.kept[question] = resolution, lifetime


def found(address: Address, username: str = "{}", *, host: str = "imap.example.test") -> Resolution:
    """Return an answer with the local part of the address in its user name."""
    server_found = server(f"imap://{host}:993/tls", username=username.replace("{}", address.local))
    candidate = Candidate(server=server_found, sources=(Source(kind="srv", detail="-"),), tier=Tier.T2)
    return Resolution(address=address, status=Status.OK, incoming=candidate, outgoing=candidate)


async def at_once(address: Address) -> Resolution:
    return found(address)


async def soon(address: Address) -> Resolution:
    for _ in range(10):
        await asyncio.sleep(0)
    return found(address)


def question(address: str) -> Question:
    return Question(address=Address.parse(address))


async def ask(finder: SharedFinder | LimitedFinder, *addresses: str) -> list[Resolution]:
    return await asyncio.gather(*(finder.resolve(question(address)) for address in addresses))


def username(answer: Resolution) -> str:
    assert answer.incoming is not None
    return answer.incoming.server.username


# --- one question for many -------------------------------------------------------------------------------


def test_concurrent_questions_for_one_domain_are_one_discovery_and_nobodys_address_leaves() -> None:
    inner = CountingFinder(soon)
    answers = asyncio.run(ask(SharedFinder(finder=inner, store=None), "a@x.test", "b@x.test", "c@y.test", "a@x.test"))
    assert sorted(inner.asked) == [f"{STAND_IN}@x.test", f"{STAND_IN}@y.test"]
    assert [str(answer.address) for answer in answers] == ["a@x.test", "b@x.test", "c@y.test", "a@x.test"]
    assert [username(answer) for answer in answers] == ["a", "b", "c", "a"]


def test_a_different_way_to_look_up_is_a_different_question() -> None:
    inner = CountingFinder(soon)
    shared = SharedFinder(finder=inner, store=None)

    async def both() -> None:
        await shared.resolve(question("a@x.test"))
        await shared.resolve(replace(question("a@x.test"), probe=False))

    asyncio.run(both())
    assert len(inner.asked) == 2


FORMS = ("{}", "{}@example.test", "{}.example.test", "{}%40example.test", "{}%2E", "u", "U{}", "{}{}", "fixed")


@given(
    first=st.from_regex(r"[A-Za-z0-9.+']{1,12}", fullmatch=True),
    second=st.from_regex(r"[A-Za-z0-9.+']{1,12}", fullmatch=True),
    form=st.sampled_from(FORMS),
    change=st.sampled_from([str, str.upper, str.title, lambda text: text[:8], lambda text: text.replace("e", "%65")]),
)
def test_no_answer_holds_anything_of_whoever_asked_before(
    first: str, second: str, form: str, change: Callable[[str], str]
) -> None:
    async def echoing(address: Address) -> Resolution:
        return found(replace(address, local=change(address.local)), form)

    one, other = Address(local=first, domain="example.test"), Address(local=second, domain="example.test")

    async def after(*before: Address) -> Resolution:
        finder = SharedFinder(finder=CountingFinder(echoing), store=None)
        for address in before:
            await finder.resolve(Question(address=address))
        return await finder.resolve(Question(address=other))

    assert asyncio.run(after(one)) == asyncio.run(after())


def test_where_the_answer_depends_on_the_mailbox_everybody_is_asked_about() -> None:
    async def own_host(address: Address) -> Resolution:
        return found(address, host=f"{address.local}.example.test")

    inner = CountingFinder(own_host)
    answers = asyncio.run(ask(SharedFinder(finder=inner, store=None), "a@x.test", "b@x.test"))
    assert [str(answer.address) for answer in answers] == ["a@x.test", "b@x.test"]
    assert sorted(inner.asked) == ["a@x.test", "b@x.test", f"{STAND_IN}@x.test"]


def test_who_waits_takes_over_when_the_one_who_asks_is_cancelled() -> None:
    async def story() -> tuple[list[str], Resolution, int]:
        started, go_on = asyncio.Event(), asyncio.Event()

        async def slow(address: Address) -> Resolution:
            started.set()
            await go_on.wait()
            return found(address)

        inner = CountingFinder(slow)
        shared = SharedFinder(finder=inner, store=None)
        first = asyncio.create_task(shared.resolve(question("a@x.test")))
        await started.wait()
        second = asyncio.create_task(shared.resolve(question("b@x.test")))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        go_on.set()
        answer = await second
        return inner.asked, answer, len(asyncio.all_tasks())

    asked, answer, tasks = asyncio.run(story())
    assert (len(asked), str(answer.address), tasks) == (2, "b@x.test", 1)


def test_a_domain_that_must_not_be_asked_about_is_not_shared() -> None:
    inner = CountingFinder(at_once)
    asyncio.run(ask(SharedFinder(finder=inner, store=None), "a@co.uk"))
    assert inner.asked == ["a@co.uk"]


def test_memory_holds_a_bounded_number_of_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "REMEMBERED", 2)
    inner = CountingFinder(at_once)
    shared = SharedFinder(finder=inner, store=None)

    async def one_by_one() -> None:
        for domain in ("x.test", "y.test", "x.test", "z.test", "x.test", "y.test"):
            await shared.resolve(question(f"a@{domain}"))

    asyncio.run(one_by_one())
    assert [address.partition("@")[2] for address in inner.asked] == ["x.test", "y.test", "z.test", "y.test"]


# --- across runs -----------------------------------------------------------------------------------------


def test_the_next_run_asks_nobody() -> None:
    store, inner = FakeStore(), CountingFinder(at_once)
    asyncio.run(ask(SharedFinder(finder=inner, store=store), "a@x.test"))
    [answer] = asyncio.run(ask(SharedFinder(finder=inner, store=store), "b@x.test"))
    assert (inner.asked, username(answer)) == ([f"{STAND_IN}@x.test"], "b")
    assert [kept.address.local for kept, _ in store.kept.values()] == [STAND_IN]


def test_what_only_means_try_again_is_shared_in_one_run_and_never_kept() -> None:
    async def nobody(address: Address) -> Resolution:
        return Resolution(address=address, status=Status.UNREACHABLE)

    store, inner = FakeStore(), CountingFinder(nobody)
    asyncio.run(ask(SharedFinder(finder=inner, store=store), "a@x.test", "b@x.test"))
    assert (len(inner.asked), store.kept) == (1, {})


def resolution(status: Status, *ttls: int | None, timed_out: tuple[str, ...] = ()) -> Resolution:
    address = Address.parse("a@x.test")
    answer = found(address)
    assert answer.incoming is not None
    sources = tuple(Source(kind="srv", detail="-", ttl=ttl) for ttl in ttls)
    named = replace(answer.incoming, sources=sources)
    return replace(answer, status=status, incoming=named if ttls else None, outgoing=None, timed_out=timed_out)


@pytest.mark.parametrize(
    ("answer", "lifetime"),
    [
        (resolution(Status.OK, None), UNTOLD),
        (resolution(Status.OK, 60), timedelta(seconds=60)),
        (resolution(Status.OK, 300, None, 60), timedelta(seconds=60)),
        (resolution(Status.OK, 7 * 86_400), LONGEST),
        (resolution(Status.OK, 0), timedelta()),
        (resolution(Status.OAUTH_ONLY), UNTOLD),
        (resolution(Status.NOT_FOUND), NOT_GOOD),
        (resolution(Status.UNTRUSTED, 60), NOT_GOOD),
        (resolution(Status.OK, 86_400, timed_out=("pacc",)), NOT_GOOD),
        (resolution(Status.UNREACHABLE), timedelta()),
    ],
)
def test_an_answer_is_kept_as_long_as_dns_allows_at_most_a_day_and_a_bad_one_ten_minutes(
    answer: Resolution, lifetime: timedelta
) -> None:
    assert lifetime_of(answer) == lifetime


# --- few at once -----------------------------------------------------------------------------------------


class FakeMx(FixedHosts):
    """A resolver that knows MX records alone; "broken.test" cannot be asked about."""

    def __init__(self, records: dict[str, str]) -> None:
        super().__init__({})
        self._records = records
        self.asked: list[str] = []

    async def mx(self, domain: str) -> Records[MxRecord]:
        self.asked.append(domain)
        if domain == "broken.test":
            raise ResolverProblem("No name server answered.", hint="-")
        host = self._records.get(domain)
        return Records(records=() if host is None else (MxRecord(preference=10, host=host),))


def test_one_provider_gets_few_questions_at_once_and_others_do_not_wait_for_it() -> None:
    records = {f"d{number}.test": f"mx{number}.big.test" for number in range(40)}
    addresses = [f"a@{domain}" for domain in records]
    inner = CountingFinder(soon)
    asyncio.run(ask(LimitedFinder(finder=inner, resolver=FakeMx(records)), *addresses))
    assert (len(inner.asked), inner.most_at_once) == (40, PER_PROVIDER)

    others = [f"a@own{number}.test" for number in range(40)]
    inner = CountingFinder(soon)
    asyncio.run(ask(LimitedFinder(finder=inner, resolver=FakeMx(records)), *addresses, *others))
    assert (len(inner.asked), inner.most_at_once) == (80, AT_ONCE)
    first = [address for address in inner.asked[:AT_ONCE] if address.partition("@")[2] in records]
    assert len(first) == PER_PROVIDER


def test_a_domain_whose_mx_cannot_be_asked_is_its_own_provider() -> None:
    inner = CountingFinder(at_once)
    asyncio.run(ask(LimitedFinder(finder=inner, resolver=FakeMx({})), "a@broken.test"))
    assert inner.asked == ["a@broken.test"]


@pytest.mark.parametrize("asked", [question("a@co.uk"), replace(question("a@x.test"), offline=True)])
def test_no_packet_is_sent_to_choose_the_provider_of_what_must_not_be_asked_about(asked: Question) -> None:
    resolver = FakeMx({})
    asyncio.run(LimitedFinder(finder=CountingFinder(at_once), resolver=resolver).resolve(asked))
    assert resolver.asked == []
