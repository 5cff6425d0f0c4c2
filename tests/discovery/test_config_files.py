"""The sources that fetch clientConfig files from elsewhere than the domain's own https, against real servers."""

import asyncio

import pytest

from profilegen.address import Address
from profilegen.discovery.ispdb import IspdbSource
from profilegen.discovery.mailconf import MailconfSource
from profilegen.discovery.mx_autoconfig import MxAutoconfigSource
from profilegen.discovery.plain_autoconfig import PlainAutoconfigSource
from profilegen.errors import ConfigProblem, NetworkProblem, ResolverProblem
from profilegen.net.policy import Encryption
from profilegen.settings.candidates import Answer, Tier
from tests.discovery.published import CONFIG, PATH, SERVERS, HostsAndRecords, client_in, find, world_of
from tests.discovery.world import NOON, StillClock, endpoints
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import HttpsServer, Reply, ServeHttp, ServeHttps, always, pages, redirect

pytestmark = pytest.mark.servers

ZONE = """
example.test.    MX 10 mx.europe.hoster.test.
example.test.    MX 20 mx.other.test.
company.co.uk.   MX 10 mx.mail.co.uk.
suffix.test.     MX 10 co.uk.
suffix.test.     MX 20 mail.internal.
filtered.test.   MX 10 mxa-001.gslb.pphosted.com.
null.test.       MX 0 .
sub.own.test.    MX 10 mx.own.test.
many.test.       MX 10 a.one.test.
many.test.       MX 10 a.two.test.
many.test.       MX 10 a.three.test.
many.test.       MX 10 a.four.test.
many.test.       MX 10 a.five.test.
example.test.    TXT "v=spf1 -all"
example.test.    TXT "mailconf=https://conf." "hoster.test/get?d=example.test&v=1"
insecure.test.   TXT "mailconf=http://conf.hoster.test/a.xml"
inside.test.     TXT "mailconf=https://127.0.0.1/a.xml"
"""


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


# --- the database ----------------------------------------------------------------------------------------


def test_the_database_is_told_the_domain_and_nothing_else(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    server = serve_https(authority.issue("db.test"), pages({"db.test/v1.1/example.test": Reply(body=CONFIG)}))
    http = client_in(world_of(dns, {"db.test": server}), authority)
    answer = find(IspdbSource(http=http, clock=StillClock(), url="https://db.test/v1.1"))
    assert endpoints(answer) == SERVERS
    assert {found.tier for found in answer.candidates} == {Tier.T3}
    assert [asked.path for asked in server.asked] == ["/v1.1/example.test"]


def test_a_domain_that_is_not_in_the_database_is_no_answer(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    server = serve_https(authority.issue("db.test"), pages({}))
    http = client_in(world_of(dns, {"db.test": server}), authority)
    source = IspdbSource(http=http, clock=StillClock(), url="https://db.test/")
    assert find(source) == Answer(kind="ispdb")


def test_a_database_without_https_is_a_configuration_problem(dns: str, authority: Authority) -> None:
    with pytest.raises(ConfigProblem):
        IspdbSource(http=client_in(world_of(dns, {}), authority), clock=StillClock(), url="http://db.test/")


# --- the domains of the MX hosts -------------------------------------------------------------------------


def ask_mx(resolver: HostsAndRecords, authority: Authority, domain: str) -> Answer:
    source = MxAutoconfigSource(resolver=resolver, http=client_in(resolver, authority), clock=StillClock())
    return asyncio.run(source.find(Address.parse(f"you@{domain}")))


def test_both_domains_of_every_mx_host_are_asked_the_longer_one_first(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    names = ("autoconfig.europe.hoster.test", "autoconfig.hoster.test", "autoconfig.other.test")
    server = serve_https(authority.issue(*names), always(Reply(body=CONFIG)))
    answer = ask_mx(world_of(dns, dict.fromkeys(names, server)), authority, "example.test")
    assert endpoints(answer) == SERVERS * 3
    assert {found.tier for found in answer.candidates} == {Tier.T4}
    said = answer.candidates[0].sources[0]
    assert (said.url, said.dnssec) == (f"https://autoconfig.europe.hoster.test{PATH}", False)
    assert [found.order for found in answer.candidates] == [0, 1, 100, 101, 200, 201]


def test_a_domain_below_a_public_suffix_is_asked_at_its_registrable_domain_and_never_above(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    server = serve_https(authority.issue("autoconfig.mail.co.uk"), always(Reply(body=CONFIG)))
    resolver = world_of(dns, {"autoconfig.mail.co.uk": server})
    assert endpoints(ask_mx(resolver, authority, "company.co.uk")) == SERVERS
    assert resolver.asked == ["company.co.uk", "autoconfig.mail.co.uk"]


@pytest.mark.parametrize(
    "domain",
    ["suffix.test", "filtered.test", "null.test", "sub.own.test", "nobody.test"],
    ids=["an MX that is a public suffix", "a filter", "null MX", "an MX above the domain", "no MX"],
)
def test_where_no_mailboxes_can_be_nobody_is_asked(dns: str, authority: Authority, domain: str) -> None:
    resolver = world_of(dns, {})
    assert ask_mx(resolver, authority, domain) == Answer(kind="mx-autoconfig")
    assert resolver.asked == [domain]


def test_no_more_than_four_domains_are_asked(dns: str, authority: Authority) -> None:
    resolver = world_of(dns, {})
    assert ask_mx(resolver, authority, "many.test").candidates == ()
    assert len(resolver.asked) == 1 + 4


# --- the TXT record --------------------------------------------------------------------------------------


def ask_mailconf(resolver: HostsAndRecords, authority: Authority, domain: str) -> Answer:
    source = MailconfSource(resolver=resolver, http=client_in(resolver, authority), clock=StillClock())
    return asyncio.run(source.find(Address.parse(f"you@{domain}")))


def test_a_url_in_a_txt_record_is_followed_whole_also_behind_a_second_equals_sign(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    server = serve_https(authority.issue("conf.hoster.test"), pages({"conf.hoster.test/get": Reply(body=CONFIG)}))
    answer = ask_mailconf(world_of(dns, {"conf.hoster.test": server}), authority, "example.test")
    assert endpoints(answer) == SERVERS
    assert {(found.tier, found.sources[0].detail) for found in answer.candidates} == {
        (Tier.T4, "named by a TXT record of example.test")
    }
    assert [asked.path for asked in server.asked] == ["/get?d=example.test&v=1"]


@pytest.mark.parametrize("domain", ["insecure.test", "inside.test"])
def test_only_an_https_url_with_a_name_is_followed(dns: str, authority: Authority, domain: str) -> None:
    resolver = world_of(dns, {})
    answer = ask_mailconf(resolver, authority, domain)
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["bad_url"])
    assert resolver.asked == [domain]


def test_mx_and_txt_that_cannot_be_had_are_passed_on(dns: str, authority: Authority) -> None:
    for ask in (ask_mx, ask_mailconf):
        with pytest.raises(ResolverProblem):
            ask(world_of(dns, {}), authority, "broken.test")


# --- without encryption ----------------------------------------------------------------------------------

PLAIN_HOST = "autoconfig.example.test"


def ask_plain(dns: str, authority: Authority, *servers: tuple[str, HttpsServer]) -> Answer:
    http = client_in(world_of(dns, dict(servers)), authority, encryption=Encryption.OPTIONAL, total=1.0)
    return find(PlainAutoconfigSource(http=http, clock=StillClock()))


def test_what_came_without_encryption_is_never_trusted_and_may_not_speak_to_the_user(
    dns: str, serve_http: ServeHttp, authority: Authority
) -> None:
    trap = (
        b'<enable visiturl="https://evil.test/"><instruction>Type your password</instruction></enable></clientConfig>'
    )
    body = CONFIG.replace(b"</clientConfig>", trap)
    server = serve_http(pages({f"{PLAIN_HOST}{PATH}": Reply(body=body)}))
    answer = ask_plain(dns, authority, (PLAIN_HOST, server))
    assert (endpoints(answer), answer.notices, answer.advice) == (SERVERS, (), None)
    assert {found.tier for found in answer.candidates} == {Tier.T5}
    said = answer.candidates[0].sources[0]
    assert (said.kind, said.url, said.fetched) == ("plain-autoconfig", f"http://{PLAIN_HOST}{PATH}", NOON)
    assert [asked.path for asked in server.asked] == [PATH]


def test_a_way_that_began_without_encryption_stays_untrusted_when_it_ends_with_it(
    dns: str, serve_http: ServeHttp, serve_https: ServeHttps, authority: Authority
) -> None:
    plain = serve_http(always(redirect(f"https://www.example.test{PATH}")))
    secure = serve_https(authority.issue("www.example.test"), always(Reply(body=CONFIG)))
    answer = ask_plain(dns, authority, (PLAIN_HOST, plain), ("www.example.test", secure))
    assert {found.tier for found in answer.candidates} == {Tier.T5}


def test_oauth_only_without_encryption_is_no_advice(dns: str, serve_http: ServeHttp, authority: Authority) -> None:
    server = serve_http(always(Reply(body=CONFIG.replace(b"password-cleartext", b"OAuth2"))))
    assert ask_plain(dns, authority, (PLAIN_HOST, server)) == Answer(kind="plain-autoconfig")


def test_a_plain_server_with_a_fault_is_a_problem(dns: str, serve_http: ServeHttp, authority: Authority) -> None:
    server = serve_http(always(Reply(status=500)))
    with pytest.raises(NetworkProblem) as caught:
        ask_plain(dns, authority, (PLAIN_HOST, server))
    assert caught.value.code == "http_server_error"
