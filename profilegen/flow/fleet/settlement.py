"""Which settings each mail domain of the fleet follows, and what moved at its provider since."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from profilegen.errors import NotPossible, ProfilegenError
from profilegen.fleet.changes import FieldChange, Weight, changes_between, heaviest
from profilegen.flow.trial import question_about
from profilegen.ports import Clock, Finder
from profilegen.ports.fleet import FleetStore, SettingsVersion
from profilegen.profile.wish import LookupWish
from profilegen.settings.candidates import Status
from profilegen.settings.document import SettingsDocument
from profilegen.settings.resolved import settings_of
from profilegen.settings.standin import for_person, stand_in_of

USABLE = frozenset({Status.OK, Status.APP_PASSWORD, Status.OAUTH_ONLY})
"""Answers a profile can be made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """
    One mail domain of the fleet: what it follows, what its provider says now, and the difference.

    `followed` None: it was never settled; `found` None: nothing usable was found, `problem` says why.
    """

    name: str
    seats: int
    followed: SettingsVersion | None
    found: SettingsDocument | None
    changes: tuple[FieldChange, ...] = ()
    problem: ProfilegenError | None = None

    @property
    def weight(self) -> Weight | None:
        """The weight of its heaviest change."""
        return heaviest(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """
    Which changes of a provider are followed: effective ones always, the others where the operator says so.

    `held`: also for domains that were rolled back.
    """

    cosmetic: bool = False
    identity: bool = False
    held: bool = False

    def takes(self, domain: Domain) -> bool:
        """Return whether the found settings of a domain replace those it follows."""
        if domain.found is None or domain.followed is None:
            return domain.found is not None
        if domain.followed.held and not self.held:
            return False
        match domain.weight:
            case None:
                return False
            case Weight.COSMETIC:
                return self.cosmetic
            case Weight.EFFECTIVE:
                return True
            case Weight.IDENTITY:
                return self.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Looks every mail domain up once, about a mailbox that stands in for all of it."""

    finder: Finder
    store: FleetStore
    lookup: LookupWish
    clock: Clock

    async def survey(self) -> AsyncIterator[Domain]:
        """Yield every mail domain of the fleet as it stands now; nothing is changed."""
        for name, seats in await self.store.domains():
            yield await self._domain(name, seats)

    async def settle(self, domain: Domain, plan: str) -> SettingsVersion:
        """Let a domain follow what was found; returns the new version, or the followed one if it is equal."""
        if domain.found is None:
            raise NotPossible(
                f"No settings are known for {domain.name}.", hint="See profilegen lookup.", code="no_settings"
            )
        number = 1 if domain.followed is None else domain.followed.version + 1
        version = SettingsVersion(
            domain=domain.name, version=number, document=domain.found, known_since=self.clock.now(), plan=plan
        )
        await self.store.put_settings_version(version)
        return version

    async def _domain(self, name: str, seats: int) -> Domain:
        followed = await self.store.settings_version(name)
        try:
            found = await self._found(name)
        except ProfilegenError as problem:
            return Domain(name=name, seats=seats, followed=followed, found=None, problem=problem)
        changes = () if followed is None else changes_between(followed.document, found)
        return Domain(name=name, seats=seats, followed=followed, found=found, changes=changes)

    async def _found(self, name: str) -> SettingsDocument:
        stand_in = stand_in_of(name)
        resolution = await self.finder.resolve(question_about(stand_in, self.lookup))
        if resolution.status not in USABLE:
            raise NotPossible(
                f"The lookup of {name} ended with {resolution.status}.",
                hint=f"See profilegen lookup someone@{name}, or put a settings file into discovery.overrides.",
                code="no_settings",
            )
        if for_person(resolution, stand_in) is None:
            raise NotPossible(
                f"The servers of {name} differ from mailbox to mailbox, so nothing can be looked up for all of them at "
                f"once. If one server serves everybody, say so in {name}.json in the folder discovery.overrides; else "
                "build each profile with profilegen build --roster.",
                hint=f"See profilegen lookup someone@{name} for what one of them gets.",
                code="personal_settings",
            )
        return settings_of(resolution)
