"""The check mailbox on a server that misbehaves: always one clear error or nothing, soon and within bounds."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.delivery import check_mailbox
from profilegen.delivery.check_mailbox import ImapCheckMailbox
from profilegen.errors import NetworkProblem
from profilegen.mailing.proof_token import new_token
from profilegen.net import imap
from profilegen.net.hosts import FixedHosts
from profilegen.ports.check_mailbox import Batch, Expected
from profilegen.secret import Login, Secret
from profilegen.settings.servers import Auth, Protocol, Security, Server
from tests.lab.certificates import Authority
from tests.probe.fake_server import FakeServer, Manners, fake_server
from tests.probe.world import FakeBudget

HOST = "imap.lab.test"
TOKEN = new_token(bytes(range(9)))
CAPABLE = b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
EXAMINED = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 3] ok\r\nTAG OK [READ-ONLY] done\r\n"
HEAD = f"From: alice@lab.test\r\nSubject: {TOKEN}\r\n\r\n".encode()
EXPECTED = Expected(people=["alice@lab.test"], mailed={})
GOOD = {
    "CAPABILITY": CAPABLE,
    "LOGIN": b"TAG OK done\r\n",
    "LIST": b"TAG OK done\r\n",
    "EXAMINE": EXAMINED,
    "LOGOUT": b"* BYE\r\nTAG OK done\r\n",
}


def fetched(literal: bytes, *, uid: int = 2, size: int | None = None) -> bytes:
    """Return the answer to both UID SEARCH and UID FETCH, which the fake does not tell apart."""
    length = len(literal) if size is None else size
    date_words = b'INTERNALDATE "23-Nov-2026 19:17:34 +0100"'
    return b"* SEARCH 2\r\n* 1 FETCH (UID %d %s BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s)\r\nTAG OK done\r\n" % (
        uid,
        date_words,
        length,
        literal,
    )


@contextmanager
def serving(
    authority: Authority, folder: Path, answers: dict[str, bytes], *, greeting: bytes = b"* OK hello\r\n"
) -> Iterator[tuple[FakeServer, ImapCheckMailbox]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(HOST).write(folder))
    with fake_server(Manners(greeting=greeting, answers=GOOD | answers, context=context, implicit=True)) as server:
        login = Login(username="check", password=Secret(text="secret"))
        settings = Server(
            protocol=Protocol.IMAP,
            host=HOST,
            port=server.port,
            security=Security.TLS,
            auth=(Auth.PASSWORD,),
            username="check",
        )
        yield (
            server,
            ImapCheckMailbox(
                server=settings,
                login=login,
                resolver=FixedHosts({HOST: ("127.0.0.1",)}),
                tls=authority.trust(),
                budget=FakeBudget(),
            ),
        )


def read(box: ImapCheckMailbox) -> list[Batch]:
    async def collect() -> list[Batch]:
        return [batch async for batch in box.read({}, since=date(2026, 11, 1), expected=EXPECTED)]

    return asyncio.run(collect())


def test_the_fake_is_one_that_can_be_read(authority: Authority, tmp_path: Path) -> None:
    with serving(authority, tmp_path, {"UID": fetched(HEAD)}) as (server, box):
        batches = read(box)

    [mail] = [mail for batch in batches for mail in batch.mails]
    assert (mail.token, mail.received_at) == (TOKEN, datetime(2026, 11, 23, 18, 17, 34, tzinfo=UTC))
    assert not any(word in line for line in server.heard for word in ("SELECT", "STORE", "BODY["))
    assert "UID SEARCH UID 1:2 SINCE 1-Nov-2026" in " ".join(server.heard)


@pytest.mark.parametrize(
    "answers",
    [
        {"UID": fetched(HEAD, uid=99)},
        {"UID": b"* SEARCH 2\r\n* 1 FETCH (FLAGS ())\r\n* 2 FETCH (UID 2 BODY[] NIL)\r\nTAG OK done\r\n"},
        {"UID": b"* SEARCH 2 x -1 99999999999999999999\r\nTAG OK done\r\n"},
        {"UID": b"TAG OK done\r\n"},
        {
            "EXAMINE": b"* OK [UIDNEXT 99999999999999999999] ok\r\n* OK [UIDVALIDITY x] ok\r\nTAG OK done\r\n",
            "UID": b"TAG OK done\r\n",
        },
    ],
    ids=["another message", "no header", "wild numbers", "nothing", "wild state"],
)
def test_what_was_not_asked_for_is_no_message(authority: Authority, tmp_path: Path, answers: dict[str, bytes]) -> None:
    with serving(authority, tmp_path, answers) as (_, box):
        assert [mail for batch in read(box) for mail in batch.mails] == []


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({"UID": fetched(b"x" * 100, size=1 << 30)}, "server_temp_failure", "more than was asked for"),
        ({"UID": (b"* OK " + b"x" * 900 + b"\r\n") * 10_000}, "server_temp_failure", "never stops talking"),
        ({"UID": b"* OK " + b"x" * 2_000_000}, "server_temp_failure", "1000000 bytes"),
        ({"UID": b"TAG NO later\r\n"}, "server_temp_failure", "later"),
        ({"UID": b"TAG BAD what\r\n"}, "server_temp_failure", "what"),
        ({"EXAMINE": b"TAG NO no such folder\r\n"}, "server_temp_failure", "no such folder"),
        ({"UID": b"\x00\xff{}\r\n"}, "server_temp_failure", "unexpected response"),
        ({"CAPABILITY": b"* CAPABILITY LEMTP\r\nTAG OK done\r\n"}, "server_temp_failure", "not IMAP4 compliant"),
        ({"LOGIN": b"TAG NO [UNAVAILABLE] try again later\r\n"}, "auth_temp_failure", "try again later"),
    ],
)
def test_a_server_that_misbehaves_is_one_clear_error(
    authority: Authority, tmp_path: Path, answers: dict[str, bytes], code: str, words: str
) -> None:
    with serving(authority, tmp_path, answers) as (_, box), pytest.raises(NetworkProblem, match=words) as caught:
        read(box)

    assert caught.value.code == code
    assert HOST in caught.value.message
    assert len(caught.value.message) < 500


def test_a_login_that_is_refused_for_now_is_no_failed_one(authority: Authority, tmp_path: Path) -> None:
    budget = FakeBudget()
    with (
        serving(authority, tmp_path, {"LOGIN": b"TAG NO [UNAVAILABLE] try again later\r\n"}) as (_, box),
        pytest.raises(NetworkProblem),
    ):
        read(replace(box, budget=budget))

    assert budget.of(HOST) == ["reserve", "release"]


def test_a_server_that_calls_itself_full_of_messages_is_not_asked_for_ever(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_mailbox, "MOST_WINDOWS", 5)
    endless = EXAMINED.replace(b"UIDNEXT 3", b"UIDNEXT 4294967295")
    with serving(authority, tmp_path, {"EXAMINE": endless, "UID": b"* SEARCH\r\nTAG OK done\r\n"}) as (server, box):
        read(box)

    assert sum("UID SEARCH" in line for line in server.heard) == 5


@pytest.mark.parametrize("answer", [b"", b"* OK wait\r\n"])
def test_a_server_that_falls_silent_is_given_up(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(imap, "SECONDS", 0.4)
    with serving(authority, tmp_path, {"UID": answer}) as (_, box), pytest.raises(NetworkProblem) as caught:
        read(box)

    assert caught.value.code == "connect_timeout"


def test_a_password_with_quotes_stays_one_word(authority: Authority, tmp_path: Path) -> None:
    with serving(authority, tmp_path, {"UID": b"TAG OK done\r\n"}) as (server, box):
        read(replace(box, login=Login(username='che"ck \\', password=Secret(text='a"b\\c d'))))

    assert any(line.endswith(r'LOGIN "che\"ck \\" "a\"b\\c d"') for line in server.heard)


@given(st.lists(st.binary(max_size=80) | st.tuples(st.binary(max_size=80), st.binary(max_size=40)), max_size=6))
def test_any_answer_to_a_fetch_is_taken_apart(data: list[bytes | tuple[bytes, bytes]]) -> None:
    for words, literal in check_mailbox._answers(data):
        assert isinstance(words + literal, bytes)
        check_mailbox._arrived(words)


@pytest.mark.parametrize(
    ("words", "when"),
    [
        (b'INTERNALDATE " 3-Feb-2026 09:05:01 -0330"', datetime(2026, 2, 3, 12, 35, 1, tzinfo=UTC)),
        (b'INTERNALDATE "31-Feb-2026 09:05:01 +0000"', None),
        (b'INTERNALDATE "01-Foo-2026 09:05:01 +0000"', None),
        (b'INTERNALDATE "01-Jan-0001 00:00:00 +1400"', None),
        (b'INTERNALDATE "01-Jan-2026 99:00:00 +9999"', None),
        (b"INTERNALDATE NIL", None),
    ],
)
def test_the_time_of_arrival_is_read_or_left_out(words: bytes, when: datetime | None) -> None:
    assert check_mailbox._arrived(words) == when
