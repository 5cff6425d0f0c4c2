"""Opening a conversation with a server that has been examined before."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, cause_of_verify_code, classify
from profilegen.errors import NetworkProblem
from profilegen.net.dial import Dialled, dial
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.dialects import Reply, dialect_of
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.session import Session
from profilegen.probe.target import Encryption


async def dial_again(examined: Examined, tools: Tools) -> Dialled:
    """Connect to an address of the examined server; raises CheckFailed."""
    try:
        return await dial(examined.addresses, examined.target.port, timeout=tools.patience.connect)
    except NetworkProblem as problem:
        raise CheckFailed(Cause(problem.code), problem.message) from problem


@asynccontextmanager
async def conversation(examined: Examined, tools: Tools, encryption: Encryption) -> AsyncIterator[Session]:
    """
    Yield a greeted session, encrypted and verified unless `encryption` is NONE, and leave politely.

    Raises CheckFailed or ConversationBroken.
    """
    session = await Session.over(await dial_again(examined, tools), dialect_of(examined.target.protocol))
    try:
        if encryption is Encryption.TLS:
            await _verified(session, examined, tools)
        _expect(await session.greeting(seconds=tools.patience.greeting), Stage.BANNER)
        _expect(await session.hello(seconds=tools.patience.reply), Stage.EHLO)
        if encryption is Encryption.STARTTLS:
            _expect(await session.ask(session.dialect.starttls, seconds=tools.patience.reply), Stage.STARTTLS)
            await _verified(session, examined, tools)
            _expect(await session.hello(seconds=tools.patience.reply), Stage.EHLO)
        yield session
    finally:
        await session.leave()


def tls_failed(problem: OSError) -> CheckFailed:
    """Return the finding behind a handshake that failed although the examination had passed."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return CheckFailed(cause_of_verify_code(problem.verify_code), f"The certificate is refused: {problem}")
    cause = classify(Observation(stage=Stage.TLS, text=str(problem))) or Cause.TLS_SERVER_PROBLEM
    return CheckFailed(cause, f"TLS could not begin: {problem}")


async def _verified(session: Session, examined: Examined, tools: Tools) -> None:
    try:
        await session.stream.start_tls(tools.tls.verified, examined.target.host, seconds=tools.patience.handshake)
    except OSError as problem:
        raise tls_failed(problem) from problem


def _expect(reply: Reply, stage: Stage) -> None:
    if reply.ok or stage is Stage.EHLO:  # a refused CAPA says nothing, and a refused EHLO shows in the next reply
        return
    cause = classify(Observation(stage=stage, text=reply.text, code=reply.code)) or Cause.SERVER_TEMP_FAILURE
    raise CheckFailed(cause, f"The server refuses: {reply.text}", reply=reply.text)
