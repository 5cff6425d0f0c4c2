"""Apple's key tables as values: which payload types and keys exist, of which type, with which values, since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class KeyType(StrEnum):
    """The type of a value, in the words of Apple's schema; `REAL` also takes an integer."""

    STRING = "string"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATA = "data"
    DATE = "date"
    ARRAY = "array"
    DICTIONARY = "dictionary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a payload; `values` empty: any; `ios` and `macos` say since which version, None: ignored there."""

    name: str
    type: KeyType
    required: bool = False
    values: tuple[str | int, ...] = ()
    ios: str | None = None
    macos: str | None = None


def top_level_keys() -> Mapping[str, Key]:
    """Return the keys of the profile itself by name."""
    from profilegen.profile.apple_keys import TOP_LEVEL

    return {key.name: key for key in TOP_LEVEL}


def payload_keys(payload_type: str) -> Mapping[str, Key]:
    """Return the keys of a payload type by name, those every payload has included; empty for an unknown type."""
    from profilegen.profile.apple_keys import COMMON, PAYLOADS

    known = PAYLOADS.get(payload_type)
    return {} if known is None else {key.name: key for key in (*COMMON, *known)}
