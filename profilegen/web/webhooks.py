"""
Receiving webhooks of device management servers: bounded, verified by the connector, answered at once.

    async with receiving([Endpoint(host="127.0.0.1", port=9000, connector=nano)], absorb):
        …
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profilegen.errors import MachineProblem, NotPossible, ProfilegenError
from profilegen.ports.mdm import Event, MdmConnector

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of one call; a ProfileList of a full device has some 100 KB."""

Absorb = Callable[[str, Sequence[Event]], Awaitable[None]]
Complain = Callable[[ProfilegenError], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where one server's webhooks arrive; the path is free, the connector verifies who is calling."""

    host: str
    port: int
    connector: MdmConnector


@contextlib.asynccontextmanager
async def receiving(endpoints: Sequence[Endpoint], absorb: Absorb, complain: Complain) -> AsyncIterator[None]:
    """
    Receive webhooks while the block runs; raises MachineProblem `port_taken` if a port cannot be had.

    A call that is not genuine, or breaks, is answered with an error and told to `complain`: the truth is polled anyway.
    """
    async with contextlib.AsyncExitStack() as stack:
        for place in {(endpoint.host, endpoint.port): endpoint for endpoint in endpoints}:
            here = [endpoint.connector for endpoint in endpoints if (endpoint.host, endpoint.port) == place]
            await stack.enter_async_context(_serving(place, _application(here, absorb, complain)))
        yield


def _application(connectors: Sequence[MdmConnector], absorb: Absorb, complain: Complain) -> "Starlette":
    from starlette.applications import Starlette
    from starlette.routing import Route

    def route(connector: MdmConnector, path: str) -> Route:
        async def receive(request: "Request") -> "Response":
            return await _receive(connector, request, absorb, complain)

        return Route(path, receive, methods=["POST"])

    routes = [route(connector, f"/{connector.name}") for connector in connectors]
    if len(connectors) == 1:
        routes.append(route(connectors[0], "/{path:path}"))
    return Starlette(routes=routes)


async def _receive(connector: MdmConnector, request: "Request", absorb: Absorb, complain: Complain) -> "Response":
    from starlette.responses import PlainTextResponse

    try:
        body = await _bounded_body(request)
        await absorb(connector.name, connector.events(_headers(request.headers), body))
    except NotPossible as problem:
        complain(problem)
        return PlainTextResponse(problem.code, status_code=401 if problem.code == "bad_signature" else 400)
    except ProfilegenError as problem:
        complain(problem)
        return PlainTextResponse(problem.code, status_code=503)
    return PlainTextResponse("ok")


async def _bounded_body(request: "Request") -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise NotPossible("A webhook call is too large.", hint="Look at who sends it.", code="too_large")
    return bytes(body)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@contextlib.asynccontextmanager
async def _serving(place: tuple[str, int], application: "Starlette") -> AsyncIterator[None]:
    import uvicorn

    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=100,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,  # a caller that never ends must not keep the command from ending
        h11_max_incomplete_event_size=65536,
    )

    class Quiet(uvicorn.Server):
        """One that leaves signals to the command line."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    server = Quiet(config)
    sockets = [_bound(place)]
    task = asyncio.create_task(server.serve(sockets=sockets))
    try:
        yield  # the socket listens already: who calls now waits until the server took it over
    finally:
        server.should_exit = True
        await task
        for each in sockets:
            each.close()


def _bound(place: tuple[str, int]) -> "socket.socket":
    import socket as sockets

    try:
        return sockets.create_server(
            place, family=sockets.AF_INET6 if ":" in place[0] else sockets.AF_INET, backlog=100
        )
    except OSError as exc:
        raise MachineProblem(
            f"Webhooks cannot be received on {place[0]} port {place[1]}: {exc.strerror}.",
            hint="Stop what uses the port, or configure another listen address.",
            code="port_taken",
        ) from exc
