"""
Ctrl-C: the first finishes what is under way and tidies up, the second leaves at once.

Leaving at once is safe: whatever the program writes, it writes so that it may die at any line.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

INTERRUPTED = 130
"""Exit status after Ctrl-C; CLI.md."""
SAID_AFTER = 1.0
"""Seconds of tidying up after which the person is told what takes so long."""
PATIENCE = 30.0
"""Seconds of tidying up after which it is hopeless: a library that lost a cancellation waits forever."""
LAST_WORDS = "profilegen: interrupted; nothing was left half-written."

ResultT = TypeVar("ResultT")


async def until_stopped(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Do the work of a command; raises CancelledError where Ctrl-C ended it."""
    loop, task = asyncio.get_running_loop(), asyncio.create_task(work)

    def stop() -> None:
        if task.cancelling():
            _leave()
        task.cancel()
        loop.call_later(SAID_AFTER, _say_why)
        # a thread, as the loop ends before the threads it left behind; never called off, as they may outlast everything
        hopeless = threading.Timer(PATIENCE, _leave)
        hopeless.daemon = True
        hopeless.start()

    with contextlib.suppress(NotImplementedError, RuntimeError):  # on Windows, and outside the main thread
        loop.add_signal_handler(signal.SIGINT, stop)
    return await task


def _say_why() -> None:
    sys.stderr.write("profilegen: finishing what is under way; Ctrl-C once more leaves at once.\n")


def _leave() -> NoReturn:
    os.write(2, f"{LAST_WORDS}\n".encode())
    os._exit(INTERRUPTED)
