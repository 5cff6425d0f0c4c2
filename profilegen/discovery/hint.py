"""
Traces of a provider that a domain leaves in DNS for other reasons: who may send for it, who proved to own it.

Behind a mail filter the MX tells nothing, and these may. One trace proves little: a newsletter service or a test tenant
leaves it too. Two different ones are a hint, which still needs somebody's word or another source that agrees.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.discovery.gateways import gateway
from profilegen.discovery.tasks import call_off
from profilegen.ports import Catalogue, Clock, MxRecord, ProviderAnswer, Resolver
from profilegen.settings.candidates import Answer, Candidate, Notice, Source, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A provider of other people's domains and the traces it leaves; `mx` is one of its own MX names."""

    name: str
    mx: str
    spf: str
    verification: str
    autodiscover: str | None = None


_PROVIDERS = (
    _Known(
        name="Microsoft 365",
        mx="mail.protection.outlook.com",
        spf="spf.protection.outlook.com",
        verification="MS=ms",
        autodiscover="autodiscover.outlook.com",
    ),
    _Known(
        name="Google Workspace",
        mx="aspmx.l.google.com",
        spf="_spf.google.com",
        verification="google-site-verification=",
    ),
)


class HintSource:
    """Implements `ports.SettingsSource` over SPF, verification records and the autodiscover CNAME (tier 4)."""

    kind = "hint"

    def __init__(self, *, resolver: Resolver, catalogue: Catalogue, clock: Clock) -> None:
        self._resolver = resolver
        self._catalogue = catalogue
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """Return the servers and the advice of a provider with two traces, a notice for one; nothing if MX is clear."""
        questions = (
            asyncio.create_task(self._resolver.mx(address.domain)),
            asyncio.create_task(self._resolver.txt(address.domain)),
            asyncio.create_task(self._resolver.cname(f"autodiscover.{address.domain}")),
        )
        try:
            mx, texts, alias = await asyncio.gather(*questions)
        finally:
            await call_off(questions)  # where one fails, gather lets the others run on
        hosts = [record for record in mx.records if record.host]
        if not hosts or await self._is_clear(address, hosts):
            return Answer(kind=self.kind)
        found = [(known, list(_traces(known, texts.records, alias))) for known in _PROVIDERS]
        found = sorted((pair for pair in found if pair[1]), key=lambda pair: -len(pair[1]))
        if not found:
            return Answer(kind=self.kind)
        known, traces = found[0]
        provider = await self._catalogue.by_mx(address, known.mx)
        if len(traces) < 2 or provider is None or _is_tie(found):
            return Answer(kind=self.kind, notices=tuple(_weak(one, signs) for one, signs in found))
        return self._hinted(provider, traces, authenticated=texts.authenticated)

    async def _is_clear(self, address: Address, records: Sequence[MxRecord]) -> bool:
        """Tell whether an MX that is no filter names a provider itself."""
        for record in records:
            if gateway(record.host) is None and await self._catalogue.by_mx(address, record.host) is not None:
                return True
        return False

    def _hinted(self, provider: ProviderAnswer, traces: Sequence[str], *, authenticated: bool) -> Answer:
        source = Source(
            kind=self.kind,
            detail=f"{' and '.join(traces)} point to {provider.name}",
            fetched=self._clock.now(),
            sha256=provider.sha256,
            dnssec=authenticated,
        )
        candidates = tuple(
            Candidate(server=server, sources=(source,), tier=Tier.T4, order=order, provider=provider.provider)
            for order, server in enumerate(provider.servers)
        )
        notice = Notice(code="provider_hint", text=f"{source.detail}; that is a hint, no proof.")
        return Answer(kind=self.kind, candidates=candidates, advice=provider.advice, notices=(notice,))


def _traces(known: _Known, texts: Sequence[str], alias: str | None) -> Iterator[str]:
    if any(_includes(text, known.spf) for text in texts):
        yield f"SPF include:{known.spf}"
    if any(text.startswith(known.verification) for text in texts):
        yield f"the verification record {known.verification}…"
    if known.autodiscover is not None and alias == known.autodiscover:
        yield f"the autodiscover CNAME {alias}"


def _includes(text: str, domain: str) -> bool:
    words = text.lower().split()
    return words[:1] == ["v=spf1"] and any(word.lstrip("+?~-") == f"include:{domain}" for word in words[1:])


def _is_tie(found: Sequence[tuple[_Known, list[str]]]) -> bool:
    return len(found) > 1 and len(found[0][1]) == len(found[1][1])


def _weak(known: _Known, traces: Sequence[str]) -> Notice:
    text = f"{' and '.join(traces)} may point to {known.name}, but that alone proves nothing."
    return Notice(code="weak_provider_hint", text=text)
