"""
Examining one server without any credential, check by check.

The certificate is judged like a device judges it. A handshake that OpenSSL refuses gives no certificate to look at, so
a second connection collects it; nothing but the certificate is taken from that one.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from profilegen.diagnosis import certificate
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.levels import ENDPOINT_CHECKS
from profilegen.diagnosis.replies import Observation, Stage, classify
from profilegen.errors import NetworkProblem
from profilegen.net.dial import Dialled, dial
from profilegen.net.tls import TlsContexts
from profilegen.ports import Clock, Resolver
from profilegen.probe.checklist import Blocked, CheckFailed, Checklist, Step
from profilegen.probe.dialects import Capabilities, Dialect, Reply, dialect_of
from profilegen.probe.session import Patience, Session
from profilegen.probe.stream import ConversationBroken
from profilegen.probe.target import Encryption, Target, login_obstacle
from profilegen.report import Outcome, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an examination works with."""

    resolver: Resolver
    tls: TlsContexts
    clock: Clock
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """
    The outcome: the report, where the server is, how it encrypts, and what it offers.

    `clear` is what it offers before TLS. `tls_sound`: the certificate passed every check. `offered` is None unless
    everything passed: only then may anybody log in.
    """

    target: Target
    report: Report
    addresses: tuple[str, ...] = ()
    encryption: Encryption = Encryption.NONE
    clear: Capabilities = field(default_factory=Capabilities)
    tls_sound: bool = False
    offered: Capabilities | None = None


async def examine(target: Target, tools: Tools, *, prefix: str = "") -> Examined:
    """Examine one server; raises ResolverProblem if its name could not be looked up."""
    examination = _Examination(target, tools, Checklist(ENDPOINT_CHECKS, prefix=prefix))
    try:
        async with asyncio.timeout(tools.patience.examination):
            with suppress(Blocked):  # the check that blocks is written down already
                await examination.run()
    except TimeoutError:
        examination.checks.ran_out(tools.patience.examination)
    return Examined(
        target=target,
        report=examination.checks.report(),
        addresses=examination.addresses,
        encryption=examination.encryption,
        clear=examination.clear,
        tls_sound=examination.tls_sound,
        offered=examination.offered,
    )


class _Examination:
    """The state of one examination; the methods below are its checks in order."""

    def __init__(self, target: Target, tools: Tools, checks: Checklist) -> None:
        self.target = target
        self.checks = checks
        self.addresses: tuple[str, ...] = ()
        self.encryption = target.encryption
        self.clear = Capabilities()
        self.tls_sound = False
        self.offered: Capabilities | None = None
        self._heard_after = 0.0
        self._tools = tools
        self._patience = tools.patience
        self._dialect: Dialect = dialect_of(target.protocol)

    async def run(self) -> None:
        await self._resolve()
        async with self._first_session() as (session, greeting):
            if self.encryption is Encryption.TLS:
                await self._encrypt(session)
                await self._banner(session, None)
                with self.checks.step("capabilities") as step:
                    step.detail = "Nothing is said in clear text: TLS from the first byte."
            else:
                await self._banner(session, greeting)
                await self._clear_capabilities(session)
                await self._encrypt(session)
            await self._capabilities_under_tls(session)

    async def _resolve(self) -> None:
        with self.checks.step("dns") as step:
            if self.target.host_flaw is not None:
                raise CheckFailed(Cause.DNS_FAILURE, self.target.host_flaw)
            self.addresses = await self._tools.resolver.addresses(self.target.host)
            if not self.addresses:
                raise CheckFailed(Cause.DNS_FAILURE, f"The name {self.target.host} does not exist or has no address.")
            step.detail = ", ".join(self.addresses[:8])

    @asynccontextmanager
    async def _first_session(self) -> AsyncIterator[tuple[Session, Reply | None]]:
        """Connect, and find out how the server encrypts where the profile leaves that open."""
        with self.checks.step("connect") as step:
            dialled = await self._dial()
            step.detail = f"Connected to {dialled.address} port {self.target.port}."
        session = await Session.over(dialled, self._dialect)
        greeting: Reply | None = None
        if self.encryption is Encryption.EITHER:
            greeting = await self._speaks_first(session)
            self.encryption = Encryption.TLS if greeting is None else Encryption.STARTTLS
        try:
            yield session, greeting
        finally:
            await session.leave()

    async def _dial(self) -> Dialled:
        try:
            return await dial(self.addresses, self.target.port, timeout=self._patience.connect)
        except NetworkProblem as problem:
            raise CheckFailed(Cause(problem.code), problem.message) from problem

    async def _speaks_first(self, session: Session) -> Reply | None:
        try:
            return await session.greeting(seconds=self._patience.detect)
        except ConversationBroken:
            return None

    async def _banner(self, session: Session, greeting: Reply | None) -> None:
        with self.checks.step("banner") as step:
            reply = greeting or await self._greeting(session)
            step.detail = reply.text
            step.reply = reply.text
            if not reply.ok:
                raise CheckFailed(_cause(Stage.BANNER, reply), f"The server refuses: {reply.text}", reply=reply.text)
            if "****" in reply.text:
                _warn(step, Cause.PROXY_INTERFERENCE, f"A firewall hides the server's banner: {reply.text}")
            elif self._heard_after > self._patience.tarpit:
                step.outcome = Outcome.WARN
                step.detail = f"The server delays its greeting by {self._heard_after:.0f} s (a tarpit): {reply.text}"

    async def _greeting(self, session: Session) -> Reply:
        """Wait long for the greeting, but ask soon whether the server is waiting for TLS itself."""
        clock = asyncio.get_running_loop().time
        began = clock()
        hearing = asyncio.create_task(session.greeting(seconds=self._patience.greeting))
        try:
            heard, _ = await asyncio.wait({hearing}, timeout=self._patience.detect)
            silent = not heard or hearing.exception() is not None
            if silent and self.encryption is not Encryption.TLS and await self._speaks_tls_at_once():
                detail = f"Port {self.target.port} speaks TLS from the first byte, and the profile expects otherwise."
                raise CheckFailed(Cause.TLS_MODE_MISMATCH, detail)
            greeting = await hearing
            self._heard_after = clock() - began
            return greeting
        finally:
            hearing.cancel()

    async def _speaks_tls_at_once(self) -> bool:
        try:
            session = await Session.over(await self._dial(), self._dialect)
        except CheckFailed:
            return False
        try:
            await self._handshake(session, self._tools.tls.collecting)
        except (OSError, ConversationBroken):
            return False
        finally:
            await session.stream.close()
        return True

    async def _clear_capabilities(self, session: Session) -> None:
        with self.checks.step("capabilities") as step:
            reply = await session.hello(seconds=self._patience.reply)
            self.clear = self._understood(reply)
            step.detail = _summary(self.clear)
            if any(word.startswith("XXXX") for word in self.clear.words):
                _warn(step, Cause.PROXY_INTERFERENCE, f"Something overwrites the server's abilities: {step.detail}")

    def _understood(self, reply: Reply) -> Capabilities:
        # a POP server without CAPA (RFC 2449 is optional) still works
        if not reply.ok and self._dialect.capabilities(reply) == Capabilities():
            raise CheckFailed(_cause(Stage.EHLO, reply), f"The server refuses: {reply.text}", reply=reply.text)
        return self._dialect.capabilities(reply)

    async def _encrypt(self, session: Session) -> None:
        problem: ssl.SSLCertVerificationError | None = None
        with self.checks.step("starttls") as step:
            await self._ask_for_tls(session)
            try:
                await self._handshake(session, self._tools.tls.verified)
            except ssl.SSLCertVerificationError as exc:
                problem = exc
            except OSError as exc:
                raise _handshake_failed(exc, self.target) from exc
            step.detail = self._encrypted_how(session)
        leaf = session.stream.certificate if problem is None else await self._collected_leaf()
        presented = certificate.Presented(
            leaf=leaf,
            host=self.target.host,
            verify_code=None if problem is None else problem.verify_code,
            verify_message="" if problem is None else problem.verify_message,
        )
        self.checks.add(certificate.judge(presented, self._tools.clock.now()))
        self.tls_sound = True

    def _encrypted_how(self, session: Session) -> str:
        version = session.stream.tls_version
        how = "TLS from the first byte" if self.encryption is Encryption.TLS else "STARTTLS"
        return f"{how}, {version}." if version else f"{how}; the certificate is refused."

    async def _ask_for_tls(self, session: Session) -> None:
        if self.encryption is Encryption.TLS:
            return
        if self.encryption is Encryption.NONE:
            offer = "The server offers STARTTLS." if self.clear.starttls else "The server does not offer STARTTLS here."
            raise CheckFailed(Cause.TLS_REQUIRED_NOT_USED, f"The profile uses no encryption. {offer}")
        if not self.clear.starttls:
            raise CheckFailed(Cause.STARTTLS_NOT_OFFERED, f"The server does not offer STARTTLS: {_summary(self.clear)}")
        reply = await session.ask(self._dialect.starttls, seconds=self._patience.reply)
        if not reply.ok:
            # offered a moment ago and refused now: somebody in between does not want encryption
            cause = _cause(Stage.STARTTLS, reply)
            if cause is Cause.STARTTLS_NOT_OFFERED:
                cause = Cause.PROXY_INTERFERENCE
            raise CheckFailed(cause, f"STARTTLS was offered and then refused: {reply.text}", reply=reply.text)

    async def _handshake(self, session: Session, context: ssl.SSLContext) -> None:
        await session.stream.start_tls(context, self.target.host, seconds=self._patience.handshake)

    async def _collected_leaf(self) -> bytes | None:
        """Take the certificate that was just refused from a second connection."""
        try:
            session = await Session.over(await self._dial(), self._dialect)
        except CheckFailed:
            return None
        try:
            if self.encryption is Encryption.STARTTLS:
                await session.greeting(seconds=self._patience.greeting)
                await session.hello(seconds=self._patience.reply)
                await session.ask(self._dialect.starttls, seconds=self._patience.reply)
            await self._handshake(session, self._tools.tls.collecting)
            return session.stream.certificate
        except (OSError, ConversationBroken):
            return None
        finally:
            await session.stream.close()

    # --- capabilities under TLS -------------------------------------------------------------------------

    async def _capabilities_under_tls(self, session: Session) -> None:
        with self.checks.step("capabilities_tls") as step:
            reply = await session.hello(seconds=self._patience.reply)
            offered = self._understood(reply)
            obstacle = login_obstacle(self.target, offered)
            if obstacle is not None:
                cause, detail = obstacle
                raise CheckFailed(cause, detail, reply=reply.text)
            step.detail = _summary(offered)
        self.offered = offered


def _cause(stage: Stage, reply: Reply) -> Cause:
    seen = Observation(stage=stage, text=reply.text, code=reply.code, login=False)
    return classify(seen) or Cause.SERVER_TEMP_FAILURE


def _handshake_failed(problem: OSError, target: Target) -> CheckFailed:
    words = str(problem) or type(problem).__name__
    cause = classify(Observation(stage=Stage.TLS, text=words)) or Cause.TLS_SERVER_PROBLEM
    if cause is Cause.TLS_MODE_MISMATCH:
        return CheckFailed(cause, f"Port {target.port} does not speak TLS from the first byte: {words}")
    return CheckFailed(cause, f"TLS could not begin: {words}")


def _warn(step: Step, cause: Cause, detail: str) -> None:
    step.outcome, step.cause, step.detail = Outcome.WARN, cause, detail


def _summary(capabilities: Capabilities) -> str:
    return ", ".join(capabilities.words[:24])[:400] or "The server names no abilities."
