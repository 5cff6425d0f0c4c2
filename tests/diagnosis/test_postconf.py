"""Judging a Postfix by what postconf prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.postconf import judge_postfix, read_postconf
from profilegen.report import Outcome

GOOD = """\
mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.7/32
message_size_limit = 52428800
smtpd_banner = mail.example.com ESMTP
smtpd_reject_unlisted_sender = yes
smtpd_client_message_rate_limit = 100
smtpd_client_recipient_rate_limit = 200
smtpd_client_auth_rate_limit = 10
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = no
smtpd_sender_login_maps = hash:/etc/postfix/owners
virtual_mailbox_domains = example.com, hash:/etc/postfix/domains
"""
OVERRIDES = """\
submission/inet/smtpd_tls_security_level = encrypt
submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_sender_restrictions = reject_sender_login_mismatch
submission/inet/syslog_name = postfix/submission
"""
SERVICES = """\
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o smtpd_tls_security_level=encrypt
pickup     unix  n       -       y       60      1       pickup
"""


def wrong(main: str = GOOD, overrides: str = OVERRIDES, services: str = SERVICES) -> dict[str, Outcome]:
    findings = judge_postfix(read_postconf(main, overrides, services))
    return {finding.check: finding.outcome for finding in findings if finding.outcome is not Outcome.PASS}


def test_a_sound_configuration_passes_everywhere() -> None:
    assert wrong() == {}


@pytest.mark.parametrize(
    ("old", "new", "check", "outcome"),
    [
        ("192.0.2.7/32", "0.0.0.0/0", "postfix.networks", Outcome.FAIL),
        ("192.0.2.7/32", "203.0.0.0/16", "postfix.networks", Outcome.FAIL),
        ("= 52428800", "= 0", "postfix.size", Outcome.WARN),
        ("ESMTP", "ESMTP Postfix $mail_version", "postfix.banner", Outcome.WARN),
        ("smtpd_reject_unlisted_sender = yes", "", "postfix.valid_senders", Outcome.WARN),
        ("message_rate_limit = 100", "message_rate_limit = 0", "postfix.rate_limit", Outcome.WARN),
        (", reject_unauth_destination", "", "postfix.relay", Outcome.FAIL),
        ("permit_sasl_authenticated", "permit", "postfix.relay", Outcome.FAIL),
        ("permit_sasl_authenticated", "check_sender_access hash:/x", "postfix.relay", Outcome.FAIL),
        ("smtpd_tls_security_level = may", "", "postfix.tls", Outcome.FAIL),
        ("smtpd_sender_login_maps = hash:/etc/postfix/owners", "", "postfix.sender_login", Outcome.WARN),
    ],
)
def test_each_fault_is_named(old: str, new: str, check: str, outcome: Outcome) -> None:
    assert old in GOOD
    assert wrong(GOOD.replace(old, new))[check] is outcome


def test_a_login_without_required_encryption_is_a_login_in_clear_text() -> None:
    found = wrong(overrides=OVERRIDES.replace("= encrypt", "= may"))

    assert (found["postfix.auth_in_clear"], found["postfix.tls"]) == (Outcome.FAIL, Outcome.WARN)


def test_whoever_logs_in_must_not_send_as_anybody() -> None:
    assert wrong(overrides=OVERRIDES.replace("reject_sender_login_mismatch", "permit"))["postfix.sender_login"] is (
        Outcome.FAIL
    )


def test_an_override_of_one_service_counts_for_it() -> None:
    found = wrong(overrides=f"{OVERRIDES}submission/inet/mynetworks = 0.0.0.0/0\n")

    assert found == {"postfix.relay": Outcome.FAIL}


def test_a_main_cf_with_folded_lines_and_comments_reads_like_the_output_of_postconf() -> None:
    folded = GOOD.replace("permit_mynetworks, ", "permit_mynetworks,\n  # why\n    ")

    assert read_postconf(folded).main == read_postconf(GOOD).main


def test_domains_log_file_and_port_names_are_known() -> None:
    settings = read_postconf(f"{GOOD}maillog_file = /var/log/postfix.log\n", OVERRIDES, SERVICES)

    assert settings.domains == {"example.com"}
    assert settings.log_file == "/var/log/postfix.log"
    assert settings.plain_port == 25
    assert read_postconf(GOOD, "", SERVICES).plain_port is None


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_it(main: str, overrides: str, services: str) -> None:
    assert judge_postfix(read_postconf(main, overrides, services))


@given(
    st.lists(st.sampled_from([*GOOD.splitlines(), "mynetworks = [", "mynetworks = ::/0", " = ", "a=b"])).map("\n".join)
)
def test_lines_in_any_order_are_judged(main: str) -> None:
    assert judge_postfix(read_postconf(main, OVERRIDES, SERVICES))
