"""Who may work at the same time: the devices of a server in fixed parts, each worked at by one job at a time."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from profilegen.fleet.capabilities import Scope
from profilegen.flow.fleet.values import Judged
from profilegen.ports.fleet import BATCH, SeatView

SHARDS = 16
"""
Parts per server, the same for every release: a device must stay in its part, or two jobs meet at it.

More would let more processes work for one server at a time; fewer make larger batches, which cost less per seat.
"""
LARGEST_PILE = 4 * BATCH


def shard_of(view: SeatView, scope: Scope) -> str:
    """
    Return the lock of the part a seat's device belongs to; all enrollments of a device share it.

    A server that can only be told about groups has one part: two writers of one group undo each other's work.
    """
    seat, enrollment = view.seat, view.sight.enrollment
    if scope is not Scope.DEVICE:
        return f"fleet {seat.mdm}"
    if enrollment is not None:
        device = enrollment.udid or enrollment.parent or enrollment.id
    else:
        device = seat.udid or seat.serial or seat.key
    return f"fleet {seat.mdm} {zlib.crc32(device.upper().encode()) % SHARDS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Seats that go into one job: their lock, their server, their keys, and the mail domains among them."""

    lock: str
    mdm: str
    keys: list[str] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)


@dataclass(slots=True)  # filled seat by seat
class Sorter:
    """Sorts seats into piles; holds at most one unfinished pile per part."""

    _open: dict[str, Pile] = field(default_factory=dict)

    def add(self, judged: Judged, scope: Scope) -> Pile | None:
        """Put a seat on its pile; returns the pile once it is full."""
        lock = shard_of(judged.view, scope)
        pile = self._open.setdefault(lock, Pile(lock=lock, mdm=judged.seat.mdm))
        pile.keys.append(judged.seat.key)
        pile.domains.update(mailbox.address.domain for mailbox in judged.seat.mailboxes)
        return self._open.pop(lock) if len(pile.keys) == LARGEST_PILE else None

    def rest(self) -> Iterator[Pile]:
        """Yield the piles that did not fill up."""
        while self._open:
            yield self._open.pop(next(iter(self._open)))
