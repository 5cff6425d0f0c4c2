"""
The operator's check mailbox, read by IMAP (RFC 9051, and RFC 3501 where that is all a server speaks).

Folders are examined, never selected, and bodies peeked at, so that nothing looks read afterwards. Of a message the
header fields of `proof_mail.HEADERS` are read, of its text a few kilobytes, and that only if its subject has no token
and it comes from somebody who got a profile, or from a mail server that may be returning mail of ours.
"""

import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial

from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.mailing.bounce import LONGEST_REPORT, Bounce, read_bounce
from profilegen.mailing.proof_mail import HEADERS, Head, ProofMail, read_head, tokens_of_text
from profilegen.net.imap import BoundedImap, ImapSession, junk_folders, quoted
from profilegen.ports import LoginBudget, Resolver
from profilegen.ports.check_mailbox import Batch, Expected, Mark
from profilegen.secret import Login
from profilegen.settings.servers import Server

AT_ONCE = 100
"""Messages of one FETCH."""
MOST_MESSAGES = 200_000
"""Messages of a folder that one run looks at; the next run goes on where it stopped."""
WINDOW = 50_000
"""UIDs of one SEARCH: its answer stays far below the million bytes imaplib takes for one line."""
MOST_WINDOWS = 2_000
HEADER_BYTES = 16 * 1024
TEXT_BYTES = 8 * 1024

_FIELDS = f"(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS ({' '.join(HEADERS)})]<0.{HEADER_BYTES}>)"
_TEXT = f"(UID BODY.PEEK[TEXT]<0.{TEXT_BYTES}>)"
_REPORT = f"(UID BODY.PEEK[TEXT]<0.{LONGEST_REPORT}>)"
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_ARRIVED = re.compile(rb'INTERNALDATE "([ \d]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})"')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """An examined folder; `last_uid` is that of its newest message."""

    uid_validity: int
    last_uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What a FETCH brought of one message."""

    uid: int
    arrived: datetime | None
    data: bytes


@dataclass(slots=True, kw_only=True)  # filled message by message
class _Found:
    mails: list[ProofMail] = field(default_factory=list)
    bounces: list[Bounce] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapCheckMailbox:
    """A `ports.check_mailbox.CheckMailbox`; `server` speaks IMAP, `login` is for it."""

    server: Server
    login: Login
    resolver: Resolver
    tls: ssl.SSLContext
    budget: LoginBudget

    @property
    def key(self) -> str:
        """What tells this mailbox from others."""
        return f"{self.login.username}@{self.server.host}:{self.server.port}"

    async def read(self, marks: Mapping[str, Mark], *, since: date, expected: Expected) -> AsyncIterator[Batch]:
        """Yield what is new, INBOX first."""
        addresses = await self.resolver.addresses(self.server.host)
        session = await ImapSession.open(self.server, addresses, self.tls)
        try:
            await self._log_in(session)
            for name in ("INBOX", *await session.run(junk_folders)):
                folder = await session.run(partial(_examine, name=name))
                mark = _mark_for(folder, marks.get(name), since)
                async for batch in _batches(session, name, folder, mark, expected):
                    yield batch
        finally:
            await session.close()

    async def _log_in(self, session: ImapSession) -> None:
        """Log in within the budget of failed logins: nobody shall be banned for asking how things stand."""
        key = (self.server.host, self.server.port, self.login.username)
        next_try = await self.budget.reserve(*key)
        if next_try is not None:
            raise ConfigProblem(
                f"Two logins to the check mailbox have failed within the last hour. Next try: {next_try:%H:%M} UTC.",
                hint="Check its user name and password meanwhile.",
                code="too_many_auth_failures",
            )
        try:
            await session.log_in(self.login)
        except NetworkProblem:
            await self.budget.release(*key)
            raise
        await self.budget.succeeded(*key)


def _mark_for(folder: _Folder, known: Mark | None, since: date) -> Mark:
    """Return where to go on; from the beginning where UIDs changed their meaning or somebody asks for older days."""
    if known is not None and known.uid_validity == folder.uid_validity and known.since <= since:
        return known
    return Mark(uid_validity=folder.uid_validity, last_uid=0, since=since)


async def _batches(
    session: ImapSession, name: str, folder: _Folder, mark: Mark, expected: Expected
) -> AsyncIterator[Batch]:
    looked_at = 0
    async for uids in _new_uids(session, mark, folder.last_uid):
        found = await session.run(partial(_read, uids=uids, expected=expected))
        mark = replace(mark, last_uid=uids[-1])
        yield Batch(folder=name, mark=mark, mails=tuple(found.mails), looked_at=len(uids), bounces=tuple(found.bounces))
        looked_at += len(uids)
        if looked_at >= MOST_MESSAGES:
            return
    if mark.last_uid < folder.last_uid:
        yield Batch(folder=name, mark=replace(mark, last_uid=folder.last_uid), mails=(), looked_at=0)


async def _new_uids(session: ImapSession, mark: Mark, last_uid: int) -> AsyncIterator[list[int]]:
    """Yield the UIDs after the mark in pieces for one FETCH, ascending."""
    for first in list(range(mark.last_uid + 1, last_uid + 1, WINDOW))[:MOST_WINDOWS]:
        last = min(first + WINDOW - 1, last_uid)
        found = await session.run(partial(_search, first=first, last=last, since=mark.since))
        for at in range(0, len(found), AT_ONCE):
            yield found[at : at + AT_ONCE]


# --- what happens in the thread -----------------------------------------------------------------------------


def _examine(client: BoundedImap, name: str) -> _Folder:
    kind, data = client.select(quoted(name), readonly=True)
    if kind != "OK":
        raise client.error(data[-1])
    validity, following = _number(client, "UIDVALIDITY"), _number(client, "UIDNEXT")
    if following:
        return _Folder(uid_validity=validity, last_uid=following - 1)
    return _Folder(uid_validity=validity, last_uid=max(_uids(client, "UID", "*"), default=0))


def _number(client: BoundedImap, code: str) -> int:
    """Return the number in a response code such as [UIDNEXT 17], 0 if the server did not say it."""
    data = client.response(code)[1]
    word = data[-1] if data else None
    return int(word) if isinstance(word, bytes) and word.isdigit() and len(word) <= 10 else 0


def _search(client: BoundedImap, first: int, last: int, since: date) -> list[int]:
    day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
    return sorted(uid for uid in _uids(client, "UID", f"{first}:{last}", "SINCE", day) if first <= uid <= last)


def _uids(client: BoundedImap, *criteria: str) -> set[int]:
    kind, data = client.uid("SEARCH", *criteria)
    if kind != "OK":
        raise client.error(data[-1])
    words = (word for line in data if isinstance(line, bytes) for word in line.split())
    return {int(word) for word in words if word.isdigit() and len(word) <= 10}


def _read(client: BoundedImap, uids: Sequence[int], expected: Expected) -> _Found:
    pieces = {piece.uid: piece for piece in _fetch(client, uids, _FIELDS)}
    heads = {uid: read_head(piece.data) for uid, piece in pieces.items()}
    wordless = [uid for uid, head in heads.items() if not head.tokens and head.sender in expected.people]
    texts = _texts(client, wordless, _TEXT)
    reports = _texts(client, [uid for uid, head in heads.items() if head.reports and expected.mailed], _REPORT)
    result = _Found()
    for uid, head in heads.items():
        header, arrived = pieces[uid].data, _earliest(pieces[uid].arrived, head.received_at)
        if arrived is None:
            continue
        tokens = head.tokens or (tokens_of_text(header, texts[uid]) if uid in texts else ())
        result.mails += (_mail(head, arrived, token) for token in tokens)
        report = reports.get(uid)
        bounce = report and read_bounce(header, report, mailed=expected.mailed)
        result.bounces += [bounce] if bounce else []
    return result


def _texts(client: BoundedImap, uids: Sequence[int], items: str) -> dict[int, bytes]:
    return {piece.uid: piece.data for piece in _fetch(client, uids, items)} if uids else {}


def _earliest(*times: datetime | None) -> datetime | None:
    """Date a message by the earlier of mailbox and trace: where mail is copied it may be dated anew."""
    return min((when for when in times if when is not None), default=None)


def _mail(head: Head, arrived: datetime, token: str) -> ProofMail:
    return ProofMail(token=token, sender=head.sender, received_at=arrived, program=head.program, verdict=head.verdict)


def _fetch(client: BoundedImap, uids: Sequence[int], items: str) -> Iterator[_Piece]:
    kind, data = client.uid("FETCH", ",".join(map(str, uids)), items)
    if kind != "OK":
        raise client.error(data[-1])
    wanted = set(uids)
    for words, literal in _answers(data):
        uid = _UID.search(words)
        if uid is not None and int(uid[1]) in wanted:
            yield _Piece(uid=int(uid[1]), arrived=_arrived(words), data=literal)


def _answers(data: Sequence[bytes | tuple[bytes, bytes] | None]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what stands around the literal of each message, and the literal, out of imaplib's list."""
    words, literal = b"", b""
    for part in data:
        if isinstance(part, tuple):
            words, literal = words + part[0], part[1]
        elif isinstance(part, bytes):
            yield words + part, literal
            words, literal = b"", b""


def _arrived(words: bytes) -> datetime | None:
    match = _ARRIVED.search(words)
    if match is None:
        return None
    day, month, year, time, zone = (part.decode("ascii") for part in match.groups())
    try:
        written = f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{time}{zone}"
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
