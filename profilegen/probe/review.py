"""
Reviewing a mail server from outside.

Looking (`Depth.LOOK`) does what a mail program does, and asks once per port whether strangers may relay. Only the
operator of a server may ask for more (`Depth.OWN_SERVER`): every combination of sender and recipient with and without
a login, and whether anything limits who sends much. Nothing ever goes beyond RCPT; every envelope is taken back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.ports import LoginBudget, Progress
from profilegen.probe.combining import Cast, Combining
from profilegen.probe.examine import Examined, Tools, examine
from profilegen.probe.relay import try_relaying
from profilegen.probe.reputation import Reputation
from profilegen.probe.target import Encryption, Target
from profilegen.report import Finding, Outcome, Report
from profilegen.secret import Login
from profilegen.settings.servers import Auth, Protocol

PORTS = (25, 465, 587, 2525)
SUBMISSION_PORTS = (465, 587)


class Depth(StrEnum):
    """How far a review goes."""

    LOOK = "look"
    OWN_SERVER = "own-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOrder:
    """
    What to review; `member` is an address of the server's own, `login` where senders are tried with a login.

    `domains` are the mail domains block lists are asked about, by default the member's.
    """

    host: str
    member: Address
    domains: tuple[str, ...] = ()
    depth: Depth = Depth.LOOK
    login: Login | None = None


class ServerReviewer:
    """Reviews one server over the network; nothing raises for a fault of the server."""

    def __init__(self, *, tools: Tools, reputation: Reputation, budget: LoginBudget) -> None:
        self._tools = tools
        self._reputation = reputation
        self._budget = budget

    async def review(self, order: ReviewOrder, progress: Progress) -> Report:
        """Return all findings, secrets masked; raises ResolverProblem if the host could not be looked up."""
        addresses = await self._tools.resolver.addresses(order.host)
        if not addresses:
            detail = f"The name {order.host} does not exist or has no address."
            return Report((_finding("dns", Outcome.FAIL, detail, Cause.DNS_FAILURE),))
        findings: list[Finding] = []
        combining = Combining(tools=self._tools, budget=self._budget, login=order.login)
        for port in PORTS:
            progress(f"{order.host} port {port}")
            findings += await self._port(order, port, combining)
        findings += _submission(findings)
        progress(f"the names of {order.host}")
        findings += await self._reputation.findings(
            addresses, banner_name=_banner_name(findings), domains=order.domains or (order.member.domain,)
        )
        return Report(tuple(findings)).scrubbed((order.login,) if order.login else ())

    async def _port(self, order: ReviewOrder, port: int, combining: Combining) -> list[Finding]:
        examined = await examine(_target(order.host, port), self._tools, prefix=f"{port}.")
        connect = examined.report.of(f"{port}.connect")[0]
        if connect.outcome is not Outcome.PASS:
            return [replace(connect, outcome=Outcome.SKIP, remedy=None)]
        findings = [_for_port_25(finding) if port == 25 else finding for finding in examined.report.findings]
        findings += _capabilities(examined)
        if order.depth is Depth.LOOK:
            control = await try_relaying(order.member, examined, self._tools, prefix=f"{port}.")
            return [*findings, *control.report.findings]
        return [*findings, *await combining.findings(examined, Cast(member=order.member))]


def _target(host: str, port: int) -> Target:
    encryption = Encryption.TLS if port == 465 else Encryption.STARTTLS
    auth = () if port == 25 else (Auth.PASSWORD,)
    return Target(protocol=Protocol.SMTP, host=host, port=port, encryption=encryption, auth=auth)


def _for_port_25(finding: Finding) -> Finding:
    """Other servers deliver here whatever the certificate says (RFC 7435), so its faults are worth a warning."""
    about_certificate = finding.check.startswith("25.tls.") and finding.outcome is Outcome.FAIL
    return replace(finding, outcome=Outcome.WARN) if about_certificate else finding


def _capabilities(examined: Examined) -> Iterator[Finding]:
    port = examined.target.port
    if examined.clear.mechanisms:
        detail = f"A login is offered in clear text: {', '.join(examined.clear.mechanisms[:8])}."
        yield _finding(f"{port}.auth_in_clear", Outcome.FAIL, detail)
    elif examined.encryption is not Encryption.TLS:
        yield _finding(f"{port}.auth_in_clear", Outcome.PASS, "No login is offered in clear text.")
    if port == 25 and examined.offered is not None and examined.offered.mechanisms:
        detail = "People can log in on port 25, so some will stay there, where many networks block them."
        yield _finding("25.auth", Outcome.WARN, detail)
    words = (examined.offered or examined.clear).words
    if words:
        yield _size(port, words)


def _size(port: int, words: tuple[str, ...]) -> Finding:
    size = next((word[4:].strip() for word in words if word.upper().startswith("SIZE")), None)
    if size is None or not size.isdigit() or int(size) == 0:
        return _finding(f"{port}.size", Outcome.WARN, "No limit on the size of a message is announced (SIZE).")
    return _finding(f"{port}.size", Outcome.PASS, f"Messages up to {int(size):,} bytes are announced.")


def _submission(findings: list[Finding]) -> list[Finding]:
    """Say it once if there is no port for people at all."""
    open_ports = {finding.check for finding in findings if finding.outcome is Outcome.PASS}
    if any(f"{port}.connect" in open_ports for port in SUBMISSION_PORTS):
        return []
    detail = "Neither port 465 nor 587 answers from here: people have no port to send on."
    return [_finding("submission", Outcome.FAIL, detail, Cause.CONNECT_REFUSED)]


def _banner_name(findings: list[Finding]) -> str | None:
    replies = (finding.reply for finding in findings if finding.check.endswith(".banner") and finding.reply)
    words = next(replies, "").split()
    return words[1] if len(words) > 1 and words[0].startswith("220") else None


def _finding(check: str, outcome: Outcome, detail: str, cause: Cause | None = None) -> Finding:
    remedy = None if cause is None else remedy_of(cause).server
    return Finding(check=check, outcome=outcome, detail=detail, cause=cause, remedy=remedy)
