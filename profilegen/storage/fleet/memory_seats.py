"""Seats in memory, by the rules of the tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from profilegen.fleet.evidence import system_of
from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import Enrollment, Sight
from profilegen.ports.fleet import ImportTally, SeatQuery
from profilegen.storage.fleet.seat_rows import content_of, merged
from profilegen.storage.fleet.values import fold, upper


@dataclass(slots=True, kw_only=True)
class Kept:
    """A seat, what is remembered of it, and which imports named it; `before` is what it was until `changed_in`."""

    seat: Seat
    first_in: int
    changed_in: int | None
    last_in: int
    before: Seat | None = None
    notes: Sight = field(default_factory=Sight)


class MemorySeats:
    """Seats by key."""

    def __init__(self) -> None:
        self.by_key: dict[str, Kept] = {}
        self._finished: list[bool] = []

    def begin(self) -> int:
        """Return the number of a new import."""
        self._finished.append(False)
        return len(self._finished)

    def put(self, number: int, seats: Sequence[Seat]) -> ImportTally:
        """Add or update seats."""
        batch: dict[str, Seat] = {}
        for seat in map(_normal, seats):
            batch[seat.key] = merged(batch[seat.key], seat) if seat.key in batch else seat
        outcomes = [self._put(number, seat) for seat in batch.values()]
        counts = {word: outcomes.count(word) for word in ("added", "changed", "same")}
        return ImportTally(**counts)

    def finish(self, number: int) -> ImportTally:
        """Close an import."""
        self._finished[number - 1] = True
        named = [kept for kept in self.by_key.values() if kept.last_in == number]
        added = sum(kept.first_in == number for kept in self.by_key.values())
        changed = sum(kept.changed_in == number and kept.first_in != number for kept in named)
        gone = sum(kept.last_in < number for kept in self.by_key.values())
        for kept in self.by_key.values():
            kept.before = None
        return ImportTally(added=added, changed=changed, same=len(named) - added - changed, gone=gone)

    def matching(self, query: SeatQuery) -> list[Kept]:
        """Return the seats of a query, by key."""
        last = max((number for number, done in enumerate(self._finished, start=1) if done), default=0)
        found = [self.by_key[key] for key in sorted(self.by_key) if _matches(self.by_key[key], query, last)]
        return [kept for kept in found if not query.who or _is_called(kept.seat, query.who)]

    def named(self, keys: Iterable[str]) -> Iterator[Kept]:
        """Yield those of these keys that are there."""
        for key in sorted(set(keys)):
            if key in self.by_key:
                yield self.by_key[key]

    def _put(self, number: int, seat: Seat) -> str:
        kept = self.by_key.get(seat.key)
        if kept is None:
            self.by_key[seat.key] = Kept(seat=seat, first_in=number, changed_in=number, last_in=number)
            return "added"
        seat = replace(seat, wanted=kept.seat.wanted, effective=kept.seat.effective, retired=kept.seat.retired)
        again = kept.last_in >= number
        if again:
            seat = merged(kept.seat, seat)
        elif content_of(seat) == content_of(kept.seat):
            kept.last_in, kept.before = number, None
            return "same"
        if content_of(seat) != content_of(kept.seat):
            self._change(kept, number, seat, before=(kept.before if again else None) or kept.seat)
        return "again" if again else "changed"

    def _change(self, kept: Kept, number: int, seat: Seat, *, before: Seat) -> None:
        is_back = content_of(seat) == content_of(before) and kept.first_in != number
        kept.changed_in = None if is_back else number
        kept.seat, kept.before, kept.last_in = seat, before, max(number, kept.last_in)


def note_ok(kept: Kept, enrollment: Enrollment | None, at: datetime) -> None:
    """Remember when a seat was right, unless a later time is known."""
    known = kept.notes.last_ok_at
    if known is not None and known > at:
        return
    system = system_of(Sight(enrollment=enrollment))
    enrolled_at = None if enrollment is None else enrollment.enrolled_at
    kept.notes = replace(kept.notes, last_ok_at=at, last_ok_os=system, last_ok_enrolled_at=enrolled_at)


def _normal(seat: Seat) -> Seat:
    udid, serial = upper(seat.udid), upper(seat.serial)
    return replace(seat, udid=udid, serial=serial, wanted=None, effective=None, retired=False)


def _matches(kept: Kept, query: SeatQuery, last: int) -> bool:
    seat = kept.seat
    wanted = (
        (query.mdm, seat.mdm),
        (query.group, seat.group),
        (query.domain, seat.domain),
        (query.retired, seat.retired),
        (query.gone, kept.last_in < last),
    )
    if query.keys and seat.key not in query.keys:
        return False
    return all(asked is None or asked == is_so for asked, is_so in wanted)


def _is_called(seat: Seat, who: Iterable[str]) -> bool:
    addresses = [mailbox.address for mailbox in seat.mailboxes]
    addresses += [alias for mailbox in seat.mailboxes for alias in mailbox.aliases]
    names = {fold(seat.person), *(one.account.casefold() for one in addresses)}
    devices = {seat.udid, seat.serial} - {None}
    return any(fold(one) in names or upper(one.strip()) in devices for one in who)
