"""Trying senders and recipients on the operator's own server: bounded, one after the other, never as far as DATA."""

from contextlib import suppress
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.diagnosis.combinations import Party, Tried, judge_combination
from profilegen.ports import LoginBudget
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.connect import conversation
from profilegen.probe.dialects import Reply
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.login import Attempt, NotTried, login_of, within_budget
from profilegen.probe.relay import OUTSIDE, offer, possible_encryption
from profilegen.probe.stream import ConversationBroken
from profilegen.probe.submission import Submission
from profilegen.probe.target import Encryption
from profilegen.report import Finding, Outcome
from profilegen.secret import Login
from profilegen.settings.servers import Auth, FoundServer

MOST_ENVELOPES = 20
"""Envelopes offered in one logged-in session to see whether anything limits them."""
MOST_CONNECTIONS = 10
"""Connections made one after the other to see whether anything limits them."""

_FOREIGN_SENDER = "relay-check@example.net"  # a reserved domain (RFC 2606): nobody owns an address there
_PARTIES = (Party.LOCAL, Party.FOREIGN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays whom: `member` has a mailbox on the server; its postmaster (RFC 5321 section 4.5.1) is the other."""

    member: Address

    @property
    def other(self) -> Address:
        """Another address of the same domain."""
        return Address(local="postmaster", domain=self.member.domain)

    def sender(self, party: Party) -> str:
        """Return the sender's address."""
        if party is Party.FOREIGN:
            return _FOREIGN_SENDER
        return str(self.other if party is Party.LOCAL else self.member)

    def recipient(self, party: Party) -> str:
        """Return the recipient's address."""
        return OUTSIDE if party is Party.FOREIGN else str(self.member)


class Combining:
    """
    Tries a server port by port, with one login per port at most; after a refused login no other one is made.

    The limits are looked for once, on the first port where a login works.
    """

    def __init__(self, *, tools: Tools, budget: LoginBudget, login: Login | None) -> None:
        self._tools = tools
        self._budget = budget
        self._login = login
        self._limits_done = False

    async def findings(self, examined: Examined, cast: Cast) -> list[Finding]:
        """Return a finding per combination on this port."""
        return [*await self._without_login(examined, cast), *await self._with_login(examined, cast)]

    async def _without_login(self, examined: Examined, cast: Cast) -> list[Finding]:
        encryption = possible_encryption(examined)
        port = examined.target.port
        if encryption is None:
            return [_skipped(f"{port}.relay.no_login", "Not reached: no conversation is possible.")]
        found: list[Finding] = []
        try:
            async with conversation(examined, self._tools, encryption) as session:
                for sender in _PARTIES:
                    for recipient in _PARTIES:
                        claimed = cast.sender(Party.OWN if sender is Party.LOCAL else sender)
                        reply = await offer(session, claimed, cast.recipient(recipient), self._tools)
                        found.append(_judged(port, sender, recipient, reply))
        except (CheckFailed, ConversationBroken) as broken:
            found.append(_skipped(f"{port}.relay.no_login", f"Broken off: {broken}"))
        return found

    async def _with_login(self, examined: Examined, cast: Cast) -> list[Finding]:
        port = examined.target.port
        offered = examined.offered
        if self._login is None or offered is None or not offered.mechanisms:
            return []
        check = f"{port}.auth"
        try:
            session = await self._logged_in(examined, self._login)
        except NotTried as reason:
            return [_skipped(check, str(reason))]
        except (CheckFailed, ConversationBroken) as failed:
            self._login = None  # a wrong password is not tried again on the next port
            cause = failed.cause if isinstance(failed, CheckFailed) else None
            return [Finding(check=check, outcome=Outcome.FAIL, detail=str(failed), cause=cause)]
        found = [Finding(check=check, outcome=Outcome.PASS, detail="Logged in.")]
        try:
            for sender in (Party.OWN, *_PARTIES):
                found += [await _tried(session, port, sender, recipient, cast) for recipient in _PARTIES]
            found += await self._limits(session, examined, cast)
        except (CheckFailed, ConversationBroken) as broken:
            found.append(_skipped(f"{port}.relay.login", f"Broken off: {broken}"))
        finally:
            await session.close()
        return found

    async def _logged_in(self, examined: Examined, login: Login) -> Submission:
        target = examined.target
        found = FoundServer(
            protocol=target.protocol, host=target.host, port=target.port, auth=Auth.PASSWORD, username=login.username
        )
        attempt = Attempt(found=found, examined=examined, password=login.password, level=2)
        wanted = login_of(attempt, refusal=None)
        opened: list[Submission] = []

        async def present() -> None:
            opened.append(await Submission.open(examined, self._tools))
            await opened[0].log_in(wanted, Auth.PASSWORD)

        try:
            await within_budget(self._budget, attempt, present)
        except BaseException:
            for session in opened:
                await session.close()
            raise
        return opened[0]

    async def _limits(self, session: Submission, examined: Examined, cast: Cast) -> list[Finding]:
        if self._limits_done:
            return []
        self._limits_done = True
        return [await _envelopes(session, examined, cast), await self._connections(examined)]

    async def _connections(self, examined: Examined) -> Finding:
        check = f"{examined.target.port}.connection_limit"
        for number in range(1, MOST_CONNECTIONS + 1):
            try:
                async with conversation(
                    examined, self._tools, Encryption.NONE if _speaks(examined) else Encryption.TLS
                ):
                    pass
            except (CheckFailed, ConversationBroken) as refused:
                return Finding(check=check, outcome=Outcome.PASS, detail=f"Connection {number} is refused: {refused}")
        detail = f"{MOST_CONNECTIONS} connections one after the other met no limit; a higher one may exist."
        return Finding(check=check, outcome=Outcome.WARN, detail=detail)


def _speaks(examined: Examined) -> bool:
    return examined.encryption is not Encryption.TLS


async def _tried(session: Submission, port: int, sender: Party, recipient: Party, cast: Cast) -> Finding:
    code, reply = await _offered(session, cast.sender(sender), cast.recipient(recipient))
    tried = Tried(port=port, login=True, sender=sender, recipient=recipient, code=code, reply=reply)
    return judge_combination(tried)


async def _envelopes(session: Submission, examined: Examined, cast: Cast) -> Finding:
    check = f"{examined.target.port}.rate_limit"
    for number in range(1, MOST_ENVELOPES + 1):
        code, reply = await _offered(session, cast.sender(Party.OWN), cast.recipient(Party.LOCAL))
        if code is None or code >= 400:
            return Finding(check=check, outcome=Outcome.PASS, detail=f"Envelope {number} is refused: {reply}")
    detail = f"{MOST_ENVELOPES} envelopes in a row met no limit; a higher one may exist."
    return Finding(check=check, outcome=Outcome.WARN, detail=detail)


async def _offered(session: Submission, sender: str, recipient: str) -> tuple[int | None, str]:
    """Offer an envelope, take it back, and return the answer that decides; raises CheckFailed if there is none."""
    try:
        await session.mail_from(sender, size=1000)
        reply = await session.rcpt_to(recipient)
    except CheckFailed as refused:
        if refused.reply is None:
            raise
        reply = refused.reply
    with suppress(CheckFailed):
        await session.reset()
    return (int(reply[:3]) if reply[:3].isdigit() else None), reply


def _judged(port: int, sender: Party, recipient: Party, reply: Reply) -> Finding:
    tried = Tried(port=port, login=False, sender=sender, recipient=recipient, code=reply.code, reply=reply.text)
    return judge_combination(tried)


def _skipped(check: str, detail: str) -> Finding:
    return Finding(check=check, outcome=Outcome.SKIP, detail=detail)
