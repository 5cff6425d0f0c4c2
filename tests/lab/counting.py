"""A name server that counts: it passes every question on to a real one and remembers what was asked."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import dns.message
import dns.rdatatype


@dataclass(slots=True)
class Questions:
    """What was asked so far: how often each ("name", "TYPE"), and where to ask ("ip:port")."""

    server: str
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of_type(self, kind: str) -> Counter[str]:
        """Return how often each name was asked for records of one type."""
        return Counter({name: count for (name, asked), count in self.asked.items() if asked == kind})


@contextmanager
def counting(upstream: str) -> Iterator[Questions]:
    """Count the questions to `upstream` ("ip:port") until the block ends."""
    host, _, port = upstream.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.05)
        questions = Questions(server=f"127.0.0.1:{listener.getsockname()[1]}")
        stop = threading.Event()
        thread = threading.Thread(target=_pass_on, args=(listener, (host, int(port)), questions.asked, stop))
        thread.start()
        try:
            yield questions
        finally:
            stop.set()
            thread.join()


def _pass_on(
    listener: socket.socket, upstream: tuple[str, int], asked: Counter[tuple[str, str]], stop: threading.Event
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forwarder:
        forwarder.settimeout(2)
        while not stop.is_set():
            try:
                question, client = listener.recvfrom(4096)
            except TimeoutError:
                continue
            [entry] = dns.message.from_wire(question).question
            asked[entry.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(entry.rdtype)] += 1
            with suppress(TimeoutError):
                forwarder.sendto(question, upstream)
                listener.sendto(forwarder.recv(4096), client)
