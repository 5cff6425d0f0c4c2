"""What a plan comes to: counted as it is read, so that a million seats need no more memory than ten."""

from collections import Counter
from dataclasses import dataclass, field

from profilegen.fleet.drift import Action, Judgement, State
from profilegen.fleet.seat import Seat, SecretRoute

EXAMPLES = 20
"""How many seats are named per state; the rest is counted."""

RIGHT = frozenset({State.OK, State.RETIRED, State.UNREPORTED})
"""States in which nothing is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One seat of a state, to be named."""

    seat: Seat
    judgement: Judgement


@dataclass(slots=True, kw_only=True)  # counts while a plan is read
class Tally:
    """
    Counts of one plan; `to_ask` are the people who will have to type a password after an install.

    Seats come by key, in which those of one person stand together.
    """

    states: Counter[State] = field(default_factory=Counter)
    actions: Counter[Action] = field(default_factory=Counter)
    installs: Counter[str] = field(default_factory=Counter)
    to_ask: int = 0
    examples: dict[State, list[Example]] = field(default_factory=dict)
    _asked_first: str | None = None
    _asked_last: str | None = None

    def add(self, seat: Seat, judgement: Judgement) -> None:
        """Count one seat."""
        self.states[judgement.state] += 1
        self.actions[judgement.action] += 1
        if judgement.action is Action.INSTALL:
            self.installs[seat.mdm] += 1
            if seat.route is SecretRoute.ASK and seat.person != self._asked_last:
                self.to_ask += 1
                self._asked_first = self._asked_first or seat.person
                self._asked_last = seat.person
        if judgement.state not in RIGHT:
            named = self.examples.setdefault(judgement.state, [])
            if len(named) < EXAMPLES:
                named.append(Example(seat=seat, judgement=judgement))

    def merge(self, later: "Tally") -> None:
        """Add a tally of seats whose keys come after all of these."""
        self.states.update(later.states)
        self.actions.update(later.actions)
        self.installs.update(later.installs)
        is_split = later._asked_first is not None and later._asked_first == self._asked_last  # noqa: SLF001 - its own kind
        self.to_ask += later.to_ask - is_split
        self._asked_first = self._asked_first or later._asked_first  # noqa: SLF001
        self._asked_last = later._asked_last or self._asked_last  # noqa: SLF001
        for state, examples in later.examples.items():
            self.examples[state] = [*self.examples.get(state, ()), *examples][:EXAMPLES]

    @property
    def total(self) -> int:
        """How many seats were counted."""
        return self.states.total()

    @property
    def wrong(self) -> int:
        """How many seats are not right, or not known to be."""
        return self.total - sum(self.states[state] for state in RIGHT)
