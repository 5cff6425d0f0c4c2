"""
A whole roster by mail, end to end: `python -m tests.benchmarks.send_roster [PEOPLE]`, 10,000 without argument.

The real command as a process of its own, with two bad rows, through a relay on this machine that takes everything; then
the same again, when everybody has got theirs. Prints seconds, microseconds of CPU per person and the most memory in MB.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.cli.test_send_batch import DOMAIN, command, overrides_of, person, prove, rehearsed, roster
from tests.lab.certificates import Authority
from tests.lab.dns import knot, require
from tests.lab.fake_relay import PASSWORD, fake_relay

PEOPLE = 10_000


def main() -> None:
    """Measure and print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        measure(Path(name), people)


def measure(folder: Path, people: int) -> None:
    """Send to so many people and two bad rows, twice; raises AssertionError unless everybody got one mail."""
    authority = Authority()
    prove(folder / "home")
    rehearsed(range(people), folder / "home")
    path = roster(*map(person, range(people)), "not an address", person(5))
    (folder / "knot").mkdir()
    names = knot(require("knotd", package="knot"), folder / "knot", {"lab.test": "relay A 127.0.0.1\n"})
    with names as resolver, fake_relay(authority.issue("relay.lab.test"), folder / "relay") as relay:
        surroundings = environment(folder, authority, resolver, relay.port)
        for words in ("first run", "run again"):
            sys.stdout.write(f"{words}: {timed(command(path), surroundings, people)}\n")
        assert sorted(relay.accepted) == sorted(map(person, range(people)))


def environment(folder: Path, authority: Authority, resolver: str, port: int) -> dict[str, str]:
    """Return what the command finds around it."""
    ca = folder / "ca.pem"
    ca.write_bytes(authority.pem)
    values = {
        "HOME": str(folder / "home"),
        "DISCOVERY__OVERRIDES": str(overrides_of(DOMAIN, folder)),
        "NETWORK__RESOLVER": resolver,
        "NETWORK__CA": str(ca),
        "ORGANIZATION": "Example Works",
        "SEND__SERVER": "relay.lab.test",
        "SEND__PORT": str(port),
        "SEND__FROM": "helpdesk@lab.test",
    }
    named = {f"PROFILEGEN_{key}": value for key, value in values.items()}
    root = str(Path(__file__).parents[2])
    return {**os.environ, **named, "RELAY": PASSWORD, "XDG_CONFIG_HOME": str(folder / "config"), "PYTHONPATH": root}


def timed(words: Sequence[str], surroundings: dict[str, str], people: int) -> str:
    """Run a command and return what it took."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, env=surroundings, stdout=subprocess.PIPE, text=True)
    took, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 1, done.stdout[-500:]  # the two bad rows
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{took:.1f} s, {cpu / people * 1e6:.0f} µs per person, {after.ru_maxrss / 1024:.0f} MB"


if __name__ == "__main__":
    main()
