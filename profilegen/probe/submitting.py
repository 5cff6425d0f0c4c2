"""Testing the server our own mail goes through: the outgoing half of a test-send, up to the login."""

from profilegen.diagnosis.submission import PROVED_LEVEL
from profilegen.ports import LoginBudget, Progress, Trial
from profilegen.ports.sending import Submission
from profilegen.probe.advice import with_port_advice
from profilegen.probe.examine import Tools, examine
from profilegen.probe.outgoing import Outgoing
from profilegen.probe.relay import try_relaying
from profilegen.probe.target import target_of_found
from profilegen.report import Report
from profilegen.secret import Login
from profilegen.settings.servers import FoundServer, Protocol


class OutgoingTester:
    """A `ports.sending.SubmissionTester`; nothing is sent."""

    def __init__(self, *, tools: Tools, budget: LoginBudget) -> None:
        self._tools = tools
        self._budget = budget

    async def test(self, submission: Submission, progress: Progress) -> Report:
        """Return every `outgoing.` check up to the login; raises ResolverProblem if no name server answered."""
        found, sender = submission.server.found, submission.sender
        progress(f"Testing {submission.server.endpoint}, through which the mail is to go")
        examined = await examine(target_of_found(found), self._tools, prefix="outgoing.")
        examined = await with_port_advice(examined, seconds=self._tools.patience.connect)
        control = await try_relaying(sender, examined, self._tools, prefix="outgoing.")
        trial = Trial(
            address=sender,
            incoming=FoundServer(protocol=Protocol.IMAP),
            outgoing=found,
            level=PROVED_LEVEL,
            outgoing_password=submission.password,
        )
        sending = Outgoing(trial, examined, self._tools, self._budget)
        try:
            await sending.log_in(refusal=control.refusal)
        finally:
            await sending.close()
        report = examined.report + control.report + sending.checks.report()
        return report.scrubbed([Login(username=submission.server.username, password=submission.password)])
