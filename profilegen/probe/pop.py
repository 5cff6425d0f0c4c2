"""Logging in to a POP server: what can be proved of a POP account without touching its mail."""

from base64 import b64encode

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, classify
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.connect import conversation
from profilegen.probe.dialects import Reply, pop_command
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.session import Session
from profilegen.secret import Login


async def log_in_to_pop(login: Login, examined: Examined, tools: Tools) -> str:
    """Log in once, leave at once and return the way it was done; raises CheckFailed or ConversationBroken."""
    async with conversation(examined, tools, examined.encryption) as session:
        if session.stream.tls_version is None:
            raise CheckFailed(Cause.AUTH_REQUIRES_TLS, "The session is not encrypted; no password is sent.")
        seconds = tools.patience.login
        if examined.offered is not None and not examined.offered.plain_command:
            return await _sasl_plain(session, login, seconds)
        _expect(await session.ask(pop_command(f"USER {login.username}"), seconds=seconds))
        _expect(await session.ask(pop_command(f"PASS {login.password.reveal()}"), seconds=seconds))
        return "USER/PASS"


async def _sasl_plain(session: Session, login: Login, seconds: float) -> str:
    response = b64encode(f"\0{login.username}\0{login.password.reveal()}".encode()).decode("ascii")
    _expect(await session.ask(pop_command(f"AUTH PLAIN {response}"), seconds=seconds))  # RFC 5034
    return "AUTH PLAIN"


def _expect(reply: Reply) -> None:
    if not reply.ok:
        cause = classify(Observation(stage=Stage.IMAP_LOGIN, text=reply.text, login=True, tls=True))
        raise CheckFailed(cause or Cause.AUTH_BAD_CREDENTIALS, f"The server refuses: {reply.text}", reply=reply.text)
