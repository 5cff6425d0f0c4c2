"""`fleet apply --instruct`: who has to type a password is told with the push, and once per fault."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_fix_lab import lab_cli
from tests.cli.test_send_lab import BOB, arrived
from tests.fleetruns.conftest import FRESH, Organisation
from tests.lab.mail import DOMAIN, MailLab, password_of

__all__ = ["lab_cli"]  # the fixture

SIGNED = ("--allow-self-signed",)


@pytest.fixture
def office(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    monkeypatch.setenv("PROFILEGEN_ORGANIZATION", "Example Ltd")
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", "check@example.com")
    monkeypatch.setenv("PROFILEGEN_CHECK__SERVER", "127.0.0.1")
    return organisation


def _told(office: Organisation, who: str) -> list[str]:
    history = office.cli("person", who, "--offline", "--json").document["history"]
    return [line["outcome"] for line in history if line["kind"] == "instruction"]


def _apply(office: Organisation, folder: Path, *arguments: str) -> dict[str, Any]:
    return office.apply(*SIGNED, "--instruct", "folder", "--instruct-output", str(folder), *arguments)


def test_who_has_to_type_a_password_is_told_once_per_fault(office: Organisation) -> None:
    folder = office.folder / "pages"
    office.hire(2)
    assert _apply(office, folder)["instructed"] == {"delivered": 2}
    pages = sorted(path.name for path in folder.rglob("*.html"))
    assert len(pages) == 2
    assert "mailto:check@example.com" in next(folder.rglob("*.html")).read_text()
    assert len(_told(office, "p0@example.com")) == 1

    _apply(office, folder)  # nothing is wrong, and nobody is told again
    assert len(_told(office, "p0@example.com")) == 1

    phone = office.phones[0]
    phone.restore()
    office.look_again()
    again = _apply(office, folder, *FRESH)
    assert again["instructed"]["delivered"] == 1
    assert [len(_told(office, f"p{number}@example.com")) for number in range(2)] == [2, 1]


def test_whom_an_earlier_run_did_not_tell_is_told_by_the_next(office: Organisation) -> None:
    office.hire(2)
    office.apply(*SIGNED)
    assert _told(office, "p0@example.com") == []
    assert _apply(office, office.folder / "pages")["instructed"] == {"delivered": 2}
    assert len(_told(office, "p0@example.com")) == 1


def test_whose_device_refuses_it_and_who_is_known_to_send_is_not_told(office: Organisation) -> None:
    office.hire(3)
    office.phones[0].fail_install = [{"ErrorCode": 4001, "ErrorDomain": "D", "USEnglishDescription": "no"}]
    first = office.apply(*SIGNED, "--canary", "0", "--wave", "100", "--max-failures", "100")
    assert first["pushed"] == 3, first
    office.run("confirm", "p1@example.com", "said so", "--offline")
    told = _apply(office, office.folder / "pages")
    assert [len(_told(office, f"p{number}@example.com")) for number in range(3)] == [0, 0, 1], told
    assert told["instructed"] == {"delivered": 1}


def test_a_plan_counts_people_and_not_devices(office: Organisation) -> None:
    office.hire(3)
    for phone in office.phones:
        phone.offline = True
    roster = office.folder / "persons.csv"
    rows = [f"q@example.com,staff-1,{phone.udid},acme" for phone in office.phones[:2]]
    roster.write_text("\n".join(["address,person,udid,mdm", *rows]) + "\n")
    assert office.run("import", str(roster), "--trust-roster", "the list").status == 0
    plan = office.run("plan", "--offline", "--only", "staff-1", "--json").document
    assert plan["to_ask"] <= 1


@pytest.fixture
def mailing(lab_cli: object, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> MailLab:
    """The organisation's own mail server, whose mail alice gets."""
    for key, value in {"SERVER": f"good.{DOMAIN}", "PORT": "587", "FROM": BOB}.items():
        monkeypatch.setenv(f"PROFILEGEN_SEND__{key}", value)
    monkeypatch.setenv("PROFILEGEN_BRAND__REPLY_TO", f"alice@{DOMAIN}")
    monkeypatch.setenv("BOB", password_of("bob"))
    mail_lab.empty("alice")
    return mail_lab


def _hire_with_recovery(office: Organisation, count: int, recovery: str = f"alice@{DOMAIN}") -> None:
    office.hire(count)
    rows = [f"p{number}@example.com,{phone.udid},acme,{recovery}" for number, phone in enumerate(office.phones)]
    roster = office.folder / "recovery.csv"
    roster.write_text("\n".join(["address,udid,mdm,recovery_email", *rows]) + "\n")
    assert office.run("import", str(roster), "--trust-roster", "the list").status == 0


BY_MAIL = ("--instruct", "email", "--password-env", "BOB")


@pytest.mark.servers
def test_more_than_twenty_people_get_no_mail_that_was_not_rehearsed(office: Organisation, mailing: MailLab) -> None:
    _hire_with_recovery(office, 21)
    refused = office.apply(*SIGNED, *BY_MAIL)
    assert refused["error"]["code"] == "rehearse_first", refused
    assert "fleet apply --instruct email --rehearse" in refused["error"]["hint"]
    assert office.installs() == []

    rehearsed = office.apply(*SIGNED, *BY_MAIL, "--rehearse")
    assert rehearsed == {"rehearsed": 21, "unfit": []}
    assert office.installs() == []
    assert mailing.wait_for_messages("alice", 1) == 1
    assert "p0@example.com needs your password" in arrived(mailing, "alice")["Subject"]

    told = office.apply(*SIGNED, *BY_MAIL, "--canary", "0", "--wave", "100")
    assert (told["pushed"], told["instructed"]) == (21, {"delivered": 21}), told
    assert mailing.wait_for_messages("alice", 22) == 22


@pytest.mark.servers
def test_refused_mail_stops_further_mail_and_no_profile(office: Organisation, mailing: MailLab) -> None:
    _hire_with_recovery(office, 21, recovery=f"nobody-here@{DOMAIN}")
    office.apply(*SIGNED, *BY_MAIL, "--rehearse")
    told = office.apply(*SIGNED, *BY_MAIL, "--canary", "3", "--wave", "100")
    assert told["pushed"] == 21, told
    assert told["instructed"] == {"refused": 1}
    assert told["not_instructed"]["code"] == "too_many_refusals"


@pytest.mark.servers
def test_a_watch_tells_people_once_while_it_repairs(office: Organisation, mailing: MailLab) -> None:
    _hire_with_recovery(office, 1)
    how = ("--rounds", "2", "--interval", "1s", "--patience", "20s", "--allow-unverified", "a test", "--offline")
    for told in (1, 2):
        office.run("watch", *how, *SIGNED, *BY_MAIL, *FRESH)
        assert mailing.wait_for_messages("alice", told) == told
        assert len(_told(office, "p0@example.com")) == told
        office.phones[0].restore()
        office.look_again()


def test_only_mail_is_rehearsed(office: Organisation) -> None:
    assert office.apply(*SIGNED, "--instruct", "folder", "--rehearse")["error"]["code"] == "no_mail"
    assert office.apply("--instruct", "folder", "--instruct-rate", "5/s")["error"]["code"] == "no_mail"
    assert office.apply("--instruct", "email", "--instruct-rate", "5")["error"]["code"] == "bad_rate"


@pytest.mark.servers
def test_the_mail_says_what_to_do_and_carries_the_button_but_no_profile(
    office: Organisation, lab_cli: object, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {"SERVER": f"good.{DOMAIN}", "PORT": "587", "FROM": BOB}.items():
        monkeypatch.setenv(f"PROFILEGEN_SEND__{key}", value)
    monkeypatch.setenv("BOB", password_of("bob"))
    mail_lab.empty("alice")
    office.hire(1)
    roster = office.folder / "recovery.csv"
    phone = office.phones[0]
    roster.write_text(f"address,udid,mdm,recovery_email\np0@example.com,{phone.udid},acme,alice@{DOMAIN}\n")
    assert office.run("import", str(roster), "--trust-roster", "the list").status == 0
    told = office.apply(*SIGNED, "--instruct", "email", "--password-env", "BOB")
    assert told["instructed"] == {"delivered": 1}, told
    assert mail_lab.wait_for_messages("alice", 1) == 1
    message = arrived(mail_lab, "alice")
    assert "p0@example.com needs your password" in message["Subject"]
    assert not list(message.iter_attachments())
    body = message.get_body(("html",))
    assert body is not None
    assert "mailto:check@example.com" in body.get_content()
    assert os.environ["BOB"] not in message.as_string()
