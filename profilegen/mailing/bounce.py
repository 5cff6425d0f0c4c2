"""
A mail of ours that came back (RFC 3464 in RFC 6522, and the plain letters of qmail, Exim and older servers).

Anybody may write such a report. So one counts only if it returns the Message-ID of a mail we sent, which nobody can
guess, and of its words only the server's reply is used: to explain, never to learn an address from.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from hashlib import sha256

from profilegen.address import shorten
from profilegen.diagnosis.codes import codes_in

LONGEST_REPORT = 48 * 1024
"""Bytes of a report that are looked at: the reply and the beginning of the returned mail."""
MOST_PARTS = 8
MOST_GROUPS = 20
"""Recipients of one report that are looked at; mail of ours has one."""
MOST_FIELDS = 40
LONGEST_REPLY = 600

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_BOUNDARY = re.compile(r"boundary\s{0,4}=\s{0,4}(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"^[ \t>|]{0,12}Message-ID:\s{0,4}<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)
_TRACE = re.compile(r"^[ \t>|]{0,12}(?:Return-Path|Received):", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"^([!-9;-~]{1,60}):[ \t]*([^\n]*(?:\n[ \t]+[^\n]+)*)", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_FOR_GOOD = re.compile(
    r"(?<![\d.])5\d\d[ -]|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|permanent|\bgiv(?:en|ing) up\b", re.IGNORECASE
)
_TYPE_OF_VALUE = re.compile(r"^[\w.-]{1,40}[ \t]{0,4};[ \t]{0,4}")
_UNSAID_STATUS = re.compile(r"\d\.0\.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A mail that went out: the token of the delivery, and to whom."""

    token: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """
    One mail that could not be delivered.

    `about_recipient`: the report names the address we wrote to; if not, the mail was passed on and came back from
    elsewhere. `reply` is what the refusing `server` said, one line each, `server` "" if nobody says who it was.
    """

    token: str
    about_recipient: bool
    reply: str
    server: str

    @property
    def words(self) -> str:
        """Who said what, as `explain` reads it."""
        return f"{self.server} said: {self.reply}" if self.server else self.reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a report says about one recipient; `recipients` are the addresses it goes by, in small letters."""

    recipients: tuple[str, ...]
    reply: str
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    kind: str
    text: str


def message_id(token: str) -> str:
    """Return the unique part of the Message-ID of a delivery; it does not give the token away."""
    return sha256(f"Message-ID {token}".encode()).hexdigest()[:32]


def read_bounce(header: bytes, text: bytes, *, mailed: Mapping[str, Mailed]) -> Bounce | None:
    """
    Return which of our mails came back and why, None for anything else: other mail, a delay, a report on success.

    `header` are the fields of `proof_mail.HEADERS`, `text` what follows, cut off anywhere; `mailed` holds our mails by
    their `message_id`.
    """
    kind, parts = _parts(header, text[:LONGEST_REPORT])
    ours = _returned_id(kind, parts, mailed)
    if ours is None:
        return None
    mail = mailed[ours]
    failures = list(_failures(parts, mail.recipient, ours))
    if not failures:
        return None
    wanted = mail.recipient.lower()
    best = next((failure for failure in failures if wanted in failure.recipients), failures[0])
    return Bounce(
        token=mail.token,
        about_recipient=wanted in best.recipients,
        reply=shorten(best.reply, limit=LONGEST_REPLY),
        server=shorten(best.server, limit=255),
    )


# --- the message -------------------------------------------------------------------------------------------


def _parts(header: bytes, text: bytes) -> tuple[str, list[_Part]]:
    """Return the type of a message and its parts; only the outermost level is taken apart, so nesting costs nothing."""
    message = BytesParser().parsebytes(header, headersonly=True)
    kind = message.get_content_type()
    body = _text(text)
    boundary = _BOUNDARY.search(str(message.get("content-type", "")))
    if message.get_content_maintype() != "multipart" or boundary is None:
        encoding = str(message.get("content-transfer-encoding", ""))
        return kind, [_Part(kind=kind, text=_decoded(body, encoding))]
    return kind, list(_pieces(body, boundary[1] or boundary[2]))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _pieces(body: str, boundary: str) -> Iterator[_Part]:
    pieces = re.split(rf"^--{re.escape(boundary)}(?:--)?[ \t]*$\n?", body, maxsplit=MOST_PARTS, flags=re.MULTILINE)
    for piece in pieces[1 : MOST_PARTS + 1]:
        head, _, content = piece.removeprefix("\n").partition("\n\n") if piece[:1] != "\n" else ("", "", piece[1:])
        fields = _fields(head)
        kind = fields.get("content-type", "text/plain").partition(";")[0].strip().lower()
        yield _Part(kind=kind, text=_decoded(content, fields.get("content-transfer-encoding", "")))


def _decoded(text: str, encoding: str) -> str:
    """Read quoted-printable and base64, of what is cut off as much as there is."""
    match encoding.strip().lower():
        case "quoted-printable":
            return _text(binascii.a2b_qp(text.encode()))
        case "base64":
            letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
            return _text(binascii.a2b_base64(letters[: len(letters) // 4 * 4]))
        case _:
            return text


def _fields(block: str) -> dict[str, str]:
    """Return the fields of a header, the first of each name, each on one line."""
    found: dict[str, str] = {}
    for number, match in enumerate(_FIELD.finditer(block)):
        if number >= MOST_FIELDS:
            break
        found.setdefault(match[1].lower(), " ".join(match[2][:2000].split()))
    return found


def _returned_id(kind: str, parts: list[_Part], mailed: Mapping[str, Mailed]) -> str | None:
    """Return the Message-ID of the one mail of ours that is returned: from its header, or from a plain letter."""
    returned = [part.text.lstrip("\n").partition("\n\n")[0] for part in parts if part.kind in _RETURNED_TYPES]
    if not returned and kind != "multipart/report":
        returned = [part.text for part in parts if part.kind.startswith("text/")]
    found = {match[1].lower() for text in returned for match in _MESSAGE_ID.finditer(text)}
    ours = found & mailed.keys()
    return ours.pop() if len(ours) == 1 else None


# --- why ---------------------------------------------------------------------------------------------------


def _failures(parts: list[_Part], recipient: str, returned: str) -> Iterator[Failure]:
    reports = [part.text for part in parts if part.kind in _STATUS_TYPES]
    for report in reports:
        yield from _reported(report)
    if not reports:
        letter = "\n".join(part.text for part in parts if part.kind.startswith("text/plain"))
        yield from _written(letter, recipient, returned)


def _reported(report: str) -> Iterator[Failure]:
    """Yield the recipients a delivery status calls failed (RFC 3464 section 2.3)."""
    groups = [_fields(group) for group in _BLANK_LINE.split(report, maxsplit=MOST_GROUPS)[:MOST_GROUPS]]
    reporter = next((group["reporting-mta"] for group in groups if "reporting-mta" in group), "")
    for group in groups:
        names = [group[name] for name in ("original-recipient", "final-recipient") if name in group]
        if names and group.get("action", "").lower().split()[:1] == ["failed"]:
            yield Failure(
                recipients=tuple(_value(name).strip("<> ").lower() for name in names),
                reply=_reply(_value(group.get("diagnostic-code", "")), group.get("status", "")),
                server=_value(group.get("remote-mta", reporter)),
            )


def _value(field: str) -> str:
    """Return the value of a field that says its type first: "smtp; 550 no", "dns; mx.example.com"."""
    return _TYPE_OF_VALUE.sub("", field, count=1)


def _reply(diagnostic: str, status: str) -> str:
    """Return the reply with the status in it, where that says more than the reply alone."""
    code, enhanced = codes_in(diagnostic)
    said = status.split(maxsplit=1)[0] if status.split() else ""
    if enhanced or not said or (diagnostic and _UNSAID_STATUS.fullmatch(said)):
        return diagnostic or said
    if code is not None and diagnostic.startswith(str(code)):
        return f"{code} {said} {diagnostic[3:].lstrip(' -')}"
    return f"{said} {diagnostic}".rstrip()


def _written(letter: str, recipient: str, returned: str) -> Iterator[Failure]:
    """Yield what a plain letter says before the mail it returns, if that is for good."""
    end = letter.lower().find(returned)
    words = letter[: end if end >= 0 else len(letter)]
    trace = _TRACE.search(words)
    words = words[: trace.start()] if trace else words
    if not _FOR_GOOD.search(words):
        return
    place = re.search(rf"(?<![\w.+@-]){re.escape(recipient)}(?![\w.@-])", words, re.IGNORECASE)
    told = words[place.start() :] if place else words
    paragraph = _BLANK_LINE.split(told.strip("\n"), maxsplit=1)[0] if place else _telling_line(told)
    yield Failure(recipients=(recipient.lower(),) if place else (), reply=" ".join(paragraph.split()))


def _telling_line(words: str) -> str:
    return next((line for line in words.splitlines() if _FOR_GOOD.search(line)), "")
