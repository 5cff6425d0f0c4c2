"""How long a server asks to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH_NOT_SECONDS = 1_000_000_000
"""A reset header above this is a moment (seconds since 1970), below it a span."""


def told_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """
    Return for how many seconds a server asks to be left alone, None if it does not say.

    Retry-After in seconds or as a date (RFC 9110 section 10.2.3), else X-RateLimit-Reset as a moment or a span. Header
    names are lower-case.
    """
    after = headers.get("retry-after", "").strip()
    if after:
        return _seconds(after, now) if after.isascii() and after.isdigit() else _until_date(after, now)
    reset = headers.get("x-ratelimit-reset", "").strip()
    return _seconds(reset, now) if reset.isascii() and reset.isdigit() else None


def _seconds(digits: str, now: datetime) -> float:
    number = float(digits[:15])
    return max(0.0, number - now.timestamp()) if number > _EPOCH_NOT_SECONDS else number


def _until_date(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
