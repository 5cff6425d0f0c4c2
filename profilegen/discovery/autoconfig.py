"""What the mail domain itself publishes over https (draft-ietf-mailmaint-autoconfig sections 1.1 and 1.2)."""

import asyncio
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from profilegen.address import Address
from profilegen.errors import InputProblem, NetworkProblem, SettingsProblem, WorldProblem
from profilegen.ports import Clock, Http, HttpAnswer
from profilegen.settings.candidates import Advice, Answer, Candidate, Notice, Source, Status, Tier
from profilegen.settings.clientconfig import ClientConfig, ConfigServer, Defect, concrete, parse_client_config
from profilegen.settings.servers import Auth, Protocol, Server
from profilegen.settings.verdict import NO_TLS_OFFERED

_NOBODY_THERE = ("no_such_host", "refused")
_NOT_AUTHENTIC = ("tls_mismatch", "tls_untrusted", "tls", "bad_redirect", "too_large", "bad_encoding", "http_protocol")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One of the two places, without and with the address; `first` is asked first, `second` if it is refused."""

    first: str
    second: str
    refusals: range


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What one place said: a config, a reason why there is none, or a problem that hides whether there is one."""

    config: ClientConfig | None = None
    http: HttpAnswer | None = None
    notice: Notice | None = None
    problem: WorldProblem | None = None


class AutoconfigSource:
    """
    Implements `ports.SettingsSource` over both https places of the draft, asked at once.

    Tier 2, or tier 4 if the answer came from another registrable domain. The media type of the answer is ignored.
    """

    kind = "autoconfig"

    def __init__(self, *, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """Return the servers of both files; raises WorldProblem if there is none and a place could not be asked."""
        heard = await asyncio.gather(*(self._ask(place) for place in _places(address)))
        problem = next((one.problem for one in heard if one.problem is not None), None)
        if problem is not None and all(one.config is None for one in heard):
            raise problem
        candidates = tuple(
            candidate for index, one in enumerate(heard) for candidate in self._candidates(one, address, index * 100)
        )
        configs = [one.config for one in heard if one.config is not None]
        notices = [one.notice for one in heard if one.notice is not None]
        notices += [notice for config in configs for notice in _config_notices(config)]
        return Answer(
            kind=self.kind, candidates=candidates, advice=_advice(configs), notices=tuple(dict.fromkeys(notices))
        )

    async def _ask(self, place: _Place) -> _Heard:
        try:
            answer = await self._http.get(place.first)
            if answer.status in place.refusals:
                answer = await self._http.get(place.second)
        except WorldProblem as problem:
            return _unheard(problem)
        if answer.status >= 500 or answer.status == 429:
            return _Heard(problem=_server_error(answer))
        if answer.status != 200:
            return _Heard()
        try:
            return _Heard(config=parse_client_config(answer.body), http=answer)
        except InputProblem:
            return _Heard()

    def _candidates(self, heard: _Heard, address: Address, offset: int) -> list[Candidate]:
        if heard.config is None or heard.http is None:
            return []
        source = self._source(heard.http)
        servers = [_server(found, address) for found in heard.config.servers]
        return [
            Candidate(
                server=server,
                sources=(source,),
                tier=Tier.T2 if heard.http.crossed_to is None else Tier.T4,
                order=offset + order,
            )
            for order, server in enumerate(servers)
            if server is not None
        ]

    def _source(self, answer: HttpAnswer) -> Source:
        detail = "published by the domain over https"
        if answer.crossed_to is not None:
            detail = f"the domain redirects to {answer.crossed_to}"
        return Source(
            kind=self.kind,
            detail=detail,
            url=answer.url.partition("?")[0],
            fetched=self._clock.now(),
            sha256=hashlib.sha256(answer.body).hexdigest(),
        )


def _places(address: Address) -> tuple[_Place, _Place]:
    query = "?emailaddress=" + quote(str(address), safe="")
    own_host = f"https://autoconfig.{address.domain}/mail/config-v1.1.xml"
    well_known = f"https://{address.domain}/.well-known/autoconfig/mail/config-v1.1.xml"
    return (
        _Place(first=own_host + query, second=own_host, refusals=range(400, 429)),
        _Place(first=well_known, second=well_known + query, refusals=range(400, 401)),
    )


def _server(found: ConfigServer, address: Address) -> Server | None:
    if _is_oauth_only(found.auth):
        return None
    try:
        return concrete(found, address)
    except SettingsProblem:
        return None


def _is_oauth_only(auth: tuple[Auth, ...]) -> bool:
    return all(method is Auth.OAUTH2 for method in auth)


def _advice(configs: list[ClientConfig]) -> Advice | None:
    """A domain whose incoming servers all want OAuth says that no password profile can work."""
    incoming = [server for config in configs for server in config.servers if server.protocol is not Protocol.SMTP]
    if not incoming or not all(_is_oauth_only(server.auth) for server in incoming):
        return None
    return Advice(provider=configs[0].provider, status=Status.OAUTH_ONLY)


def _config_notices(config: ClientConfig) -> list[Notice]:
    notices = []
    if config.enable is not None:
        text = config.enable.text or "Access for mail programs has to be switched on first."
        notices.append(Notice(code="enable_first", text=text, url=config.enable.url))
    if any(_is_oauth_only(server.auth) for server in config.servers):
        notices.append(Notice(code="oauth_servers", text="The domain publishes servers that take OAuth sign-in only."))
    defects = {server.defect for server in config.dropped}
    if Defect.PLAIN_TEXT in defects and not config.servers:
        notices.append(Notice(code=NO_TLS_OFFERED, text="The domain publishes only servers without encryption."))
    if Defect.RESTRICTED in defects:
        text = "The domain publishes servers that work only inside the provider's own network; they are left out."
        notices.append(Notice(code="network_restricted", text=text))
    return notices


def _unheard(problem: WorldProblem) -> _Heard:
    if problem.code in _NOBODY_THERE:
        return _Heard()
    if problem.code in _NOT_AUTHENTIC:
        return _Heard(notice=Notice(code=problem.code, text=problem.message))
    return _Heard(problem=problem)


def _server_error(answer: HttpAnswer) -> NetworkProblem:
    return NetworkProblem(
        f"{answer.url.partition('?')[0]} answers with HTTP status {answer.status}.",
        hint="The domain's settings server has a fault; try again later.",
        code="http_server_error",
    )
