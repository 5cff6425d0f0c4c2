"""SRV records of the mail domain (RFC 6186, RFC 8314 section 5.1)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.errors import SettingsProblem
from profilegen.ports import Clock, Records, Resolver, SrvRecord
from profilegen.settings.candidates import Answer, Candidate, Notice, Source, Tier
from profilegen.settings.servers import Auth, Protocol, Security, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """One service label: what it speaks and how a connection becomes encrypted."""

    name: str
    protocol: Protocol
    security: Security


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """One usable record with the label it stood under."""

    label: _Label
    record: SrvRecord
    authenticated: bool
    ttl: int | None


_LABELS = (
    _Label(name="_imaps", protocol=Protocol.IMAP, security=Security.TLS),
    _Label(name="_imap", protocol=Protocol.IMAP, security=Security.STARTTLS),
    _Label(name="_pop3s", protocol=Protocol.POP, security=Security.TLS),
    _Label(name="_pop3", protocol=Protocol.POP, security=Security.STARTTLS),
    _Label(name="_submissions", protocol=Protocol.SMTP, security=Security.TLS),
    _Label(name="_submission", protocol=Protocol.SMTP, security=Security.STARTTLS),
)
_ALWAYS_TLS = (465, 993, 995)  # "_submission … 465" exists in the wild; the port is right


class SrvSource:
    """
    Implements `ports.SettingsSource` over SRV records.

    Tier 2 if the resolver authenticated the answer, tier 3 if the target lies inside the domain, else tier 4 (RFC 6186
    section 6). The user name is the full address, which RFC 6186 section 4 says to try first.
    """

    kind = "srv"

    def __init__(self, *, resolver: Resolver, clock: Clock) -> None:
        self._resolver = resolver
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """Return every published server and the protocols the domain declares not to offer (target ".")."""
        heard = await self._ask(address.domain)
        offers = [offer for label, answer in heard for offer in _offers(label, answer)]
        incoming = [offer for offer in offers if offer.label.protocol is not Protocol.SMTP]
        outgoing = [offer for offer in offers if offer.label.protocol is Protocol.SMTP]
        candidates = (*self._candidates(incoming, address), *self._candidates(outgoing, address))
        declared = _declared_none(heard, offers)
        notices = tuple(_mislabelled(offer, address.domain) for offer in offers if _is_mislabelled(offer))
        if declared:
            notices = (_declines(address.domain, declared), *notices)
        return Answer(kind=self.kind, candidates=candidates, declares_none=declared, notices=notices)

    async def _ask(self, domain: str) -> list[tuple[_Label, Records[SrvRecord]]]:
        """All labels at once; one that could not be asked spoils the answer, else luck would choose the servers."""
        questions = (self._resolver.srv(f"{label.name}._tcp.{domain}") for label in _LABELS)
        answers = await asyncio.gather(*questions, return_exceptions=True)
        heard = []
        for label, answer in zip(_LABELS, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            heard.append((label, answer))
        return heard

    def _candidates(self, offers: list[_Offer], address: Address) -> Iterable[Candidate]:
        """One candidate per usable offer; SRV priorities compare across the services of one direction."""
        priorities = sorted({offer.record.priority for offer in offers})
        # RFC 2782 draws by weight at random; "heaviest first" keeps a lookup repeatable.
        offers = sorted(offers, key=lambda offer: (offer.record.priority, -offer.record.weight, offer.record.target))
        for order, offer in enumerate(offers):
            server = _server(offer, address)
            if server is not None:
                yield Candidate(
                    server=server,
                    sources=(self._source(offer, address),),
                    tier=_tier(offer, address.domain),
                    priority=priorities.index(offer.record.priority),
                    order=order,
                )

    def _source(self, offer: _Offer, address: Address) -> Source:
        record = offer.record
        return Source(
            kind=self.kind,
            detail=f"{offer.label.name}._tcp.{address.domain} SRV "
            f"{record.priority} {record.weight} {record.port} {record.target}",
            fetched=self._clock.now(),
            dnssec=offer.authenticated,
            ttl=offer.ttl,
        )


def _offers(label: _Label, answer: Records[SrvRecord]) -> list[_Offer]:
    return [
        _Offer(label=label, record=record, authenticated=answer.authenticated, ttl=answer.ttl)
        for record in answer.records
        if record.target
    ]


def _server(offer: _Offer, address: Address) -> Server | None:
    record = offer.record
    try:
        return Server(
            protocol=offer.label.protocol,
            host=record.target,
            port=record.port,
            security=Security.TLS if record.port in _ALWAYS_TLS else offer.label.security,
            auth=(Auth.PASSWORD,),
            username=str(address),
        )
    except SettingsProblem:
        return None


def _tier(offer: _Offer, domain: str) -> Tier:
    if offer.authenticated:
        return Tier.T2
    inside = offer.record.target == domain or offer.record.target.endswith("." + domain)
    return Tier.T3 if inside else Tier.T4


def _declared_none(heard: list[tuple[_Label, Records[SrvRecord]]], offers: list[_Offer]) -> tuple[Protocol, ...]:
    """A "." says nothing about the other label of its protocol, so a protocol with any offer is offered."""
    offered = {offer.label.protocol for offer in offers}
    declined = {label.protocol for label, answer in heard if any(not record.target for record in answer.records)}
    return tuple(protocol for protocol in Protocol if protocol in declined - offered)


def _is_mislabelled(offer: _Offer) -> bool:
    return offer.record.port in _ALWAYS_TLS and offer.label.security is not Security.TLS


def _mislabelled(offer: _Offer, domain: str) -> Notice:
    text = (
        f"{offer.label.name}._tcp.{domain} means STARTTLS but names port {offer.record.port}, where TLS starts at once."
    )
    return Notice(code="mislabelled_port", text=f"{text} The port is believed.")


def _declines(domain: str, protocols: tuple[Protocol, ...]) -> Notice:
    names = ", ".join(protocol.upper() for protocol in protocols)
    return Notice(code="declares_none", text=f"{domain} declares in DNS that it does not offer: {names}.")
