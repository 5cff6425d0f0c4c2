"""Payload trees as property lists, written so that the same tree always gives the same bytes."""

import plistlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from profilegen.secret import Secret
from profilegen.settings.text import require_usable, require_usable_secret

Payload = dict[str, Any]
"""A payload or a whole profile: Apple's keys to text, numbers, data, dates, lists, dictionaries, or a Secret."""


def present(**keys: object) -> Payload:
    """Return a payload of the given keys without those that are None."""
    return {key: value for key, value in keys.items() if value is not None}


def secrets_of(tree: object) -> Iterator[Secret]:
    """Yield every Secret of a tree."""
    if isinstance(tree, Secret):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from secrets_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from secrets_of(value)


def refuse_unusable_text(tree: object, field: str = "") -> None:
    """Raise TextProblem, naming the key, for the first text of a tree that a property list would corrupt."""
    if isinstance(tree, str):
        require_usable(field, tree)
    elif isinstance(tree, Secret):
        require_usable_secret(field, tree.reveal())
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            refuse_unusable_text(value, key)
    elif isinstance(tree, list):
        for value in tree:
            refuse_unusable_text(value, field)


def dump(tree: Payload, write_secret: Callable[[Secret], str]) -> bytes:
    """Return the tree as an XML property list, keys sorted; `write_secret` says what stands for a password."""
    return plistlib.dumps(_written(tree, write_secret), fmt=plistlib.FMT_XML, sort_keys=True)


def _written(tree: Any, write_secret: Callable[[Secret], str]) -> Any:
    if isinstance(tree, Secret):
        return write_secret(tree)
    if isinstance(tree, Mapping):
        return {key: _written(value, write_secret) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_written(value, write_secret) for value in tree]
    return tree
