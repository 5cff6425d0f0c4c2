"""How long something may take or lie back, as people write it: 12h, 7d."""

import re
from datetime import timedelta

from profilegen.address import shorten
from profilegen.errors import UsageProblem

LONGEST = timedelta(days=3650)

_WRITTEN = re.compile("([0-9]{1,9})([smhdw])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_duration(text: str) -> timedelta:
    """
    Return a duration written as one number with one unit: s, m, h, d or w, for example "7d".

    Raises UsageProblem for anything else, for nothing at all ("0d") and for more than ten years.
    """
    written = _WRITTEN.fullmatch(text)
    duration = int(written[1]) * _UNITS[written[2]] if written else timedelta(0)
    if not timedelta(0) < duration <= LONGEST:
        raise UsageProblem(
            f'"{shorten(text)}" is no duration.',
            hint="Write one number with s, m, h, d or w, like 7d.",
            code="bad_duration",
        )
    return duration


def duration_text(duration: timedelta) -> str:
    """Return a duration as `parse_duration` reads it, in the largest unit that fits without a rest."""
    for unit in ("d", "h", "m"):
        if not duration % _UNITS[unit]:
            return f"{duration // _UNITS[unit]}{unit}"
    return f"{duration // _UNITS['s']}s"
