"""The options of the fleet's commands, in groups that belong together."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from profilegen.errors import UsageProblem
from profilegen.fleet.drift import State
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.fleet.values import RepairOrder
from profilegen.flow.gate import refuse_empty_reason
from profilegen.ports.fleet import SeatQuery
from profilegen.settings.durations import parse_duration
from profilegen.settings.rates import parse_rate
from profilegen.settings.waves import Waves

Mdm = Annotated[str | None, typer.Option("--mdm", metavar="NAME", help="Only seats in this MDM.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoOptions:
    """Which part of the fleet."""

    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="WHO", help="An address, person, UDID or serial number. Repeatable."),
    ] = None
    state: Annotated[
        list[State] | None,
        typer.Option("--state", metavar="STATE", help="Only seats that stand like this. Repeatable."),
    ] = None
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Only seats of this group.")] = None
    fresh: Annotated[
        str, typer.Option("--fresh", metavar="TIME", help="How old an inventory may be to prove anything, like 24h.")
    ] = "24h"
    in_mdm: Annotated[str | None, typer.Option("--in", metavar="MDM", help="Only seats in this MDM.")] = None

    def query(self) -> SeatQuery:
        """Return what the memory is asked for; states are judged, not remembered."""
        return SeatQuery(who=tuple(self.only or ()), group=self.group, mdm=self.in_mdm)

    def proof_since(self) -> datetime:
        """Return since when an inventory counts; raises UsageProblem."""
        return datetime.now(UTC) - parse_duration(self.fresh)

    @property
    def states(self) -> frozenset[State] | None:
        """The states asked for, None for all."""
        return frozenset(self.state) if self.state else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOptions:
    """Which changes of the providers are followed."""

    cosmetic: Annotated[
        bool, typer.Option("--cosmetic", help="Push changes that alter nothing on the device, too.")
    ] = False
    accept_identity: Annotated[
        bool,
        typer.Option("--accept-identity", help="Follow changes that make another account on the device."),
    ] = False
    accept_held: Annotated[bool, typer.Option("--accept-held", help="Follow the provider again after a rollback.")] = (
        False
    )

    def acceptance(self) -> Acceptance:
        """Return the options as a value."""
        return Acceptance(cosmetic=self.cosmetic, identity=self.accept_identity, held=self.accept_held)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveOptions:
    """How a repair spreads."""

    canary: Annotated[int, typer.Option("--canary", min=0, metavar="N", help="Seats of the first wave.")] = 5
    wave: Annotated[
        float, typer.Option("--wave", min=0.01, max=100, metavar="PERCENT", help="Size of each further wave.")
    ] = 10.0
    max_failures: Annotated[
        float, typer.Option("--max-failures", min=0, max=100, metavar="PERCENT", help="Stop at this share.")
    ] = 3.0
    rate: Annotated[
        str | None, typer.Option("--rate", metavar="N/s", help="At most so many commands per second (/m, /h) and MDM.")
    ] = None
    patience: Annotated[
        str, typer.Option("--patience", metavar="TIME", help="How long a wave waits for its devices, like 10m.")
    ] = "10m"

    def waves(self) -> Waves:
        """Return the options as a value."""
        return Waves(canary=self.canary, percent=self.wave, max_failures=self.max_failures)

    def waits(self) -> timedelta:
        """Return the patience; raises UsageProblem."""
        return parse_duration(self.patience)

    def per_second(self) -> float | None:
        """Return the rate, None for that of the MDM; raises UsageProblem `bad_rate`."""
        return None if self.rate is None else parse_rate(self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """What an apply may do beyond what is needed and proved."""

    again: Annotated[
        bool, typer.Option("--again", help="Push once more, even what was pushed already. Needs --only.")
    ] = False
    touches: Annotated[
        int | None, typer.Option("--touches", metavar="N", help="Agree that a server touches N devices for this plan.")
    ] = None
    allow_unverified: Annotated[
        str | None, typer.Option("--allow-unverified", metavar="REASON", help="Deliver without proof; recorded.")
    ] = None

    def order(self, who: WhoOptions, waves: WaveOptions, follow: FollowOptions, actor: str) -> RepairOrder:
        """Return the whole as one order; raises UsageProblem `again_whom`, `no_reason` and those of the others."""
        if self.again and not who.only:
            raise UsageProblem(
                "--again pushes what is right already.", hint="Name the seats with --only.", code="again_whom"
            )
        if self.allow_unverified is not None:
            refuse_empty_reason(self.allow_unverified)
        return RepairOrder(
            plan=plan_id(),
            actor=actor,
            proof_since=who.proof_since(),
            query=who.query(),
            waves=waves.waves(),
            acceptance=follow.acceptance(),
            again=self.again,
            allowed_because=self.allow_unverified,
            touches=self.touches,
            patience=waves.waits(),
        )


def plan_id() -> str:
    """Return a name for a plan that can be read out: the minute, and a few digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M}-{secrets.token_hex(2)}"
