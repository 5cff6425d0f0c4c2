"""Single values as the tables hold them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from profilegen.address import Address
from profilegen.errors import AddressProblem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENCODER = json.JSONEncoder(separators=(",", ":"))  # ASCII: no text in it is one a database refuses
_DECODER = json.JSONDecoder()
to_json = _ENCODER.encode


def from_json(text: str) -> Any:
    """Return the value of a text of `to_json`, which begins and ends without white space."""
    return _DECODER.raw_decode(text)[0]


def to_time(moment: datetime | None) -> int | None:
    """Return microseconds since 1970, exactly."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def from_time(microseconds: int | None) -> datetime | None:
    """Return a moment in UTC."""
    return None if microseconds is None else _EPOCH + timedelta(0, 0, microseconds)


def moment(microseconds: int) -> datetime:
    """Return a moment in UTC that is always there."""
    return _EPOCH + timedelta(0, 0, microseconds)


def address(text: str) -> Address:
    """Return an address that was one when it was stored."""
    local, _, domain = text.rpartition("@")
    return Address(local=local, domain=domain)


def upper(text: str | None) -> str | None:
    """Return a UDID or serial number as it is stored and compared."""
    return None if text is None else clean(text).upper()


def clean(text: str) -> str:
    """Return a text both databases accept: without NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def cleaned(text: str | None) -> str | None:
    """Return the same of a text that may be missing."""
    return None if text is None else clean(text)


def fold(text: str) -> str:
    """Return what names are compared by: addresses with their domain in A-label form, all without case."""
    text = clean(text).strip()
    if "@" in text and not text.isascii():
        try:
            return Address.parse(text).account.casefold()
        except AddressProblem:
            pass
    return text.casefold()


def listed(values: tuple[str, ...]) -> str | None:
    """Return a list as JSON, None if it is empty: nothing said is not the same as said to be nothing."""
    return to_json(values) if values else None


def unlisted(text: str | None) -> tuple[str, ...]:
    """Return the list of `listed`."""
    return tuple(from_json(text)) if text else ()


def trimmed(values: list[Any]) -> list[Any]:
    """Return a row of JSON without the None at its end."""
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    return values[:end]
