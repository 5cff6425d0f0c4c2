"""The incoming half of a test-send: log in, wait for the message, look at its trace, delete it again."""

import asyncio
import re
from contextlib import suppress
from time import perf_counter

from profilegen.diagnosis.causes import Cause
from profilegen.ports import LoginBudget, Trial
from profilegen.probe.checklist import Blocked, CheckFailed, Checklist, Step
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.imap import Arrived, ImapMailbox
from profilegen.probe.login import Attempt, NotTried, login_of, within_budget
from profilegen.probe.pop import log_in_to_pop
from profilegen.report import Outcome
from profilegen.secret import Login
from profilegen.settings.servers import Protocol

CHECKS = ("auth", "arrival", "cleanup")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_WITH_LOGIN = re.compile(r"\bwith\s+((?:UTF8)?L?E?SMTPSA)\b", re.IGNORECASE)  # RFC 3848: TLS and AUTH
_VERDICT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*(\w+)", re.IGNORECASE)


class Incoming:
    """
    One session from login to clean-up.

    Nothing here raises for a fault of the server: everything stands in `checks`.
    """

    def __init__(self, trial: Trial, examined: Examined, tools: Tools, budget: LoginBudget) -> None:
        self.checks = Checklist(CHECKS, prefix="incoming.")
        self._trial = trial
        self._examined = examined
        self._tools = tools
        self._budget = budget
        self._mailbox: ImapMailbox | None = None

    async def log_in(self) -> None:
        """Log in once."""
        attempt = Attempt(
            found=self._trial.incoming,
            examined=self._examined,
            password=self._trial.incoming_password,
            level=self._trial.level,
        )
        try:
            with self.checks.step("auth") as step:
                login = login_of(attempt, refusal=None)
                await within_budget(self._budget, attempt, lambda: self._present(login, step))
        except NotTried as reason:
            self.checks.skip(CHECKS, str(reason))
        except Blocked:
            await self.close()

    async def _present(self, login: Login, step: Step) -> None:
        if self._examined.target.protocol is Protocol.POP:
            mechanism = await log_in_to_pop(login, self._examined, self._tools)
        else:
            self._mailbox = await ImapMailbox.open(self._examined, self._tools)
            mechanism = await self._mailbox.log_in(login)
        step.detail = f"Logged in with {mechanism}."

    async def receive(self, token: str, *, sent: bool) -> None:
        """Wait for the message with this token, judge its trace, and delete it."""
        reason = self._nothing_to_receive(sent=sent)
        if reason is not None:
            self.checks.skip(CHECKS[1:], reason)
        if reason is not None or self._mailbox is None:
            return
        with suppress(Blocked):
            with self.checks.step("arrival") as step:
                arrived = await self._arrival(self._mailbox, token, step)
            with self.checks.step("cleanup") as step:
                await self._cleanup(self._mailbox, arrived, step)

    async def close(self) -> None:
        """Leave the server."""
        if self._mailbox is not None:
            await self._mailbox.close()
            self._mailbox = None

    def _nothing_to_receive(self, *, sent: bool) -> str | None:
        recipient = self._trial.recipient
        if self._trial.level < 4:
            return f"Level {self._trial.level} was asked for."
        if self._trial.incoming.protocol is Protocol.POP:
            return "POP shows no folders: whether a message arrived cannot be told without disturbing the mailbox."
        if not sent:
            return "Nothing was sent."
        if recipient is not None and recipient.account != self._trial.address.account:
            return f"Sent to {recipient}, whose mailbox cannot be looked into."
        return None

    async def _arrival(self, mailbox: ImapMailbox, token: str, step: Step) -> Arrived:
        started = perf_counter()
        pause = _FIRST_PAUSE
        while (arrived := await mailbox.find(token)) is None:
            waited = perf_counter() - started
            if waited + pause > self._tools.patience.arrival:
                detail = f"Accepted, but neither in INBOX nor in the junk folder after {waited:.0f} s."
                raise CheckFailed(Cause.SERVER_TEMP_FAILURE, detail)
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, _LONGEST_PAUSE)
        _describe(arrived, perf_counter() - started, step)
        if self._trial.through_relay:
            _judge_relay(arrived, step)
        return arrived

    async def _cleanup(self, mailbox: ImapMailbox, arrived: Arrived, step: Step) -> None:
        if await mailbox.remove(arrived):
            step.detail = f"Deleted from {arrived.folder}."
        else:
            step.outcome = Outcome.WARN
            step.detail = (
                f"Marked as deleted in {arrived.folder}; not expunged, because other messages wait for it too."
            )


def _describe(arrived: Arrived, seconds: float, step: Step) -> None:
    proof = _WITH_LOGIN.search(arrived.headers)
    how = f"sent with login over TLS ({proof[1].upper()})" if proof else "its trace does not say how it was sent"
    step.detail = f"Found in {arrived.folder} after {seconds:.1f} s; {how}."
    if arrived.folder != "INBOX":
        step.outcome = Outcome.WARN


def _judge_relay(arrived: Arrived, step: Step) -> None:
    """Look at what the receiver made of mail that a relay service sent for this domain (RFC 8601)."""
    field = arrived.headers.lower().partition("authentication-results:")[2]
    verdicts = dict.fromkeys(f"{method}={result}" for method, result in _VERDICT.findall(field))
    if not verdicts:
        step.outcome, step.detail = Outcome.WARN, f"{step.detail} The receiver states no SPF, DKIM or DMARC result."
        return
    step.detail = f"{step.detail} The receiver states {', '.join(verdicts)}."
    if any(not verdict.endswith("=pass") for verdict in verdicts):
        step.outcome = Outcome.WARN
