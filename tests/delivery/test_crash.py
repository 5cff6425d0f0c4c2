"""A process that is killed at any step leaves the old file or the new one, never half of one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX notion")

OLD, NEW = b"old" * 1000, b"new" * 5000

# A profile function sees every C function before it is called and after it has returned; those that reach the file
# system are the steps, and the process kills itself at the numbered one.
PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from profilegen.delivery.files import FileDrop

target, deadline = Path("x.mobileconfig"), int(sys.argv[1])
steps = 0
CALLS = {"close", "flush", "fsync", "lstat", "mkdir", "open", "rename", "replace", "stat", "unlink", "write"}

def step(frame, event, function):
    global steps
    if event in ("c_call", "c_return") and function.__name__ in CALLS:
        steps += 1
        if steps == deadline:
            os.kill(os.getpid(), signal.SIGKILL)

async def story():
    drop = FileDrop()
    sys.setprofile(step)
    staged = await drop.stage(target, b"new" * 5000, private=True)
    await staged.commit()
    sys.setprofile(None)
    print(steps)

asyncio.run(story())
"""


def run(folder: Path, deadline: int) -> subprocess.CompletedProcess[str]:
    (folder / "x.mobileconfig").write_bytes(OLD)
    command = [sys.executable, "-B", "-c", PROGRAM, str(deadline)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_kill_at_any_step_leaves_the_old_or_the_new_file_whole(tmp_path: Path) -> None:
    undisturbed = run(tmp_path, deadline=-1)
    assert (tmp_path / "x.mobileconfig").read_bytes() == NEW, undisturbed.stderr
    steps = int(undisturbed.stdout)
    assert steps > 10
    seen = []
    for deadline in range(1, steps + 1):
        killed = run(tmp_path, deadline)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        seen.append((tmp_path / "x.mobileconfig").read_bytes())
    assert set(seen) == {OLD, NEW}
    switch = seen.index(NEW)
    assert seen == [OLD] * switch + [NEW] * (steps - switch)
