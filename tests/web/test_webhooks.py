"""Webhooks over a real socket: taken once, refused if they are not genuine, bounded."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import httpx2
import pytest

from profilegen.errors import MachineProblem, NetworkProblem, NotPossible, ProfilegenError
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.ports.mdm import Event, EventKind, MdmConnector
from profilegen.web.webhooks import LARGEST_BODY, Endpoint, receiving

GENUINE = "genuine"


class _FakeConnector:
    """A fake of the one method a receiver calls: a call is genuine if its header says so."""

    def __init__(self, name: str) -> None:
        self.name = name

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        if headers.get("x-signature") != GENUINE:
            raise NotPossible("Somebody else called.", hint="Look who.", code="bad_signature")
        enrollment = Enrollment(mdm=self.name, id=body.decode(), channel=EnrollmentChannel.DEVICE)
        return (Event(id="1", kind=EventKind.SEEN, at=datetime(2026, 1, 1, tzinfo=UTC), enrollment=enrollment),)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class _Desk:
    """Runs one receiver, posts to it, and keeps what came in and what was complained about."""

    def __init__(self, *names: str) -> None:
        self.names = names or ("acme",)
        self.port = _free_port()
        self.taken: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self.broken: ProfilegenError | None = None

    async def absorb(self, mdm: str, events: Sequence[Event]) -> None:
        if self.broken is not None:
            raise self.broken
        self.taken += [(mdm, event.enrollment.id) for event in events]

    def post(self, path: str, body: bytes, signature: str = GENUINE) -> int:
        return asyncio.run(self._post(path, body, signature))

    async def _post(self, path: str, body: bytes, signature: str) -> int:
        endpoints = [
            Endpoint(host="127.0.0.1", port=self.port, connector=cast(MdmConnector, _FakeConnector(name)))
            for name in self.names
        ]
        complain = lambda problem: self.complaints.append(problem.code)  # noqa: E731 - one line says it
        async with receiving(endpoints, self.absorb, complain), httpx2.AsyncClient() as client:
            headers = {"X-Signature": signature}
            answer = await client.post(f"http://127.0.0.1:{self.port}{path}", content=body, headers=headers)
            return answer.status_code


def test_a_genuine_call_is_taken_on_any_path() -> None:
    desk = _Desk()
    assert desk.post("/whatever/path", b"device-1") == 200
    assert desk.taken == [("acme", "device-1")]


def test_a_call_that_is_not_genuine_is_refused_and_told() -> None:
    desk = _Desk()
    assert desk.post("/acme", b"device-1", signature="forged") == 401
    assert desk.taken == []
    assert desk.complaints == ["bad_signature"]


def test_a_call_without_end_is_cut_off() -> None:
    desk = _Desk()
    assert desk.post("/acme", b"x" * (LARGEST_BODY + 1)) == 400
    assert desk.complaints == ["too_large"]


def test_two_servers_share_a_port_and_are_told_apart_by_the_path() -> None:
    desk = _Desk("acme", "other")
    assert desk.post("/other", b"device-2") == 200
    assert desk.taken == [("other", "device-2")]
    assert desk.post("/nobody", b"device-2") == 404


def test_a_memory_that_fails_answers_so_that_a_sender_that_retries_does() -> None:
    desk = _Desk()
    desk.broken = NetworkProblem("The database is away.", hint="Start it.")
    assert desk.post("/acme", b"device-1") == 503


def test_a_port_in_use_is_said() -> None:
    desk = _Desk()
    with socket.create_server(("127.0.0.1", desk.port)), pytest.raises(MachineProblem) as caught:
        desk.post("/acme", b"device-1")
    assert caught.value.code == "port_taken"
