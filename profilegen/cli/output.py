"""Where text goes: answers to stdout, everything else to stderr, JSON exactly once."""

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from profilegen.errors import ProfilegenError

if TYPE_CHECKING:
    from rich.table import Table

PIPED_WIDTH = 240
"""Columns for text that is piped: wide enough that no line is folded, so that grep finds it."""

MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "skip": "–"}
COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "dim"}


def print_table(rows: "Table") -> None:
    """Print a table on stdout: fitted and coloured on a terminal; piped, plain and without trailing blanks."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False, markup=False).print(rows)
        return
    plain = Console(highlight=False, markup=False, width=PIPED_WIDTH, file=io.StringIO())
    with plain.capture() as captured:
        plain.print(rows)
    for line in captured.get().splitlines():
        say(line.rstrip())


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on one line of stdout."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """Print one line of the answer for people."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Print one line beside the answer, on stderr."""
    _write(sys.stderr, text)


def complain(error: ProfilegenError) -> None:
    """Print an error for people: what happened and why, then what to do next."""
    note(f"profilegen: {error.message}")
    note(f"  → {error.hint}")


def error_document(error: ProfilegenError) -> dict[str, Any]:
    """Return the `error` object of the command line's contract."""
    return {"code": error.code, "message": error.message, "hint": error.hint, "retryable": error.retryable}


def table(*columns: str) -> "Table":
    """Return an empty table in the house style."""
    from rich.table import Table

    plain = Table(box=None, pad_edge=False, show_header=bool(columns), header_style="bold")
    for column in columns:
        plain.add_column(column, overflow="fold")
    return plain


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield a function that counts one step; a bar is shown on a terminal if there is more than one step."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # stdout stays itself: what is written there while the bar is shown may go to a file
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is being done, on a terminal and for as long as it is done."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update


def _write(stream: Any, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()
