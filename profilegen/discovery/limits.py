"""Few discoveries at once, and fewer still at one provider."""

import asyncio
from weakref import WeakValueDictionary

from profilegen.discovery.refusal import refusal
from profilegen.errors import ResolverProblem
from profilegen.net.domains import registrable_domain
from profilegen.ports import Finder, Question, Resolver
from profilegen.settings.candidates import Resolution

AT_ONCE = 16
PER_PROVIDER = 4


class LimitedFinder:
    """
    Implements `ports.Finder`: at most `AT_ONCE` questions at a time, `PER_PROVIDER` of them to one mail provider.

    Domains belong to one provider if their first MX lies in the same registrable domain; one without MX is its own.
    """

    def __init__(self, *, finder: Finder, resolver: Resolver) -> None:
        self._finder = finder
        self._resolver = resolver
        self._all = asyncio.Semaphore(AT_ONCE)
        self._asking = asyncio.Semaphore(AT_ONCE)  # a roster's MX questions all at once would drown a name server
        self._providers: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def resolve(self, question: Question) -> Resolution:
        """Return what `finder` says once it is this question's turn; raises what `finder` raises."""
        if question.offline or refusal(question.address.domain) is not None:
            return await self._finder.resolve(question)
        provider = await self._provider(question.address.domain)
        # the provider's turn first: whoever waits for it must not hold a place others could use
        async with self._providers.setdefault(provider, asyncio.Semaphore(PER_PROVIDER)), self._all:
            return await self._finder.resolve(question)

    async def _provider(self, domain: str) -> str:
        try:
            async with self._asking:
                answer = await self._resolver.mx(domain)
        except ResolverProblem:
            return domain
        host = answer.records[0].host if answer.records else ""
        return registrable_domain(host) or host or domain
