"""Settling: what a fresh inventory proved is written down, episodes end, removed seats go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from profilegen.fleet.drift import State
from profilegen.fleet.seen import CommandState
from profilegen.flow.fleet.anew import in_one
from profilegen.flow.fleet.values import Judged
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine

INSTALLED = frozenset({State.OK, State.PASSWORD_UNKNOWN, State.UNREPORTED, State.TWIN})
"""States in which the wanted revision is on the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Closes what is proved; doing it again changes nothing."""

    store: FleetStore
    clock: Clock

    async def settle(self, judged: Sequence[Judged]) -> None:
        """Write down what these judgements prove."""
        telling = [each for each in judged if _tells_something(each)]
        if telling:
            await in_one(self.store, lambda store: replace(self, store=store).write_down(telling))

    async def write_down(self, judged: Sequence[Judged]) -> None:
        """Write it down in the transaction this one's memory belongs to."""
        installed = [each for each in judged if each.judgement.state in INSTALLED and _is_shown(each)]
        await self._end_episodes(installed)
        right = [each.seat.key for each in installed if each.judgement.state is State.OK and _is_news(each)]
        if right:
            await self.store.note_ok(right, self.clock.now())
        await self._drop([each for each in judged if each.judgement.state is State.RETIRED])

    async def _end_episodes(self, installed: Sequence[Judged]) -> None:
        now, lines = self.clock.now(), []
        for each in installed:
            episode, command = each.view.sight.episode, each.view.sight.command
            if command is not None and _is_proved(each):
                at = max(command.stored_at, _seen_at(each, now))
                await self.store.change_command(command.id, command.enrollment, CommandState.ACKNOWLEDGED, at)
            if episode is None or episode.closed_at is not None:
                continue
            await self.store.close_episode(each.seat.key, episode.number, now)
            over = f"fault {episode.number} is over: {each.judgement.why}"
            lines.append(self._line(each, HistoryKind.FIXED, episode.reason, over))
        if lines:
            await self.store.append(lines)

    async def _drop(self, removed: Sequence[Judged]) -> None:
        if not removed:
            return
        why = "retired"
        await self.store.append([self._line(each, HistoryKind.REMOVE, why, each.judgement.why) for each in removed])
        await self.store.drop_seats([each.seat.key for each in removed])

    def _line(self, each: Judged, kind: HistoryKind, why: str, outcome: str) -> HistoryLine:
        return HistoryLine(
            at=self.clock.now(),
            actor="profilegen",
            kind=kind,
            why=why,
            outcome=outcome,
            seat=each.seat.key,
            person=each.seat.person,
            mdm=each.seat.mdm,
        )


def _is_news(each: Judged) -> bool:
    """Return whether the inventory that proves it is newer than what is written down."""
    inventory, last = each.view.sight.inventory, each.view.sight.last_ok_at
    return last is None or (inventory is not None and inventory.collected_at > last)


def _is_proved(each: Judged) -> bool:
    """Return whether an open command is known to have done what it was for; what a server claims proves nothing."""
    command = each.view.sight.command
    return command is not None and command.state.is_open and _is_shown(each)


def _is_shown(each: Judged) -> bool:
    """Return whether a device itself showed that it has its profile, by its inventory or by the mail it sends."""
    command, sends = each.view.sight.command, each.view.sight.sends_since
    if each.judgement.state is not State.UNREPORTED:
        return True
    return command is not None and sends is not None and sends > command.stored_at


def _seen_at(each: Judged, now: datetime) -> datetime:
    """Return when that was seen: the inventory that shows it must not be older than the answer it stands for."""
    inventory = each.view.sight.inventory
    return now if inventory is None else min(now, inventory.collected_at)


def _tells_something(each: Judged) -> bool:
    """Return whether a judgement changes anything that is written down."""
    state, sight = each.judgement.state, each.view.sight
    if state not in INSTALLED or not _is_shown(each):
        return state is State.RETIRED
    is_open = sight.episode is not None and sight.episode.closed_at is None
    return is_open or _is_proved(each) or (state is State.OK and _is_news(each))
