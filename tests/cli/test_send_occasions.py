"""Pages on other occasions than installing: by mail, and in the folder beside the bundle."""

import asyncio
import email
import email.policy
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from profilegen.mailing.guide import Occasion
from profilegen.mailing.proof_token import new_token
from profilegen.ports.sending import DeliveryState, Sending
from profilegen.storage.home import Home
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.cli.conftest import Cli
from tests.cli.test_send_batch import Start, batch, mail, person, roster, start, states
from tests.cli.test_send_bundles import send
from tests.cli.test_send_lab import no_keyring
from tests.lab.fake_relay import FakeRelay, Manners

__all__ = ["batch", "no_keyring", "send", "start"]  # the fixtures

OTHERS = [occasion for occasion in Occasion if occasion is not Occasion.INSTALL]
ALONE = [occasion for occasion in OTHERS if not occasion.carries_profile]


def message(relay: FakeRelay, number: int) -> EmailMessage:
    read = email.message_from_bytes(relay.message(number), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def rows(tmp_path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "home" / "state.sqlite3")) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.servers
def test_a_page_goes_without_the_profile_and_nothing_counts_as_issued(
    batch: Cli, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", "check@lab.test")
    with start() as relay:
        answer = mail(batch, "--roster", roster(person(1)), "--occasion", "password-changed")
        page = message(relay, 0)

    [line, _] = answer.documents
    assert (answer.status, line["state"], line["occasion"], line["verified"]) == (
        *(0, "delivered", "password-changed", None),
    )
    assert page.get_content_type() == "multipart/alternative"
    assert not list(page.iter_attachments())
    assert page["Subject"] == f"Example Works: new password for {person(1)}, on all devices"
    [(token,)] = rows(tmp_path, "SELECT DISTINCT token FROM sending")
    for kind in ("plain", "html"):
        body = page.get_body((kind,))
        assert body is not None
        assert str(token) in body.get_content()
    assert rows(tmp_path, "SELECT DISTINCT revision, channel FROM sending") == [("password-changed", "email")]
    assert rows(tmp_path, "SELECT count(*) FROM issued") == [(0,)]


@pytest.mark.servers
@pytest.mark.parametrize("occasion", [Occasion.PASSWORD_CHANGED, Occasion.BEFORE_RESTORE])
def test_a_page_that_names_no_signer_needs_no_key(batch: Cli, start: Start, tmp_path: Path, occasion: Occasion) -> None:
    with start():
        answer = batch(
            *("send", "--via", "email", "--password-env", "RELAY", "--no-probe", "--json"),
            *("--roster", roster(person(1)), "--occasion", occasion),
        )

    assert answer.status == 0, answer.out
    assert not list((tmp_path / "home" / "keys").glob("*"))


@pytest.mark.servers
def test_the_last_resort_brings_the_profile_too(batch: Cli, start: Start, tmp_path: Path) -> None:
    with start() as relay:
        installed = mail(batch, "--roster", roster(person(1)))
        again = mail(batch, "--roster", roster(person(1)), "--occasion", "start-over")
        [profile] = list(message(relay, 1).iter_attachments())
        [same] = list(message(relay, 0).iter_attachments())

    assert (states(installed), states(again)) == (Counter(delivered=1), Counter(delivered=1))
    assert profile.get_filename() == same.get_filename() == f"{person(1)}.mobileconfig"
    assert rows(tmp_path, "SELECT count(*) FROM issued") == [(2,)]


@pytest.mark.servers
def test_each_occasion_is_told_once_until_it_comes_again(batch: Cli, start: Start, tmp_path: Path) -> None:
    told_before(tmp_path / "home", person(1), datetime.now(UTC) - timedelta(days=8))
    told_before(tmp_path / "home", person(2), datetime.now(UTC) - timedelta(days=6))
    path = roster(person(1), person(2), person(3))
    told = ("--roster", path, "--occasion", "password-changed")
    with start(Manners(answers={person(3): "550 5.1.1 User unknown"})) as relay:
        first, second = mail(batch, *told), mail(batch, *told)
        other = mail(batch, "--roster", path, "--occasion", "before-restore")

        assert relay.accepted == [person(1), person(1), person(2)]
    assert [states(answer) for answer in (first, second, other)] == [
        Counter(delivered=1, already=1, refused=1),
        Counter(already=2, refused=1),
        Counter(delivered=2, refused=1),
    ]
    already = [line for line in first.documents if line.get("state") == "already"]
    assert [line["detail"][:27] for line in already] == ["This page was delivered on "]


def told_before(home: Path, account: str, at: datetime) -> None:
    """Write down that somebody was told of a new password."""
    line = Sending(
        person=account,
        name=None,
        accounts=(account,),
        identifier="test.people",
        revision="password-changed",
        channel="email",
        recipient=account,
        token=new_token(bytes(range(9))),
        state=DeliveryState.DELIVERED,
        detail="",
        at=at,
    )
    asyncio.run(SqliteSendLedger(state=State(path=Home.open(home).state)).record(line))


@pytest.mark.servers
def test_only_what_brings_a_profile_has_to_be_proved(batch: Cli, start: Start) -> None:
    path = roster("a@elsewhere.test,home@private.test", header="address,recovery_email")
    given = (
        *("--set", "incoming.host=imap.x.test", "--set", "incoming.port=993", "--set", "incoming.security=tls"),
        *("--set", "outgoing.host=smtp.x.test", "--set", "outgoing.port=465", "--set", "outgoing.security=tls"),
    )
    settings = Path("all.json")
    settings.write_text(
        '{"address": "a@elsewhere.test", "incoming": {"protocol": "imap", "host": "imap.x.test", "port": 993, '
        '"security": "tls"}, "outgoing": {"protocol": "smtp", "host": "smtp.x.test", "port": 465, "security": "tls"}}'
    )
    with start() as relay:
        answers = {
            occasion: mail(batch, "--roster", path, "--settings", settings, *given, "--occasion", occasion)
            for occasion in OTHERS
        }

        assert relay.accepted == ["home@private.test"] * len(ALONE)
    assert {answer.documents[0]["recipient_is"] for key, answer in answers.items() if key in ALONE} == {"recovery"}
    assert answers[Occasion.START_OVER].documents[0]["error"]["code"] == "unverified"


@pytest.mark.servers
def test_a_rehearsal_of_one_page_is_none_of_another(batch: Cli, start: Start) -> None:
    path = roster(*(person(number) for number in range(25)))
    told = ("--roster", path, "--occasion", "before-restore")
    with start() as relay:
        mail(batch, "--roster", path, "--rehearse", "--to-operator", "ops@lab.test")
        early = mail(batch, *told)
        rehearsal = mail(batch, *told, "--rehearse", "--to-operator", "ops@lab.test")
        sent = mail(batch, *told)

        assert "before you restore" in message(relay, 1)["Subject"]
    assert early.document["error"]["code"] == "rehearse_first"
    assert (states(rehearsal), states(sent)) == (Counter(rehearsed=25), Counter(delivered=25))


@pytest.mark.parametrize("occasion", OTHERS)
def test_in_the_folder_a_page_lies_beside_the_bundle(send: Cli, occasion: Occasion) -> None:
    assert send("--via", "folder", "-o", "out").status == 0
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    answer = send("--via", "folder", "-o", "out", "--occasion", occasion, "--json")

    after = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    page, paper = (Path("out", "you@example.com", f"{occasion}.{suffix}") for suffix in ("html", "pdf"))
    assert (answer.status, answer.document["path"]) == (0, str(page))
    assert set(after) - set(before) == {page, paper}
    changed = {path for path in before if after.get(path) != before[path]}
    profile = Path("out", "you@example.com", "you@example.com.mobileconfig")
    assert changed <= ({profile} if occasion.carries_profile else set())  # signed again, perhaps in the same second
    assert page.stat().st_mode & 0o777 == 0o600
    assert send("--via", "folder", "-o", "out").status == 0
    assert page.exists()


def test_a_link_in_the_way_of_a_page_is_that_persons_failure(send: Cli) -> None:
    Path("elsewhere").mkdir()
    Path("out").mkdir()
    Path("out", "you@example.com").symlink_to(Path("elsewhere").absolute())
    answer = send("--via", "folder", "-o", "out", "--occasion", "password-changed", "--json")

    assert (answer.status, answer.document["state"]) == (1, "failed")
    assert "symbolic link" in answer.document["detail"]
    assert not list(Path("elsewhere").iterdir())


@pytest.mark.parametrize(
    "options",
    [
        ("--via", "airdrop"),
        ("--via", "folder", "--qr", "png"),
        ("--via", "folder", "--base-url", "https://profiles.example.com/mail"),
    ],
)
def test_a_page_that_cannot_go_this_way_is_refused_before_anything_is_written(
    send: Cli, options: tuple[str, ...]
) -> None:
    answer = send(*options, "--occasion", "start-over", "-o", "out", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "no_page")
    assert not Path("out").exists()
