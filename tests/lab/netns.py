"""
A network of its own with a mail lab in it, and a filter in the way: what hotels, providers and virus scanners do.

The network is a Linux network name space that only this process and its children see. Its loopback is not ours, so that
rules for it disturb nobody; they are nftables, and apply to what arrives.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from tests.lab.certificates import Authority
from tests.lab.dns import require
from tests.lab.mail import MailLab, running_lab, what_is_missing

_CLONE_NEWNET = 0x40000000
_TABLE = """\
table inet wall {{
  chain arriving {{
    type filter hook input priority 0
    {arriving}
  }}
}}
table ip detour {{
  chain leaving {{
    type nat hook output priority -100
    {leaving}
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network name space, by a file descriptor that keeps it alive; `lab` are the servers inside."""

    descriptor: int
    lab: MailLab

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread, and every process it starts, be in this network until the block ends."""
        with _entered(self.descriptor):
            yield

    @contextmanager
    def wall(self, *arriving: str, detour: str = "") -> Iterator[None]:
        """Enter, with rules such as "tcp dport 587 drop" for what arrives, and one for where to it is sent instead."""
        rules = _TABLE.format(arriving="\n    ".join(arriving), leaving=detour)
        with self.entered():
            _run("nft", "-f", "-", stdin=rules)
            try:
                yield
            finally:
                _run("nft", "flush", "ruleset")


@pytest.fixture(scope="session")
def network(authority: Authority, stranger: Authority) -> Iterator[Network]:
    """Start a mail lab in a network of its own, once per test run."""
    if reason := what_is_missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    require("nft", package="nftables")
    require("ip", package="iproute2")
    with ExitStack() as running:
        descriptor = running.enter_context(_made())
        with _entered(descriptor):
            lab = running.enter_context(running_lab(authority, stranger))
        yield Network(descriptor=descriptor, lab=lab)


@contextmanager
def _made() -> Iterator[int]:
    """Make a network name space whose loopback is up; where the machine refuses that, the test is skipped."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if _libc().unshare(_CLONE_NEWNET):
            pytest.skip("this machine allows no network name spaces")
        try:
            descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            _run("ip", "link", "set", "lo", "up")
        finally:
            _enter(own)
    finally:
        os.close(own)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _entered(descriptor: int) -> Iterator[None]:
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(descriptor)
        try:
            yield
        finally:
            _enter(own)
    finally:
        os.close(own)


def _enter(descriptor: int) -> None:
    if _libc().setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)  # os.setns is there since Python 3.12 only


def _run(*command: str, stdin: str = "") -> None:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    subprocess.run(command, input=stdin, text=True, check=True, timeout=20, env={**os.environ, "PATH": path})
