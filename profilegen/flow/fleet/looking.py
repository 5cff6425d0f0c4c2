"""Looking: enrollments from servers that list them, inventories from devices, and what events told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from profilegen.fleet.capabilities import Answers
from profilegen.fleet.drift import Action, State
from profilegen.fleet.episodes import look_id
from profilegen.fleet.evidence import Moment
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment, Inventory
from profilegen.flow.fleet.values import Connectors, Judged, connector_of
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, FleetStore
from profilegen.ports.mdm import LookOrder, MdmConnector, Receipt

LOCKED = 6
"""How many times longer a device that said NotNow is left alone: it comes back by itself."""
_NOT_NOW = CommandState.WAITING

OPEN_STATES = tuple(state for state in CommandState if state.is_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Asks servers and devices what there is; what they say is remembered before anything follows from it."""

    store: FleetStore
    connectors: Connectors
    clock: Clock

    async def refresh(self, names: Iterable[str]) -> int:
        """Read the enrollments of every named server that lists them; returns how many there were."""
        total = 0
        for name in names:
            connector = connector_of(self.connectors, name)
            if connector.capabilities.lists_devices:
                total += await self._refresh_one(connector)
        return total

    async def look(self, judged: Sequence[Judged]) -> int:
        """Ask the devices of all seats whose judgement says so, each once; returns how many were asked."""
        by_mdm: dict[str, dict[str, Judged]] = defaultdict(dict)
        for each in judged:
            enrollment = each.view.sight.enrollment
            if each.judgement.action is Action.LOOK and enrollment is not None:
                by_mdm[each.seat.mdm].setdefault(enrollment.id, each)
        asked = 0
        for name, seats in by_mdm.items():
            asked += await self._look_through(connector_of(self.connectors, name), tuple(seats.values()))
        return asked

    async def introduce(self, judged: Sequence[Judged]) -> int:
        """
        Wake devices of servers that list none and that we never heard of, so that they check in and become known.

        Returns how many the server could push.
        """
        by_mdm: dict[str, list[Enrollment]] = defaultdict(list)
        for each in judged:
            if each.judgement.state is State.NOT_ENROLLED and each.view.sight.candidates == 0 and each.seat.udid:
                known_as = Enrollment(mdm=each.seat.mdm, id=each.seat.udid, channel=EnrollmentChannel.DEVICE)
                by_mdm[each.seat.mdm].append(known_as)
        pushed = 0
        for name, strangers in by_mdm.items():
            connector = connector_of(self.connectors, name)
            if connector.capabilities.answers is Answers.WEBHOOK and not connector.capabilities.lists_devices:
                pushed += len(strangers) - len(await connector.wake(strangers))
        return pushed

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

    async def busy(self, mdm: str) -> frozenset[str]:
        """Return the enrollments of a server that have a command open: they get no second one."""
        return frozenset(command.enrollment for command in await self.store.commands(mdm, OPEN_STATES))

    async def _refresh_one(self, connector: MdmConnector) -> int:
        batch, total = [], 0
        async for enrollment in connector.enrollments():
            batch.append(enrollment)
            if len(batch) == BATCH:
                await self.store.put_enrollments(batch)
                total, batch = total + len(batch), []
        await self.store.put_enrollments(batch)
        return total + len(batch)

    async def _look_through(self, connector: MdmConnector, seats: Sequence[Judged]) -> int:
        async with self.store.together() as store:
            looker = replace(self, store=store)
            await looker.give_up(seats)
            busy = await looker.busy(connector.name)
            orders = [order for each in seats if (order := await looker.order(each, busy)) is not None]
        for start in range(0, len(orders), BATCH):
            part = orders[start : start + BATCH]
            answers = await connector.look(part)
            async with self.store.together() as store:
                await replace(self, store=store).take(part, answers)
        return len(orders)

    async def take(self, orders: Sequence[LookOrder], answers: Sequence[Inventory | Receipt]) -> None:
        """Take in what a server said to these orders."""
        await self.store.put_inventories([answer for answer in answers if isinstance(answer, Inventory)])
        for order, answer in zip(orders, answers, strict=True):
            await self._change(order, CommandState.ACKNOWLEDGED if isinstance(answer, Inventory) else answer.state)

    async def give_up(self, seats: Sequence[Judged]) -> None:
        """Close what a device left unanswered although it checked in: only so may it be asked again."""
        now = self.clock.now()
        for each in seats:
            for command in (each.view.sight.command, each.view.sight.look):
                if command is not None and command.state.is_open and command.state is not CommandState.STORED:
                    await self.store.change_command(command.id, command.enrollment, CommandState.SILENT, now)

    async def order(self, each: Judged, busy: frozenset[str]) -> LookOrder | None:
        """Return the stored question for a seat's device, None where one is open already."""
        enrollment, now = each.view.sight.enrollment, self.clock.now()
        if enrollment is None or enrollment.id in busy:
            return None
        command = Command(
            id=look_id(enrollment.id, now),
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
        return LookOrder(command=command.id, enrollment=enrollment)

    async def _change(self, order: LookOrder, state: CommandState) -> None:
        await self.store.change_command(order.command, order.enrollment.id, state, self.clock.now())


def _is_overdue(each: Judged, moment: Moment) -> bool:
    commands = (each.view.sight.command, each.view.sight.look)
    waiting = (command for command in commands if command is not None and command.state.is_open)
    return each.judgement.action is Action.WAIT and any(
        moment.now - command.changed_at > moment.answer_within * (LOCKED if command.state is _NOT_NOW else 1)
        for command in waiting
    )
