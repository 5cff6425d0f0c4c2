"""A real Exim, driven into the states a device meets: what it answers, and what we make of that."""

import smtplib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli, cli
from tests.cli.test_fix_lab import ALICE
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.exim import EximLab
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.zone import zone

__all__ = ["cli"]  # the fixture

pytestmark = pytest.mark.servers

OUTSIDE = "somebody@example.org"
SRV = """\
_submission._tcp SRV 0 1 587 exim.lab.test.
_imaps._tcp SRV 0 1 993 good.lab.test.
"""


@pytest.fixture
def exim(
    cli: Cli,
    mail_lab: MailLab,
    exim_lab: EximLab,
    serve_zones: ServeZones,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Cli:
    """The command line, with Exim as the outgoing server of the lab's domain."""
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({DOMAIN: zone(mail_lab, exim_lab.zone + SRV)}))
    (tmp_path / "ca.pem").write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("ALICE", password_of("alice"))
    monkeypatch.setenv("WRONG", "not-the-password")
    return cli


def at(host: str) -> tuple[str, str]:
    """Return the options that name another outgoing server."""
    return "--set", f"outgoing.host={host}.{DOMAIN}"


def causes(answer: Answer) -> list[str]:
    assert answer.document["causes"], answer.out
    return [str(cause["cause"]) for cause in answer.document["causes"]]


def failed(answer: Answer) -> dict[str, str]:
    return {one["check"]: one["cause"] for one in answer.document["findings"] if one["outcome"] == "fail"}


def replies(lab: EximLab, authority: Authority, *talk: str, port: int = 587, tls: bool = True) -> list[str]:
    """Say some lines to Exim and return every answer."""
    host = f"exim.{DOMAIN}"
    with smtplib.SMTP(lab.hosts[host], port, timeout=30, source_address=("127.0.0.9", 0)) as session:
        session._host = host  # type: ignore[attr-defined] # whose certificate is expected
        session.ehlo()
        if tls:
            session.starttls(context=authority.trust())
            session.ehlo()
        answers = [session.docmd(line) for line in talk]
    return [f"{code} {text.decode()}" for code, text in answers]


def explained(exim: Cli, reply: str, *how: object) -> str:
    answer = exim("explain", reply, *how, "--json")
    best: dict[str, Any] = answer.document["causes"][0]
    return str(best["cause"])


def test_a_message_through_exim_arrives(exim: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.message_names("alice")

    answer = exim("doctor", ALICE, "--password-env", "ALICE", "--json")

    assert (answer.status, answer.document["causes"], answer.document["tested"]["level"]) == (0, [], 4)
    assert answer.document["tested"]["endpoints"]["outgoing"] == f"exim.{DOMAIN}:587/starttls"
    assert mail_lab.message_names("alice") == before


def test_relay_not_permitted_to_a_phone_without_a_login_is_the_missing_login(
    exim: Cli, exim_lab: EximLab, authority: Authority
) -> None:
    *_, refusal = replies(exim_lab, authority, f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{OUTSIDE}>")

    answer = exim(
        "doctor", ALICE, "--error", refusal, "--current", f"outgoing.host=exim.{DOMAIN}", "outgoing.port=587",
        "outgoing.use_ssl=on", "outgoing.username=empty", "--json",
    )  # fmt: skip

    assert refusal == "550 relay not permitted"
    assert causes(answer)[0] == "auth_not_configured"
    assert {"error", "comparison", "negative_control"} <= {
        clue["origin"] for clue in answer.document["causes"][0]["evidence"]
    }
    assert answer.document["remedies"][0]["cure"] == "retype"
    assert explained(exim, refusal, "--stage", "rcpt_to", "--auth", "none") == "auth_not_configured"


def test_a_wrong_password_is_a_wrong_password_and_tried_once(exim: Cli, exim_lab: EximLab) -> None:
    before = exim_lab.log.count("535 Incorrect authentication data")

    answer = exim("test", ALICE, "--password-env", "WRONG", "--json")

    assert failed(answer)["outgoing.auth"] == "auth_bad_credentials"
    # the main log and the reject log
    assert exim_lab.log.count("535 Incorrect authentication data") - before == 2


def test_a_password_database_that_is_out_of_order_is_no_wrong_password(exim: Cli) -> None:
    answer = exim("doctor", ALICE, *at("eximbroken"), "--password-env", "ALICE", "--json")

    assert causes(answer)[0] == "auth_temp_failure"
    assert answer.document["remedies"][0]["cure"] == "outside"


def test_without_tls_no_password_is_sent_and_the_missing_tls_is_named(exim: Cli, exim_lab: EximLab) -> None:
    before = exim_lab.log.count("A=plain")

    answer = exim("doctor", ALICE, *at("eximclear"), "--password-env", "ALICE", "--json")

    assert causes(answer)[0] == "starttls_not_offered"
    assert exim_lab.log.count("A=plain") == before


@pytest.mark.parametrize(("port", "tls", "cause"), [(587, False, "auth_requires_tls"), (25, True, "auth_not_offered")])
def test_a_login_that_is_not_advertised_is_told_by_port_and_tls(
    exim: Cli, exim_lab: EximLab, authority: Authority, port: int, tls: bool, cause: str
) -> None:
    [reply] = replies(exim_lab, authority, "AUTH PLAIN AGEAYg==", port=port, tls=tls)

    assert reply == "503 AUTH command used when not advertised"
    how = ("--stage", "auth", "--port", port, "--tls", "on" if tls else "off")
    assert explained(exim, reply, *how) == cause


def test_a_mechanism_exim_does_not_know_is_no_wrong_password(
    exim: Cli, exim_lab: EximLab, authority: Authority
) -> None:
    [reply] = replies(exim_lab, authority, "AUTH CRAM-MD5")

    assert reply.startswith("504")
    assert explained(exim, reply, "--stage", "auth") == "auth_mech_unsupported"


def test_a_sender_of_somebody_else_is_refused_and_named(exim: Cli) -> None:
    answer = exim(
        "doctor", ALICE, *at("eximowner"), "--current", f"account.email=bob@{DOMAIN}", "--password-env", "ALICE",
        "--json",
    )  # fmt: skip

    assert causes(answer)[0] == "sender_not_owned"
    origins = {clue["origin"] for clue in answer.document["causes"][0]["evidence"]}
    assert {"comparison", "test"} <= origins


def test_a_used_up_rate_is_a_limit(exim: Cli) -> None:
    answer = exim("doctor", ALICE, *at("eximlimit"), "--password-env", "ALICE", "--json")

    assert causes(answer)[0] == "rate_limited"


def test_a_full_mailbox_is_a_limit_and_no_fault_of_the_device(exim: Cli) -> None:
    answer = exim("doctor", ALICE, *at("eximfull"), "--password-env", "ALICE", "--json")

    assert causes(answer)[0] == "own_mailbox_full"  # the test message goes to the mailbox itself


def test_a_suspended_account_may_log_in_and_is_named_all_the_same(exim: Cli) -> None:
    answer = exim("doctor", ALICE, *at("eximsuspended"), "--password-env", "ALICE", "--json")

    assert causes(answer)[0] == "account_disabled"
    assert failed(exim("test", ALICE, *at("eximsuspended"), "--password-env", "ALICE", "--json")) == {
        "outgoing.mail_from": "account_disabled"
    }


def test_relay_not_permitted_after_a_good_login_is_the_servers_fault(exim: Cli) -> None:
    answer = exim("test", ALICE, *at("eximclosed"), "--password-env", "ALICE", "--to", OUTSIDE, "--json")

    assert failed(answer) == {"outgoing.rcpt_to": "server_misconfigured"}


def test_a_message_over_the_limit_is_too_big(exim: Cli, exim_lab: EximLab, authority: Authority) -> None:
    [reply] = replies(exim_lab, authority, f"MAIL FROM:<{ALICE}> SIZE=5000000")

    assert explained(exim, reply, "--stage", "mail_from") == "message_too_big"


def test_a_mailbox_exim_does_not_know_is_no_fault_of_the_device(
    exim: Cli, exim_lab: EximLab, authority: Authority
) -> None:
    *_, reply = replies(exim_lab, authority, f"MAIL FROM:<{ALICE}>", f"RCPT TO:<nobody@{DOMAIN}>", port=25)

    assert explained(exim, reply, "--stage", "rcpt_to") == "recipient_unknown"


def test_the_review_finds_what_an_exim_gives_away(exim: Cli) -> None:
    sound = exim("relay", f"exim.{DOMAIN}", "--json")
    clear = exim("relay", f"eximclear.{DOMAIN}", "--json")

    assert {check: cause for check, cause in failed(sound).items() if not check.startswith("ptr")} == {}
    assert {"587.starttls", "587.auth_in_clear"} <= set(failed(clear))
    [tls] = [advice for advice in clear.document["advice"] if advice["id"] == "tls"]
    assert "auth_advertise_hosts" in tls["where"]


def test_what_an_exim_without_a_sender_check_lets_a_login_do_is_named(exim: Cli) -> None:
    mine = ("--i-run-this-server", "--username", ALICE, "--password-env", "ALICE", "--json")

    answer = exim("relay", f"exim.{DOMAIN}", *mine)

    found = {one["check"]: one["outcome"] for one in answer.document["findings"]}
    assert found["587.relay.no_login.local_to_foreign"] == "pass"
    assert found["587.relay.login.own_to_foreign"] == "pass"
    assert found["587.relay.login.foreign_to_foreign"] == "fail"
