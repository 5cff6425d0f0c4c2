"""Autodiscover without a credential, against real HTTPS servers and a real name server."""

import asyncio
from collections.abc import Mapping

import pytest
from defusedxml.ElementTree import fromstring

from profilegen.address import Address
from profilegen.discovery.autodiscover import MAX_REDIRECTS, AutodiscoverSource
from profilegen.errors import NetworkProblem, ResolverProblem
from profilegen.settings.candidates import Answer, Tier
from profilegen.settings.verdict import NO_TLS_OFFERED
from tests.discovery.published import HostsAndRecords, client_in, world_of
from tests.discovery.world import StillClock, endpoints
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import Asked, HttpsServer, Reply, ServeHttps, always, pages, redirect

pytestmark = pytest.mark.servers

ZONE = """
_autodiscover._tcp.served.test.  SRV 10 0 443 late.hoster.test.
_autodiscover._tcp.served.test.  SRV 0 1 443 light.hoster.test.
_autodiscover._tcp.served.test.  SRV 0 9 443 heavy.hoster.test.
_autodiscover._tcp.served.test.  SRV 0 99 8443 elsewhere.hoster.test.
_autodiscover._tcp.none.test.    SRV 0 0 0 .
"""
PATH = "/autodiscover/autodiscover.xml"
OWN = "autodiscover.example.test"


def answer_with(*parts: str) -> Reply:
    text = f"<Autodiscover><Response><Account>{''.join(parts)}</Account></Response></Autodiscover>"
    return Reply(body=text.encode())


def server(kind: str, host: str, port: int, more: str = "") -> str:
    return f"<Protocol><Type>{kind}</Type><Server>{host}</Server><Port>{port}</Port>{more}</Protocol>"


SETTINGS = answer_with(server("IMAP", "imap.example.test", 993), server("SMTP", "smtp.example.test", 587))
SERVERS = ["imap://imap.example.test:993/tls", "smtp://smtp.example.test:587/starttls"]
ERROR = Reply(
    body=b"<Autodiscover><Response><Error><ErrorCode>600</ErrorCode><Message>x</Message></Error></Response></Autodiscover>"
)


def redirect_address(address: str) -> Reply:
    return answer_with(f"<Action>redirectAddr</Action><RedirectAddr>{address}</RedirectAddr>")


def redirect_url(url: str) -> Reply:
    return answer_with(f"<Action>redirectUrl</Action><RedirectUrl>{url}</RedirectUrl>")


def asked_about(asked: Asked) -> str:
    """Return the address inside a request."""
    return next(element.text or "" for element in fromstring(asked.body).iter() if element.tag.endswith("EMailAddress"))


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


def ask_in(resolver: HostsAndRecords, authority: Authority, address: str = "you@example.test") -> Answer:
    http = client_in(resolver, authority)
    source = AutodiscoverSource(http=http, resolver=resolver, clock=StillClock())
    return asyncio.run(source.find(Address.parse(address)))


def ask(dns: str, authority: Authority, hosts: Mapping[str, HttpsServer], address: str = "you@example.test") -> Answer:
    return ask_in(world_of(dns, hosts), authority, address)


@pytest.mark.parametrize("host", [OWN, "example.test"])
def test_either_host_of_the_domain_answers_and_is_trusted_little(
    dns: str, serve_https: ServeHttps, authority: Authority, host: str
) -> None:
    running = serve_https(authority.issue(host), pages({f"{host}{PATH}": SETTINGS}))
    answer = ask(dns, authority, {host: running})
    assert endpoints(answer) == SERVERS
    assert {(found.tier, found.server.username) for found in answer.candidates} == {(Tier.T4, "you@example.test")}
    assert answer.candidates[0].sources[0].url == f"https://{host}{PATH}"


@pytest.mark.parametrize("text", ["fred+tag@example.test", "Fred.O'Neil@example.test", '"a<b>&c"@example.test'])
def test_the_question_is_a_post_with_the_escaped_address_and_no_credential(
    dns: str, serve_https: ServeHttps, authority: Authority, text: str
) -> None:
    running = serve_https(authority.issue(OWN), always(SETTINGS))
    answer = ask(dns, authority, {OWN: running}, text)
    (asked,) = running.asked
    assert (asked.method, asked.path, asked_about(asked)) == ("POST", PATH, text)
    assert asked.headers["content-type"] == "text/xml; charset=utf-8"
    assert not {"authorization", "cookie"} & set(asked.headers)
    assert {found.server.username for found in answer.candidates} == {text}


def test_the_srv_record_with_the_best_priority_and_the_most_weight_is_followed(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    running = serve_https(authority.issue("heavy.hoster.test"), always(SETTINGS))
    answer = ask(dns, authority, {"heavy.hoster.test": running}, "you@served.test")
    assert endpoints(answer) == SERVERS
    assert answer.candidates[0].sources[0].dnssec is False


def test_a_srv_target_of_the_root_is_nobody(dns: str, authority: Authority) -> None:
    assert ask(dns, authority, {}, "you@none.test") == Answer(kind="autodiscover")


# --- redirects -------------------------------------------------------------------------------------------


def test_another_address_is_asked_about_at_its_own_domain(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    first = serve_https(authority.issue(OWN), always(redirect_address("you@tenant.test")))
    second = serve_https(authority.issue("autodiscover.tenant.test"), always(SETTINGS))
    answer = ask(dns, authority, {OWN: first, "autodiscover.tenant.test": second})
    assert endpoints(answer) == SERVERS
    assert [asked_about(asked) for asked in second.asked] == ["you@tenant.test"]
    assert {found.server.username for found in answer.candidates} == {"you@tenant.test"}


@pytest.mark.parametrize("address", ["you@example.test", "YOU@EXAMPLE.TEST", "you@co.uk", "you@localhost", "nobody"])
def test_an_address_that_was_asked_about_or_must_not_be_is_not_asked_about(
    dns: str, serve_https: ServeHttps, authority: Authority, address: str
) -> None:
    running = serve_https(authority.issue(OWN), always(redirect_address(address)))
    resolver = world_of(dns, {OWN: running})
    assert ask_in(resolver, authority).candidates == ()
    assert len(running.asked) == 1
    assert all(name.endswith("example.test") for name in resolver.asked)


def test_a_chain_of_addresses_ends_after_three(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    def site(asked: Asked) -> Reply:
        number = int(asked_about(asked).partition("@")[0])
        return redirect_address(f"{number + 1}@example.test")

    running = serve_https(authority.issue(OWN), site)
    assert ask(dns, authority, {OWN: running}, "0@example.test").candidates == ()
    assert [asked_about(asked)[0] for asked in running.asked] == ["0", "1", "2", "3"]


def test_another_url_is_asked_and_a_loop_ends(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    table = {
        f"{OWN}{PATH}": redirect_url("https://hoster.test/a.xml"),
        "hoster.test/a.xml": SETTINGS,
        f"example.test{PATH}": redirect_url(f"https://EXAMPLE.test{PATH}"),
    }
    running = serve_https(authority.issue(OWN, "hoster.test", "example.test"), pages(table))
    answer = ask(dns, authority, dict.fromkeys((OWN, "hoster.test", "example.test"), running))
    assert endpoints(answer) == SERVERS
    assert len(running.asked) == 3


def test_urls_and_addresses_share_one_limit(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    def site(asked: Asked) -> Reply:
        step = len(running.asked)
        return redirect_url(f"https://{OWN}/{step}.xml") if step % 2 else redirect_address(f"{step}@example.test")

    running = serve_https(authority.issue(OWN), site)
    assert ask(dns, authority, {OWN: running}).candidates == ()
    assert len(running.asked) == 1 + MAX_REDIRECTS


def test_a_url_without_https_is_not_asked(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    running = serve_https(authority.issue(OWN), always(redirect_url(f"http://{OWN}{PATH}")))
    answer = ask(dns, authority, {OWN: running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["bad_url"])


def test_a_redirect_of_http_repeats_the_question_and_is_named(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    table = {f"{OWN}{PATH}": redirect("https://hoster.test/a.xml"), "hoster.test/a.xml": SETTINGS}
    running = serve_https(authority.issue(OWN, "hoster.test"), pages(table))
    answer = ask(dns, authority, {OWN: running, "hoster.test": running})
    assert {found.sources[0].detail for found in answer.candidates} == {"redirected to hoster.test"}
    assert {asked_about(asked) for asked in running.asked} == {"you@example.test"}


# --- everything else a server may say --------------------------------------------------------------------


def test_a_request_for_a_login_says_that_exchange_is_there_and_gets_none(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    wants = Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="mail"'})
    running = serve_https(authority.issue(OWN), always(wants))
    answer = ask(dns, authority, {OWN: running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["exchange_present"])
    assert len(running.asked) == 1


def test_an_exchange_account_alone_is_a_notice(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    running = serve_https(authority.issue(OWN), always(answer_with("<Protocol><Type>EXPR</Type></Protocol>")))
    assert [notice.code for notice in ask(dns, authority, {OWN: running}).notices] == ["exchange_present"]


def test_servers_without_encryption_are_named(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    plain = answer_with(server("IMAP", "imap.example.test", 143, "<Encryption>None</Encryption>"))
    running = serve_https(authority.issue(OWN), always(plain))
    answer = ask(dns, authority, {OWN: running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), [NO_TLS_OFFERED])


@pytest.mark.parametrize(
    "reply",
    [ERROR, Reply(body=b"<html>Welcome</html>"), Reply(status=404), Reply(status=405), answer_with()],
    ids=["error 600 with status 200", "a landing page", "404", "405", "an empty account"],
)
def test_what_holds_no_settings_is_no_answer(
    dns: str, serve_https: ServeHttps, authority: Authority, reply: Reply
) -> None:
    running = serve_https(authority.issue(OWN), always(reply))
    assert ask(dns, authority, {OWN: running}) == Answer(kind="autodiscover")


def test_a_wrong_certificate_is_noted(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    running = serve_https(authority.issue("web.hoster.test"), always(SETTINGS))
    answer = ask(dns, authority, {OWN: running})
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["tls_mismatch"])


def test_a_fault_matters_only_if_nobody_answers(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    faulty = serve_https(authority.issue(OWN), always(Reply(status=503)))
    good = serve_https(authority.issue("example.test"), always(SETTINGS))
    assert endpoints(ask(dns, authority, {OWN: faulty, "example.test": good})) == SERVERS
    with pytest.raises(NetworkProblem) as caught:
        ask(dns, authority, {OWN: faulty})
    assert caught.value.code == "http_server_error"


def test_srv_records_that_cannot_be_had_are_passed_on(dns: str, authority: Authority) -> None:
    with pytest.raises(ResolverProblem):
        ask(dns, authority, {}, "you@broken.test")
