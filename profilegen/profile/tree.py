"""Walking over what a property list holds: bounded, with a path for every value."""

import re
from collections.abc import Iterator, Mapping

DEEPEST = 64
MOST_VALUES = 200_000

# Line feeds and tabs survive a property list, and a carriage return is there because it was written as a reference.
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def is_bounded(tree: object) -> bool:
    """True if a tree is at most 64 deep and has at most 200,000 values; binary property lists may even hold cycles."""
    left = MOST_VALUES
    level: list[object] = [tree]
    for _ in range(DEEPEST):
        left -= len(level)
        if left < 0:
            return False
        # Counted before it is made: values that refer to each other could double with every level.
        left_below = sum(len(value) for value in level if isinstance(value, Mapping | list))
        if left_below > left:
            return False
        level = [child for value in level for child in _children(value)]
        if not level:
            return True
    return False


def walk(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value below a bounded tree with its path, for example "PayloadContent[0].EmailAddress"."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            below = f"{path}.{key}" if path else str(key)
            yield below, value
            yield from walk(value, below)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            below = f"{path}[{index}]"
            yield below, value
            yield from walk(value, below)


def unusable_texts(tree: object) -> Iterator[str]:
    """Yield the path of every text (or key) with a character that XML cannot carry."""
    for path, value in walk(tree):
        if (isinstance(value, str) and _UNUSABLE.search(value)) or _UNUSABLE.search(path):
            yield _UNUSABLE.sub("?", path)


def _children(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
