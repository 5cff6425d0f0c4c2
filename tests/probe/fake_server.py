"""A fake mail server for what real ones do not do: it answers by verb from a table and can misbehave at STARTTLS."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Manners:
    """
    How the fake behaves.

    `greeting` and the `answers` by upper-case verb are raw bytes with line ends; a verb may stand behind an IMAP tag,
    which replaces "TAG" in the answer. `context`: begin TLS after STARTTLS, or at once if `implicit`. `after_starttls`
    is sent in clear text in the same packet as the answer to STARTTLS.
    """

    greeting: bytes = b"220 fake.lab.test ESMTP\r\n"
    greeting_after: float = 0.0
    answers: Mapping[str, bytes] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    implicit: bool = False
    after_starttls: bytes = b""


@dataclass(kw_only=True)
class FakeServer:
    """A running fake: its port on 127.0.0.1, and every line it has heard."""

    port: int
    heard: list[str] = field(default_factory=list)


@contextmanager
def fake_server(manners: Manners) -> Iterator[FakeServer]:
    """Serve connections one after the other until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FakeServer(port=listener.getsockname()[1])
        stop = threading.Event()
        listener.settimeout(0.05)
        thread = threading.Thread(target=_serve, args=(listener, manners, server, stop))
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join(timeout=20)


def _serve(listener: socket.socket, manners: Manners, server: FakeServer, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            connection.settimeout(10)
            with suppress(OSError):
                _converse(connection, manners, server)
            connection.close()


def _converse(connection: socket.socket, manners: Manners, server: FakeServer) -> None:
    if manners.implicit and manners.context is not None:
        connection = manners.context.wrap_socket(connection, server_side=True)
    try:
        time.sleep(manners.greeting_after)
        connection.sendall(manners.greeting)
        while line := _line(connection):
            server.heard.append(line)
            verb, tag = _verb(line, manners)
            if verb == "QUIT":
                return
            answer = manners.answers.get(verb, b"500 what?\r\n").replace(b"TAG", tag)
            if verb == "STARTTLS" and answer.startswith(b"220") and manners.context is not None:
                connection.sendall(answer + manners.after_starttls)
                connection = manners.context.wrap_socket(connection, server_side=True)
            else:
                connection.sendall(answer)
    finally:
        connection.close()


def _verb(line: str, manners: Manners) -> tuple[str, bytes]:
    first, _, rest = line.partition(" ")
    second = rest.partition(" ")[0].upper()
    return (second if second in manners.answers else first.upper()), first.encode()


def _line(connection: socket.socket) -> str:
    heard = bytearray()
    while not heard.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return ""
        heard += byte
    return heard.decode("utf-8", "replace").strip()
