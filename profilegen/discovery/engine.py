"""
The search: all sources at once, then a look at the best servers, then the pure core decides. Everything has its time.

    sources ─▶ settled or time is up ─▶ probes (and guesses, where a direction is empty) ─▶ other names ─▶ answer
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from profilegen.discovery.knowledge import completed
from profilegen.discovery.listening import Finding, Heard, listen
from profilegen.discovery.probing import Probed, probe
from profilegen.discovery.proposals import CertificateNames
from profilegen.discovery.refusal import refusal
from profilegen.discovery.tasks import FAREWELL, run_all
from profilegen.discovery.trust import confirmed, with_advice
from profilegen.discovery.wildcard import Wildcard
from profilegen.errors import ResolverProblem, UsageProblem
from profilegen.ports import Catalogue, Guesser, Prober, Question, Resolver, SettingsSource
from profilegen.settings.candidates import Answer, Notice, Resolution, Status
from profilegen.settings.servers import Protocol
from profilegen.settings.verdict import is_settled, resolve, still_missing, worth_probing

_OFFLINE = ("override", "catalogue")
_OVER_HTTP = ("plain-autoconfig",)
_OPERATORS_WORD = ("override",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Seconds: for all sources, for the rest once both directions are known, for all probes, and for everything."""

    sources: float = 8.0
    grace: float = 1.0
    probe: float = 12.0
    total: float = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the search looks at the world with; `label` returns a DNS label that nobody has, a new one each time."""

    resolver: Resolver
    prober: Prober
    catalogue: Catalogue
    guesser: Guesser
    label: Callable[[], str]


class Discovery:
    """
    Implements `ports.Finder` over `sources`; their order does not matter, their tiers do.

    Those in `on_request` are asked only where a question names them. Without `means` nothing is completed, probed or
    guessed: that is the search without a network.
    """

    def __init__(
        self,
        *,
        sources: Sequence[SettingsSource],
        means: Means | None,
        on_request: Collection[str] = (),
        budgets: Budgets | None = None,
    ) -> None:
        self._sources = {source.kind: source for source in sources}
        self._means = means
        self._on_request = frozenset(on_request)
        self._budgets = budgets or Budgets()

    async def resolve(self, question: Question) -> Resolution:
        """
        Return the resolution; a world that does not answer is the status `unreachable`, not an error.

        `offline` asks the operator's files and the catalogue alone and sends no packet. About a domain that must not be
        asked about, only the operator's files are. Raises UsageProblem for a source that does not exist.
        """
        kinds = self._asked(question)
        if question.offline:
            # No refused domain has a catalogue entry, so the public suffix list, slow to read, can wait for a miss.
            known = await self._heard_only(question, kinds)
            if known.status is not Status.NOT_FOUND:
                return known
        refused = refusal(question.address.domain)
        if refused is None:
            return known if question.offline else await self._search(question, kinds)
        own = await self._heard_only(question, [kind for kind in kinds if kind in _OPERATORS_WORD])
        if own.status is not Status.NOT_FOUND:
            return own
        return Resolution(address=question.address, status=Status.REFUSED, notices=(refused,))

    def _asked(self, question: Question) -> list[str]:
        guesses = set() if self._means is None else {self._means.guesser.kind}
        wanted = set(question.sources or (self._sources.keys() | guesses) - self._on_request)
        if unknown := sorted(wanted - self._sources.keys() - guesses):
            raise UsageProblem(
                f'There is no source named "{unknown[0]}".',
                hint=f"Known sources: {', '.join(sorted(self._sources.keys() | guesses))}.",
                code="unknown_source",
            )
        return [kind for kind in (*self._sources, *guesses) if kind in wanted and _allowed(kind, question)]

    async def _heard_only(self, question: Question, kinds: Collection[str]) -> Resolution:
        heard = await self._listen(question, kinds, self._budgets.sources)
        return resolve(question.address, heard.answers, probes={}, timed_out=heard.timed_out, failed=heard.failed)

    async def _listen(self, question: Question, kinds: Collection[str], seconds: float) -> Heard:
        findings: dict[str, Finding] = {
            kind: partial(self._find, source, question) for kind, source in self._sources.items() if kind in kinds
        }
        return await listen(findings, seconds=seconds, grace=self._budgets.grace)

    async def _find(self, source: SettingsSource, question: Question) -> Answer:
        answer = await source.find(question.address)
        if self._means is not None:
            answer = await completed(answer, question.address, self._means.catalogue)
        return confirmed(answer, question.trust)

    async def _search(self, question: Question, kinds: Collection[str]) -> Resolution:
        deadline = asyncio.get_running_loop().time() + max(0.0, self._budgets.total - FAREWELL)
        heard = await self._listen(question, kinds, min(self._budgets.sources, self._budgets.total))
        if self._means is None:
            return resolve(question.address, heard.answers, probes={}, timed_out=heard.timed_out, failed=heard.failed)
        closer = _Closer(question, self._means, self._budgets, deadline)
        return await closer.look(heard, guess=self._means.guesser.kind in kinds)


class _Closer:
    """The second half of one search: it looks at what was named, and finds what nobody named."""

    def __init__(self, question: Question, means: Means, budgets: Budgets, deadline: float) -> None:
        self._question = question
        self._means = means
        self._budgets = budgets
        self._deadline = deadline
        self._probed = Probed()
        self._found: list[Answer] = []
        self._late: set[str] = set()

    async def look(self, heard: Heard, *, guess: bool) -> Resolution:
        """Return the answer to everything heard and seen."""
        answers = heard.answers
        if await self._is_cut_off(heard):
            answers = [*answers, _cut_off(self._domain)]
            guess = False
        if self._question.probe:
            missing = still_missing(answers) if guess else ()
            await self._in_time(probe=self._probe(answers), guess=self._guess(missing))
            await self._in_time(probe=self._propose(answers))
        proposals = [candidate for found in self._found for candidate in found.candidates if found.kind != "guess"]
        late = [*heard.timed_out, *sorted(self._late | ({"probe"} if self._probed.timed_out else set()))]
        everything = [*answers, *self._found]
        probes = self._probed.results
        decided = resolve(self._question.address, everything, probes=probes, timed_out=late, failed=heard.failed)
        return with_advice(decided, proposals)

    @property
    def _domain(self) -> str:
        return self._question.address.domain

    def _left(self, wanted: float) -> float:
        return max(0.0, min(wanted, self._deadline - asyncio.get_running_loop().time()))

    async def _in_time(self, **works: Coroutine[Any, Any, None]) -> None:
        """Do everything at once until it is done or the search has to end, and note what was cut off."""
        ended = set()

        async def follow(name: str, work: Coroutine[Any, Any, None]) -> None:
            await work
            ended.add(name)

        following = (follow(name, work) for name, work in works.items())
        await run_all(following, seconds=self._left(self._budgets.total))
        self._late |= works.keys() - ended

    async def _probe(self, answers: Sequence[Answer]) -> None:
        await probe(
            worth_probing(answers), self._means.prober, seconds=self._left(self._budgets.probe), into=self._probed
        )

    async def _guess(self, protocols: Collection[Protocol]) -> None:
        if protocols:
            self._found.append(await self._means.guesser.guess(self._question.address, protocols))

    async def _propose(self, answers: Sequence[Answer]) -> None:
        """Look for other names of servers with a foreign certificate; a confirmed one is probed like any other."""
        candidates = [candidate for answer in answers for candidate in answer.candidates]
        proposed = await CertificateNames(resolver=self._means.resolver).propose(candidates, self._probed.results)
        if proposed.candidates:
            proposed = confirmed(proposed, self._question.trust)
            self._found.append(proposed)
            await self._probe([proposed])

    async def _is_cut_off(self, heard: Heard) -> bool:
        """Tell whether the domain has a place for its settings that does not answer, while nothing else is trusted."""
        if "autoconfig" not in (*heard.failed, *heard.timed_out) or is_settled(heard.answers):
            return False
        names = Wildcard(resolver=self._means.resolver, domain=self._domain, label=self._means.label())
        try:
            async with asyncio.timeout(self._left(self._budgets.grace * 4)):
                return await names.stands_alone(f"autoconfig.{self._domain}")
        except (ResolverProblem, TimeoutError):
            return False


def _allowed(kind: str, question: Question) -> bool:
    if kind in _OVER_HTTP and not question.allow_http:
        return False
    return kind in _OFFLINE or not question.offline


def _cut_off(domain: str) -> Answer:
    text = f"{domain} publishes settings at autoconfig.{domain}, but they are unreachable now; nothing was guessed."
    return Answer(kind="autoconfig", notices=(Notice(code="published_settings_unreachable", text=text),))
