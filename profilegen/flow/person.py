"""Everything that is known about one person, put together from every memory there is; nothing is asked or changed."""

from collections import deque
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.errors import NotPossible, ProfilegenError
from profilegen.fleet.evidence import Moment
from profilegen.flow.fleet.planning import Planner, Survey, pair_of
from profilegen.flow.fleet.tailor import Pattern
from profilegen.flow.fleet.values import Judged
from profilegen.flow.gate import Admission, Gate
from profilegen.flow.trial import question_about
from profilegen.ports import Allowance, EvidenceLog, Finder, Issued
from profilegen.ports.fleet import FleetStore, HistoryLine, SeatQuery, SeatView, SettingsVersion
from profilegen.ports.records import PersonRecords
from profilegen.ports.sending import DeviceProof, Sending
from profilegen.profile.wish import LookupWish
from profilegen.settings.document import SettingsDocument
from profilegen.settings.resolved import settings_of
from profilegen.settings.standin import document_for_person

MOST = 50
"""Entries of each list that are shown, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    """The fleet, opened to be looked at."""

    store: FleetStore
    planner: Planner
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """
    The servers of a person and what is proved of them.

    `settings` None: nobody knows any, `problem` says why. `pair` None where people sign in on the device. `followed`:
    they are those the fleet follows, not those of a lookup.
    """

    settings: SettingsDocument | None = None
    followed: bool = False
    pair: EndpointPair | None = None
    admission: Admission | None = None
    evidence: tuple[Evidence, ...] = ()
    problem: ProfilegenError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFile:
    """What is known; every list newest first, except the history."""

    address: Address
    seats: tuple[Judged, ...]
    history: tuple[HistoryLine, ...]
    issued: tuple[Issued, ...]
    sendings: tuple[Sending, ...]
    proofs: tuple[DeviceProof, ...]
    allowances: tuple[Allowance, ...]
    servers: Servers

    @property
    def is_known(self) -> bool:
        """True if anything at all is remembered of this person."""
        return bool(self.seats or self.history or self.issued or self.sendings or self.proofs or self.allowances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where to look; `fleet` None: there is none."""

    records: PersonRecords
    evidence: EvidenceLog
    gate: Gate
    finder: Finder
    lookup: LookupWish
    fleet: FleetView | None

    async def about(self, address: Address) -> PersonFile:
        """Return what is known about whoever has this address."""
        account = address.account
        seats = await self._seats(address)
        sendings = await self.records.sendings(account, MOST)
        people = dict.fromkeys(
            [account, *(line.person for line in sendings), *(judged.seat.person for judged in seats)]
        )
        return PersonFile(
            address=address,
            seats=seats,
            history=await self._history(address),
            issued=await self.records.issued(account, MOST),
            sendings=sendings,
            proofs=await self.records.proofs(tuple(people), MOST),
            allowances=await self.records.allowances(account, MOST),
            servers=await self._servers(address),
        )

    async def _seats(self, address: Address) -> tuple[Judged, ...]:
        if self.fleet is None:
            return ()
        query = SeatQuery(who=(address.account,))
        views = [view async for batch in self.fleet.store.seats(query) for view in batch]
        survey = Survey(domains=(), patterns=await self._patterns(views))
        return tuple([await self.fleet.planner.judge_one(view, survey, self.fleet.moment) for view in views])

    async def _patterns(self, views: list[SeatView]) -> dict[str, Pattern]:
        domains = {box.address.domain for view in views for box in view.seat.mailboxes}
        found = {domain: await self._followed(domain) for domain in sorted(domains)}
        return {domain: Pattern.of(version) for domain, version in found.items() if version is not None}

    async def _followed(self, domain: str) -> SettingsVersion | None:
        return None if self.fleet is None else await self.fleet.store.settings_version(domain)

    async def _history(self, address: Address) -> tuple[HistoryLine, ...]:
        if self.fleet is None:
            return ()
        newest = deque[HistoryLine](maxlen=MOST)
        async for line in self.fleet.store.history(since=None, who=address.account):
            newest.append(line)
        return tuple(newest)

    async def _servers(self, address: Address) -> Servers:
        followed = await self._followed(address.domain)
        try:
            settings = await self._looked_up(address) if followed is None else _personal(followed, address)
        except ProfilegenError as problem:
            return Servers(problem=problem)
        pair = pair_of(settings)
        admission = await self.gate.admit(address.account, pair)
        since = self.gate.clock.now() - self.gate.policy.max_age
        evidence = () if pair is None else await self.evidence.about(pair, since)
        return Servers(
            settings=settings,
            followed=followed is not None,
            pair=pair,
            admission=admission,
            evidence=evidence[:MOST],
        )

    async def _looked_up(self, address: Address) -> SettingsDocument:
        settings = settings_of(await self.finder.resolve(question_about(address, self.lookup)))
        if settings.payload is None and (settings.incoming is None or settings.outgoing is None):
            raise NotPossible(
                f"The lookup of {address} ended with {settings.status}.",
                hint=f"See profilegen lookup {address}.",
                code="no_settings",
            )
        return settings


def _personal(followed: SettingsVersion, address: Address) -> SettingsDocument:
    return document_for_person(followed.document, address)
