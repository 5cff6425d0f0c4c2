"""Explaining what people paste: dialects, languages, context, and never an error."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.confidence import confidences
from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation, Stage
from profilegen.diagnosis.observed import explanation_document, observed
from profilegen.diagnosis.rules import all_rules
from profilegen.diagnosis.titles import TITLES
from profilegen.diagnosis.words import parse
from tests.benchmarks import explain as benchmark

DATA = Path(__file__).parent / "data"

OBSERVATIONS = st.builds(
    Observation,
    stage=st.none() | st.sampled_from(Stage),
    text=st.text(max_size=400),
    code=st.none() | st.integers(200, 599),
    enhanced=st.none() | st.from_regex(r"[245]\.[0-9]\.[0-9]{1,2}", fullmatch=True),
    login=st.none() | st.booleans(),
    accepted=st.none() | st.booleans(),
    offered=st.none() | st.booleans(),
    tls=st.none() | st.booleans(),
    port=st.none() | st.sampled_from([25, 465, 587, 993]),
)


def first(text: str, stage: str | None = None, code: int | None = None, **known: Any) -> str:
    """Return the first cause named, or nothing."""
    seen = Observation(stage=None if stage is None else Stage(stage), text=text, code=code, **known)
    causes = explain(seen).causes
    return causes[0].cause.value if causes else ""


@pytest.mark.parametrize(
    ("dialect", "stage", "code", "text", "cause"),
    [
        ("Postfix", "rcpt_to", 553, "5.7.1 <a@x.test>: Sender address rejected: not logged in", "auth_not_configured"),
        ("Postfix", "auth", 535, "5.7.8 Error: authentication failed: (reason unavailable)", "auth_bad_credentials"),
        ("Exim", "auth", 535, "Incorrect authentication data", "auth_bad_credentials"),
        ("Sendmail", "rcpt_to", 550, "5.7.1 <b@x.test>... Relaying denied", "relay_denied_context_needed"),
        ("qmail", "rcpt_to", 452, "4.3.0 qq trouble", "server_temp_failure"),
        ("Exchange", "data", 550, "5.7.60 SMTP; Client does not have permissions to send as this", "sender_not_owned"),
        ("Microsoft 365", "mail_from", 530, "5.7.57 Client not authenticated to send mail", "auth_not_configured"),
        ("Microsoft 365", "auth", 535, "5.7.139 basic authentication is disabled", "oauth_required"),
        ("Gmail", "auth", 534, "5.7.9 Application-specific password required.", "app_password_required"),
        ("Yahoo", "auth", 535, "5.7.0 (#AUTH005) Too many bad auth attempts.", "too_many_auth_failures"),
        ("iCloud", "rcpt_to", 552, "5.2.2 <a@icloud.test>: user is overquota", "recipient_mailbox_full"),
        ("GMX", "auth", 535, "Authentication credentials invalid", "auth_bad_credentials"),
        ("Amazon SES", "data", 554, "Message rejected: Email address is not verified.", "sender_identity_unverified"),
        ("SendGrid", "auth", 451, "Authentication failed: Maximum credits exceeded", "rate_limited"),
        ("SendGrid", "rcpt_to", 550, "Unauthenticated senders not allowed", "auth_not_configured"),
        ("Mailgun", "data", 421, "Domain x.test is not allowed to send: Sandbox", "sender_identity_unverified"),
        ("SMTP2GO", "data", 552, "Your account has been suspended.", "account_disabled"),
        ("MailEnable", "rcpt_to", 503, "This mail server requires authentication when", "auth_not_configured"),
        (
            "hMailServer",
            "auth",
            535,
            "Authentication failed. Too many invalid logon attempts.",
            "too_many_auth_failures",
        ),
        (
            "OpenSMTPD",
            "mail_from",
            530,
            "5.5.1 Invalid command: Must issue an AUTH command first",
            "auth_not_configured",
        ),
        ("Dovecot", "imap_login", None, "NO [EXPIRED] Password expired", "password_expired"),
        ("Courier", "starttls", 454, "TLS not available", "tls_server_problem"),
        ("Cyrus", "imap_login", None, "NO Login only available under a layer", "auth_requires_tls"),
    ],
)
def test_the_dialects_of_servers_are_known(dialect: str, stage: str, code: int | None, text: str, cause: str) -> None:
    assert first(text, stage, code) == cause, dialect


def test_a_recipient_rejected_for_no_reason_is_no_missing_login_by_itself() -> None:
    said = explain(Observation(text="One of the recipient addresses was rejected by the server."))

    assert said.causes[0].cause == "relay_denied_context_needed"
    assert {one.cause for one in said.causes[1:]} == {"recipient_unknown", "auth_not_configured"}


def test_a_program_that_keeps_its_password_to_itself_had_no_tls_at_the_login() -> None:
    assert first("2031/01/01 10:00:00 smtp: unencrypted connection") == "auth_requires_tls"
    assert first("must not use an unencrypted connection", "mail_from", 530) == "tls_required_not_used"


def test_words_of_two_sentences_are_no_phrase() -> None:
    one = explain(Observation(text="The message for the recipient was rejected by the server."))
    two = explain(Observation(text="Mail has a recipient. Another one was rejected by the server."))

    assert [said.causes[0].cause == "relay_denied_context_needed" for said in (one, two)] == [True, False]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Cannot Send Mail. The recipient was rejected by the server because it does not allow relaying.", "relay"),
        ("E-Mail kann nicht gesendet werden. Der Server erlaubt keine Weiterleitung.", "relay"),
        ("Le destinataire a été refusé par le serveur car il n’autorise pas le relais.", "relay"),
        ("El servidor ha rechazado el destinatario porque no permite la retransmisión.", "relay"),
        ("Il destinatario è stato rifiutato dal server perché non consente l’inoltro.", "relay"),
        ("De ontvanger is geweigerd door de server omdat deze doorsturen niet toestaat.", "relay"),
        ("O destinatário foi rejeitado pelo servidor porque não permite retransmissão.", "relay"),
        ("サーバがリレーを許可しないため、受信者は拒否されました。", "relay"),
        ("The user name or password for “SMTP” is incorrect.", "password"),
        ("Der Benutzername oder das Passwort für „SMTP“ ist falsch.", "password"),
        ("Le nom d’utilisateur ou le mot de passe est incorrect.", "password"),
        ("ユーザ名またはパスワードが正しくありません", "password"),
        ("Cannot Verify Server Identity", "certificate"),
        ("Die Identität von „mail.example.com“ kann nicht überprüft werden.", "certificate"),
        ("The connection to the server “smtp.example.com” on port 587 timed out.", "silence"),
    ],
)
def test_what_apple_mail_shows_is_read_in_its_languages(text: str, cause: str) -> None:
    expected = {
        "relay": "auth_not_configured",
        "password": "auth_bad_credentials",
        "certificate": "tls_untrusted",
        "silence": "connect_timeout",
    }
    assert first(text) == expected[cause]


@pytest.mark.parametrize(
    ("stage", "code", "text", "cause"),
    [
        ("auth", 535, "Authentifizierung fehlgeschlagen", "auth_bad_credentials"),
        ("auth", None, "Error de autenticación: contraseña incorrecta", "auth_bad_credentials"),
        ("auth", None, "Autenticazione non riuscita: credenziali non valide", "auth_bad_credentials"),
        ("rcpt_to", 550, "Gebruiker onbekend", "recipient_unknown"),
        ("rcpt_to", 450, "Caixa postal cheia, cota excedida", "recipient_mailbox_full"),
        ("data", 550, "迷惑メールと判定されました", "content_rejected"),
        ("auth", 535, "请使用授权码登录", "app_password_required"),
        ("rcpt_to", 550, "требуется авторизация", "auth_not_configured"),
    ],
)
def test_servers_that_answer_in_other_languages_are_understood(
    stage: str, code: int | None, text: str, cause: str
) -> None:
    assert first(text, stage, code) == cause


RELAY = "554 5.7.1 <b@x.test>: Relay access denied"


@pytest.mark.parametrize(
    ("stage", "known", "text", "cause"),
    [
        ("rcpt_to", {"login": False}, RELAY, "auth_not_configured"),
        ("rcpt_to", {}, RELAY, "relay_denied_context_needed"),
        ("rcpt_to", {"login": True, "accepted": True}, RELAY, "server_misconfigured"),
        ("rcpt_to", {"login": True, "accepted": False}, RELAY, "auth_not_configured"),
        ("data", {"login": True}, "553 Relaying disallowed as a@x.test", "sender_not_owned"),
        ("auth", {"login": True}, "530 5.7.0 Must issue a STARTTLS command first", "auth_requires_tls"),
        ("mail_from", {"login": False}, "530 5.7.0 Must issue a STARTTLS command first", "tls_required_not_used"),
        ("auth", {"tls": False, "port": 587}, "503 AUTH command used when not advertised", "auth_requires_tls"),
        ("auth", {"tls": True, "port": 25}, "503 AUTH command used when not advertised", "auth_not_offered"),
        ("rcpt_to", {"login": False}, "250 2.1.5 Ok", "open_relay"),
        ("rcpt_to", {"login": True}, "250 2.1.5 Ok", "ok"),
        ("banner", {}, "554 Error: open resolver; https://example.test/blocked using zen", "server_misconfigured"),
    ],
)
def test_the_same_words_mean_something_else_in_another_place(
    stage: str, known: dict[str, Any], text: str, cause: str
) -> None:
    assert first(text, stage, None, **known) == cause


def test_a_text_that_says_nothing_is_answered_with_unsure() -> None:
    assert explain(Observation(text="hello world")).unsure
    assert explain(Observation()).causes == ()


def test_an_answer_brings_the_cure_in_three_voices_and_a_reason() -> None:
    document = explanation_document(explain(observed({"text": RELAY, "stage": "rcpt_to", "auth": "none"})))

    best = document["causes"][0]
    assert document["unsure"] is False
    assert set(best) == {"cause", "confidence", "why", "remedy"}
    assert set(best["remedy"]) == {"user", "admin", "server"}
    assert 'the words "relay access denied"' in best["why"].lower()
    assert "no login was presented" in best["why"]


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.jsonl")))
def test_replies_of_public_servers_are_explained_with_their_own_dialect_switched_off(name: str) -> None:
    right, among_three = benchmark.score(benchmark.left_out(benchmark.load(DATA / name), benchmark.declared))

    assert right >= 0.9
    assert among_three >= 0.97


def test_every_sample_names_its_source_and_a_label_of_the_fixed_set() -> None:
    for path in DATA.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            assert row["source"], row["id"]
            assert {Cause(label) for label in (row["cause"], *row.get("also", ()))}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "ip_blacklisted"),
        ("554 5.7.1 Service unavailable; Sender domain [x.test] blocked using dbl.spamhaus.org", "content_rejected"),
        ("550 5.7.1 Sender address rejected: domain x.test is listed in multi.surbl.org", "content_rejected"),
    ],
)
def test_a_listed_address_is_told_from_a_listed_domain(text: str, cause: str) -> None:
    assert first(text, "rcpt_to") == cause


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.DNS, Stage.QUIT}))
def test_where_the_text_says_nothing_the_usual_causes_of_the_stage_are_named_as_unsure(stage: Stage) -> None:
    explanation = explain(Observation(text="...", stage=stage))

    assert explanation.unsure
    assert len(explanation.causes) == 3


def test_every_rule_can_be_read_and_every_cause_has_a_sentence() -> None:
    for rule in all_rules():
        assert rule.weight > 0
        assert all(choice for phrase in parse(rule.phrases) for piece in phrase for choice in piece), rule
        assert all(Stage(stage) for stage in rule.stages), rule
    assert set(TITLES) == set(Cause)


def test_no_rule_is_a_look_up_of_a_whole_sample() -> None:
    longest = max(len(phrase) for rule in all_rules() for phrase in rule.phrases.split(";"))

    assert longest < 160


@given(OBSERVATIONS)
def test_anything_is_answered_with_up_to_three_labels_whose_confidence_falls(seen: Observation) -> None:
    explanation = explain(seen)

    shares = [cause.confidence for cause in explanation.causes]
    assert len(shares) <= 3
    assert len({cause.cause for cause in explanation.causes}) == len(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares, reverse=True)
    assert explanation.unsure is (not shares or shares[0] < 0.5)


@given(st.lists(st.floats(0, 40), max_size=8).map(lambda scores: sorted(scores, reverse=True)))
def test_confidence_only_rises_with_the_margin_and_never_adds_up_to_more_than_one(scores: list[float]) -> None:
    shares = confidences(scores)

    assert sum(shares) <= 1.0 + 0.01 * len(shares)
    assert list(shares) == sorted(shares, reverse=True)
    if scores:
        assert confidences([scores[0] + 1, *scores[1:]])[0] >= shares[0]


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["stage", "code", "text", "auth", "tls", "port"]), st.none() | st.integers() | st.text()
    )
)
def test_a_row_of_any_kind_becomes_an_observation(row: dict[str, object]) -> None:
    assert isinstance(observed(row), Observation)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("You do not have the permission to send the message on behalf of the specified user.", Cause.SENDER_NOT_OWNED),
        ("Try again, or contact your network administrator. This message could not be sent.", None),
        ("Error: Missing credentials for \"PLAIN\"\n  code: 'EAUTH', command: 'API'", Cause.AUTH_NOT_CONFIGURED),
        (
            '{"errors": [{"message": "The provided authorization grant is invalid, expired, or revoked"}]}',
            Cause.AUTH_BAD_CREDENTIALS,
        ),
        (
            '{"event": "failed", "delivery-status": {"description": "Not delivering to previously bounced address"}}',
            Cause.RECIPIENT_UNKNOWN,
        ),
    ],
)
def test_words_of_libraries_and_services_are_not_mistaken_for_those_of_a_server(text: str, cause: Cause | None) -> None:
    answer = explain(Observation(text=text))

    first = answer.causes[0].cause if answer.causes else None
    assert first is cause if cause is not None else first is not Cause.IP_POLICY_BLOCK


@pytest.mark.parametrize(
    "greeting", ["220 ****************", "220 ******************************0*2******0***", "********"]
)
def test_a_greeting_of_asterisks_is_somebody_in_between(greeting: str) -> None:
    answer = explain(Observation(text=greeting))

    assert (answer.causes[0].cause, answer.unsure) == (Cause.PROXY_INTERFERENCE, False)
    assert "asterisks" in answer.causes[0].why


def test_asterisks_in_a_greeting_with_words_are_no_fault() -> None:
    answer = explain(Observation(stage=Stage.BANNER, code=220, text="220 mail.example.com ******** ESMTP"))

    assert answer.causes[0].cause is Cause.OK
