"""How the fleet stood at the end of each run, as a line of the history: what its course is drawn from."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from profilegen.fleet.drift import State
from profilegen.flow.fleet.repair import Outcome
from profilegen.flow.fleet.values import RepairOrder
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery

WHOLE, PART = "how the fleet stands", "how a part of the fleet stands"
_COUNT = re.compile(r"([0-9]+) ([a-z_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How many seats were in each state at a time."""

    at: datetime
    states: Counter[State]


async def keep_snapshot(store: FleetStore, clock: Clock, order: RepairOrder, outcome: Outcome) -> None:
    """Append how the seats of an order stand after it."""
    counts = ", ".join(f"{count} {state}" for state, count in sorted(outcome.tally.states.items()))
    line = HistoryLine(
        at=clock.now(),
        actor=order.actor,
        kind=HistoryKind.PLAN,
        why=WHOLE if order.query == SeatQuery() else PART,
        outcome=counts,
        plan=order.plan,
    )
    await store.append((line,))


def snapshot_of(line: HistoryLine) -> Snapshot | None:
    """Return the snapshot of the whole fleet a line holds, None for any other line."""
    if line.kind is not HistoryKind.PLAN or line.why != WHOLE:
        return None
    known = {str(state): state for state in State}
    found = ((known.get(name), int(count)) for count, name in _COUNT.findall(line.outcome))
    return Snapshot(at=line.at, states=Counter({state: count for state, count in found if state is not None}))
