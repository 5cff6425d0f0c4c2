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
