"""What the mail domain publishes for user agents over https and confirms in DNS (draft-ietf-mailmaint-pacc)."""

import asyncio
import hashlib

from profilegen.address import Address
from profilegen.discovery.web import Heard, hear
from profilegen.errors import InputProblem, ResolverProblem
from profilegen.ports import Clock, Http, HttpAnswer, Records, Resolver
from profilegen.settings.candidates import Advice, Answer, Candidate, Notice, Source, Status, Tier
from profilegen.settings.pacc import PaccDocument, parse_pacc, vouches


class PaccSource:
    """
    Implements `ports.SettingsSource` over the document and the TXT records with its digest, asked at once.

    Tier 2 if one record vouches for the very bytes and they came from the domain; else tier 4, with a notice.
    """

    kind = "pacc"

    def __init__(self, *, http: Http, resolver: Resolver, clock: Clock) -> None:
        self._http = http
        self._resolver = resolver
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """Return the servers of the document; raises WorldProblem if it or its records could not be had."""
        host = f"ua-auto-config.{address.domain}"
        url = f"https://{host}/.well-known/user-agent-configuration.json"
        heard, records = await asyncio.gather(hear(self._http.get(url)), self._records(f"_{host}"))
        if heard.problem is not None:
            raise heard.problem
        document = _document(heard)
        if document is None or heard.page is None:
            return Answer(kind=self.kind, notices=() if heard.notice is None else (heard.notice,))
        if isinstance(records, ResolverProblem):
            raise records
        return self._answer(document, heard.page, records, address)

    async def _records(self, name: str) -> Records[str] | ResolverProblem:
        """The failure is kept: it matters only if there is a document."""
        try:
            return await self._resolver.txt(name)
        except ResolverProblem as problem:
            return problem

    def _answer(self, document: PaccDocument, page: HttpAnswer, records: Records[str], address: Address) -> Answer:
        digest = hashlib.sha256(page.body)
        confirmed = any(vouches(record, digest.digest()) for record in records.records)
        source = Source(
            kind=self.kind,
            detail=_detail(page, confirmed=confirmed),
            url=page.url.partition("?")[0],
            fetched=self._clock.now(),
            sha256=digest.hexdigest(),
            dnssec=records.authenticated,
        )
        tier = Tier.T2 if confirmed and page.crossed_to is None else Tier.T4
        return Answer(
            kind=self.kind,
            candidates=tuple(
                Candidate(server=server, sources=(source,), tier=tier, order=order)
                for order, server in enumerate(document.servers(address))
            ),
            advice=Advice(provider=address.domain, status=Status.OAUTH_ONLY) if document.oauth_only else None,
            notices=() if confirmed else (_unconfirmed(address.domain, records),),
        )


def _document(heard: Heard) -> PaccDocument | None:
    if heard.page is None:
        return None
    try:
        return parse_pacc(heard.page.body)
    except InputProblem:
        return None


def _detail(page: HttpAnswer, *, confirmed: bool) -> str:
    said = "published for user agents over https"
    if confirmed:
        said += ", its digest is in DNS"
    return said if page.crossed_to is None else f"{said}; redirected to {page.crossed_to}"


def _unconfirmed(domain: str, records: Records[str]) -> Notice:
    why = "another digest is in DNS" if records.records else "its digest is not in DNS"
    text = f"The PACC document of {domain} is not confirmed: {why} (TXT _ua-auto-config.{domain})."
    return Notice(code="pacc_unconfirmed", text=text)
