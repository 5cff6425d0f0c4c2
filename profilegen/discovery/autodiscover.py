"""Autodiscover in plain old XML, asked without any credential (MS-OXDISCO, MS-OXDSCLI)."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.discovery.refusal import refusal
from profilegen.discovery.web import Heard, first_problem, hear, notices_of
from profilegen.errors import InputProblem, ResolverProblem, SettingsProblem
from profilegen.ports import Clock, Http, Records, Resolver, SrvRecord
from profilegen.settings.candidates import Answer, Candidate, Notice, Source, Tier
from profilegen.settings.pox import CONTENT_TYPE, PoxAnswer, parse_pox, pox_request
from profilegen.settings.verdict import NO_TLS_OFFERED

MAX_REDIRECTS = 3
"""How often an answer may name another URL or another address, counted together along one way."""

_UNAUTHORIZED = 401
_HTTPS = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What one endpoint said in the end about `address`; `left` redirects may still be followed."""

    address: Address
    heard: Heard
    answer: PoxAnswer
    left: int
    dnssec: bool | None = None


class AutodiscoverSource:
    """
    Implements `ports.SettingsSource` over both well-known hosts and the SRV record, asked at once.

    Tier 4: these answers are written for Outlook and often left behind. A request for a login is no answer, only a
    sign that an Exchange server is there.
    """

    kind = "autodiscover"

    def __init__(self, *, http: Http, resolver: Resolver, clock: Clock) -> None:
        self._http = http
        self._resolver = resolver
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """Return the servers of all endpoints; raises WorldProblem if there are none and one could not be asked."""
        told: list[_Told] = []
        following: Address | None = address
        left = MAX_REDIRECTS
        while following is not None:
            latest = await self._ask_domain(following, left)
            told += latest
            following, left = _next_address(told, latest)
        problem = first_problem(one.heard for one in told)
        if problem is not None and not any(one.answer.servers for one in told):
            raise problem
        candidates = tuple(found for order, one in enumerate(told) for found in self._candidates(one, order))
        return Answer(kind=self.kind, candidates=candidates, notices=tuple(dict.fromkeys(_notices(told))))

    async def _ask_domain(self, address: Address, left: int) -> list[_Told]:
        hosts = (f"autodiscover.{address.domain}", address.domain)
        found = await asyncio.gather(
            *(self._follow(_url(host), address, left) for host in hosts), self._ask_srv(address, hosts, left)
        )
        return [one for one in found if one is not None]

    async def _ask_srv(self, address: Address, known: Sequence[str], left: int) -> _Told | None:
        try:
            records = await self._resolver.srv(f"_autodiscover._tcp.{address.domain}")
        except ResolverProblem as problem:
            return _Told(address=address, heard=Heard(problem=problem), answer=PoxAnswer(), left=0)
        host = _best_host(records)
        if host is None or host in known:
            return None
        return await self._follow(_url(host), address, left, dnssec=records.authenticated)

    async def _follow(self, url: str, address: Address, left: int, *, dnssec: bool | None = None) -> _Told:
        """Ask and follow `RedirectUrl` until an answer names no other URL."""
        seen = {url.lower()}
        while True:
            heard = await hear(self._http.post(url, body=pox_request(address), content_type=CONTENT_TYPE))
            answer = _parsed(heard)
            onwards = answer.redirect_url if not answer.servers and left > 0 else None
            if onwards is None or onwards.lower() in seen:
                return _Told(address=address, heard=heard, answer=answer, left=left, dnssec=dnssec)
            seen.add(onwards.lower())
            url, left = onwards, left - 1

    def _candidates(self, told: _Told, order: int) -> Iterable[Candidate]:
        page = told.heard.page
        if page is None:
            return
        source = Source(
            kind=self.kind,
            detail="published for Outlook" if page.crossed_to is None else f"redirected to {page.crossed_to}",
            url=page.url.partition("?")[0],
            fetched=self._clock.now(),
            sha256=hashlib.sha256(page.body).hexdigest(),
            dnssec=told.dnssec,
        )
        for index, found in enumerate(told.answer.servers):
            try:
                server = found.concrete(told.address)
            except SettingsProblem:
                continue
            yield Candidate(server=server, sources=(source,), tier=Tier.T4, order=order * 100 + index)


def _url(host: str) -> str:
    return f"https://{host}/autodiscover/autodiscover.xml"


def _best_host(records: Records[SrvRecord]) -> str | None:
    """The target of the record to follow: the lowest priority, then the heaviest; only the port of https is asked."""
    usable = [record for record in records.records if record.target and record.port == _HTTPS]
    usable.sort(key=lambda record: (record.priority, -record.weight, record.target))
    return usable[0].target if usable else None


def _parsed(heard: Heard) -> PoxAnswer:
    try:
        return PoxAnswer() if heard.page is None else parse_pox(heard.page.body)
    except InputProblem:
        return PoxAnswer()  # a landing page, or whatever else answers a POST


def _next_address(told: Sequence[_Told], latest: Sequence[_Told]) -> tuple[Address | None, int]:
    """The other address to ask about, if nobody named servers; never one that was asked about, or must not be."""
    if any(one.answer.servers for one in latest):
        return None, 0
    asked = {one.address.account for one in told}
    for one in latest:
        other = one.answer.redirect_address
        if other is not None and one.left > 0 and other.account not in asked and refusal(other.domain) is None:
            return other, one.left - 1
    return None, 0


def _notices(told: Sequence[_Told]) -> Iterable[Notice]:
    yield from notices_of(one.heard for one in told)
    exchange = [one for one in told if one.answer.exchange or _wants_login(one.heard)]
    if exchange:
        domain = exchange[0].address.domain
        text = f"An Exchange server answers for {domain}. It was told no password, so it may have more to say."
        yield Notice(code="exchange_present", text=text)
    if any(one.answer.plain_text for one in told) and not any(one.answer.servers for one in told):
        yield Notice(code=NO_TLS_OFFERED, text="Only servers without encryption are published for Outlook.")


def _wants_login(heard: Heard) -> bool:
    return heard.answer is not None and heard.answer.status == _UNAUTHORIZED
