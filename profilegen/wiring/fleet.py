"""The parts that keep a fleet right."""

import contextlib
import getpass
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from profilegen.fleet.evidence import Moment, SignerMark
from profilegen.fleet.roster import SeatDefaults
from profilegen.flow.fleet.importing import Importer
from profilegen.flow.fleet.instructing import Instructor
from profilegen.flow.fleet.listening import Listener
from profilegen.flow.fleet.looking import Looker
from profilegen.flow.fleet.planning import Planner
from profilegen.flow.fleet.pushing import Pusher
from profilegen.flow.fleet.repair import Repair
from profilegen.flow.fleet.sending_evidence import SendingEvidence
from profilegen.flow.fleet.settlement import Settlement
from profilegen.flow.fleet.settling import Settler
from profilegen.flow.fleet.tailor import Tailor
from profilegen.flow.fleet.templating import Templating
from profilegen.flow.fleet.upkeep import Upkeep
from profilegen.flow.fleet.values import Connectors
from profilegen.flow.fleet.watching import Notify, Watch
from profilegen.ports import Finder, Signer
from profilegen.ports.fleet import FleetStore
from profilegen.profile.wish import LookupWish
from profilegen.wiring.declared import secret_routes, tellers
from profilegen.wiring.encryption import encryption
from profilegen.wiring.house import House
from profilegen.wiring.second_process import second_process

FILE = "fleet.sqlite3"
"""The fleet's memory in the home, where no other database is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetParts:
    """Everything one command about the fleet needs, its memory open."""

    house: House
    store: FleetStore
    connectors: Connectors
    finder: Finder
    lookup: LookupWish
    signer: Signer | None

    @property
    def planner(self) -> Planner:
        """What judges."""
        return Planner(
            store=self.store,
            settlement=self.settlement,
            tailor=self._tailor,
            gate=self.house.proving.gate,
            clock=self.house.clock,
            templating=Templating(store=self.store, tailor=self._tailor, connectors=self.connectors),
            second=second_process(self.house),
        )

    @property
    def settlement(self) -> Settlement:
        """What knows which settings each domain follows."""
        return Settlement(finder=self.finder, store=self.store, lookup=self.lookup, clock=self.house.clock)

    @property
    def looker(self) -> Looker:
        """What asks servers and devices."""
        return Looker(store=self.store, connectors=self.connectors, clock=self.house.clock, tellers=tellers(self.house))

    @property
    def listener(self) -> Listener:
        """What takes webhooks in."""
        return Listener(store=self.store, tellers=tellers(self.house))

    @property
    def repair(self) -> Repair:
        """The engine."""
        clock = self.house.clock
        pusher = Pusher(
            store=self.store,
            tailor=self._tailor,
            issuer=self._tailor.flow.issuer,
            looker=self.looker,
            connectors=self.connectors,
            gate=self.house.proving.gate,
            clock=clock,
        )
        return Repair(
            store=self.store,
            planner=self.planner,
            settlement=self.settlement,
            gate=self.house.proving.gate,
            looker=self.looker,
            pusher=pusher,
            settler=Settler(store=self.store, clock=clock),
            clock=clock,
            moment=self.moment,
        )

    def sending_evidence(self, *, reading: bool) -> SendingEvidence:
        """Return what brings proofs of sending to the seats; `reading` also looks into the check mailbox."""
        from profilegen.storage.device_proofs import SqliteProofBook

        async def read() -> None:
            await read_check_mailbox(self.house)

        proofs = SqliteProofBook(state=self.house.state)
        return SendingEvidence(store=self.store, proofs=proofs, clock=self.house.clock, read=read if reading else None)

    def watch(
        self, *, interval: timedelta, alive: timedelta, notify: Notify, instructor: Instructor | None = None
    ) -> Watch:
        """Return what keeps the fleet right for weeks."""
        return Watch(
            repair=self.repair,
            evidence=self.sending_evidence(reading=True),
            clock=self.house.clock,
            interval=interval,
            alive=alive,
            notify=notify,
            instructor=instructor,
        )

    @property
    def upkeep(self) -> Upkeep:
        """What retires, forgets and rolls back."""
        return Upkeep(
            store=self.store, clock=self.house.clock, actor=operator(), new_token=lambda: secrets.token_hex(6)
        )

    def importer(self, defaults: SeatDefaults) -> Importer:
        """Return what brings seats in."""
        routed = replace(defaults, routes=secret_routes(self.house))
        return Importer(store=self.store, clock=self.house.clock, defaults=routed, actor=operator())

    def moment(self, proof_since: datetime) -> Moment:
        """Return what the judgements of one round share; inventories from before `proof_since` prove nothing."""
        config = self.house.loaded.config
        return Moment(
            now=self.house.clock.now(),
            proof_since=proof_since,
            signer=signer_mark(self.signer),
            answer_within=config.fleet_answer_within,
            offline_after=config.fleet_offline_after,
            blind=frozenset(
                (name, channel) for name, one in self.connectors.items() for channel in one.capabilities.blind_to
            ),
        )

    @property
    def tailor(self) -> Tailor:
        """What builds the profiles of seats."""
        return self._tailor

    @property
    def _tailor(self) -> Tailor:
        from profilegen.delivery.files import FileDrop

        config = self.house.loaded.config
        flow = self.house.flow(finder=self.finder, signer=self.signer, drop=FileDrop())
        return Tailor(
            flow=flow,
            identifier_prefix=config.identifier_prefix,
            organization=config.organization,
            encryption=encryption(self.house, self.signer),
        )


@contextlib.asynccontextmanager
async def open_fleet(
    house: House,
    *,
    finder: Finder,
    lookup: LookupWish,
    signer: Signer | None,
    connectors: Callable[[], Awaitable[Connectors]],
) -> AsyncIterator[FleetParts]:
    """Open the fleet's memory and its servers for one command; raises MachineProblem and ConfigProblem."""
    store = await open_store(house)
    known: Connectors = {}
    try:
        known = await connectors()
        yield FleetParts(house=house, store=store, connectors=known, finder=finder, lookup=lookup, signer=signer)
    finally:
        for connector in known.values():
            await connector.close()
        await store.close()


def fleet_exists(house: House) -> bool:
    """Return whether this home has a fleet, without making one."""
    return house.loaded.config.fleet_database is not None or (house.home_place[0] / FILE).is_file()


async def open_store(house: House) -> FleetStore:
    """Open the fleet's memory where the configuration says, by default in the home."""
    from profilegen.config.passwords import from_file
    from profilegen.storage.fleet.store import open_fleet_store

    config = house.loaded.config
    file = config.fleet_database_password_file
    password = None if file is None else from_file(Path(file))
    return await open_fleet_store(file=house.home.path / FILE, url=config.fleet_database, password=password)


async def read_check_mailbox(house: House) -> None:
    """Read what is new in the check mailbox, where there is one; raises what that raises."""
    from profilegen.wiring.send_status import make_send_status

    status = await make_send_status(house, None)
    if status.mailbox is not None:
        await status.look(lambda _since: (), since=None, progress=lambda _what: None)


def signer_mark(signer: Signer | None) -> SignerMark | None:
    """Return what tells a profile signed now from one signed earlier."""
    from profilegen.signing.cms import CmsSigner

    if not isinstance(signer, CmsSigner):
        return None
    return SignerMark(sha256=signer.certificate_sha256, not_after=signer.facts.not_after)


def operator() -> str:
    """Return who runs this, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
