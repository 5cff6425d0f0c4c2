"""A line of a syslog file taken apart, and the time in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST_LINE = 4096
"""Characters of a line that are looked at."""

_LINE = re.compile(
    r"(?P<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][\d:.,]{8,20}(?:Z|[+-]\d\d:?\d\d)?) "
    r"(?:(?P<host>[^\s:]{1,255}) )?(?P<program>[\w./-]{1,80})(?:\[(?P<pid>\d{1,10})\])?: (?P<message>.*)",
    re.DOTALL,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Localise = Callable[[datetime], datetime]
"""Turns the wall-clock time of the machine that wrote the log into UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of RFC 3164 or RFC 5424 style; `host` and `pid` are "" where the writer leaves them out."""

    stamp: str
    host: str
    program: str
    pid: str
    message: str


def split_line(text: str) -> Line | None:
    """Return the parts of a line, printable and bounded, None if it is no log line."""
    match = _LINE.match(text[:LONGEST_LINE].rstrip("\r\n"))
    if match is None:
        return None
    return Line(
        stamp=match["stamp"],
        host=match["host"] or "",
        program=match["program"],
        pid=match["pid"] or "",
        message=printable(match["message"]),
    )


def printable(text: str) -> str:
    """Return a text without anything that could move a cursor, colour a terminal or turn the writing direction."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


class Stamps:
    """
    Reads time stamps; those without a year are taken as the latest that is not in the future.

    The last one is remembered, because a busy log has many lines per second.
    """

    def __init__(self, *, now: datetime, localise: Localise) -> None:
        self._now = now
        self._localise = localise
        self._last: tuple[str, datetime | None] = ("", None)

    def read(self, stamp: str) -> datetime | None:
        """Return the time in UTC, None if there is no such day or hour."""
        if stamp != self._last[0]:
            self._last = (stamp, self._parsed(stamp))
        return self._last[1]

    def _parsed(self, stamp: str) -> datetime | None:
        try:
            when = datetime.fromisoformat(stamp.replace(",", ".")) if stamp[0].isdigit() else self._with_year(stamp)
            return when.astimezone(UTC) if when.tzinfo is not None else self._localise(when)
        except (ValueError, OverflowError):
            return None

    def _with_year(self, stamp: str) -> datetime:
        month, day = _MONTHS.index(stamp[:3]) + 1, int(stamp[4:6])
        hour, minute, second = (int(part) for part in stamp[7:].split(":"))
        latest = self._now.replace(tzinfo=None) + timedelta(days=1)  # clocks and time zones differ a little
        for year in range(latest.year, latest.year - 5, -1):  # a leap day may be four years back
            try:
                when = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - localised by the caller
            except ValueError:
                continue
            if when <= latest:
                return when
        raise ValueError(stamp)
