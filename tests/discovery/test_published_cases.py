"""
What domains publish and how it goes wrong, one world per case: the whole search as it is wired, against real servers.

The numbers go on from `test_cases`. What concerns one source alone is shown beside that source: every way an
Autodiscover answer can lead elsewhere (case 21) in `test_autodiscover`, digests and key rolls (case 22) in `test_pacc`,
rebinding and redirects into a private network (case 30) in `tests/net/test_policy.py`.
"""

import asyncio
import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from defusedxml.ElementTree import fromstring

from profilegen.address import Address
from profilegen.net.policy import AddressPolicy
from profilegen.net.tls import tls_contexts
from profilegen.ports import Question
from profilegen.settings.candidates import Candidate, Resolution, Status, Tier
from profilegen.wiring.search import Equipment, make_finder
from tests.discovery.published import CONFIG, PATH
from tests.discovery.world import FakeCatalogue, StillClock
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.https import Asked, HttpsServer, Reply, ServeHttps, always, gzipped, http_server, pages, redirect

pytestmark = pytest.mark.servers

OWN = "autoconfig.example.test"
WELL_KNOWN = f"example.test/.well-known/autoconfig{PATH}"
PACC = "ua-auto-config.example.test"
PACC_PATH = f"{PACC}/.well-known/user-agent-configuration.json"
FOUND = ["imap.example.test:993/tls", "smtp.example.test:587/starttls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A name server of this case's own, and the authority its web servers are certified by."""

    dns: str
    authority: Authority

    def ask(
        self,
        address: str = "you@example.test",
        *,
        allow_http: bool = False,
        policy: AddressPolicy = AddressPolicy.ANY,
    ) -> Resolution:
        """Look an address up without looking at its mail servers, which are not there."""
        equipment = Equipment(
            catalogue=FakeCatalogue(),
            resolver=resolver_at(self.dns),
            clock=StillClock(),
            anchors=(self.authority.pem,),
            policy=policy,
        )
        question = Question(address=Address.parse(address), probe=False, allow_http=allow_http)
        return asyncio.run(make_finder(equipment, tls_contexts((self.authority.pem,))).resolve(question))


MakeWorld = Callable[..., World]


@pytest.fixture
def world(serve_zones: ServeZones, authority: Authority) -> MakeWorld:
    def make(hosts: Mapping[str, HttpsServer | str], zone: str = "") -> World:
        places = {name: host if isinstance(host, str) else host.address for name, host in hosts.items()}
        records = "".join(f"{name}. A {address}\n" for name, address in places.items())
        return World(dns=serve_zones({".": records + zone}), authority=authority)

    return make


def chosen(resolution: Resolution) -> list[str | None]:
    return [None if found is None else found.server.endpoint for found in (resolution.incoming, resolution.outgoing)]


def tiers(resolution: Resolution) -> set[Tier]:
    return {found.tier for found in _found(resolution)}


def codes(resolution: Resolution) -> set[str]:
    return {notice.code for notice in resolution.notices}


def _found(resolution: Resolution) -> Iterator[Candidate]:
    yield from (found for found in (resolution.incoming, resolution.outgoing) if found is not None)


# --- files over https ------------------------------------------------------------------------------------


def test_case_9_the_well_known_place_alone_as_text_html_with_a_byte_order_mark_is_enough(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    reply = Reply(body=b"\xef\xbb\xbf" + CONFIG, headers={"Content-Type": "text/html"})
    web = serve_https(authority.issue("example.test"), pages({WELL_KNOWN: reply}))
    answer = world({"example.test": web}).ask()
    assert (answer.status, chosen(answer), tiers(answer)) == (Status.OK, FOUND, {Tier.T2})


def test_case_10_a_web_server_that_answers_for_every_name_is_no_settings_and_no_error(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    web = serve_https(authority.issue("example.test"), always(Reply(body=b"<html>Welcome</html>")))
    wildcard = f"*.example.test. A {web.address}\n"
    nothing = world({"example.test": web}, wildcard).ask()
    assert (nothing.status, chosen(nothing), nothing.timed_out) == (Status.NOT_FOUND, [None, None], ())
    assert "tls_mismatch" in codes(nothing)
    srv = (
        "_imaps._tcp.example.test. SRV 0 1 993 imap.example.test.\n"
        "_submission._tcp.example.test. SRV 0 1 587 smtp.example.test.\n"
    )
    found = world({"example.test": web}, wildcard + srv).ask()
    assert chosen(found) == FOUND


def test_case_11_when_https_times_out_what_http_says_is_never_trusted_and_never_asked_for_unasked(
    world: MakeWorld, silent_443: str
) -> None:
    attacker = CONFIG.replace(b"example.test</hostname>", b"attacker.test</hostname>")
    with http_server(always(Reply(body=attacker)), silent_443) as plain:
        here = world({OWN: silent_443})
        closed = here.ask()
        assert plain.asked == []
        opened = here.ask(allow_http=True)
    assert (closed.status, chosen(closed), closed.timed_out) == (Status.UNREACHABLE, [None, None], ("autoconfig",))
    assert "published_settings_unreachable" in codes(closed)
    assert (opened.status, tiers(opened)) == (Status.UNREACHABLE, {Tier.T5})
    assert "published_settings_unreachable" in codes(opened)


def test_case_12_https_never_leads_to_http_and_a_foreign_domain_needs_a_word(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    down = serve_https(authority.issue(OWN), always(redirect(f"http://{OWN}{PATH}")))
    refused = world({OWN: down}).ask(allow_http=True)
    assert (chosen(refused), "bad_redirect" in codes(refused)) == ([None, None], True)
    table = {f"{OWN}{PATH}": redirect("https://conf.hoster.test/x"), "conf.hoster.test/x": Reply(body=CONFIG)}
    across = serve_https(authority.issue(OWN, "conf.hoster.test"), pages(table))
    answer = world({OWN: across, "conf.hoster.test": across}).ask()
    assert (answer.status, tiers(answer)) == (Status.UNTRUSTED, {Tier.T4})
    assert {found.sources[0].detail for found in _found(answer)} == {
        "published by the domain over https; redirected to conf.hoster.test"
    }


@pytest.mark.parametrize("wants_address", [True, False])
def test_case_13_a_server_that_wants_the_address_or_refuses_it_is_asked_again_and_its_echo_is_unescaped(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority, wants_address: bool
) -> None:
    echo = CONFIG.replace(b"%EMAILADDRESS%", b"fred%2Btag%2Ex%40example.test")

    def site(asked: Asked) -> Reply:
        return Reply(body=echo) if ("?" in asked.path) is wants_address else Reply(status=400)

    host = "example.test" if wants_address else OWN
    web = serve_https(authority.issue(host), site)
    answer = world({host: web}).ask("fred+tag.x@example.test")
    assert {found.server.username for found in _found(answer)} == {"fred+tag.x@example.test"}
    queries = [urlsplit(asked.path).query for asked in web.asked if asked.method == "GET" and "?" in asked.path]
    assert queries == ["emailaddress=fred%2Btag.x%40example.test"]


# --- names and addresses ---------------------------------------------------------------------------------


def test_case_18_a_company_below_a_public_suffix_is_asked_about_and_the_suffix_is_not(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    web = serve_https(authority.issue("autoconfig.mail.co.uk"), always(Reply(body=CONFIG)))
    zone = "company.co.uk. MX 10 mx.mail.co.uk.\n"
    here = world({"autoconfig.mail.co.uk": web, "autoconfig.co.uk": web, "autoconfig.uk": web}, zone)
    assert (here.ask("you@company.co.uk").status, tiers(here.ask("you@company.co.uk"))) == (Status.UNTRUSTED, {Tier.T4})
    assert {asked.host for asked in web.asked} == {"autoconfig.mail.co.uk"}
    assert here.ask("you@co.uk").status is Status.REFUSED


def test_case_19_an_international_domain_is_asked_about_in_a_labels_only(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    host = "autoconfig.xn--bcher-kva.test"
    web = serve_https(authority.issue(host), always(Reply(body=CONFIG)))
    answer = world({host: web}).ask("jürgen@bücher.test")
    assert (answer.status, answer.address.display) == (Status.OK, "jürgen@bücher.test")
    assert web.asked[0].host == host
    assert parse_qs(urlsplit(web.asked[0].path).query) == {"emailaddress": ["jürgen@xn--bcher-kva.test"]}


@pytest.mark.parametrize("local", ["fred+tag", "Fred.O'Neil", '"a@b"', '"<&>"', "100%25"])
def test_case_20_every_local_part_arrives_as_it_was_typed(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority, local: str
) -> None:
    web = serve_https(authority.issue(OWN, "autodiscover.example.test"), pages({f"{OWN}{PATH}": Reply(body=CONFIG)}))
    address = f"{local}@example.test"
    answer = world({OWN: web, "autodiscover.example.test": web}).ask(address)
    assert {found.server.username for found in _found(answer)} == {address}
    (url,) = (asked.path for asked in web.asked if asked.method == "GET")
    assert parse_qs(urlsplit(url).query) == {"emailaddress": [address]}
    (body,) = (asked.body for asked in web.asked if asked.method == "POST")
    assert address in [element.text for element in fromstring(body).iter()]


# --- Autodiscover and PACC -------------------------------------------------------------------------------


def test_case_21_a_domain_that_speaks_to_outlook_only_is_found_and_needs_a_word(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    protocols = "".join(
        f"<Protocol><Type>{kind}</Type><Server>{host}.example.test</Server><Port>{port}</Port>{more}</Protocol>"
        for kind, host, port, more in (
            ("IMAP", "imap", 993, "<Encryption>TLS</Encryption>"),
            ("SMTP", "smtp", 587, "<Encryption>TLS</Encryption>"),
        )
    )
    reply = f"<Autodiscover><Response><Account>{protocols}</Account></Response></Autodiscover>".encode()
    host = "autodiscover.example.test"
    answer = world({host: serve_https(authority.issue(host), always(Reply(body=reply)))}).ask()
    assert (answer.status, chosen(answer), tiers(answer)) == (Status.UNTRUSTED, FOUND, {Tier.T4})


def test_case_22_outgoing_from_pacc_and_incoming_from_the_next_source(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    document = b'{"protocols":{"smtp":{"host":"submit.example.test"}}}'
    record = f"v=UAAC1; a=sha256; d={base64.b64encode(hashlib.sha256(document).digest()).decode()}"
    web = serve_https(authority.issue(PACC), pages({PACC_PATH: Reply(body=document)}))
    zone = f'_{PACC}. TXT "{record}"\n_imaps._tcp.example.test. SRV 0 1 993 imap.example.test.\n'
    answer = world({PACC: web}, zone).ask()
    assert chosen(answer) == ["imap.example.test:993/tls", "submit.example.test:465/tls"]
    assert [found.sources[0].kind for found in _found(answer)] == ["srv", "pacc"]


# --- hostile answers -------------------------------------------------------------------------------------

LAUGHS = b"<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;&b;'>]><clientConfig>&c;</clientConfig>"
OUTSIDE = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><clientConfig>&b;</clientConfig>"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=LAUGHS),
        Reply(body=OUTSIDE),
        Reply(body=CONFIG + b" " * 10_000_000),
        gzipped(CONFIG + b"\0" * 60_000_000),
        Reply(body=gzip.compress(gzip.compress(CONFIG)), headers={"Content-Encoding": "gzip"}),
        redirect("/again"),
        redirect("http://169.254.169.254/latest/meta-data/"),
        redirect("https://127.0.0.1/"),
        Reply(body=b"[" * 60_000),
        Reply(body=b"\0\xff\xfe" * 9_000),
    ],
    ids=[
        "entities",
        "external entity",
        "10 MB",
        "gzip bomb",
        "gzip in gzip",
        "endless redirect",
        "metadata service",
        "loopback",
        "deep JSON",
        "noise",
    ],
)
def test_case_30_hostile_answers_from_every_place_at_once_bring_nothing_out(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority, reply: Reply
) -> None:
    names = ("example.test", OWN, PACC, "autodiscover.example.test")
    web = serve_https(authority.issue(*names), always(reply))
    zone = f'example.test. TXT "mailconf=https://{OWN}/x"\n_{PACC}. TXT "v=UAAC1; a=sha256; d=AAAA"\n'
    answer = world(dict.fromkeys(names, web), zone).ask()
    assert (answer.status, chosen(answer), answer.timed_out) == (Status.NOT_FOUND, [None, None], ())


def test_case_30_a_stranger_learns_nothing_about_the_inside_of_our_network(
    world: MakeWorld, serve_https: ServeHttps, authority: Authority
) -> None:
    names = ("example.test", OWN, PACC, "autodiscover.example.test")
    inside = serve_https(authority.issue(*names), always(Reply(body=CONFIG)))
    answer = world(dict.fromkeys(names, inside)).ask(policy=AddressPolicy.PUBLIC)
    assert (answer.status, codes(answer)) == (Status.NOT_FOUND, {"forbidden_address"})
    assert inside.asked == []
