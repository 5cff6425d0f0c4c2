"""A real name server: Knot DNS with zones of the tests' own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from profilegen.net.resolver import DnsResolver

ServeZones = Callable[[Mapping[str, str]], str]
"""Takes zone texts by zone name ("." for the root) and returns "ip:port"."""

_HEAD = """\
$TTL 60
{origin} SOA ns.lab. hostmaster.lab. 1 60 60 60 60
{origin} NS ns.lab.
"""
_START_SECONDS = 10.0


@pytest.fixture(scope="session")
def serve_zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeZones]:
    """
    Start a Knot server per call with these zones, on loopback; all are stopped at the end.

    SOA and NS are added. A zone whose text is empty is configured without a file, so that Knot answers SERVFAIL for it.
    """
    program = require("knotd", package="knot")
    with ExitStack() as running:

        def serve(zones: Mapping[str, str]) -> str:
            return running.enter_context(knot(program, tmp_path_factory.mktemp("knot"), zones))

        yield serve


@contextmanager
def knot(program: str, folder: Path, zones: Mapping[str, str]) -> Iterator[str]:
    """Run knotd in the foreground with its files in `folder`; yields "ip:port"."""
    port = _free_port()
    (folder / "db").mkdir()
    for number, (zone, text) in enumerate(zones.items()):
        if text:
            origin = zone if zone.endswith(".") else f"{zone}."
            (folder / f"{number}.zone").write_text(_HEAD.format(origin=origin) + text)
    config = folder / "knot.conf"
    config.write_text(_config(folder, port, list(zones)))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
        try:
            _wait_until_it_answers(server, port, folder / "log")
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=10)


def require(program: str, *, package: str) -> str:
    """
    Return the path of a Debian program, or skip the test if it is missing.

    With CI=true a server test that cannot run is a failure.
    """
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is not None:
        return path
    reason = f"{program} is missing: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _config(folder: Path, port: int, zones: list[str]) -> str:
    listed = "".join(f'  - domain: "{zone}"\n    file: "{folder}/{number}.zone"\n' for number, zone in enumerate(zones))
    return (
        f'server:\n    rundir: "{folder}"\n    listen: 127.0.0.1@{port}\n'
        f'database:\n    storage: "{folder}/db"\n'
        f"log:\n  - target: stderr\n    any: warning\n"
        f"zone:\n{listed}"
    )


def _free_port() -> int:
    """Return a port that is free for UDP and TCP; the TCP side of one that is offered may be taken."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp, suppress(OSError):
            udp.bind(("127.0.0.1", 0))
            port: int = udp.getsockname()[1]
            tcp.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free for UDP and TCP")


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0\0\0\6\0\1"  # the SOA of the root
    deadline = time.monotonic() + _START_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        udp.connect(("127.0.0.1", port))
        while time.monotonic() < deadline and server.poll() is None:
            try:
                udp.send(question)
                udp.recv(512)
            except OSError:
                time.sleep(0.02)
            else:
                return
    pytest.fail(f"knotd did not start: {log.read_text()[-2000:]}")


def resolver_at(server: str) -> DnsResolver:
    """Return our resolver, asking this server only."""
    return DnsResolver([server])
