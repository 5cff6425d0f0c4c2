"""
The server's own words out of what people paste: bounces, stack traces, JSON, transcripts, byte escapes.

Nothing here decides what a reply means. Input is bounded to LARGEST; all patterns are anchored or bounded, so reading
takes time in proportion to the input.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from profilegen.diagnosis.codes import LARGEST, code_in, codes_in
from profilegen.diagnosis.observation import Observation, Stage

_MOST = 6
_SHORT = 300
_BEGINNING = 16384
_END = 8192
_DEEPEST = 8

_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2})+")
_ESCAPED_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})|\\([0-3][0-7]{2})")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_QUOTED_PRINTABLE = re.compile(r"(?:=[0-9A-F]{2}){2,}")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,15}(?: [^<>@]{0,200})?/?>")
_ENCODED_WORD = re.compile(r"=\?[\w-]{1,40}\?[bBqQ]\?[^?\s]{0,400}\?=")
_HIGH_RUN = re.compile(rb"(?:[\x81-\xfe][\x80-\xfe]){2,}")
_FOLDED_LINE = re.compile(r"\r?\n[ \t]+")
_WRITTEN_NEWLINE = re.compile(r"(?:\\r)?\\n(?=[\s\d<(])")
_SOFT_BREAK = re.compile(r"(?<=\S)=\r?\n")
_CONTINUED = re.compile(r"([45]\d\d)-([^\n]{0,900})\n[ \t]{0,12}(?=\1[ -])")
_REPEATED_CODE = re.compile(r"(?m)^(?:[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3} )?)")

# what stands before a server's words; the first group is the reply
_MARKED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"diagnostic-code:[ \t]{0,9}(?:x-[\w-]{1,30}|smtp|lmtp)?[ \t]{0,3};?[ \t]{0,9}"
            r"(.{4,900}(?:\n(?![\w-]{2,40}:)[^\n]{2,200}){0,4})"
        ),
        r"\bsaid: (.{4,900}?)(?= \(in reply to|\n\n|$)",
        r"remote (?:host|server) (?:said|returned|responded)[^:\n'\"]{0,40}[:'\" ]{1,4}(.{4,900})",
        r"smtp error from remote (?:mail )?server after [^\n]{3,400}?: (?:host [^\n]{3,200}?: )?([245]\d\d.{3,900})",
        r"(?:the )?response (?:from the remote server )?was:?\s{1,6}(.{4,900})",
        r"the server re(?:sponded|sponse was|plied)(?: with)?[: ]{1,3}(.{4,900})",
        r"\(reason: ([45]\d\d[ -][^\n]{3,900})",
        r"server (?:message|response|answer|reply)[: ]{1,3}(.{4,900})",
        r"with (?:message|text|response)[: ]{0,2}\"(.{4,900}?)\"",
        (
            r"(?m)^[ \t>|]{0,12}(?:<<<|<-|<\*\*|<~\*|s:|server -> client:|< |smtp< ?|reply:)"
            r"[ \t]{0,4}'?([45]\d\d[ -].{3,900})"
        ),
        r"all recipients were rejected: (.{4,900})",
        r"\bb'([^']{4,900})'",
        r"\(\d{3}, b?['\"](.{4,900}?)['\"][,)]",
        r"smtp error from remote mail server[^\n]{0,300}\n[ \t]{0,9}(.{4,900})",
        (
            r"(?:exception|error|err|failed|failure|reason|denied|rejected)"
            r"[\w ()]{0,30}[:=] {0,2}\"?([45]\d\d[ \-].{3,900})"
        ),
    )
)
_STAGES = tuple(
    (re.compile("|".join(patterns), re.IGNORECASE), stage)
    for stage, *patterns in (
        (
            Stage.DATA,
            r"in reply to (?:the )?end of data|after (?:end of )?data|in reply to data|data command",
            r"smtpdataerror|\bdata end\b|emessage",
        ),
        (
            Stage.RCPT_TO,
            r"in reply to (?:the )?rcpt|after rcpt to|rcpt to command|>>> rcpt to|recipient address rejected",
            r"smtprecipientsrefused|smtprecipientrefused|smtpaddressfailed|recipientnotaccepted",
        ),
        (
            Stage.MAIL_FROM,
            r"in reply to (?:the )?mail from|after mail from|mail from command|>>> mail from",
            r"smtpsenderrefused|sendernotaccepted",
        ),
        (
            Stage.AUTH,
            r"smtpauthenticationerror|authenticationfailedexception|authenticationexception|\beauth\b",
            r"auth (?:plain|login|xoauth2|cram-md5)|password command failed|invalid login|in reply to auth",
        ),
        (
            Stage.IMAP_LOGIN,
            r"imap4\.error|authenticate failed|\[authenticationfailed\]|\bimap\b.{0,40}login|imap-login",
        ),
        (
            Stage.TLS,
            r"certificate.verify.failed|sslhandshakeexception|sslcertverificationerror|sslerror|\[ssl:",
            r"ssl routines|x509:|tls handshake",
        ),
        (Stage.DNS, r"getaddrinfo|enotfound|nxdomain|unknownhostexception|no such host|name or service not known"),
        (
            Stage.CONNECT,
            r"econnrefused|etimedout|connection refused|connect timed out|connecttimeout|connection timed out",
            r"ehostunreach|enetunreach",
        ),
        (Stage.EHLO, r"in reply to (?:the )?(?:ehlo|helo)"),
    )
)
_ALONE_CODES = {"535": Stage.AUTH, "534": Stage.AUTH, "538": Stage.AUTH}
_ALONE_ENHANCED = {
    **dict.fromkeys(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "4.1.1", "5.2.2", "4.2.2"), Stage.RCPT_TO),
    **dict.fromkeys(("5.1.7", "5.1.8", "4.1.7", "4.1.8"), Stage.MAIL_FROM),
    "5.7.8": Stage.AUTH,
}
"""Codes that say by themselves which command was answered (RFC 3463, RFC 4954)."""
_JSON_CODES = ("responsecode", "smtp_code", "smtpcode", "statuscode", "status_code", "code")
_JSON_STAGES = {
    "auth": Stage.AUTH,
    "rcpt": Stage.RCPT_TO,
    "mail": Stage.MAIL_FROM,
    "data": Stage.DATA,
    "conn": Stage.CONNECT,
    "ehlo": Stage.EHLO,
    "starttls": Stage.STARTTLS,
}


def unwrap(seen: Observation) -> tuple[Observation, ...]:
    """
    Return what may be the server's own reply, most telling first, at least one and at most a few.

    What the caller knows (stage, codes) is kept; what he does not is taken from the wrapping where it says so.
    """
    text = decode(seen.text[:LARGEST])
    seen = replace(seen, stage=seen.stage or _stage_in(text))
    document = _json(text)
    if document is not None:
        text, seen = _from_json(document, seen)
    replies = tuple(_replies(text))
    return tuple(replace(seen, text=reply) for reply in replies)


def decode(text: str) -> str:
    """Return text with byte escapes, HTML and MIME encoded words read; bytes are UTF-8 or, as QQ sends them, GBK."""
    text = _WRITTEN_NEWLINE.sub("\n", _SOFT_BREAK.sub("", text))
    text = _UNICODE.sub(lambda match: chr(int(match[1], 16)), text)
    text = _ESCAPED.sub(lambda match: _text(_unescaped(match[0])), text)
    text = _QUOTED_PRINTABLE.sub(lambda match: _text(bytes.fromhex(match[0].replace("=", ""))), text)
    if "=?" in text:
        text = _ENCODED_WORD.sub(lambda match: _encoded_word(match[0]), text)
    if "\u00c0" <= max(text, default="") <= "\u00ff":  # GBK bytes shown as Latin-1
        text = _mended(text)
    return html.unescape(_TAG.sub(" ", text)) if "</" in text else text


def _unescaped(escapes: str) -> bytes:
    return bytes(int(match[1], 16) if match[1] else int(match[2], 8) for match in _ESCAPED_BYTE.finditer(escapes))


def read_bytes(raw: bytes) -> str:
    """Return bytes as text whatever they are: UTF-8, the GBK of Chinese servers, else Latin-1; it never fails."""
    text = _text(raw)
    return text.removeprefix("\ufeff")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _looks_chinese(raw):
        return raw.decode("gb18030", "replace")
    return raw.decode("latin-1")


def _looks_chinese(raw: bytes) -> bool:
    """GBK writes a character in two high bytes; in European text they stand alone."""
    high = sum(byte >= 0x80 for byte in raw)
    paired = sum(len(run[0]) for run in _HIGH_RUN.finditer(raw))
    return high >= 4 and paired >= 0.9 * high


def _mended(text: str) -> str:
    """Read UTF-8 or GBK that somebody read as Latin-1; other text stays as it is."""
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    return _text(raw)


def _encoded_word(word: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(word)))
    except (HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
        return word


def _json(text: str) -> Any:
    start = text.lstrip()[:1]
    if start not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_json(document: Any, seen: Observation) -> tuple[str, Observation]:
    texts: list[str] = []
    for key, value in _leaves(document, "", 0):
        if isinstance(value, str):
            texts.append(value)
            command = value.split(" ", 1)[0].lower()
            if key == "command" and seen.stage is None:
                seen = replace(seen, stage=_JSON_STAGES.get(command))
        elif key in _JSON_CODES and seen.code is None and isinstance(value, int) and 200 <= value < 600:
            seen = replace(seen, code=value)
    best = sorted(texts, key=lambda one: (code_in(one) is None, -len(one)))
    text = "\n".join(best) if best else ""
    return text, replace(seen, stage=seen.stage or _stage_in(text))


def _leaves(value: Any, key: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, str(name).lower(), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key, depth + 1)
    else:
        yield key, value


def _stage_in(text: str) -> Stage | None:
    for pattern, stage in _STAGES:
        if pattern.search(text):
            return stage
    code, enhanced = codes_in(text)
    return _ALONE_CODES.get(str(code)) or _ALONE_ENHANCED.get(enhanced or "")


def _replies(text: str) -> Iterator[str]:
    """Yield marked replies; the lines with a code; a short text whole unless it is a log that holds the reply."""
    flat = _CONTINUED.sub(r"\1-\2 ", _FOLDED_LINE.sub(" ", _ends(text)))
    seen: set[str] = set()
    candidates = [match[1] for pattern in _MARKED for match in _few(pattern, flat)]
    if not candidates and len(text) > _SHORT:
        candidates = [line for line in flat.splitlines() if code_in(line) is not None]
    answered = "\n" in text.strip() and any(code_in(candidate) for candidate in candidates)
    if not candidates or (len(text) <= _SHORT and not answered):
        candidates.append(text)
    for candidate in candidates:
        reply = _REPEATED_CODE.sub("", candidate).strip() if candidate.count("\n") else candidate.strip()
        if reply not in seen and len(seen) < _MOST:
            seen.add(reply)
            yield reply


def _ends(text: str) -> str:
    """Return beginning and end of a long text: a reply stands before a returned message or after a long log."""
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]}\n{text[-_END:]}"


def _few(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for place, match in enumerate(pattern.finditer(text)):
        if place >= _MOST:
            return
        yield match
