"""JSON from outside, read hard: no NaN, no key twice, no endless numbers, no bottomless nesting, no endless lines."""

import json
from collections.abc import Iterator

LINE_LIMIT = 1024 * 1024
"""The longest line of text we read, in characters (in bytes for a roster)."""

_DIGIT_LIMIT = 20


class BadJson(ValueError):
    """A text is not the JSON we accept; says why in one clause without a full stop."""


def json_value(text: str) -> object:
    """Return the one JSON value that is the whole text; raises BadJson."""
    values = list(json_values(text))
    if len(values) != 1:
        raise BadJson("it holds nothing" if not values else "something follows after its end")
    return values[0]


def json_values(text: str) -> Iterator[object]:
    """Yield the JSON values that follow each other in a text, with white space between them; raises BadJson."""
    place = _skip_space(text, 0)
    while place < len(text):
        value, place = _decode(text, place)
        yield value
        place = _skip_space(text, place)


def refuse_long_lines(text: str) -> None:
    """Raise BadJson if a line is longer than LINE_LIMIT characters."""
    start, number = 0, 1
    while len(text) - start > LINE_LIMIT:
        end = text.find("\n", start, start + LINE_LIMIT + 1)
        if end < 0:
            raise BadJson(f"line {number} is longer than {LINE_LIMIT} characters")
        start, number = end + 1, number + 1


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _decode(text: str, place: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except json.JSONDecodeError as problem:
        line = f"line {problem.lineno} " if "\n" in text.strip() else ""
        raise BadJson(f"{line}column {problem.colno} is not JSON ({problem.msg})") from None
    except RecursionError:
        raise BadJson("it is nested too deeply") from None


def _number(digits: str) -> int:
    if len(digits) > _DIGIT_LIMIT:
        raise BadJson(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _constant(name: str) -> object:
    raise BadJson(f"{name} is not JSON")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise BadJson(f"it gives {json.dumps(twice)[:80]} twice in one object")


_DECODER = json.JSONDecoder(parse_int=_number, parse_constant=_constant, object_pairs_hook=_members)
