"""The check mailbox on a real Dovecot: what is read, how little, and that nothing looks different afterwards."""

import asyncio
import os
import re
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import cast

import pytest

from profilegen.delivery import check_mailbox
from profilegen.delivery.check_mailbox import ImapCheckMailbox
from profilegen.errors import ConfigProblem, NetworkProblem, ProfilegenError
from profilegen.mailing.proof_mail import Verdict
from profilegen.mailing.proof_token import new_token
from profilegen.net.hosts import FixedHosts
from profilegen.net.tls import tls_contexts
from profilegen.ports.check_mailbox import Batch, Expected, Mark
from profilegen.secret import Login, Secret
from profilegen.settings.servers import Auth, Protocol, Security, Server
from tests.lab.driving import smtp
from tests.lab.mail import DOMAIN, MAIL_UID, MailLab, password_of
from tests.probe.world import FakeBudget

pytestmark = pytest.mark.servers

TOKEN = new_token(bytes(range(9)))
LAST_WEEK = (datetime.now(UTC) - timedelta(days=7)).date()
ALICE = f"alice@{DOMAIN}"
IPHONE = "iPhone Mail (22A3354)"


@pytest.fixture
def lab(mail_lab: MailLab) -> Iterator[MailLab]:
    """The lab with an empty check mailbox; it is carol's, or that of junk, whose mail arrives in Junk."""
    for user in ("carol", "junk"):
        mail_lab.empty(user)
    yield mail_lab
    for user in ("carol", "junk"):
        mail_lab.empty(user)


def mailbox(
    lab: MailLab,
    user: str = "carol",
    *,
    host: str = "good",
    port: int = 993,
    password: str | None = None,
    budget: FakeBudget | None = None,
) -> ImapCheckMailbox:
    server = Server(
        protocol=Protocol.IMAP,
        host=f"{host}.{DOMAIN}",
        port=port,
        security=Security.STARTTLS if port == 143 else Security.TLS,
        auth=(Auth.PASSWORD,),
        username=f"{user}@{DOMAIN}",
    )
    return ImapCheckMailbox(
        server=server,
        login=Login(username=server.username, password=Secret(text=password or password_of(user))),
        resolver=FixedHosts(lab.hosts),
        tls=tls_contexts([lab.ca_pem]).verified,
        budget=budget or FakeBudget(),
    )


def read(
    box: ImapCheckMailbox,
    marks: Mapping[str, Mark] | None = None,
    *,
    since: date = LAST_WEEK,
    people: Collection[str] = (ALICE,),
) -> list[Batch]:
    async def collect() -> list[Batch]:
        return [
            batch async for batch in box.read(marks or {}, since=since, expected=Expected(people=people, mailed={}))
        ]

    return asyncio.run(collect())


def marks_of(batches: list[Batch]) -> dict[str, Mark]:
    return {batch.folder: batch.mark for batch in batches}


def mail(subject: str, text: str = "Hallo", *, to: str = "carol", program: str | None = IPHONE) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Alice <{ALICE}>"
    message["To"] = f"{to}@{DOMAIN}"
    message["Subject"] = subject
    if program:
        message["X-Mailer"] = program
    message.set_content(text)
    return message


def submit(lab: MailLab, message: EmailMessage, *, host: str = "good") -> None:
    """Send as a phone does: submission, TLS, login."""
    with smtp(lab, host) as session:
        session.login(ALICE, password_of("alice"))
        session.send_message(message)


def fill(lab: MailLab, count: int, *, user: str = "carol", days_old: int = 0) -> None:
    """Put many other messages into a mailbox, as delivered so many days ago."""
    folder = lab.folder / "mail" / DOMAIN / user / "new"
    folder.mkdir(parents=True, exist_ok=True)
    when = time.time() - days_old * 86_400
    body = "Lorem ipsum dolor sit amet\r\n" * 200
    for number in range(count):
        path = folder / f"{int(when)}.M{number}P1_{days_old}.lab"
        path.write_text(f"From: news{number}@{DOMAIN}\r\nSubject: Newsletter {number}\r\n\r\n{body}")
        os.utime(path, (when, when))
        os.chown(path, MAIL_UID, MAIL_UID)
    for path in (folder, *folder.parents[:1]):
        os.chown(path, MAIL_UID, MAIL_UID)


def last_session(lab: MailLab, user: str = "carol", *, after: int) -> dict[str, int]:
    """Return what Dovecot counted in the only session since a place in its log: bytes in and out, headers, bodies."""
    pattern = re.compile(
        rf"imap\({user}@{DOMAIN}\).*: (?:Logged out|Disconnected.*|Connection closed.*?) (in=\d+ out=.*)"
    )
    deadline = time.monotonic() + 10
    while True:
        found = pattern.findall(lab.dovecot_log[after:])
        if found or time.monotonic() > deadline:
            [counts] = found
            return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", counts)}
        time.sleep(0.02)


def flags(lab: MailLab, user: str = "carol") -> set[str]:
    return {path.name.partition(":2,")[2] for path in lab.messages(user)}


def test_a_message_from_a_phone_is_read_with_its_token_sender_program_and_time(lab: MailLab) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    submit(lab, mail(f"Mein Gerät sendet {TOKEN}"))
    lab.wait_for_messages("carol", 1)

    batches = read(mailbox(lab))

    [found] = [mail for batch in batches for mail in batch.mails]
    assert (found.token, found.sender, found.program) == (TOKEN, ALICE, IPHONE)
    assert found.verdict is Verdict.UNSAID
    assert before <= found.received_at <= datetime.now(UTC)


@pytest.mark.parametrize(("host", "port"), [("good", 143), ("oldimap", 993)])
def test_starttls_and_old_servers_will_do(lab: MailLab, host: str, port: int) -> None:
    submit(lab, mail(TOKEN))
    lab.wait_for_messages("carol", 1)

    assert [mail.token for batch in read(mailbox(lab, host=host, port=port)) for mail in batch.mails] == [TOKEN]


def test_a_message_in_the_junk_folder_counts_as_well(lab: MailLab) -> None:
    submit(lab, mail(TOKEN, to="junk"))
    lab.wait_for_messages("junk", 1)

    batches = read(mailbox(lab, "junk"))

    assert [(batch.folder, mail.token) for batch in batches for mail in batch.mails] == [("Junk", TOKEN)]


def test_a_token_in_the_text_is_found_only_if_the_sender_got_a_profile(lab: MailLab) -> None:
    submit(lab, mail("Hallo", f"Guten Tag\n\n{TOKEN.lower()}\n"))
    lab.wait_for_messages("carol", 1)

    known, unknown = (read(mailbox(lab), people=people) for people in ([ALICE], [f"bob@{DOMAIN}"]))

    assert [mail.token for batch in known for mail in batch.mails] == [TOKEN]
    assert [mail.token for batch in unknown for mail in batch.mails] == []


@pytest.mark.parametrize("subject", ["Hallo", f"Mein Gerät sendet {TOKEN[:-1]}X", ""])
def test_a_message_without_a_sound_token_proves_nothing(lab: MailLab, subject: str) -> None:
    submit(lab, mail(subject))
    lab.wait_for_messages("carol", 1)

    batches = read(mailbox(lab))

    assert [batch.looked_at for batch in batches] == [1]
    assert [mail for batch in batches for mail in batch.mails] == []


def test_the_verdict_of_the_mailboxs_own_server_comes_along(lab: MailLab) -> None:
    submit(lab, mail(TOKEN), host="relayed")
    lab.wait_for_messages("carol", 1)

    assert [mail.verdict for batch in read(mailbox(lab)) for mail in batch.mails] == [Verdict.FALSE]


def test_a_thousand_other_messages_cost_their_headers_once_and_nothing_is_touched(lab: MailLab) -> None:
    fill(lab, 1000)
    submit(lab, mail(TOKEN))
    lab.wait_for_messages("carol", 1001)
    names, place = lab.message_names("carol"), len(lab.dovecot_log)

    first = read(mailbox(lab))
    counted, place = last_session(lab, after=place), len(lab.dovecot_log)
    second = read(mailbox(lab), marks_of(first))
    again = last_session(lab, after=place)

    assert sum(batch.looked_at for batch in first) == 1001
    assert [mail.token for batch in first for mail in batch.mails] == [TOKEN]
    assert (counted["hdr_count"], counted["body_count"]) == (1001, 0)
    assert counted["out"] < 300 * 1001
    assert second == []
    assert (again["hdr_count"], again["hdr_bytes"], again["body_count"]) == (0, 0, 0)
    assert again["out"] < 2_000
    assert lab.message_names("carol") == names
    assert flags(lab) == {""}


def test_only_what_is_new_is_read_the_second_time(lab: MailLab) -> None:
    fill(lab, 5)
    marks = marks_of(read(mailbox(lab)))
    submit(lab, mail(TOKEN))
    lab.wait_for_messages("carol", 6)

    batches = read(mailbox(lab), marks)

    assert [(batch.folder, batch.looked_at, len(batch.mails)) for batch in batches] == [("INBOX", 1, 1)]


def test_old_mail_is_not_looked_at_unless_older_days_are_asked_for(lab: MailLab) -> None:
    fill(lab, 3, days_old=40)
    fill(lab, 2)

    recent = read(mailbox(lab))
    repeated = read(mailbox(lab), marks_of(recent))
    older = read(mailbox(lab), marks_of(recent), since=LAST_WEEK - timedelta(days=60))

    assert [sum(batch.looked_at for batch in batches) for batches in (recent, repeated, older)] == [2, 0, 5]


def test_a_folder_without_anything_new_is_marked_as_read_to_its_end(lab: MailLab) -> None:
    fill(lab, 3, days_old=40)

    first = read(mailbox(lab))
    second = read(mailbox(lab), marks_of(first))

    assert [(batch.folder, batch.looked_at) for batch in first if batch.folder == "INBOX"] == [("INBOX", 0)]
    assert second == []


def test_a_folder_that_was_made_anew_is_read_from_the_beginning(lab: MailLab) -> None:
    fill(lab, 4)
    marks = {
        name: replace(mark, uid_validity=mark.uid_validity + 1) for name, mark in marks_of(read(mailbox(lab))).items()
    }

    assert sum(batch.looked_at for batch in read(mailbox(lab), marks)) == 4


def test_a_long_read_goes_on_where_it_was_cut_off(lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(lab, 25)
    monkeypatch.setattr(check_mailbox, "AT_ONCE", 10)
    monkeypatch.setattr(check_mailbox, "MOST_MESSAGES", 20)

    first = read(mailbox(lab))
    second = read(mailbox(lab), marks_of(first))

    assert [batch.looked_at for batch in first if batch.folder == "INBOX"] == [10, 10]
    assert [batch.looked_at for batch in second if batch.folder == "INBOX"] == [5]


def test_whoever_stops_in_the_middle_leaves_no_connection_behind(lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(lab, 25)
    monkeypatch.setattr(check_mailbox, "AT_ONCE", 10)
    place = len(lab.dovecot_log)

    async def first_batch() -> Batch:
        batches = mailbox(lab).read({}, since=LAST_WEEK, expected=Expected(people=(), mailed={}))
        async with aclosing(cast(AsyncGenerator[Batch, None], batches)):
            return await anext(batches)

    assert asyncio.run(first_batch()).looked_at == 10
    assert last_session(lab, after=place)["hdr_count"] == 10


def test_the_windows_of_a_search_miss_nothing(lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(lab, 25)
    monkeypatch.setattr(check_mailbox, "WINDOW", 7)

    assert sum(batch.looked_at for batch in read(mailbox(lab))) == 25


def failure(box: ImapCheckMailbox) -> ProfilegenError:
    with pytest.raises(ProfilegenError) as caught:
        read(box)
    return caught.value


def test_a_wrong_password_is_a_matter_of_configuration_and_is_booked_as_failed(lab: MailLab) -> None:
    budget = FakeBudget()

    problem = failure(mailbox(lab, password="not-the-password", budget=budget))

    assert (type(problem), problem.code) == (ConfigProblem, "login_refused")
    assert f"good.{DOMAIN} refuses the login of carol@{DOMAIN}" in problem.message
    assert "not-the-password" not in problem.message
    assert [call for call, _, _ in budget.calls] == ["reserve"]


def test_no_login_is_tried_when_too_many_have_failed(lab: MailLab) -> None:
    later, place = datetime.now(UTC) + timedelta(minutes=40), len(lab.dovecot_log)

    problem = failure(mailbox(lab, budget=FakeBudget(spent_until=later)))

    assert (type(problem), problem.code) == (ConfigProblem, "too_many_auth_failures")
    assert f"{later:%H:%M} UTC" in problem.message
    assert "Login:" not in lab.dovecot_log[place:]


def test_a_good_login_clears_the_budget(lab: MailLab) -> None:
    budget = FakeBudget()
    read(mailbox(lab, budget=budget))
    assert [call for call, _, _ in budget.calls] == ["reserve", "succeeded"]


@pytest.mark.parametrize(
    ("host", "port", "code"),
    [
        ("wronghost", 993, "tls_hostname_mismatch"),
        ("expired", 993, "tls_cert_expired"),
        ("untrusted", 993, "tls_untrusted"),
        ("untrusted", 143, "tls_untrusted"),
        ("good", 5993, "connect_refused"),
        ("nowhere", 993, "dns_failure"),
    ],
)
def test_a_server_that_cannot_be_asked_is_named_and_gets_no_password(
    lab: MailLab, host: str, port: int, code: str
) -> None:
    budget, place = FakeBudget(), len(lab.dovecot_log)

    problem = failure(mailbox(lab, host=host, port=port, budget=budget))

    assert (type(problem), problem.code) == (NetworkProblem, code)
    assert f"{host}.{DOMAIN}" in problem.message
    assert budget.calls == []
    assert "Login:" not in lab.dovecot_log[place:]
