"""What a file is, told by its first bytes, and how its wrapping comes off."""

import base64
import binascii
import re
from enum import StrEnum

LARGEST = 20 * 1024 * 1024
"""Bytes a profile may have."""

_PEM_START = re.compile(rb"-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----")
_MIME = re.compile(rb"\A(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+", re.ASCII)
_BLANKS = b" \t\r\n\v\f"
_BLANK_LINE = re.compile(rb"\n\r?\n")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_XML_STARTS = (b"<", b"<\0", b"\0<")


class Format(StrEnum):
    """The format of a file (the words are part of the command line's contract)."""

    XML = "xml"
    BPLIST = "bplist"
    CMS_DER = "cms-der"
    CMS_BER = "cms-ber"
    CMS_PEM = "cms-pem"
    SMIME = "smime"
    UNKNOWN = "unknown"


_OTHER_THINGS = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"-----BEGIN", "a PEM file without a signed profile"),
    (b"{", "JSON text"),
)


def strip_mark(data: bytes) -> bytes:
    """Return the data without a UTF-8 byte order mark; UTF-16 needs its own."""
    return data.removeprefix(b"\xef\xbb\xbf")


def has_mark(data: bytes) -> bool:
    """True if the data starts with a byte order mark."""
    return data.startswith(_BYTE_ORDER_MARKS)


def sniff(data: bytes) -> Format:
    """Return the format by the first bytes; for CMS in binary form the lengths inside decide between DER and BER."""
    start = data.lstrip()
    if data.startswith(b"bplist"):
        return Format.BPLIST
    if data.startswith(b"\x30"):
        return Format.CMS_BER if data[1:2] == b"\x80" else Format.CMS_DER
    if _PEM_START.search(data):
        return Format.CMS_PEM
    if _is_smime(data):
        return Format.SMIME
    if has_mark(data) or (start.startswith(_XML_STARTS) and not _is_html(start)):
        return Format.XML
    return Format.UNKNOWN


def name_of_other(data: bytes) -> str:
    """Return in words what a file is that is no profile."""
    start = data.lstrip()
    if not start:
        return "an empty file"
    if _is_html(start):
        return "a web page, probably an error page or a login page"
    return next((name for magic, name in _OTHER_THINGS if start.startswith(magic)), "neither XML nor a signed profile")


def unwrap_pem(data: bytes) -> bytes | None:
    """Return the bytes inside PEM armour; None if they are no base64."""
    start = _PEM_START.search(data)
    return None if start is None else _decode(data[start.end() :].partition(b"-----END ")[0])


def unwrap_smime(data: bytes) -> bytes | None:
    """Return the bytes of an S/MIME message with one base64 part (application/pkcs7-mime); None for any other."""
    headers_end = _BLANK_LINE.search(data)
    return None if headers_end is None else _decode(data[headers_end.end() :])


def _decode(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text.translate(None, _BLANKS), validate=True)
    except binascii.Error:
        return None


def _is_smime(data: bytes) -> bool:
    head = data[:8192]
    return bool(_MIME.match(head)) and b"pkcs7" in head.lower()


def _is_html(start: bytes) -> bool:
    head = start[:256].lower()
    return head.startswith((b"<!doctype html", b"<html")) or b"<html" in head
