"""How commands wait for a device: as a database keeps them, and as NanoMDM's file and memory storage do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True, kw_only=True)
class Waiting:
    """One command in a queue."""

    uuid: str
    request: str
    raw: bytes
    not_now: bool = False


class Queue(Protocol):
    """What waits for one enrollment, in the order in which it came."""

    def __iter__(self) -> Iterator[Waiting]:
        """Yield what waits."""
        ...

    def append(self, command: Waiting) -> None:
        """Take a command."""
        ...

    def answered(self, command: str, status: str) -> None:
        """Take an answer: NotNow keeps a command, everything else takes it out."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...


class PlainQueue:
    """A queue without surprises."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def __iter__(self) -> Iterator[Waiting]:
        return iter(list(self._waiting))

    def append(self, command: Waiting) -> None:
        self._waiting.append(command)

    def answered(self, command: str, status: str) -> None:
        for one in [waiting for waiting in self._waiting if waiting.uuid == command]:
            if status == "NotNow":
                one.not_now = True
            else:
                self._waiting.remove(one)

    def clear(self) -> None:
        self._waiting.clear()


@dataclass(slots=True)
class LinkedQueue:
    """
    The linked list of NanoMDM's file and memory storage, with what was measured to go wrong in it.

    Whatever stands alone is taken for the only command: an answer to a command that is not in the list empties it. The
    last command leaves its link behind when it goes, so that the one before it still leads to it: it is offered again,
    and its second answer then empties the list.
    """

    _commands: dict[str, Waiting] = field(default_factory=dict)
    _next: dict[str, str] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    _first: str | None = None
    _last: str | None = None

    def __iter__(self) -> Iterator[Waiting]:
        name = self._first
        while name is not None:
            following = self._next.get(name)
            yield self._commands[name]
            name = following

    def append(self, command: Waiting) -> None:
        self._commands[command.uuid] = command
        if self._last is None:
            self._first = command.uuid
        else:
            self._next[self._last] = command.uuid
            self._before[command.uuid] = self._last
        self._last = command.uuid

    def answered(self, command: str, status: str) -> None:
        if command in self._commands:
            self._commands[command].not_now = status == "NotNow"
        if status != "NotNow":
            self._unlink(command)

    def clear(self) -> None:
        self._next.clear()
        self._before.clear()
        self._first = self._last = None

    def _unlink(self, name: str) -> None:
        before, following = self._before.pop(name, None), self._next.pop(name, None)
        if before is None and following is None:
            self._first = self._last = None
        elif before is None:
            self._first = following
            self._before.pop(following or "", None)
        elif following is None:
            self._last = before
        else:
            self._next[before] = following
            self._before[following] = before
