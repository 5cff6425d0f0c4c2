"""Real HTTPS and HTTP servers on loopback addresses of their own, always on port 443 or 80."""

import errno
import gzip
import itertools
import os
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.lab.certificates import IssuedCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a server was asked: the Host header, the path with query, and all headers in lower case."""

    host: str
    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


Site = Callable[[Asked], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsServer:
    """A running server: its address and everything it was asked so far."""

    address: str
    asked: list[Asked]


ServeHttps = Callable[[IssuedCertificate, Site], HttpsServer]
ServeHttp = Callable[[Site], HttpsServer]


@pytest.fixture
def serve_https() -> Iterator[ServeHttps]:
    """Start an HTTPS server per call, each on a loopback address of its own; all are stopped at the end."""
    _require_port_443()
    with ExitStack() as running:

        def serve(certificate: IssuedCertificate, site: Site) -> HttpsServer:
            return running.enter_context(https_server(certificate, site))

        yield serve


@pytest.fixture
def serve_http() -> Iterator[ServeHttp]:
    """Start a server without encryption per call, on port 80 of a loopback address of its own."""
    _require_port_443()
    with ExitStack() as running:

        def serve(site: Site) -> HttpsServer:
            return running.enter_context(http_server(site))

        yield serve


@pytest.fixture
def closed_443() -> str:
    """A loopback address on which nobody listens at port 443."""
    _require_port_443()
    return _free_address()[0]


@pytest.fixture
def silent_443() -> Iterator[str]:
    """A loopback address where port 443 takes connections and never says a word."""
    _require_port_443()
    address = _free_address()
    with socket.create_server(address):
        yield address[0]


def pages(table: Mapping[str, Reply]) -> Site:
    """Return a site that answers by host and path without query ("example.test/robots.txt"), else with 404."""
    return lambda asked: table.get(asked.host + asked.path.partition("?")[0], Reply(status=404))


def always(reply: Reply) -> Site:
    """Return a site that gives one answer to everything."""

    def site(asked: Asked) -> Reply:
        return reply

    return site


def gzipped(body: bytes) -> Reply:
    """Return a reply whose body travels compressed."""
    return Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})


def redirect(location: str) -> Reply:
    """Return a temporary redirect."""
    return Reply(status=302, headers={"Location": location})


@contextmanager
def https_server(certificate: IssuedCertificate, site: Site) -> Iterator[HttpsServer]:
    """Serve `site` with this certificate until the block ends."""
    asked: list[Asked] = []
    server = _Server(_free_address(), _handler(site, asked))
    with tempfile.TemporaryDirectory() as folder:
        chain, key = certificate.write(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with _running(server):
        yield HttpsServer(address=str(server.server_address[0]), asked=asked)


@contextmanager
def http_server(site: Site, address: str | None = None) -> Iterator[HttpsServer]:
    """Serve `site` without encryption until the block ends, by default on an address of its own."""
    asked: list[Asked] = []
    server = _Server((address or _free_address()[0], 80), _handler(site, asked))
    with _running(server):
        yield HttpsServer(address=str(server.server_address[0]), asked=asked)


@contextmanager
def _running(server: "_Server") -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that refuse our certificate or hang up: the tests judge the client's side."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(site: Site, asked: list[Asked]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            question = Asked(
                host=headers.get("host", ""), path=self.path, headers=headers, method=self.command, body=body
            )
            asked.append(question)
            reply = site(question)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Keep the test output clean."""

    return Handler


_NUMBERS = itertools.count(os.getpid() % 200 * 250)


def _free_address() -> tuple[str, int]:
    """A loopback address on which nobody listens at 443; parallel test runs start at different ones."""
    for number in itertools.islice(_NUMBERS, 500):
        address = (f"127.44.{number // 250 % 250 + 1}.{number % 250 + 1}", 443)
        with socket.socket() as probe:
            try:
                probe.bind(address)
            except OSError as exc:
                if exc.errno != errno.EADDRINUSE:
                    raise
            else:
                return address
    pytest.fail("no loopback address has port 443 free")


def _require_port_443() -> None:
    try:
        _free_address()
    except OSError as exc:
        reason = f"port 443 on loopback addresses needs root on Linux: {exc}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
