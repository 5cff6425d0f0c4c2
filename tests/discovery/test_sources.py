"""The four sources, each against real name servers and real HTTPS servers."""

import asyncio
import gzip
from collections.abc import Callable, Mapping

import pytest

from profilegen.address import Address
from profilegen.discovery.autoconfig import AutoconfigSource
from profilegen.discovery.catalogue import CatalogueSource
from profilegen.discovery.mx import MxSource
from profilegen.discovery.srv import SrvSource
from profilegen.errors import NetworkProblem, ResolverProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from profilegen.settings.candidates import Answer, Status, Tier
from profilegen.settings.servers import Protocol
from tests.discovery.world import NOON, YOU, FakeCatalogue, StillClock, provider, server
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.https import Asked, HttpsServer, Reply, ServeHttps, Site, always, pages, redirect
from tests.lab.validating import fake_validating_resolver

CONFIG = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.test">
  <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.test</hostname><port>25</port><socketType>plain</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.test</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""

ZONE = """
example.test.  MX 20 mx.other.test.
example.test.  MX 10 in.mail.hoster.test.
null.test.     MX 0  .
nomatch.test.  MX 10 mx.nomatch.test.
_imaps._tcp.example.test.        SRV 10 1 993 imap.example.test.
_imaps._tcp.example.test.        SRV 10 9 993 imap2.example.test.
_imap._tcp.example.test.         SRV 0 0 0 .
_pop3s._tcp.example.test.        SRV 0 1 995 pop.example.test.
_submission._tcp.example.test.   SRV 0 1 465 smtp.example.test.
_submissions._tcp.example.test.  SRV 5 1 465 smtp.hoster.test.
_imap._tcp.none.test.            SRV 0 0 0 .
_imaps._tcp.none.test.           SRV 0 0 0 .
_submissions._tcp.none.test.     SRV 0 0 465 none.test.
_imap._tcp.xn--bcher-kva.test.   SRV 0 0 143 mail.xn--bcher-kva.test.
_submission._tcp.relay.test.     SRV 0 0 25 mx.relay.test.
"""

Ask = Callable[[Mapping[str, Site]], Answer]


def endpoints(answer: Answer) -> list[str]:
    return [f"{found.server.protocol}://{found.server.endpoint}" for found in answer.candidates]


# --- catalogue -------------------------------------------------------------------------------------------


def test_the_catalogue_answers_in_the_providers_own_order() -> None:
    servers = server("imap://imap.example.test:993/tls"), server("smtp://smtp.example.test:465/tls")
    source = CatalogueSource(catalogue=FakeCatalogue(domains={"example.test": provider("example", *servers)}))
    answer = asyncio.run(source.find(YOU))
    assert [(found.server, found.tier, found.order) for found in answer.candidates] == [
        (servers[0], Tier.T1, 0),
        (servers[1], Tier.T1, 1),
    ]
    said = answer.candidates[0].sources[0]
    assert (said.kind, said.sha256, str(said.fetched)) == ("catalogue", "0" * 64, "2026-11-01 00:00:00+00:00")


def test_the_catalogue_knows_nothing_of_a_foreign_domain() -> None:
    assert asyncio.run(CatalogueSource(catalogue=FakeCatalogue()).find(YOU)) == Answer(kind="catalogue")


# --- MX and SRV ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


def ask_mx(dns: str, address: Address, catalogue: FakeCatalogue) -> Answer:
    source = MxSource(resolver=resolver_at(dns), catalogue=catalogue, clock=StillClock())
    return asyncio.run(source.find(address))


HOSTER = provider("hoster", server("imap://imap.hoster.test:993/tls"), pattern="hoster.test")
OTHER = provider("other", server("imap://imap.other.test:993/tls"), pattern="other.test")


@pytest.mark.servers
def test_the_best_mx_names_the_provider_and_others_are_alternatives(dns: str) -> None:
    answer = ask_mx(dns, YOU, FakeCatalogue(mx={"other.test": OTHER, "hoster.test": HOSTER}))
    assert endpoints(answer) == ["imap://imap.hoster.test:993/tls", "imap://imap.other.test:993/tls"]
    assert answer.candidates[0].order < answer.candidates[1].order
    assert answer.advice == HOSTER.advice
    assert [notice.code for notice in answer.notices] == ["mx_ambiguous"]
    said = answer.candidates[0].sources[0]
    assert said.detail == "MX 10 in.mail.hoster.test matches hoster.test: Hoster"
    assert (answer.candidates[0].tier, said.fetched, said.dnssec) == (Tier.T3, NOON, False)


@pytest.mark.servers
def test_a_later_mx_may_match_alone(dns: str) -> None:
    answer = ask_mx(dns, YOU, FakeCatalogue(mx={"other.test": OTHER}))
    assert (endpoints(answer), answer.notices) == (["imap://imap.other.test:993/tls"], ())


@pytest.mark.servers
@pytest.mark.parametrize("domain", ["nomatch.test", "nobody.test"])
def test_an_mx_outside_the_catalogue_says_nothing(dns: str, domain: str) -> None:
    address = Address.parse(f"you@{domain}")
    assert ask_mx(dns, address, FakeCatalogue(mx={"hoster.test": HOSTER})) == Answer(kind="mx")


@pytest.mark.servers
def test_a_null_mx_is_a_notice(dns: str) -> None:
    answer = ask_mx(dns, Address.parse("you@null.test"), FakeCatalogue())
    assert [notice.code for notice in answer.notices] == ["null_mx"]


@pytest.mark.servers
def test_mx_and_srv_pass_a_dns_failure_on(dns: str) -> None:
    address = Address.parse("you@broken.test")
    with pytest.raises(ResolverProblem):
        ask_mx(dns, address, FakeCatalogue())
    with pytest.raises(ResolverProblem):
        ask_srv(dns, address)


def ask_srv(dns: str, address: Address) -> Answer:
    return asyncio.run(SrvSource(resolver=resolver_at(dns), clock=StillClock()).find(address))


@pytest.mark.servers
def test_srv_priorities_compare_across_services_and_the_heaviest_goes_first(dns: str) -> None:
    answer = ask_srv(dns, YOU)
    incoming = [found for found in answer.candidates if found.incoming]
    assert [(found.server.endpoint, found.priority, found.order) for found in incoming] == [
        ("pop.example.test:995/tls", 0, 0),
        ("imap2.example.test:993/tls", 1, 1),
        ("imap.example.test:993/tls", 1, 2),
    ]
    assert {found.server.username for found in incoming} == {"you@example.test"}


@pytest.mark.servers
def test_port_465_is_always_implicit_tls_and_a_foreign_target_is_out_of_bailiwick(dns: str) -> None:
    outgoing = [found for found in ask_srv(dns, YOU).candidates if not found.incoming]
    assert [(found.server.endpoint, found.tier) for found in outgoing] == [
        ("smtp.example.test:465/tls", Tier.T3),
        ("smtp.hoster.test:465/tls", Tier.T4),
    ]
    assert outgoing[1].sources[0].detail == "_submissions._tcp.example.test SRV 5 1 465 smtp.hoster.test"


@pytest.mark.servers
def test_an_authenticated_srv_answer_is_the_domains_own_word_wherever_it_points(dns: str) -> None:
    with fake_validating_resolver(dns) as validating:
        answer = ask_srv(validating, YOU)
    assert {(found.tier, found.sources[0].dnssec) for found in answer.candidates} == {(Tier.T2, True)}


@pytest.mark.servers
def test_a_target_of_the_root_declares_a_protocol_missing_only_if_no_other_label_offers_it(dns: str) -> None:
    assert ask_srv(dns, YOU).declares_none == ()
    answer = ask_srv(dns, Address.parse("you@none.test"))
    assert answer.declares_none == (Protocol.IMAP,)
    assert endpoints(answer) == ["smtp://none.test:465/tls"]
    assert [notice.code for notice in answer.notices] == ["declares_none"]


@pytest.mark.servers
def test_srv_asks_in_a_labels(dns: str) -> None:
    answer = ask_srv(dns, Address.parse("jürgen@bücher.test"))
    assert endpoints(answer) == ["imap://mail.xn--bcher-kva.test:143/starttls"]
    assert answer.candidates[0].server.username == "jürgen@xn--bcher-kva.test"


@pytest.mark.servers
def test_port_25_is_never_a_submission_server(dns: str) -> None:
    assert ask_srv(dns, Address.parse("you@relay.test")).candidates == ()


# --- autoconfig ------------------------------------------------------------------------------------------


def ask_autoconfig(authority: Authority, hosts: Mapping[str, HttpsServer], address: Address = YOU) -> Answer:
    table = {name: (running.address,) for name, running in hosts.items()}
    http = HttpsClient(resolver=FixedHosts(table), trust=authority.trust)
    return asyncio.run(AutoconfigSource(http=http, clock=StillClock()).find(address))


OWN_HOST = "autoconfig.example.test"
OWN_PATH = f"{OWN_HOST}/mail/config-v1.1.xml"
WELL_KNOWN = "example.test/.well-known/autoconfig/mail/config-v1.1.xml"
SERVERS = ["imap://imap.example.test:993/tls", "smtp://smtp.example.test:587/starttls"]


def test_the_domains_own_file_is_trusted_and_bad_blocks_drop_only_themselves(
    serve_https: ServeHttps, authority: Authority
) -> None:
    running = serve_https(authority.issue(OWN_HOST), pages({OWN_PATH: Reply(body=CONFIG)}))
    answer = ask_autoconfig(authority, {OWN_HOST: running}, Address.parse("fred+tag.x@example.test"))
    assert endpoints(answer) == SERVERS
    assert {found.tier for found in answer.candidates} == {Tier.T2}
    assert [found.server.username for found in answer.candidates] == ["fred+tag.x", "fred+tag.x@example.test"]
    assert running.asked[0].path == "/mail/config-v1.1.xml?emailaddress=fred%2Btag.x%40example.test"
    assert answer.candidates[0].sources[0].url == f"https://{OWN_PATH}"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"\xef\xbb\xbf" + CONFIG, headers={"Content-Type": "text/html"}),
        Reply(body=gzip.compress(CONFIG), headers={"Content-Encoding": "gzip", "Content-Type": "application/x-foo"}),
    ],
    ids=["byte order mark as text/html", "compressed"],
)
def test_the_well_known_place_is_enough_and_the_media_type_does_not_matter(
    serve_https: ServeHttps, authority: Authority, reply: Reply
) -> None:
    running = serve_https(authority.issue("example.test"), pages({WELL_KNOWN: reply}))
    assert endpoints(ask_autoconfig(authority, {"example.test": running})) == SERVERS
    assert "?" not in running.asked[0].path


def test_a_server_that_wants_the_address_gets_it_at_the_second_try(
    serve_https: ServeHttps, authority: Authority
) -> None:
    def site(asked: Asked) -> Reply:
        return Reply(body=CONFIG) if "?emailaddress=" in asked.path else Reply(status=400)

    running = serve_https(authority.issue("example.test"), site)
    assert endpoints(ask_autoconfig(authority, {"example.test": running})) == SERVERS
    assert len(running.asked) == 2


def test_a_server_that_refuses_the_address_is_asked_without_it(serve_https: ServeHttps, authority: Authority) -> None:
    def site(asked: Asked) -> Reply:
        return Reply(status=400) if "?" in asked.path else Reply(body=CONFIG)

    running = serve_https(authority.issue(OWN_HOST), site)
    assert endpoints(ask_autoconfig(authority, {OWN_HOST: running})) == SERVERS
    assert len(running.asked) == 2


def test_a_redirect_to_another_registrable_domain_lowers_the_trust(
    serve_https: ServeHttps, authority: Authority
) -> None:
    table = {OWN_PATH: redirect("https://hoster.test/config"), "hoster.test/config": Reply(body=CONFIG)}
    running = serve_https(authority.issue(OWN_HOST, "hoster.test"), pages(table))
    answer = ask_autoconfig(authority, {OWN_HOST: running, "hoster.test": running})
    assert {(found.tier, found.sources[0].detail) for found in answer.candidates} == {
        (Tier.T4, "the domain redirects to hoster.test")
    }


@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        (Reply(body=b"<html><body>Welcome</body></html>"), []),
        (Reply(body=b"<!DOCTYPE a [<!ENTITY b 'c'>]><clientConfig>&b;</clientConfig>"), []),
        (Reply(body=CONFIG[:-5]), []),
        (Reply(status=404), []),
        (redirect("http://example.test/config"), ["bad_redirect"]),
        (Reply(body=b" " * 70_000), ["too_large"]),
    ],
    ids=["a landing page", "entities", "cut off", "404", "redirect to http", "too large"],
)
def test_what_is_no_config_is_no_answer_and_no_error(
    serve_https: ServeHttps, authority: Authority, reply: Reply, codes: list[str]
) -> None:
    running = serve_https(authority.issue("example.test"), always(reply))
    answer = ask_autoconfig(authority, {"example.test": running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), codes)


def test_a_wrong_certificate_is_noted_and_the_other_place_still_answers(
    serve_https: ServeHttps, authority: Authority
) -> None:
    hoster = serve_https(authority.issue("web.hoster.test"), always(Reply(body=b"landing page")))
    own = serve_https(authority.issue("example.test"), pages({WELL_KNOWN: Reply(body=CONFIG)}))
    answer = ask_autoconfig(authority, {OWN_HOST: hoster, "example.test": own})
    assert endpoints(answer) == SERVERS
    assert [notice.code for notice in answer.notices] == ["tls_mismatch"]


def test_nobody_there_is_an_empty_answer(authority: Authority) -> None:
    assert ask_autoconfig(authority, {}) == Answer(kind="autoconfig")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_faulty_server_hides_whether_there_are_settings(
    serve_https: ServeHttps, authority: Authority, status: int
) -> None:
    running = serve_https(authority.issue("example.test"), always(Reply(status=status)))
    with pytest.raises(NetworkProblem) as caught:
        ask_autoconfig(authority, {"example.test": running})
    assert caught.value.code == "http_server_error"


def test_a_faulty_server_does_not_hide_the_other_place(serve_https: ServeHttps, authority: Authority) -> None:
    faulty = serve_https(authority.issue(OWN_HOST), always(Reply(status=500)))
    own = serve_https(authority.issue("example.test"), pages({WELL_KNOWN: Reply(body=CONFIG)}))
    assert endpoints(ask_autoconfig(authority, {OWN_HOST: faulty, "example.test": own})) == SERVERS


def test_servers_that_want_oauth_only_are_advice_and_no_candidates(
    serve_https: ServeHttps, authority: Authority
) -> None:
    config = CONFIG.replace(b"password-cleartext", b"OAuth2")
    running = serve_https(authority.issue(OWN_HOST), pages({OWN_PATH: Reply(body=config)}))
    answer = ask_autoconfig(authority, {OWN_HOST: running})
    assert answer.candidates == ()
    assert answer.advice is not None
    assert answer.advice.status is Status.OAUTH_ONLY


def test_a_domain_that_publishes_plain_text_only_is_named(serve_https: ServeHttps, authority: Authority) -> None:
    config = CONFIG.replace(b"SSL", b"plain").replace(b"STARTTLS", b"plain")
    running = serve_https(authority.issue(OWN_HOST), pages({OWN_PATH: Reply(body=config)}))
    answer = ask_autoconfig(authority, {OWN_HOST: running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["no_tls_offered"])
