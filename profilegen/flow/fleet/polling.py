"""When servers that never tell anything by themselves are asked again within one run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.ports.mdm import LookOrder, Receipt

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(minutes=1)
"""Between two questions about one device; in between it is as long as was waited before."""


@dataclass(slots=True)  # grows while a run goes on
class Polls:
    """
    Which devices were asked about in one run: when first, when last, and whether all was said that is known.

    An answer counts from the next `turn` on, so that nobody gives up before it was judged.
    """

    _times: dict[tuple[str, str], tuple[datetime, datetime]] = field(default_factory=dict)
    _answered: set[tuple[str, str]] = field(default_factory=set)
    _new: set[tuple[str, str]] = field(default_factory=set)
    _described: set[tuple[str, str]] = field(default_factory=set)

    def turn(self) -> None:
        """Begin another pass over the seats of a run."""
        self._answered |= self._new

    def is_due(self, enrollment: Enrollment, now: datetime) -> bool:
        """Return whether a device may be asked about now: at growing distances."""
        times = self._times.get((enrollment.mdm, enrollment.id))
        if times is None:
            return True
        first, last = times
        return now - last >= min(LONGEST, max(SHORTEST, last - first))

    def is_new(self, enrollment: Enrollment) -> bool:
        """Return whether a device was not asked about in this run yet."""
        return (enrollment.mdm, enrollment.id) not in self._times

    def is_first_description(self, enrollment: Enrollment) -> bool:
        """Return whether a device was not asked in this run what it is, and take it for asked from now on."""
        key = (enrollment.mdm, enrollment.id)
        is_first = key not in self._described
        self._described.add(key)
        return is_first

    def is_answered(self, enrollment: Enrollment) -> bool:
        """Return whether the server said all it knows of a device before this pass."""
        return (enrollment.mdm, enrollment.id) in self._answered

    def note(self, orders: Sequence[LookOrder], answers: Sequence[Inventory | Receipt], now: datetime) -> None:
        """Remember what was asked, and which answers were whole."""
        for order, answer in zip(orders, answers, strict=True):
            key = (order.enrollment.mdm, order.enrollment.id)
            self._times[key] = (self._times.get(key, (now, now))[0], now)
            if isinstance(answer, Inventory) or answer.state is CommandState.FAILED:
                self._new.add(key)
