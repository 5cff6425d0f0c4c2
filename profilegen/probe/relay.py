"""The negative control: without a login nobody may send to the outside world."""

import re
from contextlib import suppress
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.probe.checklist import Blocked, CheckFailed, Checklist, Step
from profilegen.probe.connect import conversation
from profilegen.probe.dialects import Reply, smtp_command
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.session import Session
from profilegen.probe.target import Encryption
from profilegen.report import Outcome, Report

CHECK = "relay_without_auth"
OUTSIDE = "relay-check@example.org"  # a reserved domain (RFC 2606): nobody gets mail there

_RELAY_WORDS = re.compile(r"relay|authenticat|log(ged)? ?in|auth required", re.IGNORECASE)
_SOFT_REFUSALS = (450, 454)  # Postfix's defer_unauth_destination and its like


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayControl:
    """The finding, and the server's words of refusal: exactly what a device without a login would show."""

    report: Report
    refusal: str | None = None


async def try_relaying(sender: Address, examined: Examined, tools: Tools, *, prefix: str) -> RelayControl:
    """Offer a message to the outside world without any login, on a connection of its own, and stop before DATA."""
    checks = Checklist((CHECK,), prefix=prefix)
    encryption = possible_encryption(examined)
    refusal: str | None = None
    if encryption is None:
        blocker = examined.report.first_failure
        checks.skip((CHECK,), f"Not reached because of {blocker.check if blocker else 'the endpoint'}.")
        return RelayControl(report=checks.report())
    with suppress(Blocked), checks.step(CHECK) as step:
        async with conversation(examined, tools, encryption) as session:
            reply = await offer(session, sender, OUTSIDE, tools)
            _judge(reply, step)
            refusal = None if reply.ok else reply.text
    return RelayControl(report=checks.report(), refusal=refusal)


def possible_encryption(examined: Examined) -> Encryption | None:
    """Encrypted where the certificate is sound, else in clear text where the server speaks that; None: not at all."""
    if examined.tls_sound:
        return examined.encryption
    greeted = any(
        finding.check.endswith("banner") and finding.outcome in (Outcome.PASS, Outcome.WARN)
        for finding in examined.report.findings
    )
    return Encryption.NONE if greeted and examined.encryption is not Encryption.TLS else None


async def offer(session: Session, sender: Address | str, recipient: Address | str, tools: Tools) -> Reply:
    """Name sender and recipient, take both back, and return the answer that decides; never goes on to DATA."""
    seconds = tools.patience.reply
    reply = await session.ask(smtp_command(f"MAIL FROM:<{sender}>"), seconds=seconds)
    if reply.ok:
        reply = await session.ask(smtp_command(f"RCPT TO:<{recipient}>"), seconds=seconds)
        await session.ask(smtp_command("RSET"), seconds=seconds)
    return reply


def _judge(reply: Reply, step: Step) -> None:
    step.reply = reply.text
    if reply.ok:
        detail = f"The server accepts mail to {OUTSIDE} from anybody: {reply.text}"
        raise CheckFailed(Cause.OPEN_RELAY, detail, reply=reply.text)
    permanent = reply.code is not None and reply.code >= 500
    if permanent or (reply.code in _SOFT_REFUSALS and _RELAY_WORDS.search(reply.text)):
        step.detail = f"refused: {reply.text}"
    else:
        step.outcome, step.detail = Outcome.WARN, f"put off, neither refused nor accepted: {reply.text}"
