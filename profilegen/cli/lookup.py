"""`profilegen lookup`: which settings does an address have, and who says so."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.address import Address, shorten
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import complain, note, print_json, progress_line
from profilegen.cli.policy import allowed
from profilegen.cli.render import show_resolution
from profilegen.cli.session import run_async, session_of
from profilegen.errors import AddressProblem, UsageProblem
from profilegen.flow.trial import question_about
from profilegen.profile.wish import LookupWish
from profilegen.settings.candidates import Resolution, Status
from profilegen.settings.document import resolution_document
from profilegen.wiring import House

AT_ONCE = 8
_GOOD = (Status.OK, Status.APP_PASSWORD)
_WORST_FIRST = (2, 4, 1, 0)

Found = tuple[str, Resolution | AddressProblem]


@grouped
def lookup(
    context: typer.Context,
    how: LookupOptions,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS…", show_default=False)] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="Addresses from a roster.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show the alternatives too.")] = False,
    as_json: Json = False,
) -> None:
    """
    Find the right IMAP and SMTP settings of addresses and say who says so.

    Example: profilegen lookup you@example.com
    """
    house = session_of(context).house(how.ca)
    texts = [*(addresses or []), *(_roster_addresses(roster) if roster else [])]
    if not texts:
        raise UsageProblem("No address was given.", hint="Write profilegen lookup you@example.com.", code="no_address")
    with progress_line() as progress:
        progress(f"asking about {len(texts)} address{'es' * (len(texts) > 1)}")
        found = run_async(_resolve_all(texts, house, how.wish()))
    for text, answer in found:
        if as_json:
            print_json(_document(text, answer))
        elif isinstance(answer, AddressProblem):
            complain(answer)
        else:
            show_resolution(answer, everything=everything)
    statuses = {exit_status(answer) for _, answer in found}
    raise typer.Exit(next(status for status in _WORST_FIRST if status in statuses))


def exit_status(answer: Resolution | AddressProblem) -> int:
    """Return the exit status of one answer."""
    if isinstance(answer, AddressProblem):
        return 2
    if answer.status is Status.UNREACHABLE:
        return 4
    return 0 if answer.status in _GOOD else 1


async def _resolve_all(texts: list[str], house: House, wish: LookupWish) -> list[Found]:
    at_once = asyncio.Semaphore(AT_ONCE)
    finder = house.offline_finder if wish.offline else house.finder

    async def resolve(text: str) -> Found:
        try:
            address = allowed(Address.parse(text), house.loaded.config)
        except AddressProblem as problem:
            return text, problem
        async with at_once:
            return text, await finder.resolve(question_about(address, wish))

    return list(await asyncio.gather(*(resolve(text) for text in texts)))


def _roster_addresses(path: Path) -> list[str]:
    from profilegen.cli.rosters import open_roster

    roster = open_roster(path)
    for bad in roster.bad:
        note(f"row {bad.row}: {bad.problem.message}")
    return [str(row.address) for row in roster.rows]


def _document(text: str, answer: Resolution | AddressProblem) -> dict[str, Any]:
    if not isinstance(answer, AddressProblem):
        return resolution_document(answer)
    empty: dict[str, Any] = dict.fromkeys(("payload", "incoming", "outgoing"))
    lists: dict[str, Any] = {key: [] for key in ("alternatives", "conflicts", "timed_out", "notices")}
    lists["notices"] = [{"code": answer.code, "text": answer.message, "url": None}]
    return {"address": shorten(text), "domain": None, "status": str(Status.INVALID), **empty, **lists}
