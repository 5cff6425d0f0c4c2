"""The server our own mail goes through has to pass our own test, like anybody's."""

from dataclasses import dataclass

from profilegen.diagnosis.coverage import Policy
from profilegen.diagnosis.evidence import Evidence, Failure
from profilegen.diagnosis.submission import PROVED_LEVEL, proves_submission, submission_level, submission_pair
from profilegen.errors import NotPossible
from profilegen.ports import Clock, EvidenceLog, Progress
from profilegen.ports.sending import Submission, SubmissionTester
from profilegen.report import Outcome, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionGate:
    """Lets mail out through a server that was proved lately, login included; tests it where it was not."""

    log: EvidenceLog
    tester: SubmissionTester
    policy: Policy
    clock: Clock

    async def admit(self, submission: Submission, progress: Progress) -> None:
        """Return if the server may be used; raises NotPossible `submission_failed` with what was found."""
        now, max_age = self.clock.now(), self.policy.max_age
        pair = submission_pair(submission.server, submission.sender)
        known = await self.log.about(pair, now - max_age)
        if proves_submission(pair, [one for one in known if one.tested_at <= now]):
            return
        report = await self.tester.test(submission, progress)
        level = submission_level(report)
        await self.log.record(
            Evidence(
                pair=pair,
                level=level,
                level_asked=PROVED_LEVEL,
                tested_at=self.clock.now(),
                failures=tuple(
                    Failure(check=one.check, cause=one.cause) for one in report.findings if one.outcome is Outcome.FAIL
                ),
            )
        )
        if level < PROVED_LEVEL:
            raise _failed(submission, report)


def _failed(submission: Submission, report: Report) -> NotPossible:
    failure = report.first_failure
    words = f"{failure.check}: {failure.detail}" if failure is not None else "the test did not come to the login."
    return NotPossible(
        f"{submission.server.endpoint}, through which the mail is to go, did not pass the test. {words}",
        hint=(failure and failure.remedy) or "Check the values of send.* in the configuration.",
        code="submission_failed",
    )
