"""Connecting to the first address that answers, and saying why none did."""

import asyncio
import errno
import socket
from contextlib import closing

import pytest

from profilegen.errors import NetworkProblem
from profilegen.net.dial import _interleaved, _network_problem, dial


def reached(addresses: list[str], port: int, *, timeout: float = 2.0) -> str:
    """Dial, close at once, and return the address reached."""

    async def run() -> str:
        dialled = await dial(addresses, port, timeout=timeout)
        with closing(dialled.socket):
            assert dialled.socket.getpeername()[0] == dialled.address
            assert dialled.local_literal in ("[127.0.0.1]", "[IPv6:::1]")
            return dialled.address

    return asyncio.run(run())


def refusal(addresses: list[str], port: int, *, timeout: float = 2.0) -> str:
    """Dial in vain and return the code of the error."""
    with pytest.raises(NetworkProblem) as problem:
        reached(addresses, port, timeout=timeout)
    return problem.value.code


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_address_that_answers_is_reached_past_one_that_refuses() -> None:
    with socket.create_server(("127.0.0.7", 0)) as server:
        assert reached(["127.0.0.6", "127.0.0.7"], server.getsockname()[1]) == "127.0.0.7"


def test_a_silent_address_does_not_hold_up_the_next_one() -> None:
    with full_listener() as silent, socket.create_server(("127.0.0.7", silent.getsockname()[1])):
        assert reached(["127.0.0.8", "127.0.0.7"], silent.getsockname()[1]) == "127.0.0.7"


def test_nobody_listening_is_refused() -> None:
    assert refusal(["127.0.0.1"], free_port()) == "connect_refused"


def test_silence_is_a_timeout() -> None:
    with full_listener() as silent:
        assert refusal(["127.0.0.8"], silent.getsockname()[1], timeout=0.3) == "connect_timeout"


def test_no_address_is_no_route() -> None:
    assert refusal([], 587) == "network_unreachable"


def test_the_most_telling_failure_is_reported() -> None:
    no_route = OSError(errno.ENETUNREACH, "Network is unreachable")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert _network_problem([no_route], 25).code == "network_unreachable"
    assert _network_problem([no_route, TimeoutError()], 25).code == "connect_timeout"
    assert _network_problem([no_route, TimeoutError(), refused], 25).code == "connect_refused"


def test_families_take_turns_and_ipv6_begins() -> None:
    order = _interleaved(["192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3"])
    assert order == ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]


def full_listener() -> socket.socket:
    """Return a listener whose queue is full, so that the next connection hangs: a fake of a filtered port."""
    listener = socket.socket()
    listener.bind(("127.0.0.8", 0))
    listener.listen(0)
    fillers = [socket.socket() for _ in range(2)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    return _Full(listener, fillers)


class _Full(socket.socket):
    """A listening socket that keeps the connections that fill it, and closes them with itself."""

    def __init__(self, listener: socket.socket, fillers: list[socket.socket]) -> None:
        super().__init__(fileno=listener.detach())
        self._fillers = fillers

    def close(self) -> None:
        for filler in self._fillers:
            filler.close()
        super().close()
