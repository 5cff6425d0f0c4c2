"""Pushing: one batch of seats, each at most once per episode, whatever crashes in between."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from profilegen.errors import MachineProblem, NotPossible, ProfilegenError, WorldProblem
from profilegen.fleet.drift import Action, Judgement, State, judge
from profilegen.fleet.episodes import command_id, episode_for
from profilegen.fleet.evidence import Moment
from profilegen.fleet.seat import Effective, Seat, SecretRoute
from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment
from profilegen.flow.fleet.anew import in_one
from profilegen.flow.fleet.giving import give
from profilegen.flow.fleet.looking import Looker
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.refusing import NOT_GIVEN_OUT, refuse_unproved, touches_more
from profilegen.flow.fleet.tailor import Tailor, expected_of
from profilegen.flow.fleet.templating import Placing
from profilegen.flow.fleet.values import Connectors, Judged, RepairOrder, connector_of
from profilegen.flow.gate import Gate
from profilegen.flow.issuing import Issuer
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine
from profilegen.ports.mdm import InstallOrder, MdmConnector, Receipt, RemoveOrder

WITHOUT_PASSWORD = frozenset({State.MISSING, State.RE_ENROLLED, State.UNKNOWN})
"""States in which the device had no account, so that nobody typed its password yet."""


OrderT = TypeVar("OrderT", InstallOrder, RemoveOrder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """Builds, signs, stores the command, and only then gives it to the server."""

    store: FleetStore
    tailor: Tailor
    issuer: Issuer
    looker: Looker
    connectors: Connectors
    gate: Gate
    clock: Clock

    async def push(self, judged: Sequence[Judged], survey: Survey, order: RepairOrder, moment: Moment) -> int:
        """
        Install and remove what the judgements say; returns how many commands went out.

        Raises NetworkProblem if a server cannot be reached; what was stored by then goes out under the same id by doing
        the same again. Raises NotPossible `touches_more` before a server would touch more devices than were agreed to.
        """
        by_mdm: dict[str, list[Judged]] = defaultdict(list)
        for each in judged:
            by_mdm[each.seat.mdm].append(each)
        sent = 0
        for name, seats in by_mdm.items():
            sent += await self._push_through(connector_of(self.connectors, name), seats, survey, order, moment)
        return sent

    async def _push_through(
        self, connector: MdmConnector, seats: Sequence[Judged], survey: Survey, order: RepairOrder, moment: Moment
    ) -> int:
        def joining(store: FleetStore) -> "Pusher":
            return replace(self, store=store, looker=replace(self.looker, store=store))

        installs, removals = await in_one(
            self.store, lambda store: joining(store).write_down(connector, seats, survey, order, moment)
        )
        await self._refuse_surprise(connector, installs, survey, order)
        if installs:
            receipts = await give(connector, [given for _, given in installs], self.store, self.clock)
            await self._note(connector, installs, receipts, order, survey)
        if removals:
            receipts = await connector.remove([given for _, given in removals])
            await self._note(connector, removals, receipts, order, survey)
        return len(installs) + len(removals)

    async def write_down(
        self, connector: MdmConnector, seats: Sequence[Judged], survey: Survey, order: RepairOrder, moment: Moment
    ) -> tuple[list[tuple[Seat, InstallOrder]], list[tuple[Seat, RemoveOrder]]]:
        """Return the orders of these seats, each stored before any goes out; one per device at a time."""
        taken = set(await self.looker.busy(connector.name, seats))
        installs, removals = list[tuple[Seat, InstallOrder]](), list[tuple[Seat, RemoveOrder]]()
        for each in seats:
            enrollment = each.view.sight.enrollment
            if enrollment is None or (enrollment.id in taken and not _is_unsent(each)):
                continue
            taken.add(enrollment.id)
            if each.seat.retired:
                removals += [(each.seat, given) for given in await self._removal(each, enrollment, order)]
            else:
                made = await self._try_install(each, enrollment, survey, order, moment)
                installs += [(each.seat, given) for given in made]
        return installs, removals

    async def _try_install(
        self, each: Judged, enrollment: Enrollment, survey: Survey, order: RepairOrder, moment: Moment
    ) -> list[InstallOrder]:
        """Install one; a profile that cannot be built is noted and keeps nobody else waiting."""
        try:
            return await self._install(each, enrollment, survey, order, moment)
        except (MachineProblem, WorldProblem):
            raise  # a full disk, an unusable key or a database that is away will not be better for the next seat
        except ProfilegenError as problem:
            line = self._line(each.seat, each.seat.mdm, HistoryKind.PUSH, f"{NOT_GIVEN_OUT}{problem.message}", order)
            await self.store.append((line,))
            return []

    async def _install(
        self, each: Judged, enrollment: Enrollment, survey: Survey, order: RepairOrder, moment: Moment
    ) -> list[InstallOrder]:
        capabilities = connector_of(self.connectors, each.seat.mdm).capabilities
        draft, encrypter = await self.tailor.finished(each.seat, survey.patterns, enrollment, capabilities)
        await refuse_unproved(draft, survey, self.gate, order.allowed_because)
        placing = survey.templates.of(each.seat)
        if placing is not None:
            return await self._place(each, enrollment, placing, order)
        _refuse_other_identifier(each.seat, draft.profile.identifier)
        wanted = self.tailor.wanted(each.seat, survey.patterns, draft)
        await self.store.want(((each.seat.key, wanted),))
        seat = replace(each.seat, wanted=wanted)
        judgement = judge(seat, each.view.sight, moment, expected_of(seat, draft))
        if judgement.action is not Action.INSTALL and not order.again:
            return []
        stored = await self._store(replace(each, judgement=judgement), enrollment, wanted.revision, order)
        if stored is None:
            return []
        issuer = self.issuer if encrypter is None else replace(self.issuer, encrypter=encrypter)
        signed = await issuer.sign_off(draft)
        levels = [plan.admission.level for plan in survey.of(seat) if plan.admission is not None]
        await self.issuer.record(draft, signed, level=min(levels, default=None), allowed_because=order.allowed_because)
        await self._doubt_password(seat, judgement)
        return [
            InstallOrder(
                command=stored.id,
                enrollment=enrollment,
                identifier=draft.profile.identifier,
                uuid=draft.profile.uuid,
                revision=draft.profile.revision,
                name=f"Mail {seat.mailboxes[0].address}",
                signed=signed.data,
                unsigned=draft.profile.content if encrypter is None else signed.data,  # no password leaves in the clear
                effective=seat.effective,
                prepared=stored.state is CommandState.PREPARED,
            )
        ]

    async def _place(
        self, each: Judged, enrollment: Enrollment, placing: Placing, order: RepairOrder
    ) -> list[InstallOrder]:
        """Return the order for a template; it carries no signature, and is the same for everybody it serves."""
        seat, template = each.seat, placing.template
        if seat.wanted is None or (each.judgement.action is not Action.INSTALL and not order.again):
            return []
        await self.store.want(((seat.key, seat.wanted),))
        stored = await self._store(each, enrollment, template.revision, order)
        if stored is None:
            return []
        await self.store.keep_effective(seat.key, replace(_kept(seat), identifier=template.identifier))
        await self._doubt_password(seat, each.judgement)
        return [
            InstallOrder(
                command=stored.id,
                enrollment=enrollment,
                identifier=template.identifier,
                uuid=template.uuid,
                revision=template.revision,
                name=placing.name,
                signed=template.content,
                unsigned=template.content,
                effective=seat.effective,
                prepared=stored.state is CommandState.PREPARED,
            )
        ]

    async def _doubt_password(self, seat: Seat, judgement: Judgement) -> None:
        """Note that nobody typed a password yet on a device that has no account, or none that is known of."""
        if seat.route is SecretRoute.ASK and judgement.state in WITHOUT_PASSWORD:
            await self.store.note_password_unknown((seat.key,), self.clock.now())

    async def _removal(self, each: Judged, enrollment: Enrollment, order: RepairOrder) -> list[RemoveOrder]:
        stored = await self._store(each, enrollment, None, order)
        if stored is None:
            return []
        identifier, effective = each.seat.expected_identifier, each.seat.effective
        return [RemoveOrder(command=stored.id, enrollment=enrollment, identifier=identifier, effective=effective)]

    async def _store(
        self, each: Judged, enrollment: Enrollment, revision: str | None, order: RepairOrder
    ) -> Command | None:
        """Write the command down before it goes out; None if this episode had its push already."""
        now, key = self.clock.now(), each.seat.key
        opening = episode_for(each.view.sight, each.judgement, now, again=order.again)
        if opening.is_new:
            if not await self.store.open_episode(key, opening.episode):
                return None  # somebody else is at it
            words = opening.words(each.view.sight.episode)
            began = self._line(each.seat, each.seat.mdm, HistoryKind.EPISODE, words, order)
            await self.store.append((replace(began, why=opening.episode.reason),))
        command = Command(
            id=command_id(enrollment.id, revision or "remove", opening.episode.number),
            seat=key,
            mdm=each.seat.mdm,
            enrollment=enrollment.id,
            kind=CommandKind.REMOVE if revision is None else CommandKind.INSTALL,
            episode=opening.episode.number,
            revision=revision,
            state=CommandState.STORED,
            stored_at=now,
            changed_at=now,
        )
        if await self.store.store_command(command):
            return command
        known = each.view.sight.command
        if known is None or not known.state.is_unsent:
            return None
        return known if known.id == command.id else command

    async def _refuse_surprise(
        self,
        connector: MdmConnector,
        installs: Sequence[tuple[Seat, InstallOrder]],
        survey: Survey,
        order: RepairOrder,
    ) -> None:
        given = [sent for _, sent in installs]
        touched = await connector.touched_by(given) if given else 0
        if touched > max(len(given), order.touches or 0):
            by_template = any(survey.templates.of(seat) is not None for seat, _ in installs)
            raise await touches_more(connector, given, touched, by_template=by_template)

    async def _note(
        self,
        connector: MdmConnector,
        given: Sequence[tuple[Seat, OrderT]],
        receipts: Sequence[Receipt],
        order: RepairOrder,
        survey: Survey,
    ) -> None:
        async def write_down(store: FleetStore) -> None:
            lines = []
            for (seat, sent), receipt in zip(given, receipts, strict=True):
                now = self.clock.now()
                await store.change_command(sent.command, sent.enrollment.id, receipt.state, now, receipt.errors)
                if receipt.effective is not None:
                    await store.keep_effective(seat.key, receipt.effective)
                via = "" if seat.retired else _via(survey.templates.of(seat))
                known = " (known there already)" if receipt.already else ""
                lines.append(self._line(seat, connector.name, HistoryKind.PUSH, f"{receipt.state}{known}{via}", order))
            await store.append(lines)

        await in_one(self.store, write_down)

    def _line(self, seat: Seat, mdm: str, kind: HistoryKind, outcome: str, order: RepairOrder) -> HistoryLine:
        return HistoryLine(
            at=self.clock.now(),
            actor=order.actor,
            kind=kind,
            why=f"plan {order.plan}",
            outcome=outcome,
            seat=seat.key,
            person=seat.person,
            mdm=mdm,
            plan=order.plan,
        )


def _via(placing: Placing | None) -> str:
    """Return the words of the history that say which template brings a profile."""
    if placing is None:
        return ""
    template = placing.template
    return f", by the template {placing.name} for {len(template.seats)} seats, revision {template.revision}"


def _kept(seat: Seat) -> Effective:
    return seat.effective or Effective(identifier=seat.identifier)


def _is_unsent(each: Judged) -> bool:
    command = each.view.sight.command
    return command is not None and command.state.is_unsent


def _refuse_other_identifier(seat: Seat, identifier: str) -> None:
    """Raise NotPossible `identity_changed`: every machine must give a seat the identifier it was imported with."""
    if identifier != seat.identifier:
        raise NotPossible(
            f"{seat.mailboxes[0].address} was imported with the identifier {seat.identifier}, and here it would get "
            f"{identifier}; a device would add the account again instead of replacing it.",
            hint="Restore the earlier identifier_prefix, or import the roster again with the new one.",
            code="identity_changed",
        )
