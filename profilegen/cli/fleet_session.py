"""One command about the fleet: its parts opened, its webhooks received, its progress shown."""

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from profilegen.cli.options import LookupOptions, SigningOptions
from profilegen.cli.output import complain
from profilegen.cli.signers import choose_signer
from profilegen.flow.fleet.intake import Intake
from profilegen.flow.fleet.repair import Progress
from profilegen.flow.fleet.watching import Watch
from profilegen.ports import Signer
from profilegen.wiring.fleet import FleetParts, open_fleet
from profilegen.wiring.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSession:
    """How the fleet of a house is opened."""

    house: House
    how: LookupOptions
    signing: SigningOptions | None = None
    per_second: float | None = None

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[FleetParts]:
        """Open the fleet; signing only for commands that sign."""
        from profilegen.wiring.mdm import connectors

        signer = self._known_signer() if self.signing is None else self._chosen_signer(self.signing)
        # one answer per domain serves the whole fleet, and everyone on the same day
        finder = self.house.finders.offline if self.how.offline else self.house.finders.remembering
        async with open_fleet(
            self.house,
            finder=finder,
            lookup=self.how.wish(),
            signer=signer,
            connectors=lambda: connectors(self.house, per_second=self.per_second),
        ) as parts:
            yield parts

    def _chosen_signer(self, asked: SigningOptions) -> Signer | None:
        return choose_signer(self.house, asked, for_many=True).signer

    def _known_signer(self) -> Signer | None:
        """Return the signer there is, for commands that only compare."""
        name = self.house.loaded.config.signing_key or self.house.keystore.default_name()
        return None if name is None else self.house.signer(name)

    @contextlib.asynccontextmanager
    async def listening(self, parts: FleetParts, watch: Watch | None = None) -> AsyncIterator[None]:
        """Receive the webhooks of all servers that are configured to send some, while the block runs."""
        from profilegen.web.webhooks import Endpoint, receiving
        from profilegen.wiring.mdm import webhook_endpoints

        concerned = watch.concerned.add if watch is not None else _nobody
        intake = Intake(listener=parts.listener, concerned=concerned, complain=complain)
        endpoints = [
            Endpoint(host=host, port=port, connector=connector)
            for (host, port), connector in webhook_endpoints(self.house, parts.connectors)
        ]
        async with intake.writing_down(), receiving(endpoints, intake.put, complain):
            yield


def _nobody(_devices: Sequence[str]) -> None:
    """Somebody else looks at every device anyway."""


@contextlib.contextmanager
def fleet_progress() -> Iterator[Progress]:
    """Yield a function that shows what is being done and how far it is, on a terminal."""

    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True, redirect_stdout=False) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)
