"""A fake of what a validating resolver on this machine does (RFC 6840 section 5.7): it sets AD when AD is asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AD = 0x20  # in the fourth byte of a DNS header (RFC 4035 section 3.2.3)


@contextmanager
def fake_validating_resolver(upstream: str) -> Iterator[str]:
    """Forward every question to `upstream` ("ip:port") and mark the answers as authenticated; yields "ip:port"."""
    host, _, port = upstream.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.05)
        stop = threading.Event()
        thread = threading.Thread(target=_forward, args=(listener, (host, int(port)), stop))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def _forward(listener: socket.socket, upstream: tuple[str, int], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            question, client = listener.recvfrom(4096)
        except TimeoutError:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forwarder:
            forwarder.settimeout(2)
            forwarder.sendto(question, upstream)
            answer = bytearray(forwarder.recv(4096))
        answer[3] |= question[3] & _AD
        listener.sendto(bytes(answer), client)
