"""Accepted messages out of the logs somebody names: files, folders, rotated and packed."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profilegen.diagnosis.maillog.event import LogEvent
from profilegen.errors import InputProblem
from profilegen.review.submissions import submissions

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3000)


def postfix(login: str, when: datetime = NOW, queue_id: str = "4AB12") -> str:
    stamp = when.isoformat(timespec="seconds")
    return (
        f"{stamp} mx postfix/submission/smtpd[7]: {queue_id}: client=phone[192.0.2.9], "
        f"sasl_method=PLAIN, sasl_username={login}\n"
        f"{stamp} mx postfix/qmgr[8]: {queue_id}: from=<{login}>, size=400, nrcpt=1 (queue active)\n"
    )


def mailenable(login: str) -> str:
    told = [
        ("AUTH", "x", "235 ok"),
        ("MAIL", f"FROM:<{login}>", "250 ok"),
        ("RCPT", "TO:<x@example.com>", "250 ok"),
        ("DATA", "DATA", "354 go"),
    ]
    rows = [
        ("11/23/26 12:00:00", "SMTP-IN", "A1", "1", "192.0.2.9", verb, said, reply, "0", "0", login)
        for verb, said, reply in told
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def logins(*places: Path, since: datetime = LONG_AGO) -> list[str]:
    return [event.address for event in events(*places, since=since)]


def events(*places: Path, since: datetime = LONG_AGO) -> list[LogEvent]:
    return list(submissions(map(str, places), now=NOW, since=since))


def test_a_file_is_read_as_what_its_name_says(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "anything.log", tmp_path / "SMTP-Activity-261123.log"
    ours.write_text(postfix("anna@example.com") + "garbage\n\x00\xff\n")
    theirs.write_text(mailenable("ben@example.com"))

    assert logins(ours, theirs) == ["anna@example.com", "ben@example.com"]


def test_a_folder_is_read_with_its_rotated_logs_oldest_first(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(postfix("c@example.com"))
    (tmp_path / "mail.log.1").write_text(postfix("b@example.com"))
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(postfix("a@example.com").encode()))
    (tmp_path / "auth.log").write_text(postfix("other@example.com"))

    assert logins(tmp_path) == ["a@example.com", "b@example.com", "c@example.com"]


@pytest.mark.parametrize("below", [".", "Logging/SMTP"])
def test_the_folder_of_a_mailenable_will_do_and_that_of_its_logs(tmp_path: Path, below: str) -> None:
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SMTP-Activity-261123.log").write_text(mailenable("ben@example.com"))

    assert logins(tmp_path) == ["ben@example.com"]


def test_what_lies_too_far_back_or_has_no_login_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    nobody = postfix("x@example.com", queue_id="4AB14").replace(", sasl_method=PLAIN, sasl_username=x@example.com", "")
    log.write_text(
        postfix("old@example.com", NOW - timedelta(days=2)) + postfix("new@example.com", queue_id="4AB13") + nobody
    )

    assert logins(log, since=NOW - timedelta(days=1)) == ["new@example.com"]


@pytest.mark.parametrize(("name", "code"), [("", "no_log"), ("missing.log", "unreadable_log")])
def test_a_place_without_a_log_is_named(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(InputProblem) as caught:
        logins(tmp_path / name)

    assert caught.value.code == code
    assert str(tmp_path) in caught.value.message
