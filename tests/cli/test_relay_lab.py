"""The review of a real Postfix, driven into every state it shall be able to name."""

import csv
import json
import signal
import smtplib
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli
from tests.lab.dns import ServeZones
from tests.lab.driving import PHONE, log_in_once, log_in_to_imap, offer, smtp, wait_for
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.signals import interruptible_profilegen
from tests.lab.zone import zone

pytestmark = pytest.mark.servers

OUTSIDE = "somebody@example.org"


@pytest.fixture(scope="module")
def resolver(mail_lab: MailLab, serve_zones: ServeZones) -> str:
    net = mail_lab.hosts[f"good.{DOMAIN}"][0].split(".")
    reverse = f"{net[2]}.{net[1]}.127.in-addr.arpa"
    listed = f"{'.'.join(reversed(mail_lab.hosts[f'openrelay.{DOMAIN}'][0].split('.')))}"
    return serve_zones(
        {
            DOMAIN: zone(mail_lab),
            reverse: f"1 PTR good.{DOMAIN}.\n7 PTR elsewhere.{DOMAIN}.\n",
            "bl.test": f'{listed} A 127.0.0.2\n{listed} TXT "spam was seen"\n2.0.0.127 A 127.0.0.2\n',
            "all.test": "* A 127.0.0.2\n",
        }
    )


@pytest.fixture
def relay(cli: Cli, mail_lab: MailLab, resolver: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", resolver)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(authority))
    monkeypatch.setenv("ALICE", password_of("alice"))
    return lambda *arguments: cli("relay", *arguments)


def outcomes(answer: Answer) -> dict[str, str]:
    return {finding["check"]: finding["outcome"] for finding in answer.document["findings"]}


def finding(answer: Answer, check: str) -> dict[str, Any]:
    return next(dict(found) for found in answer.document["findings"] if found["check"] == check)


def a_fresh_second() -> str:
    """Wait for the next second and return it: what other tests left in the log lies before it."""
    time.sleep(1.1)
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def etc(lab: MailLab) -> Path:
    return lab.folder / "postfix/etc"


# --- from outside ----------------------------------------------------------------------------------------


def test_without_permission_a_sound_server_is_looked_at_and_asked_once_per_port(relay: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.postfix_log.count("relay-check@example.org")

    answer = relay(f"good.{DOMAIN}", "--json")

    assert (answer.status, answer.document["host"]) == (0, f"good.{DOMAIN}")
    assert [check for check, outcome in outcomes(answer).items() if outcome in ("fail", "warn")] == ["banner.name"]
    assert {check for check in outcomes(answer) if "relay" in check} == {
        f"{port}.relay_without_auth" for port in (25, 465, 587)
    }
    assert outcomes(answer)["2525.connect"] == "skip"
    assert outcomes(answer)["ptr"] == "pass"
    assert mail_lab.postfix_log.count("relay-check@example.org") - before <= 6  # one refusal names it twice


def test_every_combination_is_tried_on_ones_own_server_and_nothing_is_sent(relay: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.message_names("alice")

    answer = relay(
        f"good.{DOMAIN}", "--i-run-this-server", "--username", f"alice@{DOMAIN}", "--password-env", "ALICE", "--json"
    )

    found = outcomes(answer)
    assert answer.status == 0
    for port in (465, 587):
        combinations = {check: outcome for check, outcome in found.items() if check.startswith(f"{port}.relay.")}
        assert len(combinations) == 10
        assert set(combinations.values()) == {"pass"}
    assert found["25.relay.no_login.local_to_local"] == "warn"
    assert found["25.relay.no_login.foreign_to_local"] == "pass"
    assert found["465.rate_limit"] == found["465.connection_limit"] == "warn"
    assert "587.rate_limit" not in found
    assert "not owned by user" in finding(answer, "587.relay.login.foreign_to_foreign")["detail"]
    assert mail_lab.message_names("alice") == before
    assert password_of("alice") not in answer.out + answer.err


def test_an_open_relay_is_named_with_what_to_do(relay: Cli) -> None:
    answer = relay(f"openrelay.{DOMAIN}", "--i-run-this-server", "--domain", DOMAIN, "--json")

    opened = finding(answer, "25.relay.no_login.foreign_to_foreign")
    forged = finding(answer, "25.relay.no_login.local_to_foreign")
    assert answer.status == 1
    assert (opened["outcome"], opened["cause"]) == (forged["outcome"], forged["cause"]) == ("fail", "open_relay")
    assert "one of its own addresses" in forged["detail"]
    assert "logged in" in opened["remedy"]
    [said] = [one for one in answer.document["advice"] if one["id"] == "authenticated_senders"]
    assert "open relay for whoever knows your domain" in said["why"]
    assert "smtpd_relay_restrictions" in said["where"]


def test_a_login_in_clear_text_and_missing_tls_are_faults(relay: Cli) -> None:
    found = outcomes(relay(f"plain.{DOMAIN}", "--json"))

    assert (found["587.starttls"], found["587.auth_in_clear"]) == ("fail", "fail")


def test_an_envelope_limit_is_noticed(relay: Cli) -> None:
    answer = relay(
        f"limited.{DOMAIN}", "--i-run-this-server", "--username", f"alice@{DOMAIN}", "--password-env", "ALICE", "--json"
    )

    limited = finding(answer, "587.relay.login.own_to_foreign")
    assert (limited["outcome"], limited["cause"]) == ("fail", "rate_limited")
    assert finding(answer, "587.rate_limit")["outcome"] == "pass"


def test_a_wrong_password_is_tried_on_one_port_only(
    relay: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "not-the-password")
    before = mail_lab.postfix_log.count("authentication failed")

    answer = relay(
        f"good.{DOMAIN}", "--i-run-this-server", "--username", f"bob@{DOMAIN}", "--password-env", "WRONG", "--json"
    )

    assert finding(answer, "465.auth")["cause"] == "auth_bad_credentials"
    assert "587.auth" not in outcomes(answer)
    assert mail_lab.postfix_log.count("authentication failed") - before == 1


def test_names_and_block_lists_are_asked_where_they_are_named(relay: Cli) -> None:
    answer = relay(f"openrelay.{DOMAIN}", "--dnsbl", "bl.test", "--dnsbl", "all.test", "--json")

    listed = finding(answer, "dnsbl.bl.test")
    assert (listed["outcome"], listed["cause"]) == ("fail", "ip_blacklisted")
    assert "spam was seen" in listed["detail"]
    assert finding(answer, "dnsbl.all.test")["outcome"] == "skip"
    assert "does not lead back" in finding(answer, "ptr")["detail"]


# --- from its files --------------------------------------------------------------------------------------


def test_the_configuration_of_every_service_is_judged(relay: Cli, mail_lab: MailLab) -> None:
    answer = relay("--postfix", etc(mail_lab), "--json")

    details = {(found["check"], found["outcome"]): found["detail"] for found in answer.document["findings"]}
    assert answer.status == 1
    assert "0.0.0.0/0" in details["postfix.relay", "fail"]
    assert "send as anybody" in details["postfix.sender_login", "fail"]
    assert "smtpd_tls_auth_only" in details["postfix.auth_in_clear", "fail"]
    assert ("queue.size", "pass") in details
    assert "lines in" in details["log", "pass"]


def test_what_waits_in_the_queue_is_counted_by_sender(relay: Cli, mail_lab: MailLab) -> None:
    with smtp(mail_lab, "held") as session:
        log_in_once(session, "bob", password_of("bob"))
        for _ in range(3):
            session.sendmail(f"bob@{DOMAIN}", [OUTSIDE], b"Subject: waiting\r\n\r\nwaiting\r\n")

    answer = relay("--postfix", etc(mail_lab), "--json")

    assert "3 messages" in finding(answer, "queue.size")["detail"]
    assert f"bob@{DOMAIN} 3" in finding(answer, "queue.senders")["detail"]


def test_the_log_tells_which_login_sends_how_much_and_that_a_limit_held(relay: Cli, mail_lab: MailLab) -> None:
    since = a_fresh_second()
    drive(mail_lab)
    with smtp(mail_lab, client="127.0.0.21") as session:
        log_in_once(session, "carol", password_of("carol"))
        session.sendmail(f"carol@{DOMAIN}", [OUTSIDE, f"bob@{DOMAIN}"], b"Subject: two\r\n\r\ntwo\r\n")
    wait_for(lambda: mail_lab.postfix_log, f"from=<carol@{DOMAIN}>, size=")

    answer = relay("--postfix", etc(mail_lab), "--since", since, "--json")

    assert f"carol@{DOMAIN}: 1 message to 2 recipients, 0 bounced" in finding(answer, "log.volume")["detail"]
    assert "A limit held" in finding(answer, "log.rate_limit")["detail"]


def test_people_who_cannot_send_are_listed_with_cause_client_and_count(relay: Cli, mail_lab: MailLab) -> None:
    since = a_fresh_second()
    drive(mail_lab)

    answer = relay("--postfix", etc(mail_lab), "--who-is-broken", "--json", "--roster", "broken.csv")

    people = {(person["address"], person["trouble"]): person for person in answer.document["people"]}
    assert answer.status == 1
    carol = people[f"carol@{DOMAIN}", "not_logged_in"]
    assert (carol["cause"], carol["clients"]) == ("auth_not_configured", [PHONE])
    assert carol["count"] % 2 == 0  # two by every drive
    assert "Relay access denied" in carol["reply"]
    assert people[f"junk@{DOMAIN}", "login_failed"]["cause"] == "auth_bad_credentials"
    lately = relay("--postfix", etc(mail_lab), "--who-is-broken", "--since", since, "--json").document["people"]
    refused = [person for person in lately if (person["address"], person["trouble"]) == (f"alice@{DOMAIN}", "refused")]
    assert [person["cause"] for person in refused] == ["sender_not_owned"]
    with Path("broken.csv").open() as file:
        addresses = [row["address"] for row in csv.DictReader(file)]
    assert {f"carol@{DOMAIN}", f"junk@{DOMAIN}", f"alice@{DOMAIN}"} <= set(addresses)
    assert f"postmaster@{DOMAIN}" not in addresses  # only our own checks have used it


def test_the_roster_can_be_built_from(cli: Cli, relay: Cli, mail_lab: MailLab) -> None:
    drive(mail_lab)
    relay("--postfix", etc(mail_lab), "--who-is-broken", "--roster", "broken.csv")
    server = {"host": f"good.{DOMAIN}", "port": 993, "security": "tls"}
    rows = Path("broken.csv").read_text().split()[1:]
    settings = [{"address": row, "incoming": server, "outgoing": server | {"port": 465}} for row in rows]
    Path("settings.json").write_text(json.dumps(settings))

    answer = cli("build", "--roster", "broken.csv", "--settings", "settings.json", "--unsigned", "-o", "out/", "--json")

    assert answer.status == 0
    assert [line["address"] for line in answer.documents] == rows


def test_senders_that_somebody_else_writes_are_set_apart(relay: Cli, mail_lab: MailLab) -> None:
    log_in_to_imap(mail_lab, "alice")
    for name in ("info", "office", "boss", "sales", "invoice"):
        with smtp(mail_lab, port=25, client="127.0.0.66", helo="spammer.example", tls=False) as session:
            offer(session, f"{name}@{DOMAIN}", OUTSIDE)
    wait_for(lambda: mail_lab.postfix_log, f"from=<invoice@{DOMAIN}>")

    answer = relay("--postfix", etc(mail_lab), "--who-is-broken", "--json")

    forged = {person["address"] for person in answer.document["forged"]}
    assert {f"{name}@{DOMAIN}" for name in ("info", "office", "boss", "sales", "invoice")} <= forged
    assert forged.isdisjoint(person["address"] for person in answer.document["people"])


def test_whoever_works_again_from_the_same_place_is_no_longer_listed(relay: Cli, mail_lab: MailLab) -> None:
    with smtp(mail_lab, client="127.0.0.31") as session:
        log_in_once(session, "bob", "wrong")
        assert log_in_once(session, "bob", password_of("bob")) == 235
        assert offer(session, f"bob@{DOMAIN}", OUTSIDE).startswith(b"2.1.5")
    wait_for(lambda: mail_lab.postfix_log, f"sasl_username=bob@{DOMAIN}")

    answer = relay("--postfix", etc(mail_lab), "--who-is-broken", "--json")

    clients = [person["clients"] for person in answer.document["people"] if person["address"] == f"bob@{DOMAIN}"]
    assert ["127.0.0.31"] not in clients


def drive(lab: MailLab) -> None:
    """Leave the traces of carol without a login, junk with a wrong password, alice as somebody else, and a limit."""
    log_in_to_imap(lab, "carol")
    log_in_to_imap(lab, "junk")
    for port, tls in ((25, False), (25, True)):
        with smtp(lab, port=port, tls=tls) as session:
            offer(session, f"carol@{DOMAIN}", OUTSIDE)
    with smtp(lab) as session:
        log_in_once(session, "junk", "not-the-password")
    with smtp(lab) as session:
        log_in_once(session, "alice", password_of("alice"))
        offer(session, f"bob@{DOMAIN}", OUTSIDE)
    with smtp(lab, "limited") as session:
        log_in_once(session, "bob", password_of("bob"))
        for _ in range(2):
            try:
                session.sendmail(f"bob@{DOMAIN}", [OUTSIDE], b"Subject: limit\r\n\r\nlimit\r\n")
            except smtplib.SMTPException:
                break
    wait_for(lambda: lab.postfix_log, "rate limit exceeded")


# --- live ------------------------------------------------------------------------------------------------


def test_the_helpdesk_sees_what_the_device_just_tried(relay: Cli, mail_lab: MailLab, tmp_path: Path) -> None:
    bans = tmp_path / "fail2ban.log"
    bans.touch()
    command = [*interruptible_profilegen(), "relay", "--postfix", str(etc(mail_lab))]
    process = subprocess.Popen(
        [*command, "--follow", f"bob@{DOMAIN}", "--fail2ban", str(bans), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "following" in process.stderr.readline()
        client = "127.0.0.44"
        with smtp(mail_lab, client=client) as session:
            log_in_once(session, "bob", "not-the-password")
        wait_for(lambda: mail_lab.postfix_log, f"disconnect from unknown[{client}]")
        assert process.stdout is not None
        seen = next_about(process, client)
        assert (seen["what"], seen["cause"], seen["port"]) == ("login_failed", "auth_bad_credentials", 587)
        bans.write_text(f"2031-01-01 00:00:00,000 fail2ban.actions [1]: NOTICE [postfix-sasl] Ban {client}\n")
        assert next_about(process, client) == {"what": "banned", "client": client, "jail": "postfix-sasl"}
    finally:
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in complaint


def next_about(process: "subprocess.Popen[str]", client: str) -> dict[str, Any]:
    """Return the next thing told about a client."""
    assert process.stdout is not None
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        told: dict[str, Any] = json.loads(process.stdout.readline())
        if told["client"] == client:
            return told
    raise AssertionError("nothing was told")
