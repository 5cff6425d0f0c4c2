"""Findings and reports: the one shape in which every check says what it saw."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from profilegen.secret import Login, scrub


class Outcome(StrEnum):
    """How a check ended. `skip`: it could not be reached; the blocking check stands in the detail."""

    PASS = "pass"  # noqa: S105 - an outcome
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What one check saw.

    `check` is a name of the command line's contract ("outgoing.auth"), `ms` its duration in milliseconds, `cause` a
    label of `profilegen.diagnosis.causes`, `remedy` one sentence for the person, `reply` the server's own words,
    `names` those a certificate holds where that is what was looked at.
    """

    check: str
    outcome: Outcome
    detail: str
    ms: float | None = None
    cause: str | None = None
    remedy: str | None = None
    reply: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)  # one field, so Report(findings) needs no keyword
class Report:
    """An ordered list of findings. An empty report is not a pass."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True if something was checked and nothing failed or was left out."""
        bad = (Outcome.FAIL, Outcome.SKIP)
        return bool(self.findings) and not any(finding.outcome in bad for finding in self.findings)

    @property
    def first_failure(self) -> Finding | None:
        """The first failing finding, which is the one that blocks the rest."""
        return next((finding for finding in self.findings if finding.outcome is Outcome.FAIL), None)

    def of(self, check: str) -> tuple[Finding, ...]:
        """Return the findings of one check, in order."""
        return tuple(finding for finding in self.findings if finding.check == check)

    def __add__(self, other: "Report") -> "Report":
        return Report(self.findings + other.findings)

    def scrubbed(self, logins: Iterable[Login]) -> "Report":
        """Return the report with every password masked in every text."""
        logins = tuple(logins)
        return Report(tuple(_scrub_finding(finding, logins) for finding in self.findings))


def _scrub_finding(finding: Finding, logins: tuple[Login, ...]) -> Finding:
    reply = None if finding.reply is None else scrub(finding.reply, logins)
    return replace(finding, detail=scrub(finding.detail, logins), reply=reply)
