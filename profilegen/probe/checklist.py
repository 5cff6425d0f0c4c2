"""A list of checks being worked through: what was seen, how long it took, and what was not reached because of what."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from time import perf_counter

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.probe.stream import ConversationBroken, Trouble
from profilegen.report import Finding, Outcome, Report

_CAUSES = {
    Trouble.CLOSED: Cause.SERVER_TEMP_FAILURE,
    Trouble.SILENT: Cause.CONNECT_TIMEOUT,
    Trouble.TOO_LONG: Cause.PROXY_INTERFERENCE,
    Trouble.INJECTED: Cause.PROXY_INTERFERENCE,
}


class CheckFailed(Exception):
    """A check came out as no; never leaves the probe."""

    def __init__(self, cause: Cause, detail: str, *, reply: str | None = None) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.reply = reply


class Blocked(Exception):
    """A failed check has been written down and what depends on it cannot go on; never leaves the probe."""


@dataclass(slots=True, kw_only=True)  # a checklist fills it in while the step runs
class Step:
    """What a running check has to say so far; it passes unless it says otherwise."""

    detail: str = ""
    outcome: Outcome = Outcome.PASS
    reply: str | None = None
    cause: Cause | None = None


class Checklist:
    """
    Works through `checks` in order; `prefix` ("outgoing.") stands before every name in the report.

    A check may have several findings (one per sender address), and one that has none at the end is reported as skipped.
    """

    def __init__(self, checks: Sequence[str], *, prefix: str = "") -> None:
        self._checks = tuple(checks)
        self._prefix = prefix
        self._findings: list[Finding] = []
        self._reasons: dict[str, str] = {}

    @contextmanager
    def step(self, check: str) -> Iterator[Step]:
        """
        Run one check and write its finding; any other exception passes through and leaves the check unreached.

        Raises Blocked if the body raises CheckFailed or ConversationBroken.
        """
        step = Step()
        started = perf_counter()
        try:
            yield step
        except CheckFailed as failed:
            self._write(check, Step(detail=failed.detail, reply=failed.reply, cause=failed.cause), started)
            raise Blocked from failed
        except ConversationBroken as broken:
            cause = _CAUSES[broken.trouble]
            self._write(check, Step(detail=f"Broken off: {broken}.", cause=cause), started)
            raise Blocked from broken
        self._write(check, step, started)

    def add(self, findings: Iterable[Finding]) -> None:
        """Write finished findings, named without prefix; raises Blocked if one of them fails."""
        new = [replace(finding, check=self._prefix + finding.check) for finding in findings]
        self._findings += new
        if any(finding.outcome is Outcome.FAIL for finding in new):
            raise Blocked

    def skip(self, checks: Iterable[str], reason: str) -> None:
        """Give the reason why some checks will not be reached, other than an earlier failure."""
        self._reasons.update(dict.fromkeys(checks, reason))

    def ran_out(self, seconds: float) -> None:
        """Fail the check that was running when the time for all of them was up."""
        reached = {finding.check for finding in self._findings}
        running = next((check for check in self._checks if self._prefix + check not in reached), None)
        if running is not None:
            with suppress(Blocked), self.step(running):
                raise CheckFailed(Cause.CONNECT_TIMEOUT, f"Not done within {seconds:g} s: the server is too slow.")

    def skip_rest(self, reason: str) -> None:
        """Give the reason why everything not yet reached will not be."""
        self.skip(self._checks, reason)

    @property
    def blocker(self) -> str | None:
        """The full name of the first check that failed, None if none did."""
        return next((finding.check for finding in self._findings if finding.outcome is Outcome.FAIL), None)

    def report(self) -> Report:
        """Return the findings in the order of the checks, the unreached ones as skipped."""
        findings: list[Finding] = []
        for check in self._checks:
            name = self._prefix + check
            findings += [finding for finding in self._findings if finding.check == name] or [self._unreached(check)]
        return Report(tuple(findings))

    def _write(self, check: str, step: Step, started: float) -> None:
        outcome = Outcome.FAIL if step.cause is not None and step.outcome is Outcome.PASS else step.outcome
        self._findings.append(
            Finding(
                check=self._prefix + check,
                outcome=outcome,
                detail=step.detail,
                ms=round((perf_counter() - started) * 1000, 1),
                cause=step.cause,
                remedy=None if step.cause is None else remedy_of(step.cause).admin,
                reply=step.reply,
            )
        )

    def _unreached(self, check: str) -> Finding:
        reason = self._reasons.get(check)
        if reason is None:
            reason = f"Not reached because of {self.blocker}." if self.blocker else "Not reached."
        return Finding(check=self._prefix + check, outcome=Outcome.SKIP, detail=reason)
