"""`send --status` on real servers: Postfix takes what phones send, Dovecot holds the check mailbox, the log tells."""

import asyncio
import email
import email.policy
import html
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeyring

from profilegen.mailing.proof_token import new_token
from profilegen.ports.sending import DeliveryState, Sending
from profilegen.storage.device_proofs import SqliteProofBook
from profilegen.storage.home import Home
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.cli.conftest import Answer, Cli
from tests.cli.test_fix_lab import ALICE, lab_cli
from tests.lab.driving import smtp, wait_for
from tests.lab.mail import DOMAIN, MailLab, password_of

__all__ = ["lab_cli"]  # the fixture

BOB = f"bob@{DOMAIN}"
CHECK = f"carol@{DOMAIN}"
IPHONE = "iPhone Mail (22A3354)"
TOKEN, OTHER = new_token(bytes(range(9))), new_token(bytes(range(1, 10)))
SENT = datetime.now(UTC) - timedelta(days=3, hours=1)
LINE = Sending(
    person="alice",
    name="Alice",
    accounts=(ALICE,),
    identifier="test.lab.mail.alice",
    revision="1a2b3c4d",
    channel="email",
    recipient=ALICE,
    token=TOKEN,
    state=DeliveryState.DELIVERED,
    detail="",
    at=SENT,
)
TO_BOB = replace(LINE, person="bob", name="Bob", accounts=(BOB,), recipient=BOB, token=OTHER)
pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep the tests out of the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call] # keyring has no types here
    yield
    keyring.set_keyring(before)


@pytest.fixture
def desk(lab_cli: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The lab's command line, with carol's mailbox as the check mailbox and its password in the environment."""
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", CHECK)
    monkeypatch.setenv("PROFILEGEN_CHECK__PASSWORD_ENV", "CAROL")
    monkeypatch.setenv("CAROL", password_of("carol"))
    mail_lab.empty("carol")
    yield lab_cli
    mail_lab.empty("carol")


def sent(tmp_path: Path, *lines: Sending) -> None:
    """Write down what went to whom, as `send` does."""
    ledger = SqliteSendLedger(state=State(path=Home.open(tmp_path / "home").state))
    for line in lines:
        asyncio.run(ledger.record(line))


def write(lab: MailLab, subject: str, *, sender: str = ALICE, program: str = IPHONE, text: str = "Gesendet.") -> None:
    """Send a message to the check mailbox as a phone does, and wait until it is there."""
    count = len(lab.messages("carol"))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, CHECK, subject
    message["X-Mailer"] = program
    message.set_content(text)
    user = sender.partition("@")[0]
    with smtp(lab) as session:
        session.login(f"{user}@{DOMAIN}", password_of(user))
        session.send_message(message)
    lab.wait_for_messages("carol", count + 1)


def person(answer: Answer, name: str = "alice") -> dict[str, Any]:
    [found] = [person for person in answer.document["people"] if person["person"] == name]
    return dict(found)


def test_whoever_sends_the_token_from_the_phone_sends(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    sent(tmp_path, LINE, TO_BOB)
    before = desk("send", "--status", "--json")
    write(mail_lab, f"Mein Gerät sendet {TOKEN}")
    half = desk("send", "--status", "--json")
    write(mail_lab, OTHER, sender=BOB, program="Thunderbird 140")
    whole = desk("send", "--status", "--json")

    assert (before.status, [one["state"] for one in before.document["people"]]) == (1, ["silent", "silent"])
    assert person(before)["silent_days"] == 3
    assert (half.status, person(half)["state"], person(half, "bob")["state"]) == (1, "sends", "silent")
    assert person(half)["proof"]["kind"] == "message"
    assert person(half)["proof"]["detail"] == f"from an iPhone ({IPHONE})"
    assert person(half)["sent"] == {
        "at": f"{SENT:%Y-%m-%dT%H:%M:%SZ}",
        "channel": "email",
        "revision": "1a2b3c4d",
        "recipient": ALICE,
        "state": "delivered",
    }
    assert (whole.status, whole.document["ok"], whole.document["new_messages"]) == (0, True, 1)
    assert person(whole, "bob")["proof"]["detail"] == "from another program: Thunderbird 140"


def test_the_table_is_one_line_per_person_a_count_and_what_to_do(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    refused = replace(TO_BOB, state=DeliveryState.REFUSED, detail="550 5.1.1 no such user")
    sent(tmp_path, LINE, refused, replace(TO_BOB, person="cleo", accounts=(f"cleo@{DOMAIN}",), token="x"))
    write(mail_lab, TOKEN)

    answer = desk("send", "--status")

    lines = answer.out.splitlines()
    assert answer.status == 1
    assert re.fullmatch(rf"✓ +alice +{local(SENT)} +email +1a2b3c4d +sends +20.* from an iPhone .*", lines[1])
    assert re.fullmatch(r"✗ +bob .* refused +recipient_unknown: 550 5.1.1 no such user", lines[2])
    assert re.fullmatch(r"✗ +cleo .* silent +3 days", lines[3])
    assert lines[4] == "1 of 3 send, 1 silent, 1 refused."
    assert lines[5:] == ["  → The recipient's mailbox does not exist; the account is fine."]


def local(when: datetime) -> str:
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def test_a_second_run_says_the_same_and_reads_nothing(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    sent(tmp_path, LINE)
    write(mail_lab, TOKEN)
    write(mail_lab, TOKEN, sender=BOB)
    first = desk("send", "--status", "--json").document
    place = len(mail_lab.dovecot_log)
    second = desk("send", "--status", "--json").document

    assert (first.pop("new_messages"), second.pop("new_messages")) == (2, 0)
    assert first == second
    assert "hdr_count=0 hdr_bytes=0" in wait_for(lambda: mail_lab.dovecot_log[place:], "hdr_count")


def test_a_token_from_somebody_else_is_set_apart(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    sent(tmp_path, LINE, TO_BOB)
    write(mail_lab, f"Fwd: {TOKEN}", sender=BOB)

    answer, words = desk("send", "--status", "--json"), desk("send", "--status")

    assert (answer.status, person(answer)["state"], person(answer, "bob")["state"]) == (1, "silent", "silent")
    [stray] = answer.document["strays"]
    assert (stray["token"], stray["sender"], stray["person"]) == (TOKEN, BOB, "alice")
    assert f"{BOB} with the token of alice" in words.out


def test_a_wrong_or_missing_token_proves_nothing_and_an_unknown_one_is_listed(
    desk: Cli, mail_lab: MailLab, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    unknown = new_token(b"elsewhere")
    for subject in ("Hallo", TOKEN[:-1] + "X", unknown):
        write(mail_lab, subject)

    answer, words = desk("send", "--status", "--json"), desk("send", "--status")

    assert (answer.status, person(answer)["state"], answer.document["strays"]) == (1, "silent", [])
    assert [one["token"] for one in answer.document["unknown_tokens"]] == [unknown]
    assert answer.document["new_messages"] == 3
    assert f"{unknown} from {ALICE}" in words.out


def test_a_proof_before_since_does_not_count(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    sent(tmp_path, LINE)
    write(mail_lab, TOKEN)
    desk("send", "--status")
    age_proofs(tmp_path, days=2)

    in_a_week, in_a_day = (desk("send", "--status", "--since", since, "--json") for since in ("7d", "1d"))

    assert (in_a_week.status, person(in_a_week)["state"]) == (0, "sends")
    assert (in_a_day.status, person(in_a_day)["state"], person(in_a_day)["silent_days"]) == (1, "silent", 2)


def age_proofs(tmp_path: Path, days: int) -> None:
    """Let everything seen so far be older; the log itself would refuse, so its guard is taken away first."""
    with closing(sqlite3.connect(tmp_path / "home/state.sqlite3")) as connection, connection:
        connection.execute("DROP TRIGGER device_proof_no_update")
        for table, column in (("device_proof", "seen_at"), ("check_mail", "received_at")):
            connection.execute(f"UPDATE {table} SET {column} = {column} - ?", (days * 86_400_000_000,))


def test_a_line_in_the_servers_log_is_weaker_evidence(desk: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    sent(tmp_path, replace(LINE, at=datetime.now(UTC) - timedelta(seconds=1)), TO_BOB)
    place = len(mail_lab.postfix_log)
    write(mail_lab, "no token")
    wait_for(lambda: mail_lab.postfix_log[place:], "nrcpt=")
    log = tmp_path / "logs/mail.log"
    log.parent.mkdir()
    log.write_text(mail_lab.postfix_log[place:])

    without = desk("send", "--status", "--json")
    by_file = desk("send", "--status", "--log", log, "--json")
    log.unlink()
    remembered = desk("send", "--status", "--json")

    assert person(without)["state"] == "silent"
    assert (person(by_file)["state"], person(by_file)["proof"]["kind"]) == ("sends", "log")
    assert "logged in, message accepted from 127.0.0.9" in person(by_file)["proof"]["detail"]
    assert person(by_file, "bob")["state"] == "silent"
    assert person(remembered) == person(by_file)


def test_a_folder_of_logs_will_do_and_an_empty_one_is_named(
    desk: Cli, mail_lab: MailLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(tmp_path, LINE)
    logs = tmp_path / "Logging/SMTP"
    logs.mkdir(parents=True)
    empty = desk("send", "--status", "--log", tmp_path, "--json")
    day = datetime.now().astimezone()
    stamp = f"{day:%m/%d/%y %H:%M:%S}"
    rows = [
        (stamp, "SMTP-IN", "A1", "100", "192.0.2.9", "AUTH", "x", "235 Authenticated", "0", "0", ALICE),
        (stamp, "SMTP-IN", "A1", "100", "192.0.2.9", "MAIL", f"MAIL FROM:<{ALICE}>", "250 ok", "0", "0", ALICE),
        (stamp, "SMTP-IN", "A1", "100", "192.0.2.9", "RCPT", "RCPT TO:<x@example.com>", "250 ok", "0", "0", ALICE),
        (stamp, "SMTP-IN", "A1", "100", "192.0.2.9", "DATA", "DATA", "354 go", "0", "0", ALICE),
    ]
    (logs / f"SMTP-Activity-{day:%y%m%d}.log").write_text("".join("\t".join(row) + "\n" for row in rows))

    found = desk("send", "--status", "--log", tmp_path, "--json")

    assert (empty.status, empty.document["error"]["code"]) == (2, "no_log")
    assert person(found)["proof"]["detail"] == "the server's log: logged in, message accepted from 192.0.2.9"


def test_without_a_check_mailbox_it_says_so_and_shows_what_is_known(
    desk: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    monkeypatch.delenv("PROFILEGEN_BRAND__CHECK_MAILBOX")

    answer = desk("send", "--status", "--json")

    assert (answer.status, person(answer)["state"]) == (1, "silent")
    assert "there is no check mailbox" in answer.err


def test_nothing_sent_is_no_yes(desk: Cli) -> None:
    answer, words = desk("send", "--status", "--json"), desk("send", "--status")

    assert (answer.status, answer.document["ok"], answer.document["people"]) == (1, False, [])
    assert "Nothing has been sent" in words.out


def test_a_server_of_ones_own_choice_is_asked_instead_of_the_found_one(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    write(mail_lab, TOKEN)
    monkeypatch.delenv("PROFILEGEN_BRAND__CHECK_MAILBOX")
    monkeypatch.setenv("PROFILEGEN_CHECK__SERVER", f"good.{DOMAIN}")
    nobody = desk("send", "--status", "--json")
    monkeypatch.setenv("PROFILEGEN_CHECK__USERNAME", CHECK)
    monkeypatch.setenv("PROFILEGEN_CHECK__PORT", "143")

    answer = desk("send", "--status", "--json")

    assert (nobody.status, nobody.document["error"]["code"]) == (3, "no_check_username")
    assert (answer.status, person(answer)["state"]) == (0, "sends")


@pytest.mark.parametrize(
    ("host", "port", "status", "code"),
    [
        ("good", "5993", 4, "connect_refused"),
        ("nowhere", "993", 4, "dns_failure"),
        ("expired", "993", 4, "tls_cert_expired"),
    ],
)
def test_a_server_that_is_gone_is_the_worlds_fault(
    desk: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, port: str, status: int, code: str
) -> None:
    sent(tmp_path, LINE)
    monkeypatch.setenv("PROFILEGEN_CHECK__SERVER", f"{host}.{DOMAIN}")
    monkeypatch.setenv("PROFILEGEN_CHECK__PORT", port)

    answer = desk("send", "--status", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (status, code)
    assert answer.document["error"]["retryable"] is True


def test_a_wrong_password_is_named_and_nobody_is_banned_for_it(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    monkeypatch.setenv("CAROL", "not-the-password")

    answers = [desk("send", "--status", "--json") for _ in range(3)]

    errors = [answer.document["error"] for answer in answers]
    assert [answer.status for answer in answers] == [3, 3, 3]
    assert [error["code"] for error in errors] == ["login_refused", "login_refused", "too_many_auth_failures"]
    assert f"refuses the login of {CHECK}" in errors[0]["message"]
    assert "not-the-password" not in json.dumps(errors)


def test_a_password_is_kept_once_it_was_of_use(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    write(mail_lab, TOKEN)
    monkeypatch.delenv("PROFILEGEN_CHECK__PASSWORD_ENV")
    monkeypatch.setenv("WRONG", "not-the-password")
    kept = tmp_path / "home/canaries/check_mailbox.password"

    none = desk("send", "--status", "--json")
    wrong = desk("send", "--status", "--password-env", "WRONG", "--keep-password", "--json")
    after_wrong = kept.exists()
    right = desk("send", "--status", "--password-env", "CAROL", "--keep-password", "--json")
    again = desk("send", "--status", "--json")

    assert (none.status, none.document["error"]["code"]) == (3, "no_check_password")
    assert (wrong.status, after_wrong) == (3, False)
    assert (right.status, again.status) == (0, 0)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (password_of("carol"), 0o600)
    state = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("state*"))
    assert password_of("carol").encode() not in state
    assert password_of("carol") not in right.out + right.err


def test_the_password_of_a_canary_that_is_the_same_mailbox_is_used(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(tmp_path, LINE)
    monkeypatch.delenv("PROFILEGEN_CHECK__PASSWORD_ENV")
    added = desk("canary", "add", DOMAIN, "--address", CHECK, "--password-env", "CAROL")

    answer = desk("send", "--status", "--json")

    assert (added.status, answer.status, person(answer)["state"]) == (0, 1, "silent")


def test_a_kill_between_reading_and_proving_loses_nothing(
    desk: Cli, mail_lab: MailLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(tmp_path, LINE)
    write(mail_lab, TOKEN)

    async def killed(self: SqliteProofBook, proofs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(SqliteProofBook, "add", killed)
        cut_off = desk("send", "--status", "--json")
    answer = desk("send", "--status", "--json")

    assert cut_off.status == 130
    assert (answer.status, person(answer)["state"], answer.document["new_messages"]) == (0, "sends", 0)


def test_the_button_in_the_mail_proves_that_the_phone_sends(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {"SERVER": f"good.{DOMAIN}", "PORT": "587", "FROM": BOB}.items():
        monkeypatch.setenv(f"PROFILEGEN_SEND__{key}", value)
    monkeypatch.setenv("PROFILEGEN_ORGANIZATION", "Lab & Söhne")
    monkeypatch.setenv("BOB", password_of("bob"))
    mail_lab.empty("alice")
    way = ("--via", "email", "--to", ALICE, "--password-env", "BOB", "--allow-unverified", "a test")
    delivered = desk("send", ALICE, *way, "--json")
    assert delivered.status == 0, delivered.out + delivered.err
    mail_lab.wait_for_messages("alice", 1)
    silent = desk("send", "--status", "--json")

    [recipient, fields] = button_in(mail_lab)
    assert recipient == CHECK
    write(mail_lab, fields["subject"], text=fields["body"])
    proved = desk("send", "--status", "--json")

    assert (silent.status, silent.document["people"][0]["state"]) == (1, "silent")
    assert (proved.status, proved.document["people"][0]["state"]) == (0, "sends")


def button_in(lab: MailLab) -> tuple[str, dict[str, str]]:
    """Return what the mail program of a phone makes of the mailto link in the newest mail to alice."""
    [path] = lab.messages("alice")
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    page = message.get_body(["html"])
    assert page is not None
    [link] = set(re.findall(r'href="(mailto:[^"]*body=[^"]*)"', page.get_content()))
    url = urlsplit(html.unescape(link))
    return unquote(url.path), {key: values[0] for key, values in parse_qs(url.query).items()}
