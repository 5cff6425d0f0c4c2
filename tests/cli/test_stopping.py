"""Ctrl-C on a command of its own process, whose tidying up is quick, slow, or never ends."""

import signal
import subprocess
import sys

TIDIES_FOR = """
import asyncio
from profilegen.cli import stopping
from profilegen.cli.session import run_async

stopping.SAID_AFTER, stopping.PATIENCE = {said_after}, {patience}

async def work() -> None:
    try:
        print("working", flush=True)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep({seconds})
        print("tidied up", flush=True)

try:
    run_async(work())
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
LAST_WORDS = "profilegen: interrupted; nothing was left half-written.\n"
REASON = "finishing what is under way; Ctrl-C once more leaves at once"


def _stopped(*, seconds: float, said_after: float = 60, patience: float = 60, times: int = 1) -> tuple[int, str, str]:
    script = TIDIES_FOR.format(seconds=seconds, said_after=said_after, patience=patience)
    with subprocess.Popen([sys.executable, "-c", script], stdout=-1, stderr=-1, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            process.send_signal(signal.SIGINT)
            if times == 2:
                assert process.stderr is not None
                assert REASON in process.stderr.readline()
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, out, err


def test_what_is_under_way_is_finished() -> None:
    assert _stopped(seconds=0) == (0, "tidied up\nstopped\n", "")


def test_who_waits_is_told_why() -> None:
    status, out, err = _stopped(seconds=0.5, said_after=0.1)
    assert (status, out) == (0, "tidied up\nstopped\n")
    assert REASON in err


def test_tidying_up_that_never_ends_is_left() -> None:
    assert _stopped(seconds=60, patience=0.2) == (130, "", LAST_WORDS)


def test_the_second_time_it_leaves_at_once() -> None:
    assert _stopped(seconds=60, said_after=0.1, times=2) == (130, "", LAST_WORDS)
