"""What the options before the command decide: which home, which configuration."""

import asyncio
import os
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer

from profilegen.cli.stopping import until_stopped
from profilegen.wiring import House, open_house

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of the command line."""

    home: Path | None
    config_file: Path | None

    def house(self, authorities: Iterable[Path] | None = None) -> House:
        """Return the parts of the program, with further trust anchors from files."""
        return open_house(
            environ=os.environ,  # noqa: TID251 - handed to profilegen.config, which alone reads it
            home=self.home,
            config_file=self.config_file,
            anchor_files=authorities or (),
        )


def session_of(context: typer.Context) -> Session:
    """Return the session of a command."""
    session = context.find_object(Session)
    return session if session is not None else Session(home=None, config_file=None)


def run_async(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run the one coroutine of a command; raises KeyboardInterrupt if somebody stops it."""
    try:
        return asyncio.run(until_stopped(work))
    except asyncio.CancelledError:
        # asyncio tells Ctrl-C by how often the task was cancelled; a library that cancels once too often spoils the sum
        raise KeyboardInterrupt from None
