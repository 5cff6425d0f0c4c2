"""What the tests of the probe share: settings in one line, a clock, a budget in memory, and running a trial."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from profilegen.address import Address
from profilegen.net.hosts import FixedHosts
from profilegen.net.tls import tls_contexts
from profilegen.ports import Trial
from profilegen.probe import verifier
from profilegen.probe.prober import ServerProber
from profilegen.probe.session import Patience
from profilegen.report import Finding, Report
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, FoundServer, Protocol, Server
from tests.lab.mail import DOMAIN, MailLab, password_of

HASTY = Patience(connect=2, detect=1, greeting=5, reply=5, handshake=5, login=20, data=20, arrival=10)
_numbers = count(1)


class SystemClock:
    """The real time of day."""

    def now(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)


@dataclass
class FakeBudget:
    """A fake of the login budget, in memory: notes every call; `spent_until` makes every reservation fail."""

    spent_until: datetime | None = None
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    async def reserve(self, host: str, port: int, username: str) -> datetime | None:
        self.calls.append(("reserve", host, f"{username} {port}"))
        return self.spent_until

    async def succeeded(self, host: str, port: int, username: str) -> None:
        self.calls.append(("succeeded", host, f"{username} {port}"))

    async def release(self, host: str, port: int, username: str) -> None:
        self.calls.append(("release", host, f"{username} {port}"))

    def of(self, host: str) -> list[str]:
        """Return the calls about one host, in order."""
        return [call for call, about, _ in self.calls if about == host]


def smtp(
    host: str,
    port: int | None = 587,
    *,
    user: str | None = "alice",
    ssl: bool = True,
    auth: Auth | None = Auth.PASSWORD,
) -> FoundServer:
    """Return outgoing settings of a lab host."""
    return FoundServer(
        protocol=Protocol.SMTP,
        host=f"{host}.{DOMAIN}",
        port=port,
        use_ssl=ssl,
        auth=auth,
        username=None if user is None else f"{user}@{DOMAIN}",
    )


def imap(host: str = "good", port: int = 993, *, user: str = "alice") -> FoundServer:
    """Return incoming settings of a lab host."""
    return replace(smtp(host, port, user=user), protocol=Protocol.IMAP)


def pop(host: str = "good", port: int = 995) -> FoundServer:
    """Return incoming settings of a POP account on a lab host."""
    return replace(smtp(host, port), protocol=Protocol.POP)


def trial(
    outgoing: FoundServer, incoming: FoundServer | None = None, *, user: str = "alice", password: str | None = None
) -> Trial:
    """Return a trial to level 4 with the user's right password unless another is given."""
    secret = Secret(text=password or password_of(user))
    return Trial(
        address=Address.parse(f"{user}@{DOMAIN}"),
        incoming=incoming or imap(user=user),
        outgoing=outgoing,
        level=4,
        incoming_password=secret,
        outgoing_password=secret,
    )


def verify(lab: MailLab, wanted: Trial, budget: FakeBudget | None = None) -> Report:
    """Run a trial in the lab."""
    return run_trial(lab.hosts, wanted, lab.ca_pem, budget=budget)


def run_trial(
    hosts: dict[str, tuple[str, ...]],
    wanted: Trial,
    *anchors: bytes,
    budget: FakeBudget | None = None,
    patience: Patience = HASTY,
) -> Report:
    """Run a trial against any hosts."""
    sender = verifier.TestSender(
        resolver=FixedHosts(hosts),
        tls=tls_contexts(anchors),
        budget=budget or FakeBudget(),
        clock=SystemClock(),
        new_token=lambda: f"token-{next(_numbers)}-of-this-run",
        patience=patience,
    )
    return asyncio.run(sender.verify(wanted, lambda _: None))


def examine(server: Server, hosts: dict[str, tuple[str, ...]], *anchors: bytes, patience: Patience = HASTY) -> Report:
    """Examine one server."""
    prober = ServerProber(resolver=FixedHosts(hosts), tls=tls_contexts(anchors), clock=SystemClock(), patience=patience)
    return asyncio.run(prober.examine(server))


def only(report: Report, check: str) -> Finding:
    """Return the one finding of a check."""
    (finding,) = report.of(check)
    return finding


def failures(report: Report) -> dict[str, str | None]:
    """Return the cause of every failed check."""
    return {finding.check: finding.cause for finding in report.findings if finding.outcome == "fail"}
