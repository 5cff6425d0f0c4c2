"""What the mail domain publishes over https, against real HTTPS servers."""

import asyncio
import gzip
from collections.abc import Mapping

import pytest

from profilegen.address import Address
from profilegen.discovery.autoconfig import AutoconfigSource
from profilegen.errors import NetworkProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from profilegen.settings.candidates import Answer, Status, Tier
from tests.discovery.world import YOU, StillClock, endpoints
from tests.lab.certificates import Authority
from tests.lab.https import Asked, HttpsServer, Reply, ServeHttps, always, pages, redirect

CONFIG = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.test">
  <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.test</hostname><port>25</port><socketType>plain</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.test</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


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
        (Tier.T4, "published by the domain over https; redirected to hoster.test")
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
