"""
A real Exim on loopback, beside the Postfix and Dovecot of the mail lab, every variant a host of its own.

As packages Exim and Postfix exclude each other, so `.ci/servers` only unpacks Exim's. It insists on a user whose name
is compiled into it, so it runs with a list of users of its own, in a mount name space that nobody else sees.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.certificates import Authority
from tests.lab.mail import DOMAIN, MAIL_UID, USERS, MailLab, password_of

_UNPACKED = Path(__file__).parents[2] / ".lab/exim/usr/sbin/exim4"
_USER = "Debian-exim"
_CONFIG = Path(__file__).with_name("exim.conf")
_START_SECONDS = 20.0

HOSTS = ("exim", "eximclear", "eximowner", "eximlimit", "eximbroken", "eximclosed", "eximfull", "eximsuspended")
"""
What is special: nothing; no TLS and a login in clear text; senders must be the login's own; the rate is used up; the
password database is out of order; those who have logged in may not send to others either; every mailbox is over its
quota; the account may log in and send nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EximLab:
    """The running Exim; `hosts` holds the address of every host name."""

    folder: Path
    hosts: dict[str, str]

    @property
    def program(self) -> Path:
        """The copy of Exim that runs."""
        return self.folder / "exim4"

    @property
    def zone(self) -> str:
        """The hosts as lines of a zone."""
        return "".join(f"{name.removesuffix('.' + DOMAIN)} A {address}\n" for name, address in self.hosts.items())

    @property
    def log(self) -> str:
        """Everything Exim has logged so far."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted((self.folder / "log").iterdir()))


@pytest.fixture(scope="session")
def exim_lab(authority: Authority, mail_lab: MailLab) -> Iterator[EximLab]:
    """Start Exim once per test run; it delivers into the mailboxes of the mail lab."""
    program = _program()
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, timeout=20).returncode:
        pytest.skip("Exim needs a mount name space of its own, which this machine refuses")
    folder = mail_lab.folder / "exim"
    net = mail_lab.hosts[f"good.{DOMAIN}"][0].rpartition(".")[0]
    hosts = {f"{name}.{DOMAIN}": f"{net}.{number}" for number, name in enumerate(HOSTS, start=101)}
    lab = EximLab(folder=folder, hosts=hosts)
    _write_files(lab, mail_lab, authority)
    shutil.copy2(program, lab.program)  # where it may start itself again as its own user, whoever owns the checkout
    with _running(lab):
        yield lab


def _program() -> Path:
    """Return the Exim that is here; without one the test is skipped, and with CI=true it fails."""
    for program in (_UNPACKED, Path("/usr/sbin/exim4")):
        # 127: a library is missing; without its user it complains with another status
        if program.exists() and subprocess.run([program, "-bV"], capture_output=True, timeout=20).returncode != 127:
            return program
    reason = "there is no Exim that runs: sh .ci/servers"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


# --- files -----------------------------------------------------------------------------------------------


def _write_files(lab: EximLab, mail_lab: MailLab, authority: Authority) -> None:
    for name in ("spool", "log"):
        (lab.folder / name).mkdir(parents=True)
    _, key = authority.issue(*lab.hosts).write(lab.folder, "exim")
    (lab.folder / "full").write_bytes(b"x" * 4096)  # what a mailbox holds that may hold 1 KiB
    for path in (lab.folder / "spool", lab.folder / "log", key):
        os.chown(path, MAIL_UID, MAIL_UID)
    # the owner of the mailboxes, so that Exim needs no rights of root to deliver
    (lab.folder / "passwd").write_text(f"root:x:0:0::/root:/bin/sh\n{_USER}:x:{MAIL_UID}:{MAIL_UID}::/:/bin/false\n")
    (lab.folder / "group").write_text(f"root:x:0:\n{_USER}:x:{MAIL_UID}:\n")
    (lab.folder / "passwords").write_text("".join(f"{user}@{DOMAIN}: {password_of(user)}\n" for user in USERS))
    (lab.folder / "mailboxes").write_text("".join(f"{user}: {user}\n" for user in USERS))
    macros = _macros(lab, mail_lab)
    head = "".join(f"{name} = {value}\n" for name, value in macros.items())
    (lab.folder / "exim.conf").write_text(head + _CONFIG.read_text())


def _macros(lab: EximLab, mail_lab: MailLab) -> dict[str, str]:
    broken = lab.hosts[f"eximbroken.{DOMAIN}"]
    return {
        "PROGRAM_PATH": str(lab.program),
        "LAB_FOLDER": str(lab.folder),
        "LAB_DOMAIN": DOMAIN,
        "LAB_INTERFACES": f"<; {' ; '.join(lab.hosts.values())}",
        "MAIL_FOLDER": str(mail_lab.folder / "mail" / DOMAIN),
        "PASSWORD_FILE": f"${{if eq{{$received_ip_address}}{{{broken}}}{{/nowhere}}{{{lab.folder}/passwords}}}}",
        "TLS_ONLY": "${if def:tls_in_cipher{*}}",
        **{f"{name.removeprefix('exim').upper()}_HOST": lab.hosts[f"{name}.{DOMAIN}"] for name in HOSTS[1:]},
    }


# --- process ---------------------------------------------------------------------------------------------


@contextmanager
def _running(lab: EximLab) -> Iterator[None]:
    """Run Exim in the foreground until the block ends."""
    command = [*_IN_ITS_OWN_WORLD, str(lab.folder), str(lab.program), "-C", str(lab.folder / "exim.conf"), "-bdf"]
    with (lab.folder / "out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            _wait_until_it_listens(lab, server)
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


_IN_ITS_OWN_WORLD = [
    *("unshare", "--mount", "sh", "-ec"),
    'mount --bind "$0/passwd" /etc/passwd; mount --bind "$0/group" /etc/group; exec "$@"',
]


def _wait_until_it_listens(lab: EximLab, server: "subprocess.Popen[bytes]") -> None:
    address = lab.hosts[f"exim.{DOMAIN}"]
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((address, 587), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"Exim did not start: {(lab.folder / 'out').read_text()}{lab.log}")
