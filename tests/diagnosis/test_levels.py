"""How far a report proves an account."""

from dataclasses import replace

import pytest

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.levels import ENDPOINT_CHECKS, reached_level
from profilegen.report import Finding, Outcome, Report

CHECKS = (
    *(f"{direction}.{check}" for direction in ("outgoing", "incoming") for check in (*ENDPOINT_CHECKS, "auth")),
    "outgoing.relay_without_auth",
    "outgoing.mail_from",
    "outgoing.rcpt_to",
    "outgoing.data",
    "incoming.arrival",
    "incoming.cleanup",
)


def report(**bad: Outcome) -> Report:
    """Return a report in which everything passed but the checks named with "__" for the dot."""
    outcomes = {name.replace("__", "."): outcome for name, outcome in bad.items()}
    return Report(tuple(Finding(check=check, outcome=outcomes.get(check, Outcome.PASS), detail="") for check in CHECKS))


@pytest.mark.parametrize(
    ("check", "level"),
    [
        ("outgoing__dns", 0),
        ("incoming__capabilities_tls", 0),
        ("outgoing__relay_without_auth", 0),
        ("outgoing__auth", 1),
        ("incoming__auth", 1),
        ("outgoing__mail_from", 2),
        ("outgoing__data", 2),
        ("incoming__arrival", 3),
        ("incoming__cleanup", 4),
    ],
)
def test_the_first_check_that_is_no_pass_ends_the_climb(check: str, level: int) -> None:
    assert reached_level(report(**{check: Outcome.FAIL})) == level
    assert reached_level(report(**{check: Outcome.SKIP})) == level
    assert reached_level(report(**{check: Outcome.WARN})) == 4


def test_an_empty_report_proves_nothing() -> None:
    assert reached_level(Report()) == 0


def test_one_refused_alias_is_enough_to_miss_level_three() -> None:
    alias = Finding(check="outgoing.mail_from", outcome=Outcome.FAIL, detail="", cause=Cause.SENDER_NOT_OWNED)
    assert reached_level(report() + Report((alias,))) == 2


def test_a_profile_without_a_login_proves_nothing_however_sound_the_servers_are() -> None:
    broken = report(outgoing__auth=Outcome.FAIL)
    findings = tuple(
        replace(finding, cause=Cause.AUTH_NOT_CONFIGURED) if finding.check == "outgoing.auth" else finding
        for finding in broken.findings
    )
    assert reached_level(Report(findings)) == 0
