"""Mozilla's clientConfig files, wherever they lie: what the sources that fetch one have in common."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from profilegen.address import Address
from profilegen.discovery.web import Heard, first_problem, hear, notices_of
from profilegen.errors import InputProblem, SettingsProblem
from profilegen.ports import Clock, Http, HttpAnswer
from profilegen.settings.candidates import Advice, Answer, Candidate, Notice, Source, Status, Tier
from profilegen.settings.clientconfig import ClientConfig, ConfigServer, Defect, concrete, parse_client_config
from profilegen.settings.servers import Auth, Protocol, Server
from profilegen.settings.verdict import NO_TLS_OFFERED

PATH = "/mail/config-v1.1.xml"
"""Where the file lies on a host of its own (draft-ietf-mailmaint-autoconfig)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    One place that may have a file.

    `first` is asked first, `second` once more if the answer has a status among `refusals`. What comes from there is
    trusted as far as `tier`, from another registrable domain no further than tier 4. `says` tells a person why,
    `dnssec` whether the name of the place came from authenticated DNS.
    """

    first: str
    second: str | None = None
    refusals: range = range(0)
    tier: Tier
    says: str
    dnssec: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One file, where it lay and in which order of the places."""

    place: Place
    page: HttpAnswer
    config: ClientConfig
    order: int


class ConfigFiles:
    """Asks places for files on behalf of the source `kind`."""

    def __init__(self, *, kind: str, http: Http, clock: Clock) -> None:
        self._kind = kind
        self._http = http
        self._clock = clock

    async def answer(self, places: Sequence[Place], address: Address) -> Answer:
        """
        Return the servers of all files, those of earlier places first; the media type does not matter.

        Raises WorldProblem if there is no file and a place could not be asked.
        """
        heard = await asyncio.gather(*(self._ask(place) for place in places))
        found = list(_found(places, heard))
        problem = first_problem(heard)
        if problem is not None and not found:
            raise problem
        believable = [one.config for one in found if one.place.tier < Tier.T5]  # over http anybody may have said it
        notices = (*notices_of(heard), *(notice for config in believable for notice in _notices(config)))
        return Answer(
            kind=self._kind,
            candidates=tuple(candidate for one in found for candidate in self._candidates(one, address)),
            advice=_advice(believable),
            notices=tuple(dict.fromkeys(notices)),
        )

    async def _ask(self, place: Place) -> Heard:
        heard = await hear(self._http.get(place.first))
        if place.second is None or heard.answer is None or heard.answer.status not in place.refusals:
            return heard
        return await hear(self._http.get(place.second))

    def _candidates(self, found: _Found, address: Address) -> Iterable[Candidate]:
        crossed_to = found.page.crossed_to
        tier = found.place.tier if crossed_to is None else max(found.place.tier, Tier.T4)
        source = Source(
            kind=self._kind,
            detail=found.place.says if crossed_to is None else f"{found.place.says}; redirected to {crossed_to}",
            url=found.page.url.partition("?")[0],
            fetched=self._clock.now(),
            sha256=hashlib.sha256(found.page.body).hexdigest(),
            dnssec=found.place.dnssec,
        )
        for index, block in enumerate(found.config.servers):
            server = _server(block, address)
            if server is not None:
                yield Candidate(server=server, sources=(source,), tier=tier, order=found.order * 100 + index)


def with_address(url: str, address: Address) -> str:
    """Return the URL with the address as its query; everything is escaped except letters, digits and "-._~"."""
    return f"{url}?emailaddress={quote(str(address), safe='')}"


def _found(places: Sequence[Place], heard: Sequence[Heard]) -> Iterable[_Found]:
    for order, (place, one) in enumerate(zip(places, heard, strict=True)):
        if one.page is None:
            continue
        try:
            config = parse_client_config(one.page.body)
        except InputProblem:
            continue  # a landing page, or whatever else answers for every name
        yield _Found(place=place, page=one.page, config=config, order=order)


def _server(block: ConfigServer, address: Address) -> Server | None:
    if _is_oauth_only(block.auth):
        return None
    try:
        server = concrete(block, address)
    except SettingsProblem:
        return None
    if "%" in server.username and unquote(server.username).lower() == str(address).lower():
        return replace(server, username=str(address))  # some echo the query as it was sent, "fred%2Btag%40…"
    return server


def _is_oauth_only(auth: tuple[Auth, ...]) -> bool:
    return all(method is Auth.OAUTH2 for method in auth)


def _advice(configs: list[ClientConfig]) -> Advice | None:
    """Incoming servers that all want OAuth say that no password profile can work."""
    incoming = [server for config in configs for server in config.servers if server.protocol is not Protocol.SMTP]
    if not incoming or not all(_is_oauth_only(server.auth) for server in incoming):
        return None
    return Advice(provider=configs[0].provider, status=Status.OAUTH_ONLY)


def _notices(config: ClientConfig) -> Iterable[Notice]:
    if config.enable is not None:
        text = config.enable.text or "Access for mail programs has to be switched on first."
        yield Notice(code="enable_first", text=text, url=config.enable.url)
    if any(_is_oauth_only(server.auth) for server in config.servers):
        yield Notice(code="oauth_servers", text="Servers are published that take OAuth sign-in only.")
    defects = {server.defect for server in config.dropped}
    if Defect.PLAIN_TEXT in defects and not config.servers:
        yield Notice(code=NO_TLS_OFFERED, text="Only servers without encryption are published.")
    if Defect.RESTRICTED in defects:
        text = "Servers are published that work only inside the provider's own network; they are left out."
        yield Notice(code="network_restricted", text=text)
