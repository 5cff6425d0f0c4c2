"""PACC against real HTTPS servers and a real name server."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping

import pytest

from profilegen.address import Address
from profilegen.discovery.pacc import PaccSource
from profilegen.errors import NetworkProblem, ResolverProblem
from profilegen.settings.candidates import Answer, Status, Tier
from tests.discovery.published import client_in, world_of
from tests.discovery.world import NOON, StillClock, endpoints
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import HttpsServer, Reply, ServeHttps, always, pages, redirect
from tests.lab.validating import fake_validating_resolver

pytestmark = pytest.mark.servers

BOTH = b'{"protocols":{"imap":{"host":"imap.example.test"},"submit":{"host":"smtp.example.test"}},"info":{}}'
OUTGOING = b'{"protocols":{"smtp":{"host":"smtp.example.test"}},"authentication":{"password":true}}'
OAUTH = b'{"protocols":{"imap":{"host":"imap.example.test"}},"authentication":{"oauth-public":{"issuer":"https://id.test"}}}'
PATH = "/.well-known/user-agent-configuration.json"
SERVERS = ["imap://imap.example.test:993/tls", "smtp://smtp.example.test:465/tls"]


def record(body: bytes) -> str:
    return f"v=UAAC1; a=sha256; d={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


ZONE = f"""
_ua-auto-config.good.test.    TXT "{record(BOTH)}"
_ua-auto-config.half.test.    TXT "{record(OUTGOING)}"
_ua-auto-config.oauth.test.   TXT "{record(OAUTH)}"
_ua-auto-config.rolling.test. TXT "{record(b"the document of yesterday")}"
_ua-auto-config.rolling.test. TXT "some other record"
_ua-auto-config.rolling.test. TXT "{record(BOTH)}"
_ua-auto-config.split.test.   TXT "{record(BOTH)[:9]}" "{record(BOTH)[9:30]}" "{record(BOTH)[30:]}"
_ua-auto-config.stale.test.   TXT "{record(b"the document of yesterday")}"
"""


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


def ask(dns: str, authority: Authority, domain: str, hosts: Mapping[str, HttpsServer]) -> Answer:
    resolver = world_of(dns, hosts)
    source = PaccSource(http=client_in(resolver, authority), resolver=resolver, clock=StillClock())
    return asyncio.run(source.find(Address.parse(f"you@{domain}")))


def publish(serve: ServeHttps, authority: Authority, domain: str, reply: Reply) -> dict[str, HttpsServer]:
    host = f"ua-auto-config.{domain}"
    return {host: serve(authority.issue(host), pages({f"{host}{PATH}": reply}))}


@pytest.mark.parametrize("domain", ["good.test", "rolling.test", "split.test"])
def test_a_document_whose_digest_is_in_dns_is_the_domains_own_word(
    dns: str, serve_https: ServeHttps, authority: Authority, domain: str
) -> None:
    answer = ask(dns, authority, domain, publish(serve_https, authority, domain, Reply(body=BOTH)))
    assert (endpoints(answer), answer.notices) == (SERVERS, ())
    assert {(found.tier, found.server.username) for found in answer.candidates} == {(Tier.T2, f"you@{domain}")}
    said = answer.candidates[0].sources[0]
    assert (said.url, said.sha256, said.fetched, said.dnssec) == (
        f"https://ua-auto-config.{domain}{PATH}",
        hashlib.sha256(BOTH).hexdigest(),
        NOON,
        False,
    )


@pytest.mark.parametrize(
    ("domain", "why"), [("stale.test", "another digest is in DNS"), ("bare.test", "its digest is not in DNS")]
)
def test_a_document_nobody_vouches_for_is_trusted_less_and_says_so(
    dns: str, serve_https: ServeHttps, authority: Authority, domain: str, why: str
) -> None:
    answer = ask(dns, authority, domain, publish(serve_https, authority, domain, Reply(body=BOTH)))
    assert endpoints(answer) == SERVERS
    assert {found.tier for found in answer.candidates} == {Tier.T4}
    assert [notice.code for notice in answer.notices] == ["pacc_unconfirmed"]
    assert why in answer.notices[0].text


def test_one_byte_more_is_another_document(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    answer = ask(dns, authority, "good.test", publish(serve_https, authority, "good.test", Reply(body=BOTH + b"\n")))
    assert {found.tier for found in answer.candidates} == {Tier.T4}


def test_one_direction_alone_is_an_answer(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    answer = ask(dns, authority, "half.test", publish(serve_https, authority, "half.test", Reply(body=OUTGOING)))
    assert [(found.server.endpoint, found.tier) for found in answer.candidates] == [
        ("smtp.example.test:465/tls", Tier.T2)
    ]


def test_oauth_only_is_advice_and_no_candidate(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    answer = ask(dns, authority, "oauth.test", publish(serve_https, authority, "oauth.test", Reply(body=OAUTH)))
    assert answer.candidates == ()
    assert answer.advice is not None
    assert answer.advice.status is Status.OAUTH_ONLY


def test_a_redirect_into_another_domain_lowers_the_trust(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    hosts = publish(serve_https, authority, "good.test", redirect("https://hoster.test/pacc"))
    hosts["hoster.test"] = serve_https(authority.issue("hoster.test"), always(Reply(body=BOTH)))
    answer = ask(dns, authority, "good.test", hosts)
    assert {found.tier for found in answer.candidates} == {Tier.T4}
    assert "hoster.test" in answer.candidates[0].sources[0].detail


def test_an_authenticated_record_is_noted(dns: str, serve_https: ServeHttps, authority: Authority) -> None:
    hosts = publish(serve_https, authority, "good.test", Reply(body=BOTH))
    with fake_validating_resolver(dns) as validating:
        answer = ask(validating, authority, "good.test", hosts)
    assert {found.sources[0].dnssec for found in answer.candidates} == {True}


@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        (Reply(body=b"<html>Welcome</html>"), []),
        (Reply(status=404), []),
        (Reply(body=BOTH[:-1]), []),
        (Reply(body=b" " * 70_000), ["too_large"]),
        (redirect(f"http://ua-auto-config.good.test{PATH}"), ["bad_redirect"]),
    ],
    ids=["a landing page", "404", "cut off", "too large", "redirect to http"],
)
def test_what_is_no_document_is_no_answer(
    dns: str, serve_https: ServeHttps, authority: Authority, reply: Reply, codes: list[str]
) -> None:
    answer = ask(dns, authority, "good.test", publish(serve_https, authority, "good.test", reply))
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), codes)


def test_records_that_cannot_be_had_matter_only_if_there_is_a_document(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    assert ask(dns, authority, "broken.test", {}) == Answer(kind="pacc")
    with pytest.raises(ResolverProblem):
        ask(dns, authority, "broken.test", publish(serve_https, authority, "broken.test", Reply(body=BOTH)))


def test_a_faulty_server_hides_whether_there_is_a_document(
    dns: str, serve_https: ServeHttps, authority: Authority
) -> None:
    with pytest.raises(NetworkProblem) as caught:
        ask(dns, authority, "good.test", publish(serve_https, authority, "good.test", Reply(status=503)))
    assert caught.value.code == "http_server_error"
