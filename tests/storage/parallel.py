"""Processes that all start at the same moment."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


def run_at_once(function: Callable[[TaskT], ResultT], tasks: Sequence[TaskT]) -> list[ResultT]:
    """Return the results of one process per task; no process begins before all of them are up."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(tasks))
    with ProcessPoolExecutor(len(tasks), context, barrier.wait) as pool:
        return list(pool.map(function, tasks, timeout=60))
