"""What is handed from one step of the fleet's story to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profilegen.errors import ConfigProblem
from profilegen.fleet.drift import Judgement
from profilegen.fleet.seat import Seat
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.ports.fleet import SeatQuery, SeatView
from profilegen.ports.mdm import MdmConnector
from profilegen.settings.waves import Waves

Connectors = Mapping[str, MdmConnector]
"""Name in the configuration -> connector."""


def connector_of(connectors: Connectors, name: str) -> MdmConnector:
    """Return the connector of that name; raises ConfigProblem `unknown_mdm`."""
    if name in connectors:
        return connectors[name]
    known = ", ".join(sorted(connectors)) or "none"
    raise ConfigProblem(
        f'The fleet has seats in the MDM "{name}", which the configuration does not name.',
        hint=f"Add [mdm.{name}] to profilegen.toml; configured are: {known}.",
        code="unknown_mdm",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One seat, what was seen of it, and how it stands."""

    view: SeatView
    judgement: Judgement

    @property
    def seat(self) -> Seat:
        """The seat, with what is wanted of it now."""
        return self.view.seat


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOrder:
    """
    How a repair goes.

    `again` pushes even what was pushed in this episode; `allowed_because` are the words of whoever takes responsibility
    for unproved servers; inventories from before `proof_since` are asked for anew; `touches` the number of devices the
    operator agreed to, where a server touches more than the plan names; `patience` how long a wave waits for its
    devices, `tick` how often it looks; `actor` is written into the history.
    """

    plan: str
    actor: str
    proof_since: datetime
    query: SeatQuery = field(default_factory=SeatQuery)
    waves: Waves = field(default_factory=Waves)
    acceptance: Acceptance = field(default_factory=Acceptance)
    again: bool = False
    allowed_because: str | None = None
    touches: int | None = None
    patience: timedelta = timedelta(minutes=10)
    tick: timedelta = timedelta(seconds=2)
