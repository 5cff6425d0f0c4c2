"""All evidence together: what comes first, what follows from what, and which remedy loses least."""

from dataclasses import replace

import pytest

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.case import Case, Origin, Vantage
from profilegen.diagnosis.doctor.cures import Cure, cures_for
from profilegen.diagnosis.doctor.diagnosis import diagnose
from profilegen.diagnosis.doctor.questions import Question
from profilegen.report import Finding, Outcome, Report
from profilegen.settings.candidates import Status
from tests.doctor.test_comparison import RIGHT, YOU, device

RELAYING = "The recipient was rejected by the server because it does not allow relaying."
REFUSAL = "554 5.7.1 Relay access denied"
CONTROL = Finding(
    check="outgoing.relay_without_auth", outcome=Outcome.PASS, detail=f"refused: {REFUSAL}", reply=REFUSAL
)
SOUND = Report((CONTROL,))
CASE = Case(address=YOU, status=Status.OK, right=RIGHT, right_report=SOUND, level=1)


def failed(check: str, cause: Cause, detail: str = "no") -> Report:
    return Report((Finding(check=check, outcome=Outcome.FAIL, detail=detail, cause=cause),))


def test_no_evidence_is_no_cause_and_no_cure() -> None:
    diagnosis = diagnose(CASE)

    assert diagnosis.healthy
    assert diagnosis.cures == ()


def test_message_device_and_server_together_are_surer_than_the_message_alone() -> None:
    alone = diagnose(replace(CASE, error=RELAYING, right_report=Report()))
    together = diagnose(replace(CASE, error=RELAYING, current=device("outgoing.password=empty")))

    assert alone.causes[0].cause is together.causes[0].cause is Cause.AUTH_NOT_CONFIGURED
    assert together.causes[0].confidence > alone.causes[0].confidence
    assert {(clue.origin, clue.vantage) for clue in together.causes[0].clues} >= {
        (Origin.ERROR, Vantage.DEVICE),
        (Origin.COMPARISON, Vantage.DEVICE),
        (Origin.NEGATIVE_CONTROL, Vantage.HERE),
    }


def test_a_login_that_is_filled_in_speaks_against_a_missing_one() -> None:
    shown = device("outgoing.username=you@example.com", "outgoing.password=set", "outgoing.host=mail.old.example")

    diagnosis = diagnose(replace(CASE, error=RELAYING, current=shown))

    assert diagnosis.causes[0].cause is Cause.WRONG_SERVER_HOST


def test_what_was_tried_from_here_is_said_about_here() -> None:
    diagnosis = diagnose(replace(CASE, right_report=failed("outgoing.connect", Cause.CONNECT_TIMEOUT)))

    [found] = diagnosis.causes
    assert found.clues[0].vantage is Vantage.HERE
    assert "the phone's may differ" in found.clues[0].detail
    assert diagnosis.open_questions[0] in (Question.ERROR, Question.MOBILE_DATA)
    assert Question.MOBILE_DATA in diagnosis.open_questions


def test_mail_that_works_on_mobile_data_accuses_the_other_network() -> None:
    before = replace(CASE, error="The connection to the outgoing server failed: timed out.")

    works, fails = (diagnose(replace(before, other_network=answer)) for answer in (True, False))

    assert any(clue.vantage is Vantage.PERSON for found in works.causes for clue in found.clues)
    assert all(found.cause is not Cause.CONNECT_TIMEOUT for found in fails.causes)
    assert Question.MOBILE_DATA not in works.open_questions + fails.open_questions


def test_nobody_is_asked_what_the_device_said_already() -> None:
    diagnosis = diagnose(replace(CASE, error=RELAYING, current=device("outgoing.password=empty")))

    assert diagnosis.open_questions == ()


@pytest.mark.parametrize(
    ("causes", "cures"),
    [
        ([Cause.AUTH_NOT_CONFIGURED], [Cure.RETYPE, Cure.CORRECT, Cure.PROFILE, Cure.AGAIN]),
        ([Cause.TLS_REQUIRED_NOT_USED], [Cure.CORRECT, Cure.PROFILE, Cure.AGAIN]),
        ([Cause.APP_PASSWORD_REQUIRED], [Cure.OUTSIDE, Cure.RETYPE, Cure.CORRECT, Cure.PROFILE, Cure.AGAIN]),
        ([Cause.OAUTH_REQUIRED, Cause.AUTH_NOT_CONFIGURED], [Cure.PROFILE, Cure.AGAIN]),
        ([Cause.AUTH_NOT_CONFIGURED, Cause.OAUTH_REQUIRED], [Cure.RETYPE, Cure.CORRECT, Cure.PROFILE, Cure.AGAIN]),
        ([Cause.TLS_UNTRUSTED], [Cure.OUTSIDE, Cure.PROFILE]),
        ([Cause.ACCOUNT_DISABLED], [Cure.OUTSIDE]),
        ([Cause.RECIPIENT_UNKNOWN], [Cure.OUTSIDE]),
        ([Cause.MESSAGE_TOO_BIG], [Cure.OUTSIDE]),
    ],
)
def test_the_remedy_with_the_least_to_lose_comes_first(causes: list[Cause], cures: list[Cure]) -> None:
    assert list(cures_for(causes, known=True)) == cures


def test_every_cause_has_a_cure_and_none_begins_by_removing_the_account() -> None:
    for cause in Cause:
        for known in (True, False):
            assert (cures_for([cause], known=known) or (Cure.OUTSIDE,))[0] is not Cure.AGAIN


def test_without_known_settings_no_profile_is_offered() -> None:
    assert cures_for([Cause.AUTH_NOT_CONFIGURED], known=False) == (Cure.RETYPE, Cure.CORRECT)


def test_a_provider_that_wants_a_sign_in_gets_a_profile_first() -> None:
    right = replace(RIGHT, outgoing=None, incoming=None, others=(), sign_in=True)
    case = replace(CASE, right=right, status=Status.OAUTH_ONLY, current=device("outgoing.authentication=password"))

    diagnosis = diagnose(case)

    assert diagnosis.causes[0].cause is Cause.OAUTH_REQUIRED
    assert diagnosis.cures[0] is Cure.PROFILE


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("535 5.7.8 Error: authentication failed", Cause.AUTH_BAD_CREDENTIALS),
        ("The user name or password for smtp.example.com is incorrect.", Cause.AUTH_BAD_CREDENTIALS),
        ("534-5.7.9 Application-specific password required", Cause.APP_PASSWORD_REQUIRED),
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled", Cause.OAUTH_REQUIRED),
        ("530 5.7.0 Must issue a STARTTLS command first", Cause.TLS_REQUIRED_NOT_USED),
        ("554 5.7.1 Client host [192.0.2.9] blocked using zen.example.org", Cause.IP_BLACKLISTED),
        ("553 5.7.1 Sender address rejected: not owned by user you@example.com", Cause.SENDER_NOT_OWNED),
        ("552 5.3.4 Message size exceeds fixed limit", Cause.MESSAGE_TOO_BIG),
        ("550 5.4.5 Daily user sending quota exceeded", Cause.RATE_LIMITED),
        ("550 5.7.0 Account suspended due to abuse", Cause.ACCOUNT_DISABLED),
        ("421 4.3.0 Temporary failure, try again later", Cause.SERVER_TEMP_FAILURE),
    ],
)
def test_what_the_phone_shows_tells_the_cases_apart(error: str, cause: Cause) -> None:
    assert diagnose(replace(CASE, error=error)).causes[0].cause is cause


def good(check: str) -> Report:
    return Report((Finding(check=check, outcome=Outcome.PASS, detail="fine"),))


def test_a_foreign_certificate_on_the_phone_alone_points_at_what_is_in_between() -> None:
    diagnosis = diagnose(replace(CASE, error="Cannot Verify Server Identity", right_report=good("outgoing.tls.chain")))

    [between] = [found for found in diagnosis.causes if found.cause is Cause.PROXY_INTERFERENCE]
    assert between.clues[0].vantage is Vantage.HERE
    assert Question.MOBILE_DATA in diagnosis.open_questions


def test_a_server_that_answers_here_is_not_down() -> None:
    failing = replace(CASE, error="The connection to the outgoing server timed out.", right_report=SOUND)

    alone, contrasted = (diagnose(replace(failing, right_report=one)) for one in (SOUND, good("outgoing.connect")))

    assert contrasted.causes[0].cause is Cause.CONNECT_TIMEOUT
    assert contrasted.causes[0].confidence > alone.causes[0].confidence
    assert any("it is not down" in clue.detail for clue in contrasted.causes[0].clues)


def test_the_port_counts_less_where_the_server_is_another_one() -> None:
    shown = ("outgoing.port=25", "outgoing.use_ssl=off")

    at_home = diagnose(replace(CASE, current=device(*shown)))
    elsewhere = diagnose(replace(CASE, current=device("outgoing.host=mail.old.example", *shown)))

    assert at_home.causes[0].cause is Cause.AUTH_NOT_OFFERED
    assert elsewhere.causes[0].cause is Cause.WRONG_SERVER_HOST
    assert elsewhere.causes[0].confidence > elsewhere.causes[1].confidence
