"""
What a message to the check mailbox says: its token, its sender, the program it was written with.

Anybody may write to that mailbox, so every byte here is a stranger's: what cannot be read is as good as not there.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from enum import StrEnum

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem
from profilegen.mailing.proof_token import find_tokens

HEADERS = (
    *("FROM", "SUBJECT", "X-MAILER", "USER-AGENT", "AUTHENTICATION-RESULTS", "RECEIVED"),
    *("CONTENT-TYPE", "CONTENT-TRANSFER-ENCODING", "X-FAILED-RECIPIENTS"),
)
"""The header fields that are read of a message; two of them tell `tokens_of_text` how to read its text."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETED = re.compile(r"<\s*([^\s<>@]+@[^\s<>@]+)\s*>")
_BARE = re.compile(r"[^\s<>@,;:()]+@[^\s<>@,;:()]+")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_RESULT = re.compile(r"\b(?P<method>dmarc|spf|dkim)\s{0,4}=\s{0,4}(?P<result>[a-z]{1,20})", re.IGNORECASE)
_DEVICES = (("iPhone Mail", "an iPhone"), ("iPad Mail", "an iPad"), ("Apple Mail", "a Mac"))
_OTHER_PROGRAM = "from another program"


class Verdict(StrEnum):
    """What the check mailbox's own server found out about the sender (RFC 8601): the real one, a false one, nothing."""

    GENUINE = "genuine"
    FALSE = "false"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofMail:
    """
    One message with a token.

    `sender` is the account key of its From address, "" unless there is exactly one; `program` what it was written with,
    "" if it does not say; `received_at` is the time of our server, not of the sender's.
    """

    token: str
    sender: str
    received_at: datetime
    program: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    The header of a message; `tokens` are those of the subject, `received_at` is when our own server got it.

    `reports`: a mail server wrote it, so that it may be a bounce.
    """

    tokens: tuple[str, ...]
    sender: str
    program: str
    verdict: Verdict
    received_at: datetime | None
    reports: bool


def read_head(headers: bytes) -> Head:
    """Return what the header of a message says, however broken."""
    message = BytesParser().parsebytes(headers, headersonly=True)
    return Head(
        tokens=find_tokens(_first(message, "subject")),
        sender=_sender(list(_values(message, "from"))),
        program=shorten(_first(message, "x-mailer") or _first(message, "user-agent"), limit=120),
        verdict=_verdict(_first(message, "authentication-results")),
        received_at=_received(_first(message, "received")),
        reports=_is_of_a_server(message),
    )


def tokens_of_text(headers: bytes, text: bytes) -> tuple[str, ...]:
    """Return the tokens in the text parts of a message; `text` may be cut off anywhere."""
    message = BytesParser().parsebytes(headers.rstrip() + b"\r\n\r\n" + text)
    found = (token for part in message.walk() if part.get_content_maintype() == "text" for token in _tokens(part))
    return tuple(dict.fromkeys(found))


def device_words(program: str) -> str:
    """Return where a message was written, in words: "from an iPhone (iPhone Mail (22A3354))"."""
    device = next((words for name, words in _DEVICES if program.startswith(name)), None)
    if device is not None:
        return f"from {device} ({program})"
    return f"{_OTHER_PROGRAM}: {program}" if program else "from a program that does not name itself"


class WrittenOn(StrEnum):
    """What kind of device a message was written on, as far as its program says."""

    IPHONE = "iphone"
    IPAD = "ipad"
    MAC = "mac"
    OTHER_PROGRAM = "other_program"
    UNSAID = "unsaid"


def written_on(words: str) -> WrittenOn:
    """Return what the words of `device_words` say."""
    kinds = (WrittenOn.IPHONE, WrittenOn.IPAD, WrittenOn.MAC)
    for kind, (_, device) in zip(kinds, _DEVICES, strict=True):
        if words.startswith(f"from {device} ("):
            return kind
    return WrittenOn.OTHER_PROGRAM if words.startswith(_OTHER_PROGRAM) else WrittenOn.UNSAID


def _tokens(part: Message) -> tuple[str, ...]:
    payload = _payload(part)
    try:
        return find_tokens(payload.decode(part.get_content_charset("utf-8"), "replace"))
    except (LookupError, ValueError):  # a charset nobody knows, or one that is no text encoding
        return find_tokens(payload.decode("latin-1"))


def _payload(part: Message) -> bytes:
    if str(part.get("content-transfer-encoding", "")).strip().lower() != "base64":
        payload = part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""
    letters = _NOT_BASE64.sub("", str(part.get_payload()))
    return b64decode(letters[: len(letters) // 4 * 4])  # the library gives up on what is cut off


def _values(message: Message, name: str) -> Iterator[str]:
    """Yield all fields of a name, as text on one line; letters outside ASCII are taken for UTF-8 (RFC 6532)."""
    for field, value in message.raw_items():
        if field.lower() == name:
            yield " ".join(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def _first(message: Message, name: str) -> str:
    """Return the topmost field of a name: the one that was added last."""
    return next(_values(message, name), "")


def _is_of_a_server(message: Message) -> bool:
    """Say yes rather too often: what it reports is looked at closely."""
    author = _first(message, "from").lower()
    return (
        message.get_content_type() == "multipart/report"
        or any(name in author for name in ("mailer-daemon", "postmaster"))
        or bool(_first(message, "x-failed-recipients"))
    )


def _sender(values: list[str]) -> str:
    if len(values) != 1:
        return ""
    plain = _QUOTED.sub("", values[0])
    found = _BRACKETED.findall(plain) or _BARE.findall(plain)
    try:
        return Address.parse(found[0]).account if len(found) == 1 else ""
    except AddressProblem:
        return ""


def _verdict(value: str) -> Verdict:
    """Judge by DMARC where it was asked for, else by SPF and DKIM together."""
    results: dict[str, set[str]] = {}
    for match in _RESULT.finditer(value):
        results.setdefault(match["method"].lower(), set()).add(match["result"].lower())
    if "pass" in results.get("dmarc", ()):
        return Verdict.GENUINE
    if "fail" in results.get("dmarc", ()):
        return Verdict.FALSE
    if "fail" in results.get("spf", ()) and "pass" not in results.get("dkim", ()):
        return Verdict.FALSE
    return Verdict.UNSAID


def _received(value: str) -> datetime | None:
    """Return the time at the end of a trace field (RFC 5321 section 4.4)."""
    try:
        when = parsedate_to_datetime(value.rpartition(";")[2])
        return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
