"""
Events out of the log of Postfix and, where it logs in the same file, Dovecot.

The forms were read off Postfix 3.7 and Dovecot 2.3. A refusal does not say whether the session was logged in; the line
with which Postfix ends a session does (`disconnect from … auth=1`, since Postfix 3.0), so refusals wait for it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from profilegen.diagnosis.maillog.bounded import Latest
from profilegen.diagnosis.maillog.dovecot import dovecot_event
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.line import Line, Stamps, split_line
from profilegen.diagnosis.replies import Stage

MOST_SESSIONS = 5_000
MOST_QUEUED = 50_000
MOST_WAITING = 50
"""Refusals of one session that wait for its end."""

_PORTS = {"submission": 587, "submissions": 465, "smtps": 465, "smtp": 25, "postfix": 25}
_STAGES = {
    "CONNECT": Stage.CONNECT,
    "HELO": Stage.EHLO,
    "EHLO": Stage.EHLO,
    "STARTTLS": Stage.STARTTLS,
    "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL_FROM,
    "RCPT": Stage.RCPT_TO,
    "DATA": Stage.DATA,
    "END-OF-MESSAGE": Stage.DATA,
}
_CLIENT = r"[^\s\[\]]{0,255}\[(?P<client>[0-9A-Fa-f.:]{2,45}|unknown)\](?::\d+)?"
_CONNECT = re.compile(rf"connect from {_CLIENT}")
_REJECT = re.compile(rf"\w+: reject: (?P<command>[A-Z-]+) from {_CLIENT}: (?P<rest>.*)")
_FAILED = re.compile(
    rf"warning: {_CLIENT}: SASL (?P<mechanism>[\w-]+) authentication failed:?(?P<reason>.*?)"
    r"(?:, sasl_username=(?P<user>.*))?$"
)
_ACCEPTED = re.compile(
    rf"(?P<id>\w+): client={_CLIENT}(?:, sasl_method=\S+, sasl_username=(?P<user>.*?))?(?:, \w+=.*)?$"
)
_TLS_FAILED = re.compile(rf"SSL_accept error from {_CLIENT}: (?P<reason>.*)")
_TLS_REASON = re.compile(r"warning: TLS library problem: error:\w+:SSL routines:[\w ]*:(?P<reason>[^:]+)")
_TLS_BEGUN = re.compile(
    rf"(?:Anonymous|Untrusted|Trusted|Verified) TLS connection established from {_CLIENT}"
    r"(?: to (?P<host>[\w.-]+))?: TLS"
)
_LIMITED = re.compile(rf"warning: (?P<what>[\w ]+) rate limit exceeded: \d+ from {_CLIENT} for service ")
_LOST = re.compile(rf"(?P<how>lost connection|timeout) after (?P<command>[A-Z-]+).* from {_CLIENT}")
_END = re.compile(rf"disconnect from {_CLIENT}(?P<counts>.*)")
_QUEUED = re.compile(r"(?P<id>\w+): from=<(?P<sender>.*)>, size=\d+, nrcpt=(?P<count>\d+)")
_DELIVERED = re.compile(
    r"(?P<id>\w+): to=<(?P<to>[^>]*)>,.* status=(?P<status>sent|bounced|deferred|expired)\b(?P<text>.*)"
)
_OWNER = re.compile(r"Sender address rejected: not owned by user (?P<user>\S+)$")
_OUTCOMES = {
    "sent": Happened.SENT,
    "bounced": Happened.BOUNCED,
    "expired": Happened.BOUNCED,
    "deferred": Happened.DEFERRED,
}
_INTERESTING = (
    "reject: ",
    "authentication failed",
    " connect from",
    "disconnect from",
    "client=",
    "SSL_accept",
    "TLS library",
    "TLS connection established",
    "rate limit exceeded",
    " after ",
    "nrcpt=",
    "status=",
    ": removed",
    "-login: ",
)


@dataclass(slots=True, kw_only=True)  # fills up while the session goes on
class _Session:
    client: str = ""
    host: str = ""
    lost_after: str = ""
    waiting: list[LogEvent] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)  # its sender becomes known after its client
class _Message:
    login: str = ""
    client: str = ""
    port: int | None = None
    counted: bool = False


class PostfixLog:
    """
    Reads line after line; memory is bounded, whatever the log holds.

    `plain_port` is the port of the service that logs as plain "postfix/smtpd"; None if several ports share that name.
    """

    def __init__(self, stamps: Stamps, *, plain_port: int | None = 25) -> None:
        self._stamps = stamps
        self._plain_port = plain_port
        self._sessions: Latest[_Session] = Latest(MOST_SESSIONS)
        self._messages: Latest[_Message] = Latest(MOST_QUEUED)

    def read(self, lines: Iterable[str]) -> Iterator[LogEvent]:
        """Yield the events of all lines, and at the end those of sessions that never ended."""
        for text in lines:
            yield from self.feed(text)
        for session in self._sessions.drain():
            yield from session.waiting

    def feed(self, text: str) -> Iterable[LogEvent]:
        """Return the events that are complete with this line."""
        if not any(word in text for word in _INTERESTING):
            return ()
        line = split_line(text)
        if line is None:
            return ()
        if line.program.endswith("/smtpd"):
            return self._smtpd(line)
        if line.program.endswith("/qmgr"):
            return self._queued(line)
        if "status=" in line.message:
            return self._delivered(line)
        event = dovecot_event(line, self._stamps)
        return () if event is None else (event,)

    # --- sessions ---------------------------------------------------------------------------------------

    def _smtpd(self, line: Line) -> Iterable[LogEvent]:
        key = f"{line.host} {line.program} {line.pid}"
        if match := _CONNECT.match(line.message):
            return self._begin(key, match["client"])
        session = self._sessions.get(key) or _Session()
        if match := _END.match(line.message):
            self._sessions.pop(key)
            return self._ended(session, line, match)
        if match := _ACCEPTED.match(line.message):
            return self._taken(line, session, match)
        event = self._during(session, line)
        if event is None:
            return ()
        dropped = self._sessions.put(key, session)
        if len(session.waiting) < MOST_WAITING:
            session.waiting.append(event)
        return () if dropped is None else dropped.waiting

    def _begin(self, key: str, client: str) -> Iterable[LogEvent]:
        before = self._sessions.pop(key)
        dropped = self._sessions.put(key, _Session(client=client))
        return [event for session in (before, dropped) if session is not None for event in session.waiting]

    def _during(self, session: _Session, line: Line) -> LogEvent | None:
        """Return what happened in a session, None if it only became better known."""
        message = line.message
        if match := _REJECT.match(message):
            return self._refused(line, match)
        if match := _FAILED.match(message):
            text = f"535 5.7.8 Error: authentication failed:{match['reason']}"
            event = self._event(line, Happened.LOGIN_FAILED, match["client"], text)
            return replace(event, stage=Stage.AUTH, address=match["user"] or "")
        if match := _LIMITED.match(message):
            return self._event(line, Happened.RATE_LIMITED, match["client"], f"{match['what']} rate limit exceeded")
        if match := _TLS_FAILED.match(message):
            return replace(self._event(line, Happened.TLS_FAILED, match["client"], "TLS failed"), stage=Stage.TLS)
        self._learn(session, message)
        return None

    def _learn(self, session: _Session, message: str) -> None:
        if match := _TLS_REASON.match(message):
            if session.waiting and session.waiting[-1].what is Happened.TLS_FAILED:
                session.waiting[-1] = replace(session.waiting[-1], text=match["reason"])
        elif match := _TLS_BEGUN.match(message):
            session.host = (match["host"] or "").lower()
        elif match := _LOST.match(message):
            session.lost_after = f"{match['how']} after {match['command']}"

    def _refused(self, line: Line, match: re.Match[str]) -> LogEvent:
        reply, fields = _envelope(match["rest"])
        event = self._event(line, Happened.REFUSED, match["client"], reply)
        owner = _OWNER.search(reply)
        return replace(
            event,
            stage=_STAGES.get(match["command"]),
            address=owner["user"] if owner else fields.get("from", ""),
            sender=fields.get("from", ""),
            recipient=fields.get("to", ""),
            helo=fields.get("helo", ""),
        )

    def _ended(self, session: _Session, line: Line, match: re.Match[str]) -> Iterable[LogEvent]:
        counts = match["counts"]
        login = _login_of(counts)
        tls = True if "starttls=1" in counts or _port(line.program, None) == 465 else None
        if any(_is_a_check_of_ours(event) for event in session.waiting):
            return ()
        if session.waiting:
            return [replace(event, login=login, tls=tls, host=session.host or line.host) for event in session.waiting]
        if session.lost_after or (" auth=" not in counts and " mail=" not in counts):
            event = self._event(line, Happened.LEFT, match["client"], session.lost_after or "left without trying")
            return (replace(event, login=login, tls=tls),)
        return ()

    # --- messages ---------------------------------------------------------------------------------------

    def _taken(self, line: Line, session: _Session, match: re.Match[str]) -> Iterable[LogEvent]:
        login = match["user"] or ""
        event = self._event(line, Happened.LOGGED_IN, match["client"], "")
        self._messages.put(match["id"], _Message(login=login, client=event.client, port=event.port))
        host = session.host or line.host
        return (replace(event, address=login, login=True, host=host),) if login else ()

    def _queued(self, line: Line) -> Iterable[LogEvent]:
        if line.message.endswith(": removed"):
            self._messages.pop(line.message.partition(":")[0])
            return ()
        match = _QUEUED.match(line.message)
        message = self._messages.get(match["id"]) if match else None
        if match is None or message is None or message.counted:
            return ()
        message.counted = True  # a message that waits is named again with every attempt
        event = self._event(line, Happened.ACCEPTED, message.client, "")
        count = min(int(match["count"][:6]), 100_000)
        return (replace(event, address=message.login, port=message.port, sender=match["sender"], recipients=count),)

    def _delivered(self, line: Line) -> Iterable[LogEvent]:
        match = _DELIVERED.match(line.message)
        message = self._messages.get(match["id"]) if match else None
        if match is None or message is None:
            return ()
        event = self._event(line, _OUTCOMES[match["status"]], message.client, match["text"].strip(" ()"))
        return (replace(event, port=message.port, address=message.login, recipient=match["to"]),)

    def _event(self, line: Line, what: Happened, client: str, text: str) -> LogEvent:
        return LogEvent(
            when=self._stamps.read(line.stamp),
            what=what,
            client="" if client == "unknown" else client,
            port=_port(line.program, self._plain_port),
            text=text.strip(),
            host=line.host,
        )


def _envelope(rest: str) -> tuple[str, dict[str, str]]:
    """Split a refusal from what Postfix writes behind it; the reply may hold the same words, put there by a client."""
    reply, mark, behind = rest.rpartition("; from=<")
    if not mark:
        reply, mark, behind = rest.rpartition("; proto=")
        return (reply or rest), {}
    match = re.match(r"(?P<sender>.*?)>(?: to=<(?P<to>.*?)>)? proto=\w+(?: helo=<(?P<helo>.*)>)?", behind)
    if match is None:
        return reply, {}
    return reply, {"from": match["sender"], "to": match["to"] or "", "helo": match["helo"] or ""}


def _is_a_check_of_ours(event: LogEvent) -> bool:
    """What a test of this program left behind is nobody's trouble."""
    return any(address.startswith("relay-check@example.") for address in (event.sender, event.recipient))


def _login_of(counts: str) -> bool | None:
    """Return whether the session logged in; before Postfix 3.0 nothing was counted."""
    if "commands=" not in counts:
        return None
    auth = re.search(r" auth=(\d+)", counts)
    return auth is not None and auth[1] != "0"


def _port(program: str, plain: int | None) -> int | None:
    service = program.split("/")[-2].rpartition("-")[2]
    return plain if service in ("postfix", "smtp") else _PORTS.get(service, int(service) if service == "2525" else None)
