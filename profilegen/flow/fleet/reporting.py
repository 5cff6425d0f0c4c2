"""The report: present state and history, added up while they are read, in memory that does not grow with the fleet."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profilegen.fleet.bands import BANDS, Band, Installed, Sends, installed_of, sends_of
from profilegen.fleet.drift import State
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.snapshots import Snapshot, snapshot_of
from profilegen.flow.fleet.values import Judged
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine

NAMED = 3
"""Seats named per kind of failure."""
MOST_FAILURES = 200
"""Kinds of failures told apart; all beyond are one."""
MOST_SNAPSHOTS = 400
"""Points of the course that are kept; of more, every second goes."""
MOST_PLANS = 100
"""Plans that are shown, those that moved settings before all others."""
MOST_MOVES = 20

FIXED_WITHIN = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 4 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60)
)
"""The upper ends of the classes of the time to fix; one more is beyond."""


@dataclass(slots=True, kw_only=True)  # counted as it is read
class Failure:
    """One kind of refusal, by the outermost link of the error chain; `examples` are addresses."""

    domain: str
    code: int
    text: str
    seats: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)  # counted as it is read
class PlanLine:
    """What one plan did; `moves` are the settings it moved, `rolls_back` the domains that still follow them."""

    id: str
    at: datetime
    actor: str
    pushed: int = 0
    moves: list[str] = field(default_factory=list)
    rolls_back: list[str] = field(default_factory=list)
    stopped: str | None = None


@dataclass(slots=True, kw_only=True)  # counted as it is read
class FleetReport:
    """
    How the fleet stands, and what happened between `since` and `until`.

    `fixed_within` counts by index into `FIXED_WITHIN`: for each seat, from the beginning to the end of its newest
    fault, where that ended in this time. `left_out` plans are not in `plans`.
    """

    since: datetime
    until: datetime
    tally: Tally = field(default_factory=Tally)
    columns: Counter[tuple[Installed, Sends]] = field(default_factory=Counter)
    mdms: dict[str, Counter[Band]] = field(default_factory=dict)
    failures: dict[tuple[str, int], Failure] = field(default_factory=dict)
    fixed_within: Counter[int] = field(default_factory=Counter)
    happened: Counter[HistoryKind] = field(default_factory=Counter)
    course: list[Snapshot] = field(default_factory=list)
    plans: dict[str, PlanLine] = field(default_factory=dict)
    left_out: int = 0

    def add_seat(self, judged: Judged) -> None:
        """Count one seat as it stands."""
        state, sight = judged.judgement.state, judged.view.sight
        self.tally.add(judged.seat, judged.judgement)
        self.columns[installed_of(state), sends_of(sight)] += 1
        self.mdms.setdefault(judged.seat.mdm, Counter())[BANDS[state]] += 1
        if state is State.FAILED:
            self._add_failure(judged)
        episode = sight.episode
        if episode is not None and episode.closed_at is not None and episode.closed_at >= self.since:
            self.fixed_within[_class_of(episode.closed_at - episode.opened_at)] += 1

    def add_line(self, line: HistoryLine) -> None:
        """Count one line of the history."""
        self.happened[line.kind] += 1
        snapshot = snapshot_of(line)
        if snapshot is not None:
            self.course.append(snapshot)
            if len(self.course) > MOST_SNAPSHOTS:
                del self.course[1:-1:2]
        if line.plan is not None and line.kind in (HistoryKind.PUSH, HistoryKind.SETTINGS, HistoryKind.PLAN):
            self._add_to_plan(line, line.plan)

    def _add_failure(self, judged: Judged) -> None:
        command = judged.view.sight.command
        link = command.errors[0] if command is not None and command.errors else None
        domain, code = (link.domain, link.code) if link is not None else ("no reason given", 0)
        if (domain, code) not in self.failures and len(self.failures) >= MOST_FAILURES:
            domain, code, link = "others", 0, None
        text = link.text if link is not None else ""
        failure = self.failures.setdefault((domain, code), Failure(domain=domain, code=code, text=text))
        failure.seats += 1
        if len(failure.examples) < NAMED:
            failure.examples.append(str(judged.seat.mailboxes[0].address))

    def _add_to_plan(self, line: HistoryLine, name: str) -> None:
        is_idle = snapshot_of(line) is not None or (line.kind is HistoryKind.PLAN and "stopped" not in line.outcome)
        if name not in self.plans and is_idle:
            return  # it moved and pushed nothing
        plan = self.plans.setdefault(name, PlanLine(id=name, at=line.at, actor=line.actor))
        if line.kind is HistoryKind.PUSH:
            plan.pushed += 1
        elif line.kind is HistoryKind.SETTINGS and len(plan.moves) < MOST_MOVES:
            plan.moves.append(f"{line.outcome}: {line.why}")
        elif line.kind is HistoryKind.PLAN and not is_idle:
            plan.stopped = line.outcome
        if len(self.plans) > MOST_PLANS:
            self._leave_one_out()

    def _leave_one_out(self) -> None:
        oldest = next((name for name, plan in self.plans.items() if not plan.moves), next(iter(self.plans)))
        del self.plans[oldest]
        self.left_out += 1


async def report_on(
    store: FleetStore, seats: AsyncIterator[Judged], report: FleetReport, each: Callable[[Judged], None]
) -> FleetReport:
    """Add up seats and the history into a report and return it; `each` is called with every seat."""
    async for judged in seats:
        report.add_seat(judged)
        each(judged)
    async for line in store.history(since=report.since, who=None):
        report.add_line(line)
    for domain, _ in await store.domains():
        followed = await store.settings_version(domain)
        if followed is not None and followed.version > 1 and followed.plan in report.plans:
            report.plans[followed.plan].rolls_back.append(domain)
    return report


def _class_of(took: timedelta) -> int:
    return next((number for number, end in enumerate(FIXED_WITHIN) if took <= end), len(FIXED_WITHIN))
