"""`profilegen lookup`: which settings does an address have, and who says so."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.address import Address, shorten
from profilegen.cli.answerfile import AnswerFile, open_answers
from profilegen.cli.grouped import grouped
from profilegen.cli.inorder import in_order
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import complain, note, print_json, progress_bar, progress_line, say
from profilegen.cli.policy import allowed
from profilegen.cli.render import show_resolution
from profilegen.cli.rosters import count_rows, roster_rows
from profilegen.cli.session import run_async, session_of
from profilegen.errors import AddressProblem, UsageProblem
from profilegen.flow.trial import question_about
from profilegen.ports import Finder
from profilegen.profile.wish import LookupWish
from profilegen.settings.candidates import Resolution, Status
from profilegen.settings.document import resolution_document
from profilegen.settings.roster import BadRow
from profilegen.settings.story import story
from profilegen.wiring import House

AT_ONCE = 8
"""How many named addresses are looked up at once."""

READ_AHEAD = 1000
"""How many rows of a roster are under way at most: enough of them to keep every discovery busy if it is sorted."""

_GOOD = (Status.OK, Status.APP_PASSWORD)
_WORST_FIRST = (2, 4, 1, 0)

Answer = Resolution | AddressProblem
Found = tuple[str, Answer]
Show = Callable[[str, Answer], None]
Document = Callable[[str, Answer], dict[str, Any]]


@grouped
def lookup(
    context: typer.Context,
    how: LookupOptions,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS…", show_default=False)] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="Addresses from a roster.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write JSON Lines; the same again goes on where it ended."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Use and keep nothing of what other runs learn about domains.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show the alternatives too.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell who said what, and why it was believed or not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """
    Find the right IMAP and SMTP settings of addresses and say who says so.

    Example: profilegen lookup you@example.com
    """
    house = session_of(context).house(how.ca)
    if not addresses and roster is None:
        raise UsageProblem("No address was given.", hint="Write profilegen lookup you@example.com.", code="no_address")
    wish, statuses = how.wish(), set[int]()
    texts = _texts(addresses or [], roster, statuses)
    asking = _Asking(house=house, wish=wish, finder=_finder(house, wish, roster, no_cache=no_cache))
    document = partial(_document, explain=explain)
    show: Show = partial(_print_json, document) if as_json else partial(_print, everything=everything, explain=explain)
    with ExitStack() as stack:
        if output is not None:
            file = stack.enter_context(open_answers(output))
            statuses |= _resumed(file, texts)
            show = partial(_write, file, document)
        step = _progress(stack, addresses or [], roster, in_file=output is not None)
        statuses |= run_async(_answer_all(texts, asking, AT_ONCE if roster is None else READ_AHEAD, show, step))
    raise typer.Exit(next((status for status in _WORST_FIRST if status in statuses), 0))


def exit_status(answer: Answer) -> int:
    """Return the exit status of one answer."""
    return 2 if isinstance(answer, AddressProblem) else _exit_status(answer.status)


def _exit_status(status: str) -> int:
    return {Status.INVALID: 2, Status.UNREACHABLE: 4, **dict.fromkeys(_GOOD, 0)}.get(Status(status), 1)


# --- the questions ---------------------------------------------------------------------------------------


def _texts(addresses: list[str], roster: Path | None, statuses: set[int]) -> Iterator[str]:
    """The addresses as they are needed; a bad row is named, and one exit status."""
    yield from addresses
    for row in roster_rows(roster) if roster is not None else ():
        if isinstance(row, BadRow):
            note(f"row {row.row}: {row.problem.message}")
            statuses.add(1)
        else:
            yield str(row.address)


def _finder(house: House, wish: LookupWish, roster: Path | None, *, no_cache: bool) -> Finder:
    if wish.offline:
        return house.finders.offline
    if roster is None:
        return house.finders.one
    return house.finders.roster if no_cache else house.finders.remembering


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Who is asked, and how."""

    house: House
    wish: LookupWish
    finder: Finder

    async def about(self, text: str) -> Found:
        try:
            address = allowed(Address.parse(text), self.house.loaded.config)
        except AddressProblem as problem:
            return text, problem
        return text, await self.finder.resolve(question_about(address, self.wish))


async def _answer_all(
    texts: Iterator[str], asking: _Asking, window: int, show: Show, step: Callable[[], None]
) -> set[int]:
    """Show every answer as soon as it and all before it are there; return their exit statuses."""
    statuses = set[int]()
    async with aclosing(in_order(texts, asking.about, window=window)) as answers:
        async for text, answer in answers:
            step()
            show(text, answer)
            statuses.add(exit_status(answer))
    return statuses


# --- the answers -----------------------------------------------------------------------------------------


def _print(text: str, answer: Answer, *, everything: bool, explain: bool) -> None:  # noqa: ARG001 - as `Show` is called
    if isinstance(answer, AddressProblem):
        complain(answer)
        return
    show_resolution(answer, everything=everything)
    for line in story(answer) if explain else ():
        say(f"  {line}")


def _print_json(document: Document, text: str, answer: Answer) -> None:
    print_json(document(text, answer))


def _write(file: AnswerFile, document: Document, text: str, answer: Answer) -> None:
    file.write(document(text, answer))


def _resumed(file: AnswerFile, texts: Iterator[str]) -> set[int]:
    """Pass over the addresses an earlier run has answered; return the exit statuses of those answers."""
    statuses = set[int]()
    for answered in file.answered():
        text = next(texts, None)
        if text is None or answered["address"] != _written(text):
            raise file.mismatch()
        statuses.add(_exit_status(answered["status"]))
    return statuses


def _written(text: str) -> str:
    """The address of a text as it stands in the answer."""
    try:
        return str(Address.parse(text))
    except AddressProblem:
        return shorten(text)


def _document(text: str, answer: Answer, *, explain: bool) -> dict[str, Any]:
    if not isinstance(answer, AddressProblem):
        told = {"story": list(story(answer))} if explain else {}
        return {**resolution_document(answer), **told}
    empty: dict[str, Any] = dict.fromkeys(("payload", "incoming", "outgoing"))
    lists: dict[str, Any] = {key: [] for key in ("alternatives", "conflicts", "timed_out", "notices")}
    lists["notices"] = [{"code": answer.code, "text": answer.message, "url": None}]
    return {"address": shorten(text), "domain": None, "status": str(Status.INVALID), **empty, **lists}


def _progress(stack: ExitStack, addresses: list[str], roster: Path | None, *, in_file: bool) -> Callable[[], None]:
    """Show a bar if the answers do not go to the terminal, else a line until the first; return what each shall call."""
    if not sys.stderr.isatty():
        return lambda: None
    count = len(addresses) + (count_rows(roster) if roster is not None else 0)
    if in_file or not sys.stdout.isatty():
        return stack.enter_context(progress_bar("Looking up", count))
    line = stack.enter_context(ExitStack())
    line.enter_context(progress_line())(f"asking about {count} address{'es' * (count > 1)}")
    return line.close
