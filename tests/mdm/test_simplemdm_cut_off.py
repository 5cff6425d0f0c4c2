"""SimpleMDM knows no ids of orders: cut off anywhere and done again, a device still gets its profile once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment, ErrorLink
from profilegen.flow.fleet.giving import give
from profilegen.mdm.calls import Answer, Call
from profilegen.mdm.client import FixedKey, MdmClient, basic
from profilegen.mdm.simplemdm import SimpleMdm
from profilegen.ports.mdm import InstallOrder, Receipt
from profilegen.secret import Secret
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay.simplemdm import KEY, SimpleReplay, device
from tests.mdm.hosting import Clockwork, client, install

STEPS = 12
"""More turns than any of these orders takes."""


class CutOff(BaseException):
    """The process was killed here."""


@dataclass(slots=True)
class Fuse:
    """Burns down by one with whatever is done at the server or written to the disk; at the end all stops."""

    left: int

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CutOff


@dataclass(slots=True)
class CountingReplay(SimpleReplay):
    """The replay server, which also counts what it would send to devices."""

    sent: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        before = set(self.assigned)
        said = SimpleReplay.answer(self, request)
        self.sent += [f"assigned {number}" for _, number in self.assigned - before]
        if request.method == "PATCH" and said.status == 200:
            self.sent += [f"changed {number}" for _, number in self.assigned]
        return said


@dataclass(slots=True)
class FusedClient:
    """The client, cut off before or after one of its calls."""

    inner: MdmClient
    fuse: Fuse

    async def ask(self, call: Call) -> Answer:
        self.fuse.burn()
        answer = await self.inner.ask(call)
        self.fuse.burn()
        return answer

    async def close(self) -> None:
        await self.inner.close()


class FusedStore(MemoryFleetStore):
    """A store that is cut off before or after it noted how far an order is."""

    fuse = Fuse(left=1000)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[MemoryFleetStore]:
        yield self

    async def change_command(
        self, command: str, enrollment: str, state: CommandState, at: Any, errors: Sequence[ErrorLink] = ()
    ) -> bool:
        self.fuse.burn()
        done = await super().change_command(command, enrollment, state, at, errors)
        self.fuse.burn()
        return done


async def gone_through(store: FusedStore, base: str, order: InstallOrder, *, fuse: Fuse) -> tuple[Receipt, ...] | None:
    """Give an order as far as the fuse lets it come, in a process that knows nothing but the store."""
    clock = Clockwork()
    api = client(f"{base}/api/v1", FixedKey(basic(KEY, Secret(text=""))), clock)
    connector = SimpleMdm(name="office", client=FusedClient(inner=api, fuse=fuse), clock=clock)  # type: ignore[arg-type] # a client all the same
    store.fuse = fuse
    states = [command.state for command in await stored(store, order.enrollment) if command.id == order.command]
    try:
        if states not in ([CommandState.STORED], [CommandState.PREPARED]):
            return ()
        order = replace(order, prepared=states == [CommandState.PREPARED])
        receipts = await give(connector, [order], store, clock)
        for receipt in receipts:
            await store.change_command(receipt.command, order.enrollment.id, receipt.state, clock.now())
        return receipts
    except CutOff:
        return None
    finally:
        await connector.close()


async def stored(store: MemoryFleetStore, enrollment: Enrollment) -> Sequence[Command]:
    return await store.commands(enrollment.mdm, [enrollment.id], list(CommandState))


async def note(store: MemoryFleetStore, order: InstallOrder) -> None:
    now = Clockwork().now()
    shared = {"seat": "a seat", "kind": CommandKind.INSTALL, "stored_at": now, "changed_at": now}
    await store.store_command(
        Command(
            id=order.command,
            mdm=order.enrollment.mdm,
            enrollment=order.enrollment.id,
            episode=1,
            revision=order.revision,
            state=CommandState.STORED,
            **shared,  # type: ignore[arg-type] # a mixed bag of right ones
        )
    )


async def cut_off(base: str, server: CountingReplay, turns: int, second: dict[str, Any]) -> list[str]:
    """Give a first order whole, cut the second off after some turns and do it again; return what that one sent."""
    store = FusedStore()
    first = install("7")
    await note(store, first)
    receipts = await gone_through(store, base, first, fuse=Fuse(left=1000))
    assert receipts
    order = install("7", effective=receipts[0].effective, episode=2, **second)
    await note(store, order)
    server.sent.clear()
    await gone_through(store, base, order, fuse=Fuse(left=turns))
    await gone_through(store, base, order, fuse=Fuse(left=1000))
    (state,) = [command.state for command in await stored(store, order.enrollment) if command.id == order.command]
    assert state is CommandState.QUEUED
    return list(server.sent)


@pytest.mark.parametrize("turns", range(2 * STEPS))
@pytest.mark.parametrize(
    ("second", "sent"),
    [({}, "assigned 7"), ({"display_name": "Somebody Else"}, "changed 7")],
    ids=["lost", "changed"],
)
def test_cut_off_at_any_turn_and_done_again_it_is_sent_once(second: dict[str, Any], sent: str, turns: int) -> None:
    server = CountingReplay(devices=[device(7)])
    with serving(server) as base:
        assert asyncio.run(cut_off(base, server, turns, second)) == [sent]


def test_a_device_that_cannot_be_prepared_keeps_no_other_one_waiting() -> None:
    async def scenario(base: str) -> None:
        clock = Clockwork()
        api = client(f"{base}/api/v1", FixedKey(basic(KEY, Secret(text=""))), clock)
        connector, store = SimpleMdm(name="office", client=api, clock=clock), MemoryFleetStore()
        first = await give(connector, [install("7"), install("8", "other@example.com")], store, clock)
        server.breaks("DELETE", "/api/v1/custom_configuration_profiles/101", 422)
        orders = [
            install("7", effective=first[0].effective, episode=2),
            install("8", "other@example.com", effective=first[1].effective, episode=2),
        ]
        said = await give(connector, orders, store, clock)
        await connector.close()
        assert [receipt.state for receipt in said] == [CommandState.FAILED, CommandState.QUEUED]

    server = CountingReplay(devices=[device(7), device(8)])
    with serving(server) as base:
        asyncio.run(scenario(base))
