"""The finders of one run: for one address, for a roster, and without any network."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.ports import AnswerStore, Finder, TrustStore
from profilegen.wiring.search import Equipment, make_finder, make_offline_finder

if TYPE_CHECKING:
    from profilegen.net.tls import TlsContexts
    from profilegen.storage.state import State


@dataclass(frozen=True, kw_only=True)  # no slots: the search is made once, when it is first asked for
class Finders:
    """
    What looks settings up.

    `home` is where the state would be; it is opened, and TLS prepared, only when something needs them. `world` names
    everything an answer depends on beside its question, trust anchors and override files.
    """

    equipment: Equipment
    home: Path
    open_state: Callable[[], "State"]
    open_tls: Callable[[], "TlsContexts"]
    world: str

    @property
    def one(self) -> Finder:
        """The engine that asks every source."""
        return self._trusting(self._search)

    @property
    def roster(self) -> Finder:
        """The engine for many addresses: every domain once in one run."""
        return self._once_per_domain(None)

    @property
    def remembering(self) -> Finder:
        """The engine for many addresses: every domain once, and not again while what is known of it still holds."""
        from profilegen.storage.answers import SqliteAnswerStore

        store = SqliteAnswerStore(state=self.open_state(), clock=self.equipment.clock, world=self._whole_world)
        return self._once_per_domain(store)

    @property
    def offline(self) -> Finder:
        """The engine with the operator's files and the catalogue alone: nothing in it can reach a network."""
        return make_offline_finder(self.equipment)

    @property
    def trust_store(self) -> TrustStore:
        """The foreign providers that somebody confirmed; reading it makes no home."""
        from profilegen.storage.trust import SqliteTrustStore

        path = self.home / "state.sqlite3"
        return SqliteTrustStore(path=path, open_state=self.open_state, clock=self.equipment.clock)

    @cached_property
    def _search(self) -> Finder:
        return make_finder(self.equipment, self.open_tls())

    def _trusting(self, finder: Finder) -> Finder:
        from profilegen.discovery.trust import TrustingFinder

        return TrustingFinder(finder=finder, store=self.trust_store)

    def _once_per_domain(self, store: AnswerStore | None) -> Finder:
        from profilegen.discovery.cache import SharedFinder
        from profilegen.discovery.limits import LimitedFinder

        limited = LimitedFinder(finder=self._search, resolver=self.equipment.resolver)
        return self._trusting(SharedFinder(finder=limited, store=store))

    @property
    def _whole_world(self) -> str:
        from profilegen.discovery.override import version_of

        anchors = hashlib.sha256(b"".join(self.equipment.anchors)).hexdigest()
        return f"{self.world} {anchors} {version_of(self.equipment.overrides)}"
