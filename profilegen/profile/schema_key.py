"""What Apple's schema says of one key of a payload: its type, its values, since when."""

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
