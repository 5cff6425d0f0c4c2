"""Foreign providers that somebody confirmed: who may confirm what, and what a confirmation changes."""

from collections.abc import Iterable
from dataclasses import replace

from profilegen.net.domains import registrable_domain
from profilegen.ports import Finder, Question, TrustStore
from profilegen.settings.candidates import Answer, Candidate, Notice, Resolution, Status, Tier


class TrustingFinder:
    """
    Implements `ports.Finder`: remembers what a question confirms, and adds what was confirmed before.

    Stands outside of every cache, so that a changed confirmation is another question.
    """

    def __init__(self, *, finder: Finder, store: TrustStore) -> None:
        self._finder = finder
        self._store = store

    async def resolve(self, question: Question) -> Resolution:
        """Return what `finder` says to the question with every confirmation there is for its mail domain."""
        domain = question.address.domain
        for provider in question.trust:
            await self._store.confirm(domain, provider)
        known = await self._store.trusted(domain)
        return await self._finder.resolve(replace(question, trust=tuple(sorted({*known, *question.trust}))))


def confirmed(answer: Answer, trust: tuple[str, ...]) -> Answer:
    """Return an answer whose servers of tier 4 are marked where their provider was confirmed."""
    if not trust or all(candidate.tier is not Tier.T4 for candidate in answer.candidates):
        return answer
    marked = (
        replace(candidate, confirmed=candidate.tier is Tier.T4 and owner(candidate.server.host) in trust)
        for candidate in answer.candidates
    )
    return replace(answer, candidates=tuple(marked))


def owner(host: str) -> str:
    """Return the registrable domain of a host, the host itself where there is none."""
    return registrable_domain(host) or host


def with_advice(resolution: Resolution, proposals: Iterable[Candidate]) -> Resolution:
    """Return an answer that is not good yet with a notice for each provider whose confirmation would help."""
    if resolution.status not in (Status.UNTRUSTED, Status.UNREACHABLE):
        return resolution
    domain = resolution.address.domain
    chosen = [found for found in (resolution.incoming, resolution.outgoing) if found is not None]
    foreign = (candidate for candidate in chosen if candidate.tier is Tier.T4 and not candidate.confirmed)
    notices = [_confirm(candidate, domain) for candidate in foreign]
    notices += [_certificate(candidate) for candidate in proposals if not candidate.confirmed]
    return replace(resolution, notices=tuple(dict.fromkeys((*resolution.notices, *notices))))


def _confirm(candidate: Candidate, domain: str) -> Notice:
    provider = owner(candidate.server.host)
    foreign = f"{candidate.server.host} belongs to {provider}, and nothing trustworthy says that {domain} is there."
    return Notice(code="confirm_domain", text=f"{foreign} If it is, run the same again with --trust {provider}.")


def _certificate(candidate: Candidate) -> Notice:
    provider = owner(candidate.server.host)
    said = candidate.sources[0].detail
    return Notice(
        code="certificate_names_other_host",
        text=f"{said}. If the provider is {provider}, run the same again with --trust {provider}.",
    )
