"""Whose profile is not given out, and why: it could not be built, or its servers are not proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from profilegen.errors import NotPossible
from profilegen.flow.evidence import pair_of_account
from profilegen.flow.fleet.planning import Survey, pair_of
from profilegen.flow.gate import Gate
from profilegen.flow.values import Draft
from profilegen.ports.fleet import FleetStore, HistoryLine
from profilegen.ports.mdm import InstallOrder, MdmConnector, NamesStrangers

NOT_GIVEN_OUT = "not given out: "
"""What such a line of the history begins with."""
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The first few such lines, one for each seat, and how many there are."""

    lines: tuple[HistoryLine, ...] = ()
    count: int = 0


async def refused_in(store: FleetStore, plan: str, *, since: datetime) -> Refused:
    """Return whose profile a plan did not give out."""
    seats: dict[str | None, HistoryLine] = {}
    others = set[str | None]()
    async for line in store.history(since=since, who=None):
        if line.plan != plan or not line.outcome.startswith(NOT_GIVEN_OUT):
            continue
        if line.seat in seats or len(seats) < NAMED:
            seats[line.seat] = line
        else:
            others.add(line.seat)
    return Refused(lines=tuple(seats.values()), count=len(seats) + len(others))


async def refuse_unproved(draft: Draft, survey: Survey, gate: Gate, allowed_because: str | None) -> None:
    """
    Refuse accounts that use other servers than their domain's, unless those are proved as well.

    What was admitted for the domain says nothing of a relay service, or of a Mac where phones sign in otherwise. Raises
    NotPossible `unverified`.
    """
    admitted = {pair_of(pattern.settings.document) for pattern in survey.patterns.values()} - {None}
    for account in draft.order.accounts:
        pair = pair_of_account(account)
        if pair is not None and pair not in admitted:
            gate.refuse([await gate.admit(account.address.account, pair, allowed_because=allowed_because)])


async def touches_more(
    connector: MdmConnector, given: Sequence[InstallOrder], touched: int, *, by_template: bool
) -> NotPossible:
    """Return the refusal to touch more devices than the plan names, with the others' names where they are known."""
    others, way_out, whom = touched - len(given), "choose fewer with --only", ""
    if by_template:
        whom = f" The other {others} get what the server fills in for them, which nobody proved."
        way_out = "take them out of the group"
    strangers = await connector.strangers(given) if isinstance(connector, NamesStrangers) else ()
    if strangers:
        whom += f" The others are {', '.join(strangers[:NAMED])}{' …' if len(strangers) > NAMED else ''}."
    return NotPossible(
        f"{connector.name} would touch {touched} devices for the {len(given)} of this plan.{whom}",
        hint=f"Agree to that with --touches {touched}, or {way_out}.",
        code="touches_more",
    )
