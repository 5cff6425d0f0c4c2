"""Profiles by mail on real servers: Postfix takes them, Dovecot hands them out, openssl checks the signature."""

import email
import email.policy
import imaplib
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeyring

from tests.cli.conftest import Cli
from tests.cli.test_fix_lab import ALICE, given, lab_cli
from tests.lab.mail import DOMAIN, MailLab, password_of

__all__ = ["lab_cli"]  # the fixture

BOB = f"bob@{DOMAIN}"
pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep the tests out of the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call] # keyring has no types here
    yield
    keyring.set_keyring(before)


@pytest.fixture
def post(lab_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The lab's command line; its mail goes out through bob's account, and alice's servers are proved."""
    for key, value in {"SERVER": f"good.{DOMAIN}", "PORT": "587", "FROM": BOB}.items():
        monkeypatch.setenv(f"PROFILEGEN_SEND__{key}", value)
    monkeypatch.setenv("PROFILEGEN_ORGANIZATION", "Lab & Söhne")
    monkeypatch.setenv("BOB", password_of("bob"))
    proved = lab_cli("fix", ALICE, "-o", "fixed/", "--json")
    assert proved.status == 0, proved.out + proved.err
    return lab_cli


def arrived(lab: MailLab, user: str) -> EmailMessage:
    """Return the newest message of a mailbox as an IMAP client gets it."""
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    context.check_hostname = False  # dialled by its address
    with imaplib.IMAP4_SSL(lab.hosts[f"good.{DOMAIN}"][0], 993, ssl_context=context) as box:
        box.login(f"{user}@{DOMAIN}", password_of(user))
        box.select("INBOX", readonly=True)
        newest = box.search(None, "ALL")[1][0].split()[-1].decode()
        data = box.fetch(newest, "(BODY.PEEK[])")[1]
    assert isinstance(data[0], tuple)
    message = email.message_from_bytes(data[0][1], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_profile_arrives_as_it_was_signed(post: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    mail_lab.empty("alice")

    answer = post("send", ALICE, "--via", "email", "--password-env", "BOB", "--json")

    sent = answer.document
    assert answer.status == 0, answer.out + answer.err
    assert (sent["state"], sent["recipient"], sent["recipient_is"]) == ("delivered", ALICE, "mailbox")
    assert mail_lab.wait_for_messages("alice", 1) == 1
    message = arrived(mail_lab, "alice")
    assert "ESMTPSA" in message["Received"]
    assert (message["To"], message["Auto-Submitted"]) == (ALICE, "auto-generated")
    assert [one.addr_spec for one in message["From"].addresses] == [BOB]
    [attachment] = list(message.iter_attachments())
    assert attachment.get_content_type() == "application/x-apple-aspen-config"
    assert attachment.get_filename() == f"{ALICE}.mobileconfig"
    assert verified_by_openssl(attachment.get_content(), tmp_path) == unsigned(post, tmp_path)
    for kind in ("plain", "html"):
        assert sent["revision"] in body(message, kind)
        assert ALICE in body(message, kind)
    assert "Lab & Söhne" in body(message, "plain")
    assert "Lab &amp; Söhne" in body(message, "html")


def verified_by_openssl(data: bytes, folder: Path) -> bytes:
    """Return what openssl finds inside the signature, once it has verified it."""
    path = folder / "arrived.mobileconfig"
    path.write_bytes(data)
    command = ["openssl", "cms", "-verify", "-inform", "der", "-noverify", "-purpose", "any", "-in", str(path)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def unsigned(post: Cli, folder: Path) -> bytes:
    path = folder / "plain.mobileconfig"
    built = post("build", ALICE, "--unsigned", "-o", path)
    assert built.status == 0, built.err
    return path.read_bytes()


def test_the_same_revision_comes_once_and_a_new_one_comes(post: Cli, mail_lab: MailLab) -> None:
    mail_lab.empty("alice")
    mail = ("send", ALICE, "--via", "email", "--password-env", "BOB", "--json")

    first, second = post(*mail), post(*mail)
    other = post(*mail, "--name", "Alice L.")
    again = post(*mail, "--name", "Alice L.", "--again")

    assert [answer.document["state"] for answer in (first, second, other, again)] == [
        *("delivered", "already", "delivered", "delivered"),
    ]
    assert [answer.status for answer in (first, second, other, again)] == [0, 0, 0, 0]
    assert mail_lab.wait_for_messages("alice", 3) == 3


def test_postfix_refuses_one_mailbox_and_the_others_get_theirs(post: Cli, mail_lab: MailLab) -> None:
    mail_lab.empty("alice")
    Path("people.csv").write_text(f"address\nnobody@{DOMAIN}\n{ALICE}\n")
    mail = ("send", "--via", "email", "--password-env", "BOB", "--allow-self-signed", "--json")

    answer = post(*mail, "--roster", "people.csv")

    refused, delivered, summary = answer.documents
    assert answer.status == 1
    assert (refused["state"], refused["cause"]) == ("refused", "recipient_unknown")
    assert "550 5.1.1" in refused["detail"]
    assert delivered["state"] == "delivered"
    assert (summary["summary"]["refused"], summary["summary"]["delivered"]) == (1, 1)
    assert mail_lab.wait_for_messages("alice", 1) == 1


def test_a_sender_that_is_not_ours_is_the_senders_trouble(post: Cli, mail_lab: MailLab) -> None:
    answer = post(
        *("send", ALICE, "--via", "email", "--password-env", "BOB", "--from", f"carol@{DOMAIN}", "--json"),
        *("--name", "From Carol"),
    )

    assert (answer.status, answer.document["cause"]) == (1, "sender_not_owned"), answer.out


def test_nothing_goes_out_unproved_unless_somebody_says_why(post: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    mail_lab.empty("alice")
    mail = ("send", ALICE, *given(), "--set", f"outgoing.host=loginonly.{DOMAIN}", "--via", "email", "--json")

    refused = post(*mail, "--password-env", "BOB")
    nowhere = post(*mail, "--password-env", "BOB", "--allow-unverified", "moved today")
    insisted = post(*mail, "--password-env", "BOB", "--allow-unverified", "moved today", "--to", ALICE)

    assert (refused.status, refused.document["error"]["code"]) == (1, "unverified")
    assert nowhere.document["error"]["code"] == "no_recipient"
    assert (insisted.status, insisted.document["verified"]) == (0, False)
    assert rows(tmp_path, "SELECT account, reason FROM allowed_unverified") == [(ALICE, "moved today")]
    assert rows(tmp_path, "SELECT allowed_because FROM issued ORDER BY id DESC LIMIT 1") == [("moved today",)]
    assert mail_lab.wait_for_messages("alice", 1) == 1


@pytest.mark.parametrize(
    ("host", "port", "check"),
    [
        ("wronghost", 587, "outgoing.tls.hostname"),
        ("wronghost", 465, "outgoing.tls.hostname"),
        ("expired", 587, "outgoing.tls.dates"),
        ("openrelay", 587, "outgoing.relay_without_auth"),
    ],
)
def test_our_own_mail_goes_through_no_server_that_fails_our_test(
    post: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, host: str, port: int, check: str
) -> None:
    monkeypatch.setenv("PROFILEGEN_SEND__SERVER", f"{host}.{DOMAIN}")
    monkeypatch.setenv("PROFILEGEN_SEND__PORT", str(port))

    answer = post("send", ALICE, "--via", "email", "--password-env", "BOB", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (1, "submission_failed")
    assert check in answer.document["error"]["message"]


def test_the_password_is_kept_where_somebody_asks_and_shows_up_nowhere(
    post: Cli, mail_lab: MailLab, tmp_path: Path
) -> None:
    without = post("send", ALICE, "--via", "email", "--json")
    kept = post("send", ALICE, "--via", "email", "--password-env", "BOB", "--keep-password", "--json")
    later = post("send", ALICE, "--via", "email", "--again", "--json")

    assert (without.status, without.document["error"]["code"]) == (3, "no_password")
    assert (kept.status, later.status) == (0, 0)
    [path] = (tmp_path / "home" / "canaries").iterdir()
    assert (path.read_text(), path.stat().st_mode & 0o777) == (password_of("bob"), 0o600)
    seen = "".join(answer.out + answer.err for answer in (kept, later))
    others = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != path]
    assert password_of("bob") not in seen
    assert not [data for data in others if password_of("bob").encode() in data]


def test_the_proof_goes_to_the_check_mailbox_with_the_token_of_the_ledger(
    post: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", f"carol@{DOMAIN}")
    monkeypatch.setenv("PROFILEGEN_BRAND__REPLY_TO", f"carol@{DOMAIN}")
    mail_lab.empty("alice")

    answer = post("send", ALICE, "--via", "email", "--password-env", "BOB", "--json")

    assert answer.status == 0, answer.out
    mail_lab.wait_for_messages("alice", 1)
    message = arrived(mail_lab, "alice")
    states = rows(tmp_path, "SELECT state, token FROM sending ORDER BY id")
    assert [state for state, _ in states] == ["trying", "delivered"]
    [token] = {str(token) for _, token in states}
    assert f"mailto:carol@{DOMAIN}?subject=" in body(message, "plain")
    for kind in ("plain", "html"):
        assert token in body(message, kind)
    assert message["Reply-To"] == f"carol@{DOMAIN}"


def rows(tmp_path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "home" / "state.sqlite3")) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((ALICE,), "no_way"),
        (("--via", "email"), "no_address"),
        ((ALICE, "--via", "email", "--roster", "x.csv"), "several_subjects"),
        ((ALICE, "--via", "email", "--device", "newton-2"), "unknown_device"),
        ((ALICE, "--via", "email", "--rate", "fast", "--password-env", "BOB"), "bad_rate"),
        ((ALICE, "--via", "email", "--rehearse", "--password-env", "BOB"), "no_operator"),
        ((ALICE, "--via", "email", "--wave", "0", "--password-env", "BOB"), "bad_waves"),
        ((ALICE, "--via", "email", "--allow-unverified", " "), "no_reason"),
        ((ALICE, "--via", "folder", "--rehearse"), "no_rehearsal"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_sent(post: Cli, arguments: tuple[str, ...], code: str) -> None:
    answer = post("send", *arguments, "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, code)
