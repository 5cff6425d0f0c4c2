"""All sources at once: what each said, who came too late, and when enough has been heard."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from profilegen.discovery.tasks import call_off
from profilegen.errors import WorldProblem
from profilegen.settings.candidates import Answer, Notice
from profilegen.settings.verdict import SOURCE_FAILED, is_settled

_TIMEOUTS = ("timeout", "connect_timeout", "dns_timeout")

Finding = Callable[[], Coroutine[Any, Any, Answer]]
"""Asks one source."""


@dataclass(slots=True, kw_only=True)  # it fills while the sources are being asked
class Heard:
    """What the sources said so far; `timed_out` and `failed` name those that gave no answer."""

    answers: list[Answer] = field(default_factory=list)
    timed_out: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def listen(findings: Mapping[str, Finding], *, seconds: float, grace: float) -> Heard:
    """
    Ask every source at once, by name, and return what was heard.

    Ends when all have answered, after `seconds`, or `grace` seconds after both directions were settled; who has not
    answered by then is cancelled and named in `timed_out`. Raises what is no WorldProblem.
    """
    heard = Heard()
    tasks = {asyncio.create_task(find()): kind for kind, find in findings.items()}
    try:
        pending = await _collect(tasks, heard, seconds, grace)
        heard.timed_out += [tasks[task] for task in pending]
    finally:
        await call_off(tuple(tasks))
    return heard


async def _collect(
    tasks: "Mapping[asyncio.Task[Answer], str]", heard: Heard, seconds: float, grace: float
) -> "set[asyncio.Task[Answer]]":
    """Fill `heard`; return the tasks that have not answered."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    settled = False
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(
            pending, timeout=max(0.0, deadline - clock()), return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            break
        for task in done:
            _hear(task, tasks[task], heard)
        if not settled and is_settled(heard.answers):
            settled = True
            deadline = min(deadline, clock() + grace)
    return pending


def _hear(task: "asyncio.Task[Answer]", kind: str, heard: Heard) -> None:
    try:
        heard.answers.append(task.result())
    except WorldProblem as problem:
        notice = Notice(code=SOURCE_FAILED, text=f"{kind}: {problem.message}")
        heard.answers.append(Answer(kind=kind, notices=(notice,)))
        late = problem.code in _TIMEOUTS
        (heard.timed_out if late else heard.failed).append(kind)
