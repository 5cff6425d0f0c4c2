"""The whole test-send against real Postfix and Dovecot."""

import imaplib
import logging
import re
import ssl
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from profilegen.address import Address
from profilegen.diagnosis.levels import reached_level
from profilegen.settings.servers import Auth
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.probe.world import FakeBudget, failures, imap, only, pop, smtp, trial, verify

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(("outgoing", "incoming"), [(587, 993), (465, 143)])
def test_the_message_arrives_with_esmtpsa_and_is_gone_afterwards(
    mail_lab: MailLab, outgoing: int, incoming: int
) -> None:
    mail_lab.empty("bob")
    report = verify(mail_lab, trial(smtp("good", outgoing, user="bob"), imap("good", incoming, user="bob"), user="bob"))
    assert failures(report) == {}
    assert reached_level(report) == 4
    assert "ESMTPSA" in only(report, "incoming.arrival").detail
    assert "INBOX" in only(report, "incoming.cleanup").detail
    assert mail_lab.messages("bob") == []


def test_cleaning_up_leaves_other_messages_alone(mail_lab: MailLab) -> None:
    mail_lab.empty("alice")
    before = verify(mail_lab, trial(smtp("good"), pop()))  # POP leaves its message where it is
    assert reached_level(before) == 3
    assert mail_lab.wait_for_messages("alice", 1) == 1
    assert reached_level(verify(mail_lab, trial(smtp("good")))) == 4
    assert len(mail_lab.messages("alice")) == 1


def leave_a_message_to_be_expunged(lab: MailLab, user: str) -> None:
    """Put a message into the inbox and mark it as deleted, as another mail program would."""
    with imaplib.IMAP4_SSL(lab.hosts[f"good.{DOMAIN}"][0], ssl_context=trusting_nobody()) as client:
        client.login(f"{user}@{DOMAIN}", password_of(user))
        client.append("INBOX", r"(\Deleted)", "", b"Subject: keep me until my owner says otherwise\r\n\r\nbody\r\n")


def trusting_nobody() -> ssl.SSLContext:
    """Return a context for the test's own housekeeping, by address and so without a name to check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize(("host", "outcome", "left"), [("good", "pass", 1), ("oldimap", "warn", 2)])
def test_a_message_somebody_else_marked_as_deleted_is_not_expunged(
    mail_lab: MailLab, host: str, outcome: str, left: int
) -> None:
    leave_a_message_to_be_expunged(mail_lab, "carol")
    report = verify(mail_lab, trial(smtp("good", user="carol"), imap(host, user="carol"), user="carol"))
    assert only(report, "incoming.cleanup").outcome == outcome
    assert len(mail_lab.messages("carol")) == left
    mail_lab.empty("carol")


def test_without_uidplus_a_lone_message_is_expunged_all_the_same(mail_lab: MailLab) -> None:
    report = verify(mail_lab, trial(smtp("good", user="carol"), imap("oldimap", user="carol"), user="carol"))
    assert only(report, "incoming.cleanup").outcome == "pass"
    assert mail_lab.messages("carol") == []


def test_a_message_sorted_out_as_junk_is_found_and_deleted_there(mail_lab: MailLab) -> None:
    report = verify(mail_lab, trial(smtp("good", user="junk"), imap(user="junk"), user="junk"))
    arrival = only(report, "incoming.arrival")
    assert (arrival.outcome, arrival.detail.startswith("Found in Junk")) == ("warn", True)
    assert reached_level(report) == 4
    assert mail_lab.messages("junk") == []


def test_a_closed_port_comes_with_the_ports_that_answer(mail_lab: MailLab) -> None:
    closed = only(verify(mail_lab, replace(trial(smtp("good", 2525)), level=1)), "outgoing.connect")
    lone = only(verify(mail_lab, replace(trial(smtp("plain", 2525)), level=1)), "outgoing.connect")
    assert (closed.cause, closed.outcome) == ("connect_refused", "fail")
    assert "Port 587, 465, 25 answers" in closed.detail
    assert "Port 587 answers" in lone.detail


def test_the_broken_profile_shows_the_refusal_the_phone_shows(mail_lab: MailLab) -> None:
    broken = smtp("good", None, user=None, ssl=False, auth=Auth.NONE)
    report = verify(mail_lab, replace(trial(broken), level=1))
    assert failures(report) == {
        "outgoing.starttls": "tls_required_not_used",
        "outgoing.auth": "auth_not_configured",
    }
    refusal = "554 5.7.1 <relay-check@example.org>: Relay access denied"
    assert only(report, "outgoing.relay_without_auth").detail == f"refused: {refusal}"
    assert refusal in only(report, "outgoing.auth").detail
    assert reached_level(report) == 0


def test_an_open_relay_is_reported_and_nothing_else_suffers(mail_lab: MailLab) -> None:
    report = verify(mail_lab, trial(smtp("openrelay")))
    assert failures(report) == {"outgoing.relay_without_auth": "open_relay"}
    assert only(report, "outgoing.data").outcome == "pass"
    assert reached_level(report) == 0
    assert "relay-check@example.org" not in re.sub(r".*reject.*", "", mail_lab.postfix_log)  # stopped before DATA


def test_a_wrong_password_costs_exactly_one_failed_login_per_server(mail_lab: MailLab) -> None:
    failed = re.compile(r"SASL \S+ authentication failed")
    smtp_before = len(failed.findall(mail_lab.postfix_log))
    imap_before = mail_lab.dovecot_log.count("auth failed, 1 attempts")
    budget = FakeBudget()
    report = verify(mail_lab, trial(smtp("good"), password="not-the-password"), budget)
    assert failures(report) == {
        "outgoing.auth": "auth_bad_credentials",
        "incoming.auth": "auth_bad_credentials",
    }
    assert len(failed.findall(mail_lab.postfix_log)) - smtp_before == 1
    assert mail_lab.dovecot_log.count("auth failed, 1 attempts") - imap_before == 1
    assert budget.of(f"good.{DOMAIN}") == ["reserve", "reserve"]  # both stay booked as failed
    assert reached_level(report) == 1


def test_a_spent_budget_sends_nothing_and_says_when_to_try_again(mail_lab: MailLab) -> None:
    before = mail_lab.postfix_log.count("authentication") + mail_lab.postfix_log.count("sasl_method")
    budget = FakeBudget(spent_until=datetime(2031, 5, 6, 7, 8, tzinfo=UTC))
    report = verify(mail_lab, trial(smtp("good")), budget)
    assert failures(report) == {
        "outgoing.auth": "too_many_auth_failures",
        "incoming.auth": "too_many_auth_failures",
    }
    assert "2031-05-06 07:08" in only(report, "outgoing.auth").detail
    assert mail_lab.postfix_log.count("authentication") + mail_lab.postfix_log.count("sasl_method") == before


def test_a_login_that_works_clears_the_budget(mail_lab: MailLab) -> None:
    budget = FakeBudget()
    verify(mail_lab, replace(trial(smtp("good")), level=2), budget)
    assert budget.of(f"good.{DOMAIN}") == ["reserve", "succeeded", "reserve", "succeeded"]


def test_no_form_of_the_password_is_in_the_report_or_the_log(
    mail_lab: MailLab, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "an-unlikely-wrong-passw0rd"
    texts = [repr(verify(mail_lab, trial(smtp("good")))), repr(verify(mail_lab, trial(smtp("good"), password=wrong)))]
    texts += [caplog.text, *capfd.readouterr()]
    for password in (wrong, password_of("alice")):
        plain = b64encode(f"\0alice@{DOMAIN}\0{password}".encode()).decode().rstrip("=")
        for form in (password, b64encode(password.encode()).decode().rstrip("="), plain):
            assert all(form not in text for text in texts)


@pytest.mark.parametrize("host", ["wronghost", "expired", "untrusted", "longlived", "plain"])
def test_no_credential_is_sent_without_verified_tls(mail_lab: MailLab, host: str) -> None:
    budget = FakeBudget()
    report = verify(mail_lab, trial(smtp(host)), budget)
    assert only(report, "outgoing.auth").outcome == "skip"
    assert budget.of(f"{host}.{DOMAIN}") == []
    assert only(report, "outgoing.relay_without_auth").outcome == "pass"  # needs no credential, so it was looked at
    assert only(report, "incoming.auth").outcome == "pass"  # the other direction is independent


def test_aliases_are_tried_as_senders_one_by_one(mail_lab: MailLab) -> None:
    aliases = (Address.parse(f"sales@{DOMAIN}"), Address.parse(f"bob@{DOMAIN}"))
    report = verify(mail_lab, replace(trial(smtp("good")), aliases=aliases))
    outcomes = [(finding.outcome, finding.cause) for finding in report.of("outgoing.mail_from")]
    assert outcomes == [("pass", None), ("pass", None), ("fail", "sender_not_owned")]
    assert reached_level(report) == 2
    assert only(report, "incoming.cleanup").outcome == "pass"


def test_sending_as_somebody_else_fails_as_sender_though_the_server_says_so_at_the_recipient(
    mail_lab: MailLab,
) -> None:
    report = verify(mail_lab, replace(trial(smtp("good")), address=Address.parse(f"bob@{DOMAIN}")))
    assert failures(report) == {"outgoing.mail_from": "sender_not_owned"}
    assert only(report, "outgoing.data").outcome == "skip"


def test_a_disabled_mailbox_fails_incoming_only(mail_lab: MailLab) -> None:
    report = verify(mail_lab, trial(smtp("good", user="off"), imap(user="off"), user="off"))
    assert failures(report) == {"incoming.auth": "account_disabled"}
    assert only(report, "outgoing.data").outcome == "pass"


def test_greylisting_is_named_at_the_recipient(mail_lab: MailLab) -> None:
    assert failures(verify(mail_lab, trial(smtp("greylist")))) == {"outgoing.rcpt_to": "greylisted"}


def test_a_rate_limit_is_named_at_the_sender(mail_lab: MailLab) -> None:
    verify(mail_lab, trial(smtp("limited")))
    report = verify(mail_lab, trial(smtp("limited")))
    assert failures(report) == {"outgoing.mail_from": "rate_limited"}


def test_a_relay_service_is_judged_by_what_the_receiver_states(mail_lab: MailLab) -> None:
    report = verify(mail_lab, replace(trial(smtp("relayed")), through_relay=True))
    arrival = only(report, "incoming.arrival")
    assert (arrival.outcome, "spf=fail, dkim=none, dmarc=fail" in arrival.detail) == ("warn", True)


@pytest.mark.parametrize(
    ("host", "auth", "mechanism"),
    [("good", Auth.PASSWORD, "PLAIN"), ("loginonly", Auth.PASSWORD, "LOGIN"), ("cram", Auth.CRAM_MD5, "CRAM-MD5")],
)
def test_one_fitting_mechanism_is_used(mail_lab: MailLab, host: str, auth: Auth, mechanism: str) -> None:
    report = verify(mail_lab, replace(trial(smtp(host, auth=auth)), level=2))
    assert only(report, "outgoing.auth").detail == f"Logged in with {mechanism}."
    assert reached_level(report) == 2


@pytest.mark.parametrize("port", [995, 110])
def test_a_pop_account_ends_at_level_three(mail_lab: MailLab, port: int) -> None:
    report = verify(mail_lab, trial(smtp("good"), pop(port=port)))
    assert reached_level(report) == 3
    assert only(report, "incoming.auth").detail == "Logged in with USER/PASS."
    assert only(report, "incoming.arrival").outcome == "skip"


def test_a_wrong_pop_password_is_bad_credentials(mail_lab: MailLab) -> None:
    report = verify(mail_lab, replace(trial(smtp("good"), pop(), password="wrong-one"), outgoing_password=None))
    assert failures(report) == {"incoming.auth": "auth_bad_credentials"}
    assert only(report, "outgoing.auth").detail == "No password was given."


def test_another_recipient_gets_the_message_and_nobody_looks_for_it(mail_lab: MailLab) -> None:
    report = verify(mail_lab, replace(trial(smtp("good")), recipient=Address.parse("somebody@example.org")))
    assert reached_level(report) == 3
    assert only(report, "incoming.arrival").outcome == "skip"


def test_each_level_stops_where_it_says(mail_lab: MailLab) -> None:
    for level in (1, 2, 3):
        report = verify(mail_lab, replace(trial(smtp("good", user="bob"), imap(user="bob"), user="bob"), level=level))
        assert reached_level(report) == level


def test_ipv6_works_and_an_unknown_port_shows_its_tls_mode(mail_lab: MailLab) -> None:
    if not mail_lab.six:
        pytest.skip("this machine has no IPv6 loopback")
    outgoing = smtp("six", mail_lab.six["submission"], user="bob")
    incoming = imap("six", mail_lab.six["imaps"], user="bob")
    report = verify(mail_lab, trial(outgoing, incoming, user="bob"))
    assert failures(report) == {}
    assert "::1" in only(report, "outgoing.connect").detail
    assert only(report, "outgoing.starttls").detail.startswith("STARTTLS")
    assert only(report, "incoming.starttls").detail.startswith("TLS from the first byte")
    assert reached_level(report) == 4


def test_a_host_whose_first_address_is_dead_is_reached_by_the_second(mail_lab: MailLab) -> None:
    report = verify(mail_lab, replace(trial(smtp("both")), level=1))  # nothing listens on [::1]:587
    assert only(report, "outgoing.connect").detail.startswith("Connected to 127.")
