"""Looking: enrollments from servers that list them, inventories from devices, and what events told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from profilegen.fleet.capabilities import Answers
from profilegen.fleet.drift import Action, State, lacks_system
from profilegen.fleet.episodes import look_id
from profilegen.fleet.evidence import Moment, asked_since, is_silent
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment, Inventory
from profilegen.flow.fleet.anew import in_one
from profilegen.flow.fleet.polling import Polls
from profilegen.flow.fleet.values import Connectors, Judged, connector_of
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, FleetStore
from profilegen.ports.mdm import LookAt, LookOrder, MdmConnector, Receipt

LOCKED = 6
"""How many times longer a device that said NotNow is left alone: it comes back by itself."""
_NOT_NOW = CommandState.WAITING

OPEN_STATES = tuple(state for state in CommandState if state.is_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """
    Asks servers and devices what there is; what they say is remembered before anything follows from it.

    `tellers` are the servers that know no device by themselves: name -> whose webhook tells of theirs.
    """

    store: FleetStore
    connectors: Connectors
    clock: Clock
    tellers: Mapping[str, str] = field(default_factory=dict)

    async def refresh(self, names: Iterable[str]) -> int:
        """Read the enrollments of every named server that lists them; returns how many there were."""
        total = 0
        for name in names:
            connector = connector_of(self.connectors, name)
            if connector.capabilities.lists_devices:
                total += await self._refresh_one(connector)
        return total

    async def look(self, judged: Sequence[Judged], moment: Moment, polls: Polls | None = None) -> int:
        """
        Ask the devices of all seats whose judgement says so, each once; returns how many were asked.

        Servers that never tell by themselves are asked for what is under way as well, as often as `polls` allows.
        Devices whose server does not know their system are asked for that where it matters.
        """
        polls, now = polls or Polls(), self.clock.now()
        by_mdm: dict[str, dict[str, Judged]] = defaultdict(dict)
        for each in judged:
            enrollment = each.view.sight.enrollment
            if enrollment is not None and self._is_to_ask(each, enrollment, polls, now):
                by_mdm[each.seat.mdm].setdefault(enrollment.id, each)
        asked = 0
        await self._unblock(judged, moment)
        for name, seats in by_mdm.items():
            connector = connector_of(self.connectors, name)
            asked += await self._look_through(connector, tuple(seats.values()), moment, polls)
        return asked

    def tells_by_itself(self, mdm: str) -> bool:
        """Return whether a server calls when something happened; others know what they know, and have to be asked."""
        return connector_of(self.connectors, mdm).capabilities.answers is Answers.WEBHOOK

    def has_said_all(self, each: Judged, polls: Polls) -> bool:
        """Return whether a seat still asks for a look that its server has answered in this run as far as it can."""
        enrollment = each.view.sight.enrollment
        return (
            each.judgement.action is Action.LOOK and enrollment is not None and polls.is_answered(enrollment)
        ) and not self.tells_by_itself(each.seat.mdm)

    def _is_to_ask(self, each: Judged, enrollment: Enrollment, polls: Polls, now: datetime) -> bool:
        if self.tells_by_itself(each.seat.mdm):
            return each.judgement.action is Action.LOOK or (
                lacks_system(each.judgement, each.view.sight) and polls.is_first_description(enrollment)
            )
        if self.has_said_all(each, polls) or each.judgement.state is State.OFFLINE:
            return False
        if connector_of(self.connectors, each.seat.mdm).capabilities.reports_settings and polls.is_new(enrollment):
            return True  # people change accounts at any time, and to read what was reported wakes no device
        return each.judgement.action in (Action.LOOK, Action.WAIT) and polls.is_due(enrollment, now)

    def _is_about_system(self, each: Judged) -> bool:
        return self.tells_by_itself(each.seat.mdm) and each.judgement.action is not Action.LOOK

    def is_described(self, each: Judged) -> bool:
        """Return whether a device is about to say what it is; nothing else is sent to it meanwhile."""
        look = each.view.sight.look
        is_asked = look is not None and look.state.is_open and look.state is not _NOT_NOW
        is_other = each.judgement.action not in (Action.LOOK, Action.WAIT, Action.PERSON)
        return is_asked and is_other and self.tells_by_itself(each.seat.mdm)

    async def _unblock(self, judged: Sequence[Judged], moment: Moment) -> None:
        """Give up questions that a device left without an answer, so that what its seat needs can go out."""
        for each in judged:
            look, now = each.view.sight.look, self.clock.now()
            is_needed = each.judgement.action in (Action.LOOK, Action.WAIT)
            if look is not None and not is_needed and is_silent(look, each.view.sight, moment):
                await self._fall_silent(look, now)

    async def introduce(self, judged: Sequence[Judged]) -> int:
        """
        Wake devices of servers that list none and that we never heard of, so that they check in and become known.

        Returns how many the server could push.
        """
        by_mdm: dict[str, list[Enrollment]] = defaultdict(list)
        for each in judged:
            if each.judgement.state is State.NOT_ENROLLED and each.view.sight.candidates == 0 and each.seat.udid:
                teller = self.tellers.get(each.seat.mdm, each.seat.mdm)
                stranger = Enrollment(mdm=teller, id=each.seat.udid, channel=EnrollmentChannel.DEVICE)
                if not await self._adopt(stranger, each.seat.mdm):
                    by_mdm[teller].append(stranger)
        pushed = 0
        for name, strangers in by_mdm.items():
            connector = connector_of(self.connectors, name)
            if connector.capabilities.answers is Answers.WEBHOOK and not connector.capabilities.lists_devices:
                pushed += len(strangers) - len(await connector.wake(strangers))
        return pushed

    async def _adopt(self, stranger: Enrollment, mdm: str) -> bool:
        """Take over what the server that tells of a device knows of it; returns False if that is nothing either."""
        known = await self.store.enrollment(stranger.mdm, stranger.id) if mdm in self.tellers else None
        if known is not None:
            await self.store.put_enrollments((replace(known, mdm=mdm),))
        return known is not None

    async def nudge(self, judged: Sequence[Judged], moment: Moment, nudged: set[str]) -> None:
        """
        Wake devices whose answer is overdue, each once: the answer, or the news of it, may be lost.

        `nudged` holds those that were woken already, and is added to. Once they are heard of again, what is still
        unanswered is given up and asked anew.
        """
        by_mdm: dict[str, dict[str, Enrollment]] = defaultdict(dict)
        for each in judged:
            enrollment = each.view.sight.enrollment
            if enrollment is not None and enrollment.id not in nudged and _is_overdue(each, moment):
                nudged.add(enrollment.id)
                by_mdm[each.seat.mdm][enrollment.id] = enrollment
        for name, late in by_mdm.items():
            await connector_of(self.connectors, name).wake(tuple(late.values()))

    async def busy(self, mdm: str, seats: Sequence[Judged]) -> frozenset[str]:
        """Return the enrollments of seats that have a command open on a server with a queue: they get no second one."""
        if not self.tells_by_itself(mdm):
            return frozenset()
        ids = {each.view.sight.enrollment.id for each in seats if each.view.sight.enrollment is not None}
        return frozenset(command.enrollment for command in await self.store.commands(mdm, ids, OPEN_STATES))

    async def _refresh_one(self, connector: MdmConnector) -> int:
        batch, total = [], 0
        async for enrollment in connector.enrollments():
            batch.append(enrollment)
            if len(batch) == BATCH:
                await self.store.put_enrollments(batch)
                total, batch = total + len(batch), []
        await self.store.put_enrollments(batch)
        return total + len(batch)

    async def _look_through(
        self, connector: MdmConnector, seats: Sequence[Judged], moment: Moment, polls: Polls
    ) -> int:
        orders = await in_one(
            self.store, lambda store: replace(self, store=store).write_down(connector.name, seats, moment)
        )
        for start in range(0, len(orders), BATCH):
            part = orders[start : start + BATCH]
            answers = await connector.look(part)
            polls.note(part, answers, self.clock.now())
            await self._take(part, answers)
        return len(orders)

    async def write_down(self, mdm: str, seats: Sequence[Judged], moment: Moment) -> list[LookOrder]:
        """Return the questions to these seats' devices, each stored before any goes out."""
        await self.give_up(seats)
        busy = await self.busy(mdm, seats)
        return [order for each in seats if (order := await self.order(each, busy, moment)) is not None]

    async def _take(self, orders: Sequence[LookOrder], answers: Sequence[Inventory | Receipt]) -> None:
        await in_one(self.store, lambda store: replace(self, store=store).take(orders, answers))

    async def take(self, orders: Sequence[LookOrder], answers: Sequence[Inventory | Receipt]) -> None:
        """Take in what a server said to these orders."""
        await self.store.put_inventories([answer for answer in answers if isinstance(answer, Inventory)])
        for order, answer in zip(orders, answers, strict=True):
            if isinstance(answer, Inventory):
                await self._change(order, CommandState.ACKNOWLEDGED)
            elif answer.command == order.about:
                now, id_ = self.clock.now(), order.enrollment.id
                await self.store.change_command(answer.command, id_, answer.state, now, answer.errors)
                await self._change(order, CommandState.ACKNOWLEDGED)
            else:
                await self._change(order, answer.state)

    async def give_up(self, seats: Sequence[Judged]) -> None:
        """
        Close what a device left unanswered although it checked in: only so may it be asked again.

        Where nobody tells answers, a command ended when it was given: what was seen since then says what came of it.
        """
        now = self.clock.now()
        for each in seats:
            command, look = each.view.sight.command, each.view.sight.look
            if self.tells_by_itself(each.seat.mdm):
                await self._fall_silent(command, now)
                await self._fall_silent(look, now)
            elif each.judgement.state is State.SILENT and command is not None:
                await self._fall_silent(command, command.changed_at)

    async def _fall_silent(self, command: Command | None, at: datetime) -> None:
        if command is not None and command.state.is_open and not command.state.is_unsent:
            await self.store.change_command(command.id, command.enrollment, CommandState.SILENT, at)

    async def order(self, each: Judged, busy: frozenset[str], moment: Moment) -> LookOrder | None:
        """Return the stored question for a seat's device, None where one is open already."""
        enrollment, now = each.view.sight.enrollment, self.clock.now()
        if enrollment is None or (enrollment.id in busy and not _never_left(each)):
            return None
        about, asked = each.view.sight.command, each.view.sight.look
        order = LookOrder(
            command=look_id(enrollment.id, now),
            enrollment=enrollment,
            about=about.id if about is not None and about.state.is_open else None,
            since=asked_since(each.view.sight, moment.proof_since),
            at=LookAt.DEVICE if self._is_about_system(each) else LookAt.PROFILES,
        )
        if asked is not None and asked.state.is_open and (_never_left(each) or not self.tells_by_itself(each.seat.mdm)):
            waits = each.judgement.action is Action.WAIT and not asked.state.is_unsent
            return replace(order, command=asked.id, again=waits)  # the same question once more
        command = Command(
            id=order.command,
            seat=each.seat.key,
            mdm=each.seat.mdm,
            enrollment=enrollment.id,
            kind=CommandKind.LOOK,
            episode=0,
            revision=None,
            state=CommandState.STORED,
            stored_at=now,
            changed_at=now,
        )
        await self.store.store_command(command)
        return order

    async def _change(self, order: LookOrder, state: CommandState) -> None:
        await self.store.change_command(order.command, order.enrollment.id, state, self.clock.now())


def _never_left(each: Judged) -> bool:
    """Return whether all that is open is a question that was written down and never reached its server."""
    command, look = each.view.sight.command, each.view.sight.look
    is_stored = look is not None and look.state.is_unsent
    return is_stored and (command is None or not command.state.is_open)


def _is_overdue(each: Judged, moment: Moment) -> bool:
    look = each.view.sight.look
    commands = (each.view.sight.command, look) if each.judgement.action is Action.WAIT else (look,)
    waiting = (command for command in commands if command is not None and command.state.is_open)
    return each.judgement.action is not Action.LOOK and any(
        moment.now - command.changed_at > moment.answer_within * (LOCKED if command.state is _NOT_NOW else 1)
        for command in waiting
    )
