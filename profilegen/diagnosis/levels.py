"""How far a report proves an account: the levels of a test-send."""

from profilegen.diagnosis.causes import Cause
from profilegen.report import Outcome, Report

ENDPOINT_CHECKS = (
    "dns",
    "connect",
    "banner",
    "capabilities",
    "starttls",
    "tls.chain",
    "tls.hostname",
    "tls.dates",
    "tls.key",
    "tls.lifetime",
    "capabilities_tls",
)
"""The checks of one direction that need no credential."""

_NEEDED = (
    (
        *(f"outgoing.{check}" for check in ENDPOINT_CHECKS),
        *(f"incoming.{check}" for check in ENDPOINT_CHECKS),
        "outgoing.relay_without_auth",
    ),
    ("outgoing.auth", "incoming.auth"),
    ("outgoing.mail_from", "outgoing.rcpt_to", "outgoing.data"),
    ("incoming.arrival",),
)


def reached_level(report: Report) -> int:
    """
    Return 0 to 4: nothing proved, endpoints sound, login works, message accepted, message arrived.

    A level is reached if all its checks and those of every level below passed (a warning is a pass). A profile that
    holds no login proves nothing, however sound the servers are: no message could ever be sent with it.
    """
    if any(finding.cause == Cause.AUTH_NOT_CONFIGURED for finding in report.findings):
        return 0
    level = 0
    for checks in _NEEDED:
        if not all(_passed(report, check) for check in checks):
            break
        level += 1
    return level


def _passed(report: Report, check: str) -> bool:
    findings = report.of(check)
    return bool(findings) and all(finding.outcome in (Outcome.PASS, Outcome.WARN) for finding in findings)
