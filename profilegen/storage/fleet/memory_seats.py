"""Seats in memory, by the rules of the tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from profilegen.fleet.evidence import system_of
from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import Enrollment, Sight
from profilegen.ports.fleet import ImportTally, SeatQuery
from profilegen.storage.fleet.values import cleaned, fold, upper


@dataclass(slots=True, kw_only=True)  # this is the memory
class Kept:
    """A seat, what is remembered of it, and whether the import finished last did not name it."""

    seat: Seat
    gone: bool = False
    notes: Sight = field(default_factory=Sight)


class MemorySeats:
    """Seats by key, and the rows of imports under way."""

    def __init__(self) -> None:
        self.by_key: dict[str, Kept] = {}
        self._numbers = count(1)
        self._rows: dict[int, dict[str, Seat]] = {}

    def begin(self) -> int:
        """Return the number of a new import."""
        number = next(self._numbers)
        self._rows[number] = {}
        return number

    def put(self, number: int, seats: Sequence[Seat]) -> None:
        """Take in seats of an import."""
        rows = self._rows[number]
        for seat in map(_normal, seats):
            rows[seat.key] = _merged(rows[seat.key], seat) if seat.key in rows else seat

    def finish(self, number: int) -> ImportTally:
        """Add and change seats as the import says."""
        rows = self._rows.pop(number)
        outcomes = [self._put(seat) for seat in rows.values()]
        named = {seat.mdm for seat in rows.values()}
        for key, kept in self.by_key.items():
            if kept.seat.mdm in named:
                kept.gone = key not in rows
        counts = {word: outcomes.count(word) for word in ("added", "changed", "same")}
        return ImportTally(**counts, gone=sum(kept.gone for kept in self.by_key.values()))

    def matching(self, query: SeatQuery) -> list[Kept]:
        """Return the seats of a query, by key."""
        found = [self.by_key[key] for key in sorted(self.by_key) if _matches(self.by_key[key], query)]
        return [kept for kept in found if not query.who or _is_called(kept.seat, query.who)]

    def named(self, keys: Iterable[str]) -> Iterator[Kept]:
        """Yield those of these keys that are there."""
        for key in sorted(set(keys)):
            if key in self.by_key:
                yield self.by_key[key]

    def _put(self, seat: Seat) -> str:
        kept = self.by_key.get(seat.key)
        if kept is None:
            self.by_key[seat.key] = Kept(seat=seat)
            return "added"
        before = kept.seat
        kept.seat = replace(seat, wanted=before.wanted, effective=before.effective, retired=before.retired)
        return "same" if kept.seat == before else "changed"


def _merged(first: Seat, later: Seat) -> Seat:
    mailboxes = {mailbox.address.account: mailbox for mailbox in (*first.mailboxes, *later.mailboxes)}
    return replace(later, mailboxes=tuple(mailboxes.values()))


def note_ok(kept: Kept, enrollment: Enrollment | None, at: datetime) -> None:
    """Remember when a seat was right, unless a later time is known."""
    known = kept.notes.last_ok_at
    if known is not None and known > at:
        return
    system = system_of(Sight(enrollment=enrollment))
    enrolled_at = None if enrollment is None else enrollment.enrolled_at
    kept.notes = replace(kept.notes, last_ok_at=at, last_ok_os=system, last_ok_enrolled_at=enrolled_at)


def _normal(seat: Seat) -> Seat:
    """Return a seat as it comes back from a store that knows nothing else of it."""
    return replace(
        seat,
        udid=upper(seat.udid),
        serial=upper(seat.serial),
        user=cleaned(seat.user),
        name=cleaned(seat.name),
        group=cleaned(seat.group),
        forced=cleaned(seat.forced),
        wanted=None,
        effective=None,
        retired=False,
    )


def _matches(kept: Kept, query: SeatQuery) -> bool:
    seat = kept.seat
    wanted = (
        (query.mdm, seat.mdm),
        (query.group, seat.group),
        (query.domain, seat.domain),
        (query.retired, seat.retired),
        (query.gone, kept.gone),
    )
    if query.keys and seat.key not in query.keys:
        return False
    if (query.after is not None and seat.key <= query.after) or (query.up_to is not None and seat.key > query.up_to):
        return False
    return all(asked is None or asked == is_so for asked, is_so in wanted)


def _is_called(seat: Seat, who: Iterable[str]) -> bool:
    addresses = [mailbox.address for mailbox in seat.mailboxes]
    addresses += [alias for mailbox in seat.mailboxes for alias in mailbox.aliases]
    names = {fold(seat.person), *(one.account.casefold() for one in addresses)}
    devices = {seat.udid, seat.serial} - {None}
    return any(fold(one) in names or upper(one.strip()) in devices for one in who)
