"""One discovery per domain for many addresses, remembered across runs."""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from weakref import WeakValueDictionary

from profilegen.discovery.refusal import refusal
from profilegen.ports import AnswerStore, Finder, Question
from profilegen.settings.candidates import Resolution, Status
from profilegen.settings.standin import for_person, stand_in_of

LONGEST = timedelta(hours=24)
UNTOLD = timedelta(hours=1)
"""How long a good answer is kept at most, and where nobody said how long it may be."""

NOT_GOOD = timedelta(minutes=10)
"""How long an answer is kept that found nothing usable or was cut off."""

REMEMBERED = 1024
"""Domains whose answer is kept in memory; all others are in the store."""

_FOUND = (Status.OK, Status.APP_PASSWORD, Status.OAUTH_ONLY, Status.NO_IMAP, Status.SEND_ONLY, Status.DEAD)


class SharedFinder:
    """
    Implements `ports.Finder` for many addresses: each domain is looked up once, and nobody's address leaves.

    The question goes to `finder` about a mailbox that stands in for its domain; see `settings.standin` for how the
    answer becomes that of each person, and when it cannot. Without a store nothing is remembered across runs.
    """

    def __init__(self, *, finder: Finder, store: AnswerStore | None) -> None:
        self._finder = finder
        self._store = store
        self._known: OrderedDict[Question, Resolution] = OrderedDict()
        self._asking: WeakValueDictionary[Question, asyncio.Lock] = WeakValueDictionary()

    async def resolve(self, question: Question) -> Resolution:
        """Return what `finder` says about the domain, made out to this address; raises what `finder` raises."""
        domain = question.address.domain
        if refusal(domain) is not None:
            return await self._finder.resolve(question)
        shared = await self._ask_once(replace(question, address=stand_in_of(domain)))
        answer = for_person(shared, question.address)
        return await self._finder.resolve(question) if answer is None else answer

    async def _ask_once(self, question: Question) -> Resolution:
        """Whoever comes first asks, all others wait; if the first one is cancelled, the next in line asks."""
        async with self._asking.setdefault(question, asyncio.Lock()):
            known = self._known.get(question) or await self._recall(question)
            if known is None:
                known = await self._finder.resolve(question)
                await self._keep(question, known)
            self._known[question] = known
            self._known.move_to_end(question)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return known

    async def _recall(self, question: Question) -> Resolution | None:
        return None if self._store is None else await self._store.recall(question)

    async def _keep(self, question: Question, answer: Resolution) -> None:
        lifetime = lifetime_of(answer)
        if self._store is not None and lifetime:
            await self._store.keep(question, answer, lifetime)


def lifetime_of(answer: Resolution) -> timedelta:
    """
    Return how long an answer may be kept for later runs.

    A good one as long as every DNS answer behind it allows, at most a day; zero for one that only means "try again".
    """
    if answer.status is Status.UNREACHABLE:
        return timedelta()
    if answer.status not in _FOUND or answer.timed_out:
        return NOT_GOOD
    chosen = [candidate for candidate in (answer.incoming, answer.outgoing) if candidate is not None]
    told = [source.ttl for candidate in chosen for source in candidate.sources if source.ttl is not None]
    return min(timedelta(seconds=min(told)), LONGEST) if told else UNTOLD
