"""A real nginx on a loopback address of its own, with a document root and a piece of configuration to try."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.certificates import IssuedCertificate
from tests.lab.https import _free_address

_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """The running server: it listens on port 443 of `address` and serves `root`."""

    address: str
    root: Path
    log: Path

    @property
    def accesses(self) -> str:
        """What it has served so far, in its own words."""
        return self.log.read_text("utf-8", "replace")


ServeNginx = Callable[[IssuedCertificate, str], Nginx]


@pytest.fixture
def serve_nginx() -> Iterator[ServeNginx]:
    """Start nginx per call, with a certificate and a snippet for its server block; all are stopped at the end."""
    missing = what_is_missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with ExitStack() as running:

        def serve(certificate: IssuedCertificate, snippet: str) -> Nginx:
            return running.enter_context(running_nginx(certificate, snippet))

        yield serve


def what_is_missing() -> str | None:
    """Return why nginx cannot run here, None if it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "nginx on port 443 needs root"
    return None if shutil.which("nginx", path=_PATH) else "the tests of web servers need the Debian package nginx-light"


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


@contextmanager
def running_nginx(certificate: IssuedCertificate, snippet: str) -> Iterator[Nginx]:
    """Run nginx in the foreground until the block ends."""
    # not pytest's own folder: that is 0700, and the workers run as a user of their own
    folder = Path(tempfile.mkdtemp(prefix="nginx-lab-"))
    try:
        folder.chmod(0o755)
        root = folder / "root"
        root.mkdir()
        certificate.write(folder)
        (folder / "snippet.conf").write_text(snippet)
        address = _free_address()[0]
        (folder / "nginx.conf").write_text(_CONF.format(folder=folder, address=address))
        with _process(folder, address):
            yield Nginx(address=address, root=root, log=folder / "access.log")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _process(folder: Path, address: str) -> Iterator[None]:
    command = [shutil.which("nginx", path=_PATH) or "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            _wait_for(address, server, folder / "out")
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((address, 443), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nginx did not start:\n{out.read_text('utf-8', 'replace')}")


# Debian's mime.types is left out on purpose: what has no type in the snippet must not get one by luck
_CONF = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    server {{
        listen {address}:443 ssl;
        ssl_certificate {folder}/server.crt.pem;
        ssl_certificate_key {folder}/server.key.pem;
        root {folder}/root;
        autoindex on;
        include {folder}/snippet.conf;
    }}
}}
"""
