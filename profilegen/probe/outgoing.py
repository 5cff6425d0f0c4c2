"""The outgoing half of a test-send: log in, name sender and recipient, hand the message over."""

from contextlib import suppress

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.ports import LoginBudget, Trial
from profilegen.probe.checklist import Blocked, CheckFailed, Checklist
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.login import Attempt, NotTried, login_of, within_budget
from profilegen.probe.submission import Submission
from profilegen.settings.servers import Auth

CHECKS = ("auth", "mail_from", "rcpt_to", "data")

_SENDER_CAUSES = frozenset({Cause.SENDER_NOT_OWNED, Cause.SENDER_IDENTITY_UNVERIFIED, Cause.SENDER_DOMAIN_INVALID})


class Outgoing:
    """
    One session from login to acceptance; `sent` is True once the server has accepted the message.

    Nothing here raises for a fault of the server: everything stands in `checks`.
    """

    def __init__(self, trial: Trial, examined: Examined, tools: Tools, budget: LoginBudget) -> None:
        self.checks = Checklist(CHECKS, prefix="outgoing.")
        self.sent = False
        self._trial = trial
        self._examined = examined
        self._tools = tools
        self._budget = budget
        self._session: Submission | None = None

    async def log_in(self, *, refusal: str | None) -> None:
        """Log in once; `refusal` is what the server says to those who do not."""
        found = self._trial.outgoing
        attempt = Attempt(
            found=found,
            examined=self._examined,
            password=self._trial.outgoing_password,
            level=self._trial.level,
        )
        try:
            with self.checks.step("auth") as step:
                login = login_of(attempt, refusal=refusal)

                async def present() -> None:
                    self._session = await Submission.open(self._examined, self._tools)
                    mechanism = await self._session.log_in(login, found.auth or Auth.PASSWORD)
                    step.detail = f"Logged in with {mechanism}."

                await within_budget(self._budget, attempt, present)
        except NotTried as reason:
            self.checks.skip(CHECKS, str(reason))
        except Blocked:
            await self.close()

    async def send(self, message: bytes) -> None:
        """Send the message, then try every alias as sender without sending anything."""
        if self._session is None:
            return
        if self._trial.level < 3:
            self.checks.skip(CHECKS, "Level 2 was asked for: nothing is sent.")
            return
        with suppress(Blocked):
            await self._send(self._session, message)
            for alias in self._trial.aliases:
                await self._try_alias(self._session, alias)

    async def close(self) -> None:
        """Leave the server."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(self, session: Submission, message: bytes) -> None:
        recipient = self._trial.recipient or self._trial.address
        with self.checks.step("mail_from") as step:
            reply, refused = await _envelope(session, self._trial.address, recipient, size=len(message))
            step.detail = f"{self._trial.address} may send: {reply}"
        with self.checks.step("rcpt_to") as step:
            if refused is not None:
                raise _of_own_mailbox(refused) if recipient.account == self._trial.address.account else refused
            step.detail = f"Accepted for {recipient}."
        with self.checks.step("data") as step:
            step.reply = step.detail = await session.data(message)
        self.sent = True

    async def _try_alias(self, session: Submission, alias: Address) -> None:
        with suppress(Blocked), self.checks.step("mail_from") as step:
            reply, refused = await _envelope(session, alias, self._trial.address, size=1000)
            step.detail = f"{alias} may send: {reply}"
            if refused is None:
                await session.reset()


async def _envelope(
    session: Submission, sender: Address, recipient: Address, *, size: int
) -> tuple[str, CheckFailed | None]:
    """
    Name sender and recipient; many servers judge the sender only when they hear the recipient.

    Returns the answer to the sender and what was wrong with the recipient. Raises CheckFailed if it is the sender.
    """
    reply = await session.mail_from(str(sender), size=size)
    try:
        await session.rcpt_to(str(recipient))
    except CheckFailed as refused:
        await session.reset()
        if refused.cause in _SENDER_CAUSES:
            raise
        return reply, refused
    return reply, None


def _of_own_mailbox(refused: CheckFailed) -> CheckFailed:
    """Return a refusal as it is for somebody who writes to himself: the full mailbox is his own."""
    if refused.cause is not Cause.RECIPIENT_MAILBOX_FULL:
        return refused
    return CheckFailed(Cause.OWN_MAILBOX_FULL, refused.detail, reply=refused.reply)
