"""Import: from a roster, or from an MDM's own list; the same file twice changes nothing."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from profilegen.address import Address
from profilegen.errors import AddressProblem, ProfilegenError
from profilegen.fleet.roster import SeatDefaults, seat_of
from profilegen.fleet.seat import EnrollmentChannel, Mailbox, Seat, seat_key
from profilegen.fleet.seen import Enrollment
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, FleetStore, HistoryKind, HistoryLine, ImportTally
from profilegen.ports.mdm import MdmConnector
from profilegen.profile.identity import default_prefix, mailbox_key, top_identifier
from profilegen.profile.types import Platform
from profilegen.settings.roster import BadRow, RosterRow

NAMED = 1000
"""How many bad rows or unclear sign-ins are named; beyond that they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A device whose sign-in name is no mailbox: listed, never guessed."""

    enrollment: str
    device: str
    sign_ins: tuple[str, ...]


@dataclass(slots=True)  # counted as it is read
class Imported:
    """What an import did; `bad` and `unclear` name at most `NAMED`, their counts are whole."""

    tally: ImportTally = field(default_factory=ImportTally)
    bad: list[BadRow] = field(default_factory=list)
    bad_count: int = 0
    unclear: list[Unclear] = field(default_factory=list)
    unclear_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Brings seats into the memory, batch by batch; bad rows are listed and never stop the rest."""

    store: FleetStore
    clock: Clock
    defaults: SeatDefaults
    actor: str

    async def from_roster(self, rows: Iterable[RosterRow | BadRow], source: str) -> Imported:
        """Import a roster."""
        imported = Imported()
        number = await self.store.begin_import(source, self.clock.now())
        batch: list[Seat] = []
        for row in rows:
            seat = self._seat(row, imported)
            if seat is not None:
                batch.append(seat)
            if len(batch) == BATCH:
                await self.store.put_seats(number, batch)
                batch = []
        return await self._finish(number, batch, imported, source)

    async def from_mdm(self, connector: MdmConnector, domains: Sequence[str]) -> Imported:
        """Import the seats of an MDM's own inventory: devices whose person's mailbox is on record there."""
        imported, source = Imported(), f"mdm {connector.name}"
        number = await self.store.begin_import(source, self.clock.now())
        batch: list[Seat] = []
        async for enrollments in _batches(connector.enrollments()):
            await self.store.put_enrollments(enrollments)
            batch = [seat for enrollment in enrollments for seat in self._seats(enrollment, domains, imported)]
            await self.store.put_seats(number, batch)
        return await self._finish(number, (), imported, source)

    def _seat(self, row: RosterRow | BadRow, imported: Imported) -> Seat | None:
        if isinstance(row, RosterRow):
            try:
                return seat_of(row, self.defaults)
            except ProfilegenError as problem:
                row = BadRow(row=row.row, address=str(row.address), problem=problem)
        imported.bad_count += 1
        if len(imported.bad) < NAMED:
            imported.bad.append(row)
        return None

    def _seats(self, enrollment: Enrollment, domains: Sequence[str], imported: Imported) -> list[Seat]:
        mailboxes = _mailboxes(enrollment, domains)
        device = enrollment.udid or enrollment.serial
        if device is None or not enrollment.active:
            return []
        if not mailboxes and enrollment.sign_ins:
            imported.unclear_count += 1
            if len(imported.unclear) < NAMED:
                imported.unclear.append(Unclear(enrollment=enrollment.id, device=device, sign_ins=enrollment.sign_ins))
        return [self._seat_of_enrollment(enrollment, address, device) for address in mailboxes]

    def _seat_of_enrollment(self, enrollment: Enrollment, address: Address, device: str) -> Seat:
        platform = enrollment.platform or self.defaults.platform
        profile = mailbox_key(address)
        prefix = self.defaults.identifier_prefix or default_prefix(address)
        return Seat(
            key=seat_key(profile, enrollment.mdm, device),
            profile=profile,
            person=address.account,
            mailboxes=(Mailbox(address=address),),
            mdm=enrollment.mdm,
            channel=EnrollmentChannel.USER if platform is Platform.MACOS else EnrollmentChannel.DEVICE,
            platform=platform,
            route=self.defaults.route_in(enrollment.mdm),
            identifier=top_identifier(prefix, profile),
            udid=enrollment.udid,
            serial=enrollment.serial,
            group=enrollment.groups[0] if enrollment.groups else None,
        )

    async def _finish(self, number: int, rest: Sequence[Seat], imported: Imported, source: str) -> Imported:
        if rest:
            await self.store.put_seats(number, rest)
        imported.tally = tally = await self.store.finish_import(number)
        outcome = f"{tally.added} added, {tally.changed} changed, {tally.same} same, {tally.gone} gone"
        line = HistoryLine(
            at=self.clock.now(),
            actor=self.actor,
            kind=HistoryKind.IMPORT,
            why=source,
            outcome=f"{outcome}, {imported.bad_count} bad rows",
        )
        await self.store.append((line,))
        return imported


async def _batches(enrollments: AsyncIterator[Enrollment]) -> AsyncIterator[list[Enrollment]]:
    batch: list[Enrollment] = []
    async for enrollment in enrollments:
        batch.append(enrollment)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _mailboxes(enrollment: Enrollment, domains: Sequence[str]) -> tuple[Address, ...]:
    """Return the mailboxes on record, of these domains only; a name that is no address is no mailbox."""
    found: dict[str, Address] = {}
    for text in (*enrollment.emails, *enrollment.sign_ins):
        try:
            address = Address.parse(text)
        except AddressProblem:
            continue
        if not domains or address.domain in domains:
            found.setdefault(address.account, address)
    return tuple(found.values())
