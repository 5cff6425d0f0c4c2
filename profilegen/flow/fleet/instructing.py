"""
Instructions: whoever will be asked for a password hears of it while the profile is on its way.

What is due follows from what is known, not from what was just done: after a crash the next run tells whom it missed.
The ledger sees to it that nobody is told twice of one episode.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from profilegen.errors import ProfilegenError
from profilegen.fleet.evidence import password_is_unknown
from profilegen.fleet.seat import Seat, SecretRoute
from profilegen.fleet.seen import CommandKind, CommandState, Episode
from profilegen.flow.consignment import Consignee
from profilegen.flow.fleet.carefully import Care, person_of
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.repair import Crew, Progress, WaveEnd
from profilegen.flow.fleet.tailor import Tailor, lacks_pattern, route_of
from profilegen.flow.fleet.values import RepairOrder
from profilegen.flow.sending import Halt, Way
from profilegen.flow.sendvalues import SendOrder, SendState, Sent
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery, SeatView

NOT_PUSHED = frozenset({CommandState.STORED, CommandState.PREPARED, CommandState.FAILED, CommandState.GONE})
"""States of a command after which nothing is about to be installed."""


@dataclass(slots=True, kw_only=True)  # counts, and remembers what makes every further one pointless
class Instructor:
    """
    Tells people through one way; `order` names the occasion and the channel.

    `care` is taken with mail; `rest` closes what should not stay open until there is more to say.
    """

    store: FleetStore
    tailor: Tailor
    way: Way
    order: SendOrder
    clock: Clock
    care: Care | None = None
    rest: Callable[[], Awaitable[object]] | None = None
    told: Counter[SendState] = field(default_factory=Counter)
    stopped: ProfilegenError | None = None
    _seen: set[tuple[str, int]] = field(default_factory=set)

    async def begin(self) -> None:
        """Begin another round: what stopped the last one may be over, and the ledger knows who was told."""
        self.stopped = None
        self._seen.clear()
        if self.care is not None:
            await self.care.begin()

    async def end(self) -> None:
        """End a round; who is told next may be told in a week."""
        if self.rest is not None:
            await self.rest()

    async def instruct(self, query: SeatQuery, survey: Survey, order: RepairOrder) -> None:
        """Tell the people of these seats who have to type a password now and were not told yet."""
        async for batch in self.store.seats(query):
            due = [(view.seat, episode) for view in batch if (episode := is_due(view, survey)) is not None]
            due = [(seat, episode) for seat, episode in due if (seat.key, episode.number) not in self._seen]
            unseen = frozenset[str]()
            if self.care is not None and due:
                unseen = await self.care.unseen(person_of(seat) for seat, _ in due)
            for seat, episode in due:
                self._stop(None if self.care is None else self.care.refuse(person_of(seat), unseen))
                if self.stopped is not None:
                    return
                self._seen.add((seat.key, episode.number))
                sent = await self._tell(seat, episode, survey, order)
                if self.care is not None:
                    self._stop(self.care.count(person_of(seat), sent, unseen, len(due)))

    def _stop(self, problem: ProfilegenError | None) -> None:
        self.stopped = self.stopped or problem

    async def _tell(self, seat: Seat, episode: Episode, survey: Survey, order: RepairOrder) -> Sent:
        consignee = Consignee(person=person_of(seat), what=self.tailor.wish(seat, survey.patterns))
        since = replace(
            self.order, since=episode.opened_at, platform=seat.platform, allowed_because=order.allowed_because
        )
        try:
            sent = await self.way.go(consignee, since)
        except Halt as halt:
            self.stopped, sent = halt.problem, halt.sent
        finally:
            await self.way.finish()
        self.told[sent.state] += 1
        if sent.tried or sent.problem is not None:
            await self.store.append((self._line(seat, episode, sent, order),))
        return sent

    def _line(self, seat: Seat, episode: Episode, sent: Sent, order: RepairOrder) -> HistoryLine:
        whereto = f" to {sent.address}" if sent.address is not None else ""
        return HistoryLine(
            at=self.clock.now(),
            actor=order.actor,
            kind=HistoryKind.INSTRUCTION,
            why=f"has to type the password, fault {episode.number}",
            outcome=f"{self.order.channel}{whereto}: {sent.state}, {sent.detail}",
            seat=seat.key,
            person=seat.person,
            mdm=seat.mdm,
            plan=order.plan,
        )


def is_due(view: SeatView, survey: Survey) -> Episode | None:
    """Return the episode in which a profile is on its way, or there, and its person has to type the password."""
    seat, sight = view.seat, view.sight
    if seat.retired or lacks_pattern(seat, survey.patterns) is not None:
        return None
    asks = route_of(seat, survey.patterns) is SecretRoute.ASK and password_is_unknown(seat, sight)
    command, episode = sight.command, sight.episode
    if not asks or command is None or episode is None or command.episode != episode.number:
        return None
    return episode if command.kind is CommandKind.INSTALL and command.state not in NOT_PUSHED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructingCrew:
    """
    A crew whose waves are followed by instructions, while devices still answer.

    `census` is asked once all devices were looked at and nothing was pushed yet; what it raises ends the repair there.
    """

    crew: Crew
    instructor: Instructor
    census: Callable[[RepairOrder, Survey], Awaitable[None]] | None = None

    async def look_around(self, order: RepairOrder, survey: Survey, progress: Progress) -> str | None:
        """Look as the crew does."""
        trouble = await self.crew.look_around(order, survey, progress)
        if self.census is not None and trouble is None:
            await self.census(order, survey)
        return trouble

    async def wave(self, keys: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress) -> WaveEnd:
        """Push as the crew does, and tell people as soon as their profile is on its way."""
        query = SeatQuery(keys=tuple(keys))
        done = asyncio.Event()
        telling = asyncio.create_task(self._keep_telling(query, survey, order, done))
        try:
            end = await self.crew.wave(keys, order, survey, progress)
        except BaseException:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            raise
        done.set()
        await telling
        return end

    async def _keep_telling(self, query: SeatQuery, survey: Survey, order: RepairOrder, done: asyncio.Event) -> None:
        """Tell people again and again, and once more when it is done."""
        while not done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), timeout=order.tick.total_seconds())
            await self.instructor.instruct(query, survey, order)
