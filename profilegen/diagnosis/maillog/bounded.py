"""Containers that cannot grow without end, whoever fills them."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Latest(Generic[ValueT]):
    """A mapping of the keys used most recently; the oldest makes room and is handed back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, ValueT] = OrderedDict()

    def get(self, key: str) -> ValueT | None:
        """Return the value of a key, None if it is not (or no longer) here."""
        return self._kept.get(key)

    def put(self, key: str, value: ValueT) -> ValueT | None:
        """Keep a value, and return the one that had to go for it, None if there was room."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        return self._kept.popitem(last=False)[1] if len(self._kept) > self._limit else None

    def pop(self, key: str) -> ValueT | None:
        """Forget a key and return its value, None if it is not here."""
        return self._kept.pop(key, None)

    def drain(self) -> list[ValueT]:
        """Forget everything and return the values, oldest first."""
        values = list(self._kept.values())
        self._kept.clear()
        return values


class Few:
    """A set of texts that stops growing at a limit; `more` tells that something was left out."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: dict[str, None] = {}
        self.more = False

    def add(self, text: str) -> None:
        """Keep a text if there is room for it."""
        if text in self._kept:
            return
        if len(self._kept) >= self._limit:
            self.more = True
        else:
            self._kept[text] = None

    def __contains__(self, text: str) -> bool:
        return text in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)
