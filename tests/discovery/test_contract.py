"""
What every source that asks the network owes the search, shown for each of them as it is wired.

A new source is part of this as soon as it stands in `profilegen.wiring.search`; it should also say something
in the world of `FULL`, or the tests about that world show nothing of it.
"""

import asyncio
import base64
import hashlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from profilegen.address import Address
from profilegen.errors import WorldProblem
from profilegen.net import resolver as net_resolver
from profilegen.ports import Resolver, SettingsSource
from profilegen.settings.candidates import Answer, Tier
from profilegen.wiring.search import ON_REQUEST, SOURCES, Equipment, _network
from tests.discovery.published import CONFIG, HostsAndRecords
from tests.discovery.world import NOON, FakeCatalogue, StillClock, provider, server
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.https import Asked, HttpsServer, Reply, ServeHttps, always, http_server

pytestmark = pytest.mark.servers

DOMAIN = "people.corp.example.test"
YOU = Address.parse(f"you@{DOMAIN}")
KINDS = [kind for kind in (*SOURCES, *ON_REQUEST) if kind not in ("override", "catalogue", "guess")]
LED_TO = ("autoconfig.hoster.test", "conf.hoster.test", "db.test")
"""The only names outside the mail domain that the records of FULL and the configuration lead to."""

PACC = f'{{"protocols":{{"imap":{{"host":"imap.{DOMAIN}"}}}}}}'.encode()
POX = (
    "<Autodiscover><Response><Account><Protocol><Type>IMAP</Type>"
    f"<Server>imap.{DOMAIN}</Server><Port>993</Port></Protocol></Account></Response></Autodiscover>"
).encode()
FULL = f"""
{DOMAIN}. MX 10 mx.hoster.test.
{DOMAIN}. MX 20 mx.corp.example.test.
{DOMAIN}. MX 30 mx.example.test.
{DOMAIN}. TXT "mailconf=https://conf.hoster.test/x"
{DOMAIN}. TXT "v=spf1 include:_spf.google.com -all"
{DOMAIN}. TXT "google-site-verification=1"
_imaps._tcp.{DOMAIN}. SRV 0 1 993 imap.{DOMAIN}.
_submission._tcp.{DOMAIN}. SRV 0 1 587 smtp.{DOMAIN}.
_autodiscover._tcp.{DOMAIN}. SRV 0 1 443 autodiscover.{DOMAIN}.
_ua-auto-config.{DOMAIN}. TXT "v=UAAC1; a=sha256; d={base64.b64encode(hashlib.sha256(PACC).digest()).decode()}"
"""
GARBAGE = f"""
{DOMAIN}. MX 0 mx.nobody.test.
{DOMAIN}. TXT "mailconf="
{DOMAIN}. TXT "mailconf=https://[::1"
{DOMAIN}. TXT "\\000\\255v=spf1 include:"
_imaps._tcp.{DOMAIN}. SRV 65535 65535 0 imap.{DOMAIN}.
_submission._tcp.{DOMAIN}. SRV 0 0 25 smtp.{DOMAIN}.
_autodiscover._tcp.{DOMAIN}. SRV 0 0 1 autodiscover.{DOMAIN}.
_ua-auto-config.{DOMAIN}. TXT "v=UAAC1; a=sha256; d=????"
"""


def source_of(kind: str, resolver: Resolver, authority: Authority) -> SettingsSource:
    hoster = provider("hoster", server("imap://imap.hoster.test:993/tls"), pattern="hoster.test")
    equipment = Equipment(
        catalogue=FakeCatalogue(mx={"hoster.test": hoster, "aspmx.l.google.com": hoster}),
        resolver=resolver,
        clock=StillClock(),
        anchors=(authority.pem,),
        ispdb_url="https://db.test/",
    )
    (found,) = (source for source in _network(equipment) if source.kind == kind)
    return found


def ask(kind: str, resolver: Resolver, authority: Authority) -> Answer:
    return asyncio.run(source_of(kind, resolver, authority).find(YOU))


def publishing(asked: Asked) -> Reply:
    """A site that publishes everything a source may ask for."""
    if asked.method == "POST":
        return Reply(body=POX, headers={"Set-Cookie": "a=1"})
    return Reply(body=PACC if asked.path.endswith(".json") else CONFIG, headers={"Set-Cookie": "a=1"})


def test_every_source_is_named_once_in_the_order_of_the_command_line(serve_zones: ServeZones) -> None:
    equipment = Equipment(catalogue=FakeCatalogue(), resolver=HostsAndRecords({}, "127.0.0.1:9"), clock=StillClock())
    assert sorted(source.kind for source in _network(equipment)) == sorted(KINDS)


# --- a world in which nobody publishes anything ----------------------------------------------------------


@pytest.fixture(scope="module")
def empty(serve_zones: ServeZones) -> str:
    return serve_zones({".": "nobody.test. A 127.0.0.1\n"})


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_published_the_answer_is_empty(kind: str, empty: str, authority: Authority) -> None:
    assert ask(kind, resolver_at(empty), authority) == Answer(kind=kind)


# --- a world that says nothing ---------------------------------------------------------------------------


@pytest.fixture
def silent_dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(net_resolver, "TRY_SECONDS", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{mute.getsockname()[1]}"


@pytest.mark.parametrize("kind", KINDS)
def test_silence_is_never_taken_for_an_answer(kind: str, silent_dns: str, authority: Authority) -> None:
    with pytest.raises(WorldProblem) as caught:
        ask(kind, resolver_at(silent_dns), authority)
    assert caught.value.code == "dns_timeout"


# --- a world of garbage ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def garbage(serve_zones: ServeZones) -> str:
    return serve_zones({".": GARBAGE})


@pytest.fixture
def names() -> tuple[str, ...]:
    own = [f"{label}.{DOMAIN}" for label in ("autoconfig", "autodiscover", "ua-auto-config")]
    return DOMAIN, *own, *LED_TO, "autoconfig.nobody.test"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", [b"", b"\0\xff" * 999, b"<clientConfig/>", b"<Autodiscover/>", b"{}", b"[" * 60_000, CONFIG[:-9]]
)
def test_garbage_brings_out_no_server_and_no_error(
    kind: str, body: bytes, garbage: str, serve_https: ServeHttps, authority: Authority, names: tuple[str, ...]
) -> None:
    web = serve_https(authority.issue(*names), always(Reply(body=body)))
    with http_server(always(Reply(body=body)), web.address):
        answer = ask(kind, HostsAndRecords(dict.fromkeys(names, (web.address,)), garbage), authority)
    assert (answer.kind, answer.candidates, answer.advice) == (kind, (), None)


# --- a world in which everybody publishes everything -----------------------------------------------------


@pytest.fixture(scope="module")
def full(serve_zones: ServeZones) -> str:
    return serve_zones({".": FULL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """One address that publishes everything, with encryption and without."""

    secure: HttpsServer
    plain: HttpsServer

    def hosts(self, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        return dict.fromkeys(names, (self.secure.address,))


@pytest.fixture
def web(serve_https: ServeHttps, authority: Authority, names: tuple[str, ...]) -> Iterator[Web]:
    secure = serve_https(authority.issue(*names), publishing)
    with http_server(publishing, secure.address) as plain:
        yield Web(secure=secure, plain=plain)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_world_gives_the_same_answer_with_its_provenance(
    kind: str, full: str, web: Web, authority: Authority, names: tuple[str, ...]
) -> None:
    answers = [ask(kind, HostsAndRecords(web.hosts(names), full), authority) for _ in range(5)]
    assert answers == [answers[0]] * 5
    assert answers[0].candidates != () or kind == "hint"  # hints come from behind a filter only
    for candidate in answers[0].candidates:
        (source,) = candidate.sources
        assert (source.kind, source.fetched, source.detail != "") == (kind, NOON, True)
        assert (source.url is None) == (source.kind in ("srv", "mx", "hint"))
        assert source.url is None or (len(source.sha256 or ""), "?" in source.url) == (64, False)
        assert candidate.tier >= (Tier.T5 if "plain" in kind else Tier.T2)


@pytest.mark.parametrize("kind", KINDS)
def test_no_source_sends_a_credential_or_remembers_a_cookie(
    kind: str, full: str, web: Web, authority: Authority, names: tuple[str, ...]
) -> None:
    resolver = HostsAndRecords(web.hosts(names), full)
    source = source_of(kind, resolver, authority)
    for _ in range(2):
        asyncio.run(source.find(YOU))
    for asked in (*web.secure.asked, *web.plain.asked):
        assert not {"authorization", "proxy-authorization", "cookie"} & set(asked.headers)


@pytest.mark.parametrize("kind", KINDS)
def test_no_source_asks_about_anything_above_the_mail_domain(
    kind: str, full: str, web: Web, authority: Authority, names: tuple[str, ...]
) -> None:
    resolver = HostsAndRecords(web.hosts(names), full)
    ask(kind, resolver, authority)
    assert resolver.asked != []
    elsewhere = {name for name in resolver.asked if name != DOMAIN and not name.endswith(f".{DOMAIN}")}
    assert elsewhere <= set(LED_TO)


@pytest.mark.parametrize("kind", KINDS)
def test_port_80_is_touched_by_one_source_alone(
    kind: str, full: str, web: Web, authority: Authority, names: tuple[str, ...]
) -> None:
    ask(kind, HostsAndRecords(web.hosts(names), full), authority)
    assert bool(web.plain.asked) == (kind == "plain-autoconfig")
