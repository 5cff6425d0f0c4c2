"""
What the catalogue knows about servers others have named.

A domain may publish where its mail is and not how one logs in there: a record about that very host knows the form of
the user name, the other ports, and that an app password is needed. How far the answer is trusted stays the business of
the one who named the host.
"""

from dataclasses import replace

from profilegen.address import Address
from profilegen.ports import Catalogue, ProviderAnswer
from profilegen.settings.candidates import Answer, Candidate
from profilegen.settings.servers import Server

_COMPLETE_THEMSELVES = ("override", "catalogue", "mx")


async def completed(answer: Answer, address: Address, catalogue: Catalogue) -> Answer:
    """Return an answer with each server the catalogue knows as the catalogue has it, and the provider's advice."""
    if answer.kind in _COMPLETE_THEMSELVES or not answer.candidates:
        return answer
    hosts = dict.fromkeys(candidate.server.host for candidate in answer.candidates)
    known = {host: await catalogue.by_host(address, host) for host in hosts}
    candidates = tuple(_completed(candidate, known[candidate.server.host]) for candidate in answer.candidates)
    named = {candidate.provider for candidate in candidates if candidate.provider is not None}
    provider = next((one for one in known.values() if one is not None and one.provider in named), None)
    advice = answer.advice or (provider.advice if provider is not None else None)
    return replace(answer, candidates=candidates, advice=advice)


def _completed(candidate: Candidate, provider: ProviderAnswer | None) -> Candidate:
    server = candidate.server
    same = [] if provider is None else [one for one in provider.servers if _runs(one, server)]
    if provider is None or not same:
        return candidate
    exact = [one for one in same if (one.port, one.security) == (server.port, server.security)]
    said = f"; login as the catalogue knows {server.host}: {provider.name}"
    sources = tuple(replace(source, detail=source.detail + said) for source in candidate.sources)
    return replace(candidate, server=(exact or same)[0], sources=sources, provider=provider.provider)


def _runs(known: Server, named: Server) -> bool:
    return (known.protocol, known.host) == (named.protocol, named.host)
