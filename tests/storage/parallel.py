"""Processes that all start at the same moment."""

import multiprocessing
from collections.abc import Callable, Sequence
from typing import TypeVar

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


def run_at_once(function: Callable[[TaskT], ResultT], tasks: Sequence[TaskT]) -> list[ResultT]:
    """Return the results of one process per task; no process begins before all of them are up."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(tasks))
    with context.Pool(len(tasks), initializer=barrier.wait) as pool:
        return pool.map(function, tasks, chunksize=1)
