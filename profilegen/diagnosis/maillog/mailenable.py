"""
Events out of the activity log of MailEnable's SMTP service (`Logging/SMTP/SMTP-Activity-YYMMDD.log`).

Its documentation (knowledge base ME020170) names the columns, separated by tabs: date and time, direction, message id,
socket, address of the other side, command, what was sent with it, the reply, bytes out, bytes in, and the user once one
is known. What stands beside AUTH may be a password in base64 and is never looked at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from profilegen.diagnosis.maillog.bounded import Latest
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.line import LONGEST_LINE, Localise, printable
from profilegen.diagnosis.replies import Stage

MOST_SESSIONS = 5_000

_STAGES = {
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL_FROM,
    "RCPT": Stage.RCPT_TO,
    "DATA": Stage.DATA,
}
_PATH = re.compile(r"(?:FROM|TO):\s*<(?P<address>[^>]*)>", re.IGNORECASE)
_REPLY = re.compile(r"(?P<code>[2-5]\d\d)\b")


@dataclass(slots=True, kw_only=True)  # fills up while the session goes on
class _Session:
    client: str
    user: str = ""
    logged_in: bool = False
    tls: bool | None = None
    helo: str = ""
    sender: str = ""
    recipients: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    stamp: str
    direction: str
    message: str
    client: str
    command: str
    said: str
    reply: str
    user: str

    @property
    def code(self) -> int:
        match = _REPLY.match(self.reply)
        return int(match["code"]) if match else 0


class MailEnableLog:
    """Reads line after line; memory is bounded, whatever the log holds."""

    def __init__(self, *, localise: Localise) -> None:
        self._localise = localise
        self._sessions: Latest[_Session] = Latest(MOST_SESSIONS)

    def read(self, lines: Iterable[str]) -> Iterator[LogEvent]:
        """Yield the events of all lines."""
        for text in lines:
            yield from self.feed(text)

    def feed(self, text: str) -> Iterable[LogEvent]:
        """Return the events that are complete with this line."""
        row = _row(text)
        if row is None:
            return ()
        if row.direction == "SMTP-OU":
            return self._outbound(row)
        session = self._sessions.get(row.message) or _Session(client=row.client)
        self._sessions.put(row.message, session)
        session.user = row.user or session.user
        event = self._inbound(row, session)
        return () if event is None else (event,)

    def _inbound(self, row: _Row, session: _Session) -> LogEvent | None:
        if row.command in ("EHLO", "HELO"):
            session.helo = row.said[5:]
        elif row.command == "STARTTLS" and row.code == 220:
            session.tls = True
        elif row.command == "AUTH":
            return self._auth(row, session)
        elif row.command in ("MAIL", "RCPT"):
            return self._path(row, session)
        elif row.command == "DATA" and row.code in (250, 354):
            return self._data(row, session)
        return None

    def _auth(self, row: _Row, session: _Session) -> LogEvent | None:
        if row.code == 235:
            session.logged_in = True
            return self._event(row, session, Happened.LOGGED_IN, address=session.user)
        if row.code >= 400:
            return self._event(row, session, Happened.LOGIN_FAILED, address=session.user)
        return None

    def _path(self, row: _Row, session: _Session) -> LogEvent | None:
        match = _PATH.search(row.said)
        path = match["address"] if match else ""
        if row.command == "MAIL":
            session.sender, session.recipients = path, 0
        if row.code < 400:
            session.recipients += row.command == "RCPT"
            return None
        recipient = path if row.command == "RCPT" else ""
        return replace(self._event(row, session, Happened.REFUSED, address=session.sender), recipient=recipient)

    def _data(self, row: _Row, session: _Session) -> LogEvent | None:
        if not session.recipients:
            return None
        login = session.user if session.logged_in else ""
        event = self._event(row, session, Happened.ACCEPTED, address=login)
        count, session.recipients = session.recipients, 0
        return replace(event, stage=None, text="", sender=session.sender, recipients=count)

    def _outbound(self, row: _Row) -> Iterable[LogEvent]:
        """Tell how a remote server answered; which login the message came from is known while its session is."""
        session = self._sessions.get(row.message)
        if row.command != "RCPT" or row.code == 0 or session is None or not session.logged_in:
            return ()
        what = Happened.SENT if row.code < 400 else Happened.DEFERRED if row.code < 500 else Happened.BOUNCED
        return (replace(self._event(row, session, what, address=session.user), stage=None),)

    def _event(self, row: _Row, session: _Session, what: Happened, *, address: str) -> LogEvent:
        return LogEvent(
            when=self._when(row.stamp),
            what=what,
            client=session.client,
            address=address,
            login=session.logged_in,
            tls=session.tls,
            stage=_STAGES.get(row.command) if row.code >= 400 else None,
            text=row.reply if row.code >= 400 else "",
            helo=session.helo,
        )

    def _when(self, stamp: str) -> datetime | None:
        try:
            return self._localise(datetime.strptime(stamp, "%m/%d/%y %H:%M:%S")).astimezone(UTC)  # noqa: DTZ007 - localised here
        except (ValueError, OverflowError):
            return None


def _row(text: str) -> _Row | None:
    parts = [printable(cell) for cell in text[:LONGEST_LINE].rstrip("\r\n").split("\t")]
    if len(parts) < 8 or parts[1] not in ("SMTP-IN", "SMTP-OU"):
        return None
    return _Row(
        stamp=parts[0],
        direction=parts[1],
        message=parts[2],
        client=parts[4],
        command=parts[5].upper(),
        said="" if parts[5].upper() == "AUTH" else parts[6],
        reply=parts[7],
        user=parts[10] if len(parts) > 10 else "",
    )
