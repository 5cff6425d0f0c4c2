"""
Real web servers on loopback addresses of their own, each with a document root and a piece of configuration to try.

nginx is the system's; Caddy and Apache are only unpacked by `.ci/servers`, where nobody else sees them.
"""

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

_UNPACKED = Path(__file__).parents[2] / ".lab/web"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServer:
    """The running server: it listens on port 443 of `address` and serves `root`."""

    address: str
    root: Path
    log: Path

    @property
    def accesses(self) -> str:
        """What it has served so far, in its own words."""
        return self.log.read_text("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    One kind of server: its program, the file a snippet is written to, and its configuration around that.

    `arguments` and `config` are filled with `folder`, `address`, `host` and `modules`.
    """

    program: str
    snippet: str
    arguments: tuple[str, ...]
    config: str

    def where(self) -> str | None:
        """Return the program: the system's, else the unpacked one."""
        paths = f"{_PATH}:{_UNPACKED}/usr/bin:{_UNPACKED}/usr/sbin"
        return shutil.which(self.program, path=paths)


ServeWeb = Callable[[str, str, IssuedCertificate, dict[str, bytes]], WebServer]


@pytest.fixture(scope="module")
def serve_web() -> Iterator[ServeWeb]:
    """Start a server of a kind per call, for a host with its certificate and snippets; all are stopped at the end."""
    with ExitStack() as running:

        def serve(kind: str, host: str, certificate: IssuedCertificate, snippets: dict[str, bytes]) -> WebServer:
            missing = what_is_missing(kind)
            if missing and os.environ.get("CI") == "true":
                pytest.fail(missing)
            if missing:
                pytest.skip(missing)
            return running.enter_context(running_server(KINDS[kind], host, certificate, snippets))

        yield serve


def what_is_missing(kind: str) -> str | None:
    """Return why a server cannot run here, None if it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a web server on port 443 needs root"
    program = KINDS[kind].where()
    if program is None:
        return f"the tests of web servers need {kind}: run sh .ci/servers"
    probe = subprocess.run([program, "version" if kind == "caddy" else "-v"], capture_output=True, env=_environment())
    return None if probe.returncode == 0 else f"{program} does not run here: {probe.stderr.decode('utf-8', 'replace')}"


def _environment() -> dict[str, str]:
    return {"PATH": _PATH, "LD_LIBRARY_PATH": ":".join(map(str, _UNPACKED.glob("usr/lib/*-*")))}


@contextmanager
def running_server(
    kind: Kind, host: str, certificate: IssuedCertificate, snippets: dict[str, bytes]
) -> Iterator[WebServer]:
    """Run a server in the foreground until the block ends."""
    # not pytest's own folder: that is 0700, and the workers run as a user of their own
    folder = Path(tempfile.mkdtemp(prefix="web-lab-"))
    try:
        folder.chmod(0o755)
        (folder / "root").mkdir()
        certificate.write(folder)
        (folder / "snippet.conf").write_bytes(snippets[kind.snippet])
        address = _free_address()[0]
        values = {"folder": folder, "address": address, "host": host, "modules": _modules()}
        (folder / "server.conf").write_text(kind.config.format(**values))
        command = [kind.where() or kind.program, *(word.format(**values) for word in kind.arguments)]
        with _process(command, folder, address):
            yield WebServer(address=address, root=folder / "root", log=folder / "access.log")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _modules() -> Path:
    unpacked = _UNPACKED / "usr/lib/apache2/modules"
    return unpacked if unpacked.is_dir() else Path("/usr/lib/apache2/modules")


@contextmanager
def _process(command: list[str], folder: Path, address: str) -> Iterator[None]:
    environment = _environment() | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment)
        try:
            _wait_for(address, server, folder)
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((address, 443), timeout=1):
            return
        time.sleep(0.02)
    logs = [
        path.read_text("utf-8", "replace")[-2000:] for path in (folder / "out", folder / "error.log") if path.exists()
    ]
    raise RuntimeError(f"{server.args!r} did not start:\n" + "\n".join(logs))


# Debian's mime.types is left out of nginx and Apache: what has no type in the snippet must not get one by luck.
_NGINX = """\
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
_CADDY = """\
{{
	admin off
	auto_https off
	default_sni {host}
	default_bind {address}
}}
https://{host} {{
	tls {folder}/server.crt.pem {folder}/server.key.pem
	root * {folder}/root
	log {{
		output file {folder}/access.log
	}}
	import {folder}/snippet.conf
	handle {{
		file_server browse
	}}
}}
"""
_APACHE = """\
ServerRoot {folder}
ServerName {host}
PidFile {folder}/pid
Mutex file:{folder}
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
User www-data
Group www-data
Listen {address}:443
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule autoindex_module {modules}/mod_autoindex.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule ssl_module {modules}/mod_ssl.so
TypesConfig /dev/null
CustomLog {folder}/access.log "%h %r %>s"
<VirtualHost {address}:443>
    SSLEngine on
    SSLCertificateFile {folder}/server.crt.pem
    SSLCertificateKeyFile {folder}/server.key.pem
    DocumentRoot {folder}/root
    <Directory {folder}/root>
        Options +Indexes
        Require all granted
    </Directory>
    Include {folder}/snippet.conf
</VirtualHost>
"""

KINDS = {
    "nginx": Kind(
        program="nginx", snippet="nginx.conf", arguments=("-p", "{folder}", "-c", "{folder}/server.conf"), config=_NGINX
    ),
    "caddy": Kind(
        program="caddy",
        snippet="Caddyfile",
        arguments=("run", "--config", "{folder}/server.conf", "--adapter", "caddyfile"),
        config=_CADDY,
    ),
    "apache": Kind(
        program="apache2",
        snippet="apache.conf",
        arguments=("-D", "FOREGROUND", "-f", "{folder}/server.conf"),
        config=_APACHE,
    ),
}
