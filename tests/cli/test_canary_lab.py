"""Canaries on real servers: what they prove, for whom it counts, and when it no longer does."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeyring

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.settings.servers import Auth, FoundServer, Protocol
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.schema import MIGRATIONS
from profilegen.storage.state import State
from tests.cli.conftest import Answer, Cli
from tests.cli.test_fix_lab import ALICE, finding, given, lab_cli, outcomes
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
def canary(lab_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The lab's command line with bob's mailbox as the canary of the lab's domain."""
    monkeypatch.setenv("BOB", password_of("bob"))
    added = lab_cli("canary", "add", DOMAIN, "--address", BOB, "--password-env", "BOB", "--json")
    assert added.status == 0, added.out + added.err
    return lab_cli


def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def rows(tmp_path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home(tmp_path) / "state.sqlite3")) as connection:
        return connection.execute(statement).fetchall()


def age_all_evidence(tmp_path: Path, days: int) -> None:
    """Let everything recorded be older; the log itself would refuse, so its guard is taken away first."""
    with closing(sqlite3.connect(home(tmp_path) / "state.sqlite3")) as connection, connection:
        connection.execute("DROP TRIGGER evidence_no_update")
        connection.execute("UPDATE evidence SET tested_at = tested_at - ?", (days * 86_400_000_000,))


def logins(lab: MailLab, user: str) -> int:
    return lab.dovecot_log.count(f"Login: user=<{user}@{DOMAIN}>")


def test_a_canary_proves_its_servers_up_to_the_mailbox(canary: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    before = mail_lab.message_names("bob")

    answer = canary("canary", "run", DOMAIN, "--json")

    assert answer.status == 0, answer.out
    [run] = answer.document["canaries"]
    assert (run["ok"], run["level"], run["level_asked"]) == (True, 4, 4)
    assert run["endpoints"] == {"outgoing": f"good.{DOMAIN}:587/starttls", "incoming": f"good.{DOMAIN}:993/tls"}
    assert mail_lab.message_names("bob") == before
    [listed] = canary("canary", "list", "--json").document["canaries"]
    assert (listed["fresh"], listed["last"]["level"], listed["settings"]) == (True, 4, "looked up")
    assert listed["last"]["username"] == {"outgoing": "address", "incoming": "address"}
    assert rows(tmp_path, "SELECT level, canary, outgoing_username FROM evidence") == [(4, DOMAIN, "address")]


def test_a_canary_of_another_domain_is_kept_and_said_to_be_one(lab_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOB", password_of("bob"))

    own = lab_cli("canary", "add", DOMAIN, "--address", BOB, "--password-env", "BOB")
    other = lab_cli("canary", "add", "example.com", "--address", BOB, "--password-env", "BOB")

    assert (own.status, other.status) == (0, 0)
    assert "no mailbox of" not in own.err
    assert f"{BOB} is no mailbox of example.com: it proves the servers of {DOMAIN}." in other.err


def test_fix_uses_the_fresh_proof_of_a_canary_and_logs_in_nowhere(
    canary: Cli, mail_lab: MailLab, tmp_path: Path
) -> None:
    canary("canary", "run")
    before = logins(mail_lab, "bob")

    answer = canary("fix", ALICE, "-o", "out/", "--json")

    fixed = answer.document
    assert answer.status == 0, answer.out
    assert (fixed["verified"], fixed["level"], fixed["level_asked"]) == (True, 3, 3)
    assert finding(answer, "canary")["detail"].startswith(f"{BOB} proved these servers up to level 4 on 20")
    assert "the whole address as user name" in finding(answer, "canary")["detail"]
    assert (fixed["evidence"][0]["canary"], fixed["evidence"][0]["level"]) == (DOMAIN, 4)
    assert outcomes(answer)["outgoing.auth"] == "skip"
    assert Path(fixed["path"]).is_file()
    assert rows(tmp_path, "SELECT level, allowed_because FROM issued") == [(3, None)]
    assert logins(mail_lab, "bob") == before


def test_fix_lets_the_canary_run_where_nothing_fresh_is_known(canary: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    before = logins(mail_lab, "bob")

    first = canary("fix", ALICE, "-o", "out/", "--json")
    once = logins(mail_lab, "bob")
    canary("fix", ALICE, "-o", "out/", "--json")
    twice = logins(mail_lab, "bob")
    age_all_evidence(tmp_path, days=8)
    third = canary("fix", ALICE, "-o", "out/", "--json")

    assert [answer.document["level"] for answer in (first, third)] == [3, 3]
    assert before < once == twice < logins(mail_lab, "bob")


def test_one_screen_names_the_canary_and_when(canary: Cli) -> None:
    answer = canary("fix", ALICE, "-o", "out/")

    assert "Verification: level 3 of 3 asked" in answer.out
    assert f"{BOB} proved these servers up to level 4 on 20" in answer.out


def test_a_lower_level_needs_no_canary(canary: Cli, mail_lab: MailLab) -> None:
    before = logins(mail_lab, "bob")

    answer = canary("fix", ALICE, "-o", "out/", "--level", "1", "--json")

    assert (answer.status, answer.document["level_asked"], answer.document["evidence"]) == (0, 1, [])
    assert logins(mail_lab, "bob") == before


def test_a_canary_that_logs_in_with_another_form_of_user_name_proves_nothing_here(canary: Cli) -> None:
    answer = canary("fix", ALICE, *given(), "--username", "alice", "-o", "out/", "--json")

    assert (answer.status, answer.document["level"], answer.document["level_asked"]) == (0, 1, 1)
    assert "canary" not in outcomes(answer)


def test_a_canary_of_other_servers_proves_nothing_here(canary: Cli) -> None:
    other = ("--set", "outgoing.port=465")

    answer = canary("fix", ALICE, *given(), *other, "-o", "out/", "--json")
    asked = canary("fix", ALICE, *given(), *other, "--level", "3", "-o", "out2/", "--json")

    assert (answer.status, answer.document["level_asked"]) == (0, 1)
    assert (asked.status, asked.document["level"], asked.document["level_asked"]) == (1, 1, 3)
    assert not Path("out2").exists()


def test_a_canary_with_a_wrong_password_is_named_and_no_file_is_left(canary: Cli) -> None:
    canary("canary", "add", DOMAIN, "--address", BOB, "--password-env", "WRONG")

    answer = canary("fix", ALICE, "-o", "out/", "--json")

    assert (answer.status, answer.document["level"], answer.document["level_asked"]) == (1, 1, 3)
    told = finding(answer, "canary")
    assert (told["outcome"], told["cause"]) == ("fail", "auth_bad_credentials")
    assert told["detail"].startswith(f"The canary {BOB} failed at outgoing.auth")
    assert not Path("out").exists()


def test_a_newer_failure_of_a_canary_beats_its_older_success(canary: Cli) -> None:
    canary("canary", "run")
    canary("canary", "add", DOMAIN, "--address", BOB, "--password-env", "WRONG")
    run = canary("canary", "run", "--json")

    answer = canary("fix", ALICE, "-o", "out/", "--json")

    assert (run.status, run.document["ok"], run.document["canaries"][0]["level"]) == (1, False, 1)
    assert (answer.status, answer.document["level"]) == (1, 1)


def test_a_run_stops_at_the_first_that_fails(canary: Cli) -> None:
    canary("canary", "add", f"first.{DOMAIN}", "--address", f"carol@{DOMAIN}", "--password-env", "WRONG")

    answer = canary("canary", "run", "--json")
    words = canary("canary", "run", DOMAIN)

    document = answer.document
    assert (answer.status, document["ok"]) == (1, False)
    assert [run["domain"] for run in document["canaries"]] == [f"first.{DOMAIN}"]
    assert [left["domain"] for left in document["not_run"]] == [DOMAIN]
    assert (words.status, "4 of 4" in words.out) == (0, True)


def test_stored_settings_are_used_without_a_lookup(
    lab_cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BOB", password_of("bob"))
    document = {
        "address": BOB,
        "incoming": {"protocol": "pop3", "host": f"good.{DOMAIN}", "port": 995, "security": "tls"},
        "outgoing": {"protocol": "smtp", "host": f"good.{DOMAIN}", "port": 465, "security": "tls"},
    }
    path = tmp_path / "bob.json"
    path.write_text(json.dumps(document))
    added = lab_cli("canary", "add", "hosted.example", "--address", BOB, "--password-env", "BOB", "--settings", path)
    path.unlink()

    answer = lab_cli("canary", "run", "--json")

    [run] = answer.document["canaries"]
    assert (added.status, answer.status) == (0, 0), answer.out
    assert (run["level"], run["level_asked"]) == (3, 3)
    assert run["endpoints"] == {"outgoing": f"good.{DOMAIN}:465/tls", "incoming": f"good.{DOMAIN}:995/tls"}


def test_the_domains_of_the_organisation_hold_for_canaries_too(lab_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_DOMAINS", "example.org")

    answer = lab_cli("canary", "add", DOMAIN, "--address", BOB, "--password-env", "ALICE", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "foreign_domain")


def test_removing_a_canary_removes_its_password_and_its_word(canary: Cli, tmp_path: Path) -> None:
    canary("canary", "run")
    removed = canary("canary", "remove", DOMAIN, "--json")
    again = canary("canary", "remove", DOMAIN)

    answer = canary("fix", ALICE, "-o", "out/", "--json")
    run = canary("canary", "run", "--json")

    assert (removed.status, again.status) == (0, 1)
    assert list((home(tmp_path) / "canaries").iterdir()) == []
    assert (answer.status, answer.document["level_asked"]) == (0, 1)
    assert (run.status, run.document["error"]["code"]) == (2, "no_canary")


def test_a_lost_password_is_a_clear_error(canary: Cli, tmp_path: Path) -> None:
    (home(tmp_path) / "canaries" / f"{DOMAIN}.password").unlink()

    answer = canary("canary", "run", "--json")
    fixed = canary("fix", ALICE, "-o", "out/", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "canary_password_missing")
    assert fixed.status == 1
    assert "is not on this machine" in finding(fixed, "canary")["detail"]


def test_tests_of_people_leave_evidence_without_saying_whose(lab_cli: Cli, tmp_path: Path) -> None:
    lab_cli("fix", ALICE, "--password-env", "ALICE", "-o", "alice.mobileconfig")
    lab_cli("test", ALICE, "--password-env", "WRONG")
    lab_cli("test", "alice.mobileconfig", "--level", "1")

    seen = rows(tmp_path, "SELECT level, level_asked, canary, outgoing_host, outgoing_username FROM evidence")
    failed = rows(tmp_path, 'SELECT evidence_id, "check", cause FROM evidence_failure')

    assert [row[:3] for row in seen] == [(3, 3, None), (1, 4, None), (1, 1, None)]
    assert {row[3:] for row in seen} == {(f"good.{DOMAIN}", "address")}
    assert (2, "outgoing.auth", "auth_bad_credentials") in failed
    kept = "\n".join(
        str(row) for table in ("evidence", "evidence_failure") for row in rows(tmp_path, f"SELECT * FROM {table}")
    )
    assert "alice" not in kept


def test_secrets_are_in_their_own_file_and_nowhere_else(canary: Cli, tmp_path: Path) -> None:
    answers = [
        canary(*words)
        for words in (
            ("canary", "run"),
            ("canary", "run", "--json"),
            ("canary", "list"),
            ("canary", "list", "--json"),
            ("fix", ALICE, "-o", "out/"),
            ("fix", ALICE, "--password-env", "ALICE", "-o", "out/", "--json"),
        )
    ]

    secret = home(tmp_path) / "canaries" / f"{DOMAIN}.password"
    assert secret.read_text() == password_of("bob")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (secret, secret.parent)] == [0o600, 0o700]
    seen = "".join(answer.out + answer.err for answer in answers)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != secret)
    for form in forms("bob") + forms("alice"):
        assert form not in seen
        assert form.encode() not in kept


def forms(user: str) -> list[str]:
    password = password_of(user)
    return [password, *(b64encode(text.encode()).decode() for text in (password, f"\0{user}@{DOMAIN}\0{password}"))]


KILLED = """
import os, signal, sys
from profilegen.storage.canaries import SqliteCanaryStore
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.cli.app import run

async def killed(self, record):
    os.kill(os.getpid(), signal.SIGKILL)

SqliteEvidenceLog.record = SqliteCanaryStore.keep = killed
run(sys.argv[1:])
"""


def run_killed(*arguments: str) -> None:
    """Run the command line in a process that kills itself when it is about to write its record."""
    command = [sys.executable, "-B", "-c", KILLED, *arguments]
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    killed = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_a_kill_between_report_and_record_leaves_no_file_and_no_claim(canary: Cli, tmp_path: Path) -> None:
    run_killed("fix", ALICE, "-o", "out/")
    left = Path("out").exists()
    before = rows(tmp_path, "SELECT count(*) FROM evidence")

    answer = canary("fix", ALICE, "-o", "out/", "--json")

    assert (before, left) == ([(0,)], False)
    assert (answer.status, answer.document["level"]) == (0, 3)
    assert rows(tmp_path, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_a_kill_inside_add_leaves_no_canary_and_remove_clears_its_password(lab_cli: Cli, tmp_path: Path) -> None:
    run_killed("canary", "add", DOMAIN, "--address", BOB, "--password-env", "ALICE")
    secret = home(tmp_path) / "canaries" / f"{DOMAIN}.password"
    left = secret.exists()

    listed = lab_cli("canary", "list", "--json")
    lab_cli("canary", "remove", DOMAIN)

    assert (left, listed.document["canaries"], secret.exists()) == (True, [], False)


def test_what_a_canary_once_proved_does_not_outweigh_a_certificate_that_has_expired(
    canary: Cli, tmp_path: Path
) -> None:
    bad = ("--set", f"outgoing.host=expired.{DOMAIN}", "-o", "out/", "--level", "3", "--json")
    canary("fix", ALICE, *given(), *bad)
    tested = latest(tmp_path)
    once = replace(tested, level=4, failures=(), canary=DOMAIN)
    asyncio.run(SqliteEvidenceLog(state=State(path=home(tmp_path) / "state.sqlite3")).record(once))

    answer = canary("fix", ALICE, *given(), *bad)

    assert (answer.status, answer.document["level"], answer.document["evidence"]) == (1, 0, [])
    assert finding(answer, "outgoing.tls.dates")["cause"] == "tls_cert_expired"
    assert "canary" not in outcomes(answer)
    assert not Path("out").exists()


def latest(tmp_path: Path) -> Evidence:
    state = State(path=home(tmp_path) / "state.sqlite3")
    server = FoundServer(
        protocol=Protocol.IMAP,
        host=f"good.{DOMAIN}",
        port=993,
        use_ssl=True,
        auth=Auth.PASSWORD,
        username=ALICE,
    )
    about = EndpointPair.of(Address.parse(ALICE), incoming=server, outgoing=server)
    return asyncio.run(SqliteEvidenceLog(state=state).about(about, datetime(2020, 1, 1, tzinfo=UTC)))[0]


def table_of(answer: Answer) -> list[list[str]]:
    return [line.split() for line in answer.out.splitlines()]


def test_the_table_of_a_run_is_one_line_per_canary(canary: Cli) -> None:
    answer = canary("canary", "run")

    [line] = [words for words in table_of(answer) if DOMAIN in words]
    assert line == ["✓", DOMAIN, "4", "of", "4", f"good.{DOMAIN}:587/starttls", f"good.{DOMAIN}:993/tls"]
