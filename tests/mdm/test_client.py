"""The HTTP manners of all connectors, against a real server on loopback."""

import asyncio
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.mdm.client import (
    Answer,
    Call,
    ClientLimits,
    Credentials,
    FixedKey,
    MdmClient,
    Method,
    Patience,
    basic,
    bearer,
)
from profilegen.mdm.keys import basic_password
from profilegen.mdm.told_to_wait import told_to_wait
from profilegen.net.hosts import FixedHosts
from profilegen.net.pace import Pace, Timing
from profilegen.net.policy import Encryption
from profilegen.secret import Secret
from tests.lab.certificates import Authority
from tests.lab.https import Asked, Reply, ServeHttps
from tests.lab.mdm.httpd import Request, Response, http_service

GET = Call(method=Method.GET, path="/v1/things")
POST = Call(method=Method.POST, path="/v1/things", body=b"{}", content_type="application/json")
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


@dataclass(slots=True)
class FakeTime:
    """A clock that only sleeping moves on."""

    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += seconds
        await asyncio.sleep(0)

    @property
    def timing(self) -> Timing:
        return Timing(monotonic=lambda: self.at, sleep=self.sleep, now=lambda: NOON, chance=lambda: 1.0)


@dataclass(slots=True)
class Server:
    """Answers from a list, then with 200; keeps what it was asked."""

    url: str = ""
    answers: list[Response] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else Response(body=b"{}")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with http_service(made.answer) as url:
        made.url = url
        yield made


def client(base: str, time: FakeTime | None = None, **options: object) -> MdmClient:
    settings: dict[str, object] = {
        "credentials": FixedKey(basic("admin", Secret(text="the-key"))),
        "resolver": FixedHosts({"127.0.0.1": ("127.0.0.1",), "mdm.test": ("127.0.0.1",)}),
        "trust": lambda: None,
        "timing": (time or FakeTime()).timing,
    }
    return MdmClient(base=base, **(settings | options))  # type: ignore[arg-type] # each test knows what it gives


def ask(mdm: MdmClient, *calls: Call) -> list[Answer]:
    async def run() -> list[Answer]:
        try:
            return [await mdm.ask(call) for call in calls]
        finally:
            await mdm.close()

    return asyncio.run(run())


def refusal(mdm: MdmClient, call: Call = GET) -> NetworkProblem:
    with pytest.raises(NetworkProblem) as caught:
        ask(mdm, call)
    return caught.value


def test_a_call_goes_below_the_base_with_key_query_and_body(server: Server) -> None:
    call = Call(
        method=Method.PUT, path="/v1/a%2Fb", query={"page": "2", "q": "a&b"}, body=b"hello", content_type="text/x"
    )
    (answer,) = ask(client(f"{server.url}/api/"), call)
    (asked,) = server.asked
    assert (answer.status, answer.json()) == (200, {})
    assert (asked.method, asked.path, asked.query, asked.body) == (
        "PUT",
        "/api/v1/a/b",
        {"page": "2", "q": "a&b"},
        b"hello",
    )
    assert basic_password(asked.headers["authorization"]) == Secret(text="the-key")
    assert asked.headers["content-type"] == "text/x"


def test_the_key_goes_to_no_other_server(server: Server) -> None:
    with http_service(server.answer) as other:
        ask(client(server.url), Call(method=Method.GET, path=f"{other}/stored/file"), GET)
    assert ["authorization" in asked.headers for asked in server.asked] == [False, True]


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.answers = [Response(status=302, headers={"Location": f"{server.url}/other"})]
    (answer,) = ask(client(server.url), GET)
    assert len(server.asked) == 1
    with pytest.raises(ConfigProblem) as caught:
        answer.require(200)
    assert caught.value.code == "moved"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, ConfigProblem, "key_refused"),
        (403, ConfigProblem, "key_refused"),
        (404, NotPossible, "http_status"),
        (500, NetworkProblem, "server_error"),
    ],
)
def test_each_refusal_has_its_own_name(server: Server, status: int, kind: type[Exception], code: str) -> None:
    server.answers = [Response(status=status, body=b"no")]
    (answer,) = ask(client(server.url), GET)
    with pytest.raises(kind) as caught:
        answer.require(200)
    assert vars(caught.value)["code"] == code


def test_retry_after_is_kept_to_the_second_and_holds_everybody(server: Server) -> None:
    server.answers = [Response(status=429, headers={"Retry-After": "17"})]
    time = FakeTime()
    answers = ask(client(server.url, time), POST, GET)
    assert [answer.status for answer in answers] == [200, 200]
    assert time.slept == [17]


def test_a_server_that_wants_more_time_than_we_have_is_left_at_once(server: Server) -> None:
    server.answers = [Response(status=429, headers={"Retry-After": "3600"})]
    time = FakeTime()
    problem = refusal(client(server.url, time))
    assert (problem.code, time.slept, len(server.asked)) == ("overloaded", [], 1)
    assert "3600 seconds" in problem.message


def test_without_retry_after_each_pause_is_twice_the_last(server: Server) -> None:
    server.answers = [Response(status=503)] * 9
    time = FakeTime()
    patience = Patience(attempts=5, first=1.0, longest=3.0)
    assert refusal(client(server.url, time, patience=patience)).code == "overloaded"
    assert (time.slept, len(server.asked)) == ([1.0, 2.0, 3.0, 3.0], 5)


@pytest.mark.parametrize(("call", "times"), [(GET, 2), (POST, 1)])
def test_only_what_may_be_repeated_is_repeated_after_a_503(server: Server, call: Call, times: int) -> None:
    server.answers = [Response(status=503)]
    (answer,) = ask(client(server.url), call)
    assert (answer.status, len(server.asked)) == (200 if times == 2 else 503, times)


def test_a_server_that_is_not_there_is_tried_again_and_then_named(server: Server) -> None:
    time = FakeTime()
    with http_service(server.answer) as gone:
        pass
    problem = refusal(client(gone, time, patience=Patience(attempts=3)), POST)
    assert (problem.code, len(time.slept)) == ("refused", 2)


def test_a_slow_answer_is_given_up(server: Server) -> None:
    release = asyncio.Event()

    def slow(request: Request) -> Response:
        while not release.is_set():
            pass
        return Response()

    with http_service(slow) as url:
        limits = ClientLimits(total=0.2)
        try:
            assert refusal(client(url, limits=limits), POST).code == "timeout"
        finally:
            release.set()


def test_an_answer_larger_than_agreed_is_refused(server: Server) -> None:
    server.answers = [Response(body=b"x" * 2000)]
    assert refusal(client(server.url, limits=ClientLimits(largest=1999)), POST).code == "too_large"


def test_an_answer_that_was_packed_without_being_asked_is_refused(server: Server) -> None:
    server.answers = [Response(body=b"x", headers={"Content-Encoding": "gzip"})]
    assert refusal(client(server.url)).code == "bad_encoding"


def test_what_is_no_json_is_said_so_without_its_content(server: Server) -> None:
    server.answers = [Response(body=b"<html>the-secret-page</html>"), Response(body=b"[" * 200_000)]
    for answer in ask(client(server.url), GET, GET):
        with pytest.raises(NetworkProblem) as caught:
            answer.json()
        assert caught.value.code == "bad_answer"
        assert "secret-page" not in caught.value.message


def test_a_key_that_ran_out_is_renewed_once_and_only_once(server: Server) -> None:
    class Renewed:
        def __init__(self) -> None:
            self.number = 1

        async def authorization(self) -> Secret:
            return bearer(Secret(text=f"token-{self.number}"))

        async def refused(self) -> bool:
            self.number += 1
            return True

    credentials: Credentials = Renewed()
    server.answers = [Response(status=401), Response(), Response(status=401), Response(status=401)]
    answers = ask(client(server.url, credentials=credentials), GET, GET)
    assert [answer.status for answer in answers] == [200, 401]
    assert [asked.headers["authorization"][-1] for asked in server.asked] == ["1", "2", "2", "3"]


def test_what_may_not_be_repeated_is_not_even_with_a_new_key(server: Server) -> None:
    server.answers = [Response(status=401)]
    (answer,) = ask(client(server.url), POST)
    assert (answer.status, len(server.asked)) == (401, 1)


def test_a_key_never_leaves_this_machine_unencrypted_unless_it_is_allowed(server: Server) -> None:
    hosts = FixedHosts({"mdm.example.com": ("192.0.2.1", "127.0.0.1")})
    with pytest.raises(ConfigProblem) as caught:
        ask(client("http://mdm.example.com:9", resolver=hosts), GET)
    assert caught.value.code == "plain_http"
    limits = ClientLimits(connect=0.05, total=0.1)
    allowed = client("http://mdm.example.com:9", resolver=hosts, encryption=Encryption.OPTIONAL, limits=limits)
    assert refusal(allowed, POST).code in ("connect_timeout", "no_route", "refused", "timeout")


@pytest.mark.parametrize(
    "base", ["ftp://mdm.test", "mdm.test", "https://", "https://user:pass@mdm.test", "https://m/?k=v"]
)
def test_a_base_url_must_be_one_and_hold_no_key(base: str) -> None:
    with pytest.raises(ConfigProblem) as caught:
        client(base)
    assert caught.value.code == "bad_mdm_url"
    assert "pass" not in caught.value.message.replace("password", "")


def test_tls_is_verified_by_name(serve_https: ServeHttps, authority: Authority) -> None:
    def site(asked: Asked) -> Reply:
        return Reply(body=asked.host.encode())

    server = serve_https(authority.issue("mdm.test"), site)
    hosts = FixedHosts({"mdm.test": (server.address,), "other.test": (server.address,)})
    (answer,) = ask(client("https://mdm.test", resolver=hosts, trust=authority.trust), GET)
    assert answer.body == b"mdm.test"
    assert refusal(client("https://other.test", resolver=hosts, trust=authority.trust)).code == "tls_mismatch"


def test_the_key_is_in_no_error_and_no_repr(server: Server) -> None:
    server.answers = [Response(status=401)]
    mdm = client(server.url)
    (answer,) = ask(mdm, GET)
    with pytest.raises(ConfigProblem) as caught:
        answer.require(200)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(mdm)) + repr(answer)
    assert "the-key" not in shown
    assert basic("admin", Secret(text="the-key")).reveal() not in shown


def turns(count: int, *, rate: float, burst: int) -> list[float]:
    time = FakeTime()
    pace = Pace(rate=rate, burst=burst, timing=time.timing)

    async def run() -> list[float]:
        moments = []
        for _ in range(count):
            await pace.turn()
            moments.append(round(time.at, 3))
        return moments

    return asyncio.run(run())


def test_turns_come_at_the_rate_after_the_first_burst() -> None:
    assert turns(5, rate=2.0, burst=1) == [0, 0.5, 1.0, 1.5, 2.0]
    assert turns(5, rate=2.0, burst=3) == [0, 0, 0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": format_datetime(NOON + timedelta(seconds=42), usegmt=True)}, 42),
        ({"retry-after": format_datetime(NOON - timedelta(seconds=42), usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"x-ratelimit-reset": "9"}, 9),
        ({"x-ratelimit-reset": str(int(NOON.timestamp()) + 30)}, 30),
        ({"retry-after": "5", "x-ratelimit-reset": "9"}, 5),
        ({"retry-after": "9" * 400}, pytest.approx(10**15, rel=0.1)),
        ({}, None),
    ],
)
def test_a_server_may_say_in_several_ways_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert told_to_wait(headers, NOON) == seconds


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic", "Basic !!!", "Basic YWJj", "Basic /w=="])
def test_what_is_no_basic_authentication_has_no_password(header: str) -> None:
    assert basic_password(header) is None
