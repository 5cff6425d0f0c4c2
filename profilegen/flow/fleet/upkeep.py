"""What an operator decides about seats: retire, forget, roll back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from profilegen.errors import NotPossible, UsageProblem
from profilegen.fleet.seat import Seat
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery, SettingsVersion

LARGEST_SHARE = 2.0
"""Percent of the fleet that may be retired at once without the number being typed."""
NAMED = 10
"""How many devices a hint names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Changes what is wanted by the operator's word; devices follow with the next repair."""

    store: FleetStore
    clock: Clock
    actor: str
    new_token: Callable[[], str]

    async def retire(self, query: SeatQuery, agreed: int | None) -> int:
        """
        Plan the removal of these seats' profiles; returns how many.

        Raises NotPossible `no_seat` if nobody matches, `too_many` above 2 % of the fleet unless that very number is
        given.
        """
        keys = [view.seat.key async for batch in self.store.seats(query) for view in batch if not view.seat.retired]
        if not keys:
            raise _no_seat()
        total = await self.store.count(SeatQuery())
        if 100 * len(keys) > LARGEST_SHARE * total and len(keys) > 1 and agreed != len(keys):
            raise NotPossible(
                f"That retires {len(keys)} of {total} seats.",
                hint=f"If you mean it, type the number: --yes-retire {len(keys)}.",
                code="too_many",
            )
        await self.store.retire(keys, self.clock.now())
        await self._note(HistoryKind.RETIRE, f"{len(keys)} seats", "removal planned", keys)
        return len(keys)

    async def confirm(self, query: SeatQuery, reason: str) -> tuple[Seat, ...]:
        """
        Note the operator's word that mail goes out from these seats now; returns them.

        Raises UsageProblem `no_reason`; NotPossible `no_seat`, and `several_devices` where not only one is meant.
        """
        if not reason.strip():
            hint = 'Write what was heard: fleet confirm you@example.com "said so on the phone".'
            raise UsageProblem("A confirmation needs a reason; it is recorded.", hint=hint, code="no_reason")
        seats = [view.seat async for batch in self.store.seats(query) for view in batch if not view.seat.retired]
        devices = sorted({seat.serial or seat.udid or "" for seat in seats})
        if not seats:
            raise _no_seat()
        if len(devices) > 1:
            raise NotPossible(
                f"That names {len(devices)} devices, and mail goes out from each for itself.",
                hint=f"Name the one that was meant: {', '.join(devices[:NAMED])}.",
                code="several_devices",
            )
        keys = [seat.key for seat in seats]
        await self.store.note_sends(keys, self.clock.now())
        await self._note(HistoryKind.CONFIRMED, reason, "sends, by the operator's word", keys)
        return tuple(seats)

    async def forget(self, who: str) -> str:
        """
        Replace whoever an address or device belongs to by a pseudonym in state and history, and return it.

        Raises NotPossible `no_seat` if nobody is called so, `several_people` if more than one is.
        """
        query = SeatQuery(who=(who,))
        people = {view.seat.person async for batch in self.store.seats(query) for view in batch} or {who}
        if len(people) > 1:
            raise NotPossible(
                f"{who} belongs to {len(people)} people.",
                hint="Name one of them as the roster does, or by an address of their own.",
                code="several_people",
            )
        pseudonym = f"forgotten-{self.new_token()}"
        if await self.store.forget_person(people.pop(), pseudonym) == 0:
            raise _no_seat()
        await self._note(HistoryKind.FORGET, "asked to", pseudonym, ())
        return pseudonym

    async def roll_back(self, plan: str) -> tuple[SettingsVersion, ...]:
        """
        Make the settings wanted again that held before a plan; they go out with the next repair, through its waves.

        Returns the versions now followed. Raises NotPossible `no_such_plan` if the plan moved nothing.
        """
        back = []
        for domain, _ in await self.store.domains():
            current = await self.store.settings_version(domain)
            if current is None or current.plan != plan or current.version < 2:
                continue
            before = await self.store.settings_version(domain, current.version - 1)
            if before is not None:
                back.append(await self._follow_again(before, current.version + 1, plan))
        if not back:
            raise NotPossible(
                f'No mail domain follows settings that came with the plan "{plan}".',
                hint="See profilegen fleet report for the plans that moved settings.",
                code="no_such_plan",
            )
        return tuple(back)

    async def _follow_again(self, before: SettingsVersion, number: int, plan: str) -> SettingsVersion:
        version = SettingsVersion(
            domain=before.domain,
            version=number,
            document=before.document,
            known_since=self.clock.now(),
            plan=f"rollback of {plan}",
            held=True,
        )
        await self.store.put_settings_version(version)
        why, outcome = f"rollback of plan {plan}", f"{before.domain} v{before.version} again"
        await self._note(HistoryKind.ROLLBACK, why, outcome, ())
        return version

    async def _note(self, kind: HistoryKind, why: str, outcome: str, keys: Sequence[str]) -> None:
        now = self.clock.now()
        lines = [HistoryLine(at=now, actor=self.actor, kind=kind, why=why, outcome=outcome, seat=key) for key in keys]
        whole = HistoryLine(at=now, actor=self.actor, kind=kind, why=why, outcome=outcome)
        await self.store.append(lines or (whole,))


def _no_seat() -> NotPossible:
    return NotPossible("Nobody in the fleet matches.", hint="See profilegen fleet status.", code="no_seat")
