"""Whether and how one login attempt is made: what stands against it, and the budget of failed ones."""

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause
from profilegen.ports import LoginBudget
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.examine import Examined
from profilegen.probe.stream import ConversationBroken
from profilegen.secret import Login, Secret
from profilegen.settings.servers import Auth, FoundServer

_SPOKEN = (Auth.PASSWORD, Auth.CRAM_MD5)
_NO_VERDICT = frozenset(
    {
        Cause.AUTH_TEMP_FAILURE,
        Cause.SERVER_TEMP_FAILURE,
        Cause.TOO_MANY_CONNECTIONS,
        Cause.AUTH_MECH_UNSUPPORTED,
        Cause.AUTH_NOT_OFFERED,
        Cause.AUTH_REQUIRES_TLS,
    }
)


class NotTried(Exception):
    """A login that is not attempted, and the reason; never leaves the probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One login of one server as the profile has it."""

    found: FoundServer
    examined: Examined
    password: Secret | None
    level: int


def login_of(attempt: Attempt, *, refusal: str | None) -> Login:
    """
    Return the login to try.

    Raises CheckFailed if the profile holds none (`refusal`: what the server says then), NotTried with the reason if
    there is nothing to try with or no safe way to.
    """
    found = attempt.found
    if found.auth in (None, Auth.NONE) or not found.username:
        missing = "no authentication" if found.auth in (None, Auth.NONE) else "no user name"
        answer = f" The server then answers: {refusal}" if refusal else ""
        raise CheckFailed(Cause.AUTH_NOT_CONFIGURED, f"The profile sets {missing}.{answer}", reply=refusal)
    if attempt.examined.offered is None:
        blocker = attempt.examined.report.first_failure
        raise NotTried(f"Not reached because of {blocker.check if blocker else 'the endpoint'}.")
    if attempt.level < 2:
        raise NotTried("Level 1 was asked for: no login is tried.")
    if found.auth not in _SPOKEN:
        raise NotTried(f"A login with {found.auth} can only be tried on the device.")
    if attempt.password is None:
        raise NotTried("No password was given.")
    if _cannot_be_sent(found.username) or _cannot_be_sent(attempt.password.reveal()):
        raise CheckFailed(Cause.AUTH_USERNAME_FORM, "The user name or password holds characters no login can carry.")
    return Login(username=found.username, password=attempt.password)


def _cannot_be_sent(text: str) -> bool:
    """Line breaks and NUL would end the command early; half a surrogate pair is no character."""
    return any(unicodedata.category(char) in ("Cc", "Cs") for char in text)


async def within_budget(budget: LoginBudget, attempt: Attempt, log_in: Callable[[], Awaitable[None]]) -> None:
    """Run one login attempt if the budget of failed ones allows it, and tell the budget how it ended."""
    target = attempt.examined.target
    key = (target.host, target.port, attempt.found.username or "")
    next_try = await budget.reserve(*key)
    if next_try is not None:
        detail = (
            f"Two logins have failed within the last hour. Next try: {next_try:%Y-%m-%d %H:%M} UTC. Nothing was sent."
        )
        raise CheckFailed(Cause.TOO_MANY_AUTH_FAILURES, detail)
    try:
        await log_in()
    except ConversationBroken:
        await budget.release(*key)
        raise
    except CheckFailed as failed:
        if failed.reply is None or failed.cause in _NO_VERDICT:
            await budget.release(*key)
        raise
    await budget.succeeded(*key)
