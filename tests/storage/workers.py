"""What the processes of the tests do; a module of its own, so that they start fast."""

import asyncio
from datetime import datetime
from pathlib import Path

from profilegen.ports import Issued
from profilegen.ports.sending import Sending
from profilegen.storage.home import Home
from profilegen.storage.issues import SqliteIssueLog
from profilegen.storage.logins import SqliteLoginBudget
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.storage.clock import ManualClock

LOGIN = ("smtp.example.com", 587, "you@example.com")


def seal_of(home: Path) -> bytes:
    return Home.open(home).seal()


def record(task: tuple[Path, Issued]) -> None:
    path, issued = task
    asyncio.run(SqliteIssueLog(state=State(path=path)).record(issued))


def reserve(path: Path) -> datetime | None:
    return asyncio.run(SqliteLoginBudget(state=State(path=path), clock=ManualClock()).reserve(*LOGIN))


def claim(task: tuple[Path, Sending]) -> Sending | None:
    path, sending = task
    return asyncio.run(SqliteSendLedger(state=State(path=path)).claim(sending, over=()))
