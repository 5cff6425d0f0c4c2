"""Reading replies: the same words mean different things at different places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.diagnosis.replies import Observation, Stage, cause_of_verify_code, classify


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.OK])
def test_every_cause_tells_user_and_admin_what_to_do(cause: Cause) -> None:
    remedy = remedy_of(cause)
    assert remedy.user.endswith(".")
    assert remedy.admin.endswith(".")


def test_there_are_51_causes_in_snake_case() -> None:
    assert len(Cause) == 51
    assert all(cause.value == cause.name.lower() for cause in Cause)


@pytest.mark.parametrize(
    ("stage", "code", "text", "login", "cause"),
    [
        ("auth", 235, "2.7.0 Authentication successful", True, "ok"),
        ("auth", 535, "5.7.8 Error: authentication failed: (reason unavailable)", True, "auth_bad_credentials"),
        ("auth", 535, "Incorrect authentication data", True, "auth_bad_credentials"),
        ("auth", 534, "5.7.9 Application-specific password required.", True, "app_password_required"),
        ("imap_login", None, "NO [ALERT] Application-specific password required", True, "app_password_required"),
        ("auth", 535, "5.7.139 Authentication unsuccessful, basic authentication is disabled.", True, "oauth_required"),
        (
            "auth",
            535,
            "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            True,
            "smtp_auth_disabled",
        ),
        ("auth", 535, "5.7.139 Authentication unsuccessful", True, "oauth_required"),
        (
            "auth",
            535,
            "5.7.8 Error: authentication failed: Invalid authentication mechanism",
            True,
            "auth_mech_unsupported",
        ),
        ("auth", 530, "5.7.0 Must issue a STARTTLS command first", True, "auth_requires_tls"),
        ("mail_from", 530, "5.7.0 Must issue a STARTTLS command first", False, "tls_required_not_used"),
        ("auth", 454, "4.7.0 Temporary authentication failure", True, "auth_temp_failure"),
        ("auth", 454, "4.7.0 Too many login attempts, please try again later.", True, "too_many_auth_failures"),
        ("auth", 525, "5.7.13 user account disabled", True, "account_disabled"),
        ("imap_login", None, "NO [CONTACTADMIN] Account closed", True, "account_disabled"),
        ("mail_from", 530, "5.7.0 Authentication required", False, "auth_not_configured"),
        ("rcpt_to", 553, "5.7.1 <a@b.test>: Sender address rejected: not logged in", False, "auth_not_configured"),
        ("rcpt_to", 554, "5.7.1 <a@b.test>: Relay access denied", False, "auth_not_configured"),
        ("rcpt_to", 550, "relay not permitted", None, "relay_denied_context_needed"),
        ("rcpt_to", 454, "4.7.1 <a@b.test>: Relay access denied", False, "auth_not_configured"),
        ("data", 553, "Relaying disallowed as a@b.test", True, "sender_not_owned"),
        (
            "rcpt_to",
            553,
            "5.7.1 <b@b.test>: Sender address rejected: not owned by user a@b.test",
            True,
            "sender_not_owned",
        ),
        (
            "rcpt_to",
            554,
            "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
            True,
            "server_misconfigured",
        ),
        ("rcpt_to", 452, "4.2.2 Mailbox full", True, "recipient_mailbox_full"),
        ("mail_from", 552, "5.3.4 Message size exceeds fixed limit", True, "message_too_big"),
        ("rcpt_to", 450, "4.2.0 <a@b.test>: Recipient address rejected: Greylisted", True, "greylisted"),
        ("mail_from", 451, "4.3.0 Temporary lookup failure", True, "server_temp_failure"),
        ("banner", 421, "4.3.2 Service not available, closing transmission channel", None, "server_temp_failure"),
        ("rcpt_to", 550, "5.1.1 <x@b.test>: User unknown in virtual mailbox table", True, "recipient_unknown"),
        ("tls", None, "[SSL: WRONG_VERSION_NUMBER] wrong version number", None, "tls_mode_mismatch"),
        (
            "tls",
            None,
            "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version",
            None,
            "tls_version_or_cipher",
        ),
        ("tls", None, "Connection reset by peer", None, "tls_server_problem"),
    ],
)
def test_the_cause_follows_from_words_and_place(
    stage: str, code: int | None, text: str, login: bool | None, cause: str
) -> None:
    assert classify(Observation(stage=Stage(stage), code=code, text=text, login=login)) == cause


def test_a_code_inside_the_text_is_found() -> None:
    seen = Observation(stage=Stage.RCPT_TO, text="554 5.7.1 <a@b.test>: Relay access denied", login=False)
    assert classify(seen) is Cause.AUTH_NOT_CONFIGURED


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (10, "tls_cert_expired"),
        (18, "tls_untrusted"),
        (20, "tls_untrusted"),
        (62, "tls_hostname_mismatch"),
        (64, "tls_hostname_mismatch"),
    ],
)
def test_openssl_codes_are_causes(code: int, cause: str) -> None:
    assert cause_of_verify_code(code) == cause


@given(
    st.builds(
        Observation,
        stage=st.sampled_from(Stage),
        text=st.text(max_size=300),
        code=st.none() | st.integers(200, 599),
        login=st.none() | st.booleans(),
    )
)
def test_any_text_is_read_without_an_error(seen: Observation) -> None:
    cause = classify(seen)
    assert cause is None or cause in Cause
