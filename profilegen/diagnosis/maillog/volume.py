"""Which login sends how much, and what about it looks like stolen credentials."""

from dataclasses import dataclass, field
from datetime import datetime

from profilegen.diagnosis.maillog.bounded import Few
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.report import Finding, Outcome

MOST_LOGINS = 20_000
SHOWN = 5

RECIPIENTS_PER_HOUR = 200
"""More than a person writes to; a newsletter belongs on a service of its own."""
FOREIGN_SENDERS = 3
CLIENTS = 10
ENOUGH_DELIVERIES = 20
BOUNCE_SHARE = 0.2


@dataclass(slots=True, kw_only=True)  # counts while the log is read
class Volume:
    """What one login did; `busiest` is the largest number of recipients within one hour of the clock."""

    login: str
    messages: int = 0
    recipients: int = 0
    sent: int = 0
    bounced: int = 0
    deferred: int = 0
    busiest: int = 0
    foreign: Few = field(default_factory=lambda: Few(100))
    clients: Few = field(default_factory=lambda: Few(100))
    _hour: datetime | None = None
    _this_hour: int = 0

    def accept(self, event: LogEvent) -> None:
        """Count a message that was accepted from this login."""
        self.messages += 1
        self.recipients += event.recipients
        self.clients.add(event.client)
        if _is_foreign(event.sender, self.login):
            self.foreign.add(event.sender.lower())
        hour = event.when.replace(minute=0, second=0, microsecond=0) if event.when else None
        if hour != self._hour:
            self._hour, self._this_hour = hour, 0
        self._this_hour += event.recipients
        self.busiest = max(self.busiest, self._this_hour)

    @property
    def bounce_share(self) -> float:
        """Bounced out of all delivery results, 0 to 1; 0 while there are too few to say."""
        known = self.sent + self.bounced
        return self.bounced / known if known >= ENOUGH_DELIVERIES else 0.0

    @property
    def signs(self) -> tuple[str, ...]:
        """What looks like somebody else is sending with this login."""
        signs = (
            (len(self.foreign) >= FOREIGN_SENDERS, f"{_many(self.foreign)} foreign sender addresses"),
            (self.bounce_share >= BOUNCE_SHARE, f"{self.bounce_share:.0%} of its mail bounced"),
            (self.busiest > RECIPIENTS_PER_HOUR, f"{self.busiest} recipients in one hour"),
            (len(self.clients) >= CLIENTS, f"sent from {_many(self.clients)} different addresses"),
        )
        return tuple(words for true, words in signs if true)


class VolumeTally:
    """Counts events; memory is bounded."""

    def __init__(self) -> None:
        self._volumes: dict[str, Volume] = {}
        self.limited = 0
        self.left_out = 0

    def add(self, event: LogEvent) -> None:
        """Count one event."""
        if event.what is Happened.RATE_LIMITED:
            self.limited += 1
        if not event.address or event.what not in _COUNTED:
            return
        volume = self._volume(event.address.lower())
        if volume is None:
            return
        if event.what is Happened.ACCEPTED:
            volume.accept(event)
        elif event.what is Happened.SENT:
            volume.sent += 1
        elif event.what is Happened.BOUNCED:
            volume.bounced += 1
        else:
            volume.deferred += 1

    def volumes(self) -> tuple[Volume, ...]:
        """Return every login, the one with most recipients first."""
        return tuple(sorted(self._volumes.values(), key=lambda volume: (-volume.recipients, volume.login)))

    def findings(self) -> tuple[Finding, ...]:
        """Return who sends most, every login that looks stolen, and whether a limit has ever held somebody back."""
        volumes = self.volumes()
        if not volumes:
            nothing = "The log tells of no message sent with a login."
            return (Finding(check="log.volume", outcome=Outcome.SKIP, detail=nothing),)
        busiest = "; ".join(_words(volume) for volume in volumes[:SHOWN])
        more = f"; and {len(volumes) - SHOWN} more" if len(volumes) > SHOWN else ""
        findings = [Finding(check="log.volume", outcome=Outcome.PASS, detail=busiest + more)]
        findings += [_stolen(volume) for volume in volumes if volume.signs]
        if self.limited:
            held = f"A limit held somebody back: {self.limited} times."
            findings.append(Finding(check="log.rate_limit", outcome=Outcome.PASS, detail=held))
        return tuple(findings)

    def _volume(self, login: str) -> Volume | None:
        if login not in self._volumes and len(self._volumes) >= MOST_LOGINS:
            self.left_out += 1
            return None
        return self._volumes.setdefault(login, Volume(login=login))


_COUNTED = (Happened.ACCEPTED, Happened.SENT, Happened.BOUNCED, Happened.DEFERRED)


def _stolen(volume: Volume) -> Finding:
    sure = len(volume.signs) > 1 or len(volume.foreign) >= 2 * FOREIGN_SENDERS
    return Finding(
        check="log.stolen_credentials",
        outcome=Outcome.FAIL if sure else Outcome.WARN,
        detail=f"{volume.login}: {', '.join(volume.signs)}.",
    )


def _words(volume: Volume) -> str:
    return (
        f"{volume.login}: {_counted(volume.messages, 'message')} to {_counted(volume.recipients, 'recipient')}, "
        f"{volume.bounced} bounced, network addresses: {_many(volume.clients)}"
    )


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _many(few: Few) -> str:
    return f"{len(few)} or more" if few.more else str(len(few))


def _is_foreign(sender: str, login: str) -> bool:
    """A sender of another domain than the login's; the empty sender is that of automatic answers."""
    domain = login.rpartition("@")[2] if "@" in login else ""
    return bool(sender) and bool(domain) and sender.rpartition("@")[2].lower() != domain
