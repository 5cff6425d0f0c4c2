"""QR codes (ISO/IEC 18004), most of them of https URLs, for a screen, a file or paper."""

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from profilegen.address import a_label, shorten
from profilegen.errors import AddressProblem, UsageProblem

if TYPE_CHECKING:
    from segno import QRCode

QUIET_ZONE = 4
"""Light modules on every side; ISO/IEC 18004 section 6.3.8 asks for four."""

MAX_URL = 500
LONG_URL = 106
"""Characters up to which a code has at most 41 modules a side (version 6, level M), 0.6 mm each on a printed sheet."""

Modules = tuple[tuple[bool, ...], ...]
"""The rows of a code from the top, True is dark, without the quiet zone."""

_ERROR_LEVEL = "m"  # 15 % may be lost to a fold or a coffee cup; raised where that makes the code no larger


class QrForm(StrEnum):
    """How a code is shown."""

    TERMINAL = "terminal"
    PNG = "png"
    SVG = "svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """The code of one URL."""

    url: str
    modules: Modules

    @property
    def warning(self) -> str | None:
        """Return why cameras may have trouble with it, None if they have none."""
        if len(self.url) <= LONG_URL:
            return None
        return f"The URL has {len(self.url)} characters; a code of more than {LONG_URL} is hard to scan from paper."


def qr_code(url: str) -> QrCode:
    """
    Return the code of an https URL, error level M or better.

    Raises UsageProblem: `not_https`; `bad_url` for what is no URL with a host name, holds a user or password,
    characters no URL has, or more than `MAX_URL` of them.
    """
    return QrCode(url=url, modules=qr_modules(https_url(url)))


def qr_modules(text: str) -> Modules:
    """Return the code of any text that fits into one, such as a `mailto:` URL; error level M or better."""
    return tuple(tuple(bool(module) for module in row) for row in _encoded(text).matrix)


def https_url(text: str) -> str:
    """Return the URL as it is; raises UsageProblem as `qr_code` does."""
    try:
        parts = urlsplit(text)
        host, _ = a_label(parts.hostname or ""), parts.port
    except (ValueError, AddressProblem) as exc:
        raise _bad(text, "it is no URL with a host name") from exc
    if parts.scheme != "https":
        raise UsageProblem(
            f'"{shown_url(text)}" is not an https URL: on the way, anybody could put another profile in its place.',
            hint=f"Serve it with TLS and write https://{host}/….",
            code="not_https",
        )
    if parts.username is not None or parts.password is not None:
        raise _bad(text, "it holds a user name or password")
    if len(text) > MAX_URL or not text.isascii() or any(not "!" <= char <= "~" for char in text):
        raise _bad(text, f"it is longer than {MAX_URL} characters or holds some that no URL has")
    return text


def shown_url(text: str) -> str:
    """Return a URL fit for an error line, without what stands before an "@": that may be a password."""
    return shorten(text.rpartition("@")[2])


def picture(code: QrCode, form: QrForm) -> bytes:
    """
    Return the code as a file: PNG with 8 pixels a module, or SVG that scales to any size; black on white both.

    Raises ValueError for `QrForm.TERMINAL`, which is no file.
    """
    if form is QrForm.TERMINAL:
        raise ValueError("a terminal takes no picture")
    file = io.BytesIO()
    scaling = {"omitsize": True, "nl": False} if form is QrForm.SVG else {}
    _encoded(code.url).save(file, kind=form, scale=8, border=QUIET_ZONE, light="#fff", **scaling)
    return file.getvalue()


def half_blocks(code: QrCode) -> tuple[str, ...]:
    """Return lines of half blocks, two rows of modules each, quiet zone included; to be shown dark on light."""
    rows = _with_quiet_zone(code)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    signs = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return tuple(
        "".join(signs[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def ascii_lines(code: QrCode) -> tuple[str, ...]:
    """Return lines in which a dark module is "##", quiet zone included, for what can show nothing else."""
    return tuple("".join("##" if dark else "  " for dark in row) for row in _with_quiet_zone(code))


def _with_quiet_zone(code: QrCode) -> list[list[bool]]:
    side = [False] * QUIET_ZONE
    empty = [[False] * (len(code.modules) + 2 * QUIET_ZONE) for _ in range(QUIET_ZONE)]
    return [*empty, *([*side, *row, *side] for row in code.modules), *(row[:] for row in empty)]


def _encoded(text: str) -> "QRCode":
    import segno

    return segno.make_qr(text, error=_ERROR_LEVEL, boost_error=True)


def _bad(text: str, reason: str) -> UsageProblem:
    return UsageProblem(
        f'"{shown_url(text)}" cannot be used: {reason}.',
        hint="Write it like https://profiles.example.com/mail.",
        code="bad_url",
    )
