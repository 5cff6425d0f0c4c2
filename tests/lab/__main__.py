"""
The mail lab for experiments by hand: `python -m tests.lab up`, later `python -m tests.lab down`; needs root.

`up` prints what to export, hosts, ports, users and passwords, and leaves the servers running in the background.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab.certificates import Authority
from tests.lab.dns import knot
from tests.lab.mail import DOMAIN, HOSTS, USERS, MailLab, password_of, running_lab, what_is_missing
from tests.lab.zone import SRV, zone

STATE = Path(tempfile.gettempdir()) / "profilegen-mail-lab.json"
LOG = STATE.with_suffix(".log")


def main(arguments: list[str]) -> int:
    """Run one of the commands and return the exit status."""
    commands = {"up": up, "down": down, "run": run}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python -m tests.lab up|down", file=sys.stderr)
        return 2
    return commands[arguments[0]]()


def up() -> int:
    """Start the lab in the background and describe it."""
    missing = what_is_missing() or (None if _knotd() else "knotd is missing: apt-get install knot")
    if missing or STATE.exists():
        print(missing or "the mail lab is up already: python -m tests.lab down", file=sys.stderr)
        return 1
    with LOG.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.lab", "run"], stdout=out, stderr=out, start_new_session=True
        )
        while not STATE.exists():
            if server.poll() is not None:
                print(f"the mail lab did not start; see {LOG}", file=sys.stderr)
                return 1
            time.sleep(0.05)
    print(json.loads(STATE.read_text())["text"])
    return 0


def down() -> int:
    """Stop the lab that runs in the background."""
    if not STATE.exists():
        print("the mail lab is not up", file=sys.stderr)
        return 1
    pid = int(json.loads(STATE.read_text())["pid"])
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(400):
            os.kill(pid, 0)
            time.sleep(0.05)
    STATE.unlink(missing_ok=True)
    LOG.unlink(missing_ok=True)
    return 0


def run() -> int:
    """Run the lab in the foreground until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running_lab(Authority(), Authority()) as lab, _names(lab) as resolver:
        try:
            _remember(lab, resolver)
            signal.pause()
        finally:
            STATE.unlink(missing_ok=True)
    return 0


@contextmanager
def _names(lab: MailLab) -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        knot(_knotd() or "knotd", Path(folder), {DOMAIN: zone(lab, SRV)}) as at,
    ):
        yield at


def _knotd() -> str | None:
    return shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin:/sbin")


def _remember(lab: MailLab, resolver: str) -> None:
    unfinished = STATE.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps({"pid": os.getpid(), "text": _description(lab, resolver)}))
    unfinished.rename(STATE)


def _description(lab: MailLab, resolver: str) -> str:
    ca = lab.folder / "ca.pem"
    ca.write_bytes(lab.ca_pem)
    lines = [f"export PROFILEGEN_NETWORK__RESOLVER={resolver} PROFILEGEN_NETWORK__CA={ca}"]
    lines += [f"logs      {lab.folder / 'log'}", "", "hosts and ports:"]
    for name, host in HOSTS.items():
        ports = [*host.smtp, *((143, 993, 110, 995) if host.mailbox else ())]
        full = f"{name}.{DOMAIN}"
        lines.append(f"{lab.hosts[full][0]:<16}{full:<22}{' '.join(map(str, ports))}")
    lines += ["", "users and passwords:", *(f"{user}@{DOMAIN:<12}{password_of(user)}" for user in USERS)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
