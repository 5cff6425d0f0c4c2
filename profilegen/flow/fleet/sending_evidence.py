"""
That a device sends, brought to its seats: what the check mailbox and the logs of servers proved.

A proof names a person. It counts for a seat only where nothing else of that person can have sent it; which device that
was, nobody guesses.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from profilegen.errors import ProfilegenError
from profilegen.flow.device_status import LOG
from profilegen.flow.fleet.anew import in_one
from profilegen.mailing.proof_mail import WrittenOn, written_on
from profilegen.ports import Clock
from profilegen.ports.check_mailbox import ProofBook, ProvenPerson
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery, SeatView
from profilegen.ports.sending import DeviceProof
from profilegen.profile.types import Platform

_PLATFORM = {WrittenOn.IPHONE: Platform.IOS, WrittenOn.IPAD: Platform.IOS, WrittenOn.MAC: Platform.MACOS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """How many seats are newly known to send; `problem`: the check mailbox could not be read this time."""

    seats: int
    problem: ProfilegenError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingEvidence:
    """Notes on seats what is known of people; `read` looks for new proofs, None: only what is remembered counts."""

    store: FleetStore
    proofs: ProofBook
    clock: Clock
    read: Callable[[], Awaitable[None]] | None = None

    async def gather(self) -> Gathered:
        """Read what is new and note it; a mailbox that cannot be read is reported and stops nothing."""
        problem = None
        if self.read is not None:
            try:
                await self.read()
            except ProfilegenError as caught:
                problem = caught
        return Gathered(seats=await self.note(), problem=problem)

    async def note(self) -> int:
        """Note what is remembered of everybody, what is new of many people at once; returns for how many seats."""
        count = 0
        async for people in self.proofs.newest():
            names = {name for one in people for name in (one.person, *one.accounts)}
            found: dict[str, list[SeatView]] = {}
            async for batch in self.store.seats(SeatQuery(who=tuple(sorted(names)))):
                for view in batch:
                    for name in _names(view):
                        found.setdefault(name, []).append(view)
            news = [each for one in people for each in _news(one, _views_of(one, found))]
            if news:
                await in_one(self.store, partial(self._write_down, news))
            count += len(news)
        return count

    async def _write_down(self, news: Sequence[tuple[SeatView, DeviceProof]], store: FleetStore) -> None:
        for view, proof in news:
            await store.note_sends((view.seat.key,), proof.seen_at)
        await store.append([self._line(view, proof) for view, proof in news])

    def _line(self, view: SeatView, proof: DeviceProof) -> HistoryLine:
        source = "a line in a server's log" if proof.kind == LOG else "a message to the check mailbox"
        return HistoryLine(
            at=self.clock.now(),
            actor="profilegen",
            kind=HistoryKind.SENDS,
            why=source,
            outcome=f"seen {proof.seen_at:%Y-%m-%d %H:%M} UTC, {proof.detail}",
            seat=view.seat.key,
            person=view.seat.person,
            mdm=view.seat.mdm,
        )


def sender(views: Sequence[SeatView], proof: DeviceProof) -> tuple[SeatView, ...]:
    """
    Return the one seat of a person that a proof is about, none where more than one could be meant.

    A message written with another program than Apple's Mail is about no seat.
    """
    kind = WrittenOn.UNSAID if proof.kind == LOG else written_on(proof.detail)
    if kind is WrittenOn.OTHER_PROGRAM:
        return ()
    possible = [view for view in views if _fits(view, kind)]
    return tuple(possible) if len(possible) == 1 else ()


def _news(one: ProvenPerson, views: Sequence[SeatView]) -> Iterator[tuple[SeatView, DeviceProof]]:
    for proof in one.proofs:
        for view in sender(views, proof):
            known = view.sight.sends_since
            if known is None or proof.seen_at > known:
                yield view, proof


def _fits(view: SeatView, kind: WrittenOn) -> bool:
    """Return whether such a message can come from a seat's device; what is not known does not speak against it."""
    if kind not in _PLATFORM:
        return True
    if view.seat.platform is not _PLATFORM[kind]:
        return False
    model = (view.sight.enrollment.model or "").casefold() if view.sight.enrollment is not None else ""
    named = next((name for name in (WrittenOn.IPHONE, WrittenOn.IPAD) if name in model), None)
    return named is None or kind is WrittenOn.MAC or named is kind


def _names(view: SeatView) -> set[str]:
    return {view.seat.person.casefold(), *(box.address.account.casefold() for box in view.seat.mailboxes)}


def _views_of(one: ProvenPerson, found: dict[str, list[SeatView]]) -> tuple[SeatView, ...]:
    names = {name.casefold() for name in (one.person, *one.accounts)}
    views = {view.seat.key: view for name in sorted(names) for view in found.get(name, ())}
    return tuple(views.values())
