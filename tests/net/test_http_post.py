"""POST, and http without encryption where it is allowed, against real servers on loopback."""

import asyncio

import pytest

from profilegen.errors import NetworkProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from profilegen.net.policy import Encryption
from profilegen.ports import HttpAnswer
from tests.lab.certificates import Authority
from tests.lab.https import Reply, ServeHttp, ServeHttps, always, pages, redirect

NAMES = ("example.test", "other.test")
XML = "text/xml; charset=utf-8"


def client_of(authority: Authority, address: str, encryption: Encryption = Encryption.REQUIRED) -> HttpsClient:
    hosts = FixedHosts(dict.fromkeys(NAMES, (address,)))
    return HttpsClient(resolver=hosts, trust=authority.trust, encryption=encryption)


def post(client: HttpsClient, url: str) -> HttpAnswer:
    return asyncio.run(client.post(url, body=b"<a/>", content_type=XML))


def test_a_post_carries_body_and_media_type_and_nothing_that_proves_who_we_are(
    serve_https: ServeHttps, authority: Authority
) -> None:
    server = serve_https(authority.issue(*NAMES), always(Reply(body=b"<b/>")))
    assert post(client_of(authority, server.address), "https://example.test/").body == b"<b/>"
    (asked,) = server.asked
    assert (asked.method, asked.body, asked.headers["content-type"]) == ("POST", b"<a/>", XML)
    assert not {"authorization", "cookie"} & set(asked.headers)


@pytest.mark.parametrize(
    ("status", "repeated"), [(301, True), (302, True), (303, False), (307, True), (308, True)], ids=str
)
def test_a_redirect_repeats_the_post_unless_it_says_see_other(
    serve_https: ServeHttps, authority: Authority, status: int, repeated: bool
) -> None:
    table = {"example.test/a": Reply(status=status, headers={"Location": "https://other.test/b"})}
    server = serve_https(authority.issue(*NAMES), pages(table | {"other.test/b": Reply(body=b"b")}))
    assert post(client_of(authority, server.address), "https://example.test/a").crossed_to == "other.test"
    last = server.asked[1]
    assert (last.method, last.body) == (("POST", b"<a/>") if repeated else ("GET", b""))


def test_http_is_asked_only_where_it_is_allowed(serve_http: ServeHttp, authority: Authority) -> None:
    server = serve_http(always(Reply(body=b"plain")))
    allowed = client_of(authority, server.address, Encryption.OPTIONAL)
    assert asyncio.run(allowed.get("http://example.test/")).body == b"plain"
    for client, url in (
        (client_of(authority, server.address), "http://example.test/"),
        (allowed, "http://a.test:8080/"),
    ):
        with pytest.raises(NetworkProblem) as caught:
            asyncio.run(client.get(url))
        assert caught.value.code == "bad_url"
    assert len(server.asked) == 1


def test_http_may_lead_to_https_and_https_never_to_http(
    serve_http: ServeHttp, serve_https: ServeHttps, authority: Authority
) -> None:
    secure = serve_https(authority.issue("other.test"), pages({"other.test/back": redirect("http://example.test/")}))
    plain = serve_http(
        pages(
            {
                "example.test/up": redirect("https://other.test/"),
                "example.test/trap": redirect("https://other.test/back"),
            }
        )
    )
    hosts = FixedHosts({"example.test": (plain.address,), "other.test": (secure.address,)})
    client = HttpsClient(resolver=hosts, trust=authority.trust, encryption=Encryption.OPTIONAL)
    answer = asyncio.run(client.get("http://example.test/up"))
    assert (answer.url, answer.crossed_to) == ("https://other.test/", "other.test")
    with pytest.raises(NetworkProblem) as caught:
        asyncio.run(client.get("http://example.test/trap"))
    assert caught.value.code == "bad_redirect"
