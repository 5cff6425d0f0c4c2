"""Our HTTP client against real HTTPS servers on loopback."""

import asyncio
import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from profilegen import __version__
from profilegen.errors import NetworkProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import MAX_BODY, HttpLimits, HttpsClient
from profilegen.ports import HttpAnswer
from tests.lab.certificates import Authority
from tests.lab.https import Asked, Reply, ServeHttps, always, gzipped, pages, redirect

NAMES = ("example.test", "autoconfig.example.test", "other.test")


def fetch(url: str, authority: Authority, *addresses: str, limits: HttpLimits | None = None) -> HttpAnswer:
    hosts = FixedHosts(dict.fromkeys(NAMES, addresses) if addresses else {})
    client = HttpsClient(resolver=hosts, trust=authority.trust, limits=limits)
    return asyncio.run(client.get(url))


def refusal(url: str, authority: Authority, *addresses: str, limits: HttpLimits | None = None) -> str:
    with pytest.raises(NetworkProblem) as caught:
        fetch(url, authority, *addresses, limits=limits)
    return caught.value.code


def test_it_asks_the_address_of_our_resolver_by_name(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue(*NAMES), pages({"example.test/a": Reply(body=b"hello")}))
    answer = fetch("https://example.test/a?x=%2B#part", authority, server.address)
    assert (answer.status, answer.body, answer.crossed_to) == (200, b"hello", None)
    asked = server.asked[0]
    assert (asked.host, asked.path) == ("example.test", "/a?x=%2B")
    assert asked.headers["user-agent"] == f"profilegen/{__version__}"
    assert "cookie" not in asked.headers


def test_an_international_name_is_asked_in_a_labels(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue("xn--bcher-kva.test"), always(Reply(body=b"hello")))
    hosts = FixedHosts({"xn--bcher-kva.test": (server.address,)})
    answer = asyncio.run(HttpsClient(resolver=hosts, trust=authority.trust).get("https://bücher.test/"))
    assert (answer.url, answer.body) == ("https://xn--bcher-kva.test/", b"hello")
    assert server.asked[0].host == "xn--bcher-kva.test"


def test_any_status_is_an_answer(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue(*NAMES), always(Reply(status=503, body=b"later")))
    answer = fetch("https://example.test/", authority, server.address)
    assert (answer.status, answer.body) == (503, b"later")


def test_no_cookie_and_no_proxy_of_the_environment_is_used(
    serve_https: ServeHttps, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    table = {
        "example.test/a": Reply(status=302, headers={"Location": "/b", "Set-Cookie": "a=1"}),
        "example.test/b": Reply(body=b"b"),
    }
    server = serve_https(authority.issue(*NAMES), pages(table))
    assert fetch("https://example.test/a", authority, server.address).body == b"b"
    assert [asked.headers.get("cookie") for asked in server.asked] == [None, None]


def test_a_redirect_inside_the_registrable_domain_does_not_cross(serve_https: ServeHttps, authority: Authority) -> None:
    table = {
        "example.test/a": redirect("https://autoconfig.example.test/b"),
        "autoconfig.example.test/b": Reply(body=b"b"),
    }
    server = serve_https(authority.issue(*NAMES), pages(table))
    answer = fetch("https://example.test/a", authority, server.address)
    assert (answer.url, answer.crossed_to) == ("https://autoconfig.example.test/b", None)


def test_a_redirect_into_another_registrable_domain_is_recorded(serve_https: ServeHttps, authority: Authority) -> None:
    table = {"example.test/a": redirect("https://other.test/b"), "other.test/b": Reply(body=b"b")}
    server = serve_https(authority.issue(*NAMES), pages(table))
    assert fetch("https://example.test/a", authority, server.address).crossed_to == "other.test"


@pytest.mark.parametrize(
    "location",
    [
        "http://example.test/",
        "https://example.test:8443/",
        "https://user@example.test/",
        "ftp://example.test/",
        "https://[",
    ],
)
def test_a_redirect_away_from_plain_https_is_refused(
    serve_https: ServeHttps, authority: Authority, location: str
) -> None:
    server = serve_https(authority.issue(*NAMES), always(redirect(location)))
    assert refusal("https://example.test/", authority, server.address) == "bad_redirect"
    assert len(server.asked) == 1


def test_three_redirects_are_followed_and_a_loop_is_not(serve_https: ServeHttps, authority: Authority) -> None:
    table = {f"example.test/{step}": redirect(f"/{step + 1}") for step in range(3)}
    table |= {"example.test/3": Reply(body=b"there"), "example.test/loop": redirect("/loop")}
    server = serve_https(authority.issue(*NAMES), pages(table))
    assert fetch("https://example.test/0", authority, server.address).body == b"there"
    server.asked.clear()
    assert refusal("https://example.test/loop", authority, server.address) == "bad_redirect"
    assert len(server.asked) == 4


@pytest.mark.parametrize("reply", [lambda body: Reply(body=body), gzipped], ids=["plain", "gzip"])
def test_the_limit_holds_to_the_byte(
    serve_https: ServeHttps, authority: Authority, reply: Callable[[bytes], Reply]
) -> None:
    table = {"example.test/full": reply(b"x" * MAX_BODY), "example.test/over": reply(b"x" * (MAX_BODY + 1))}
    server = serve_https(authority.issue(*NAMES), pages(table))
    assert len(fetch("https://example.test/full", authority, server.address).body) == MAX_BODY
    assert refusal("https://example.test/over", authority, server.address) == "too_large"


def test_a_gzip_bomb_is_refused(serve_https: ServeHttps, authority: Authority) -> None:
    bomb = gzipped(b"\0" * 30_000_000)
    assert len(bomb.body) < MAX_BODY
    server = serve_https(authority.issue(*NAMES), always(bomb))
    assert refusal("https://example.test/", authority, server.address) == "too_large"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"plain", headers={"Content-Encoding": "br"}),
        Reply(body=b"plain", headers={"Content-Encoding": "gzip"}),
        Reply(body=gzip.compress(b"cut off")[:-9], headers={"Content-Encoding": "gzip"}),
    ],
)
def test_a_damaged_or_unasked_encoding_is_refused(serve_https: ServeHttps, authority: Authority, reply: Reply) -> None:
    server = serve_https(authority.issue(*NAMES), always(reply))
    assert refusal("https://example.test/", authority, server.address) == "bad_encoding"


def test_a_certificate_for_another_name_is_a_mismatch(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue("other.test"), pages({}))
    assert refusal("https://example.test/", authority, server.address) == "tls_mismatch"
    assert server.asked == []


def test_an_unknown_authority_is_not_trusted(
    serve_https: ServeHttps, authority: Authority, stranger: Authority
) -> None:
    server = serve_https(stranger.issue(*NAMES), pages({}))
    assert refusal("https://example.test/", authority, server.address) == "tls_untrusted"


def test_an_expired_certificate_is_not_trusted(serve_https: ServeHttps, authority: Authority) -> None:
    now = datetime.now(UTC)
    expired = authority.issue(*NAMES, not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    server = serve_https(expired, pages({}))
    assert refusal("https://example.test/", authority, server.address) == "tls_untrusted"


def test_a_missing_host_and_a_closed_port_are_told_apart(authority: Authority, closed_443: str) -> None:
    assert refusal("https://example.test/", authority) == "no_such_host"
    assert refusal("https://example.test/", authority, closed_443) == "refused"


def test_the_next_address_is_tried_when_one_is_closed(
    serve_https: ServeHttps, authority: Authority, closed_443: str
) -> None:
    server = serve_https(authority.issue(*NAMES), pages({"example.test/": Reply(body=b"here")}))
    assert fetch("https://example.test/", authority, closed_443, server.address).body == b"here"


def test_a_server_that_never_shakes_hands_is_a_timeout(authority: Authority, silent_443: str) -> None:
    limits = HttpLimits(connect=0.2, total=5)
    assert refusal("https://example.test/", authority, silent_443, limits=limits) == "connect_timeout"


def test_a_server_that_never_answers_is_a_timeout(serve_https: ServeHttps, authority: Authority) -> None:
    enough = threading.Event()

    def site(asked: Asked) -> Reply:
        enough.wait(10)
        return Reply()

    server = serve_https(authority.issue(*NAMES), site)
    assert refusal("https://example.test/", authority, server.address, limits=HttpLimits(total=0.5)) == "timeout"
    enough.set()


def test_an_answer_that_breaks_off_is_no_answer(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue(*NAMES), always(Reply(headers={"Content-Length": "9"})))
    assert refusal("https://example.test/", authority, server.address) == "http_protocol"


@pytest.mark.parametrize(
    "url",
    ["http://example.test/", "https://example.test:444/", "https://a:b@example.test/", "https://", "example.test"],
)
def test_only_https_on_port_443_is_asked(authority: Authority, url: str) -> None:
    assert refusal(url, authority) == "bad_url"
