"""Connecting: the first address that answers, IPv6 and IPv4 in turn (RFC 8305), each a head start of 250 ms."""

import asyncio
import errno
import ipaddress
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from profilegen.errors import NetworkProblem

CONNECT_TIMEOUT = 4.0
HEAD_START = 0.25
MAX_ADDRESSES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """A connected, non-blocking TCP socket and the IP address it reached; whoever holds it closes it."""

    socket: socket.socket
    address: str

    @property
    def local_literal(self) -> str:
        """The local end as an SMTP address literal such as "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321)."""
        local = self.socket.getsockname()[0].partition("%")[0]
        return f"[IPv6:{local}]" if self.socket.family == socket.AF_INET6 else f"[{local}]"


async def dial(addresses: Sequence[str], port: int, *, timeout: float = CONNECT_TIMEOUT) -> Dialled:  # noqa: ASYNC109 - RFC 8305 races need one deadline
    """
    Connect to the first of `addresses` (IP literals) that answers on `port` within `timeout` seconds altogether.

    Raises NetworkProblem with code `connect_refused`, `connect_timeout` or `network_unreachable`: the most telling one
    of all addresses.
    """
    waiting = deque(_interleaved(addresses)[:MAX_ADDRESSES])
    running: set[asyncio.Task[Dialled]] = set()
    failures: list[OSError] = []
    try:
        async with asyncio.timeout(timeout):
            while waiting or running:
                if waiting:
                    running.add(asyncio.create_task(_connect(waiting.popleft(), port)))
                done, running = await asyncio.wait(
                    running, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                winner = _first_connected(done, failures)
                if winner is not None:
                    return winner
    except TimeoutError as exc:
        failures.append(exc)
    finally:
        await _call_off(running)
    raise _network_problem(failures, port)


async def _connect(address: str, port: int) -> Dialled:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return Dialled(socket=sock, address=address)


def _first_connected(done: Iterable[asyncio.Task[Dialled]], failures: list[OSError]) -> Dialled | None:
    """Return one connection and close any other that came in the same moment; collect the failures."""
    winner = None
    for task in done:
        problem = task.exception()
        if isinstance(problem, OSError):
            failures.append(problem)
        elif problem is not None:
            raise problem
        elif winner is None:
            winner = task.result()
        else:
            task.result().socket.close()
    return winner


async def _call_off(running: set[asyncio.Task[Dialled]]) -> None:
    for task in running:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(result, Dialled):
            result.socket.close()


def _interleaved(addresses: Sequence[str]) -> list[str]:
    """IPv6 first, then families in turn; the order within a family is the resolver's."""
    six = [address for address in addresses if ipaddress.ip_address(address).version == 6]
    four = [address for address in addresses if ipaddress.ip_address(address).version == 4]
    return [address for address in chain.from_iterable(zip_longest(six, four)) if address is not None]


def _network_problem(failures: Sequence[OSError], port: int) -> NetworkProblem:
    """Say the most telling thing: a refusal is an answer, silence is a filter, no route is this machine's network."""
    if any(isinstance(failure, ConnectionRefusedError | ConnectionResetError) for failure in failures):
        return NetworkProblem(
            f"The server refused the connection: nothing listens on port {port}.",
            hint="Check the port, or ask whoever runs the server.",
            code="connect_refused",
        )
    if any(isinstance(failure, TimeoutError) or failure.errno == errno.ETIMEDOUT for failure in failures):
        return NetworkProblem(
            f"No answer on port {port}: it is filtered on the way, or the server is silent.",
            hint="Try another network; some networks block mail ports.",
            code="connect_timeout",
        )
    reason = failures[0].strerror if failures and failures[0].strerror else "no usable address"
    return NetworkProblem(
        f"There is no route to the server ({reason}).",
        hint="Check this machine's network connection.",
        code="network_unreachable",
    )
