"""Giving orders to a server: at once where it knows their ids, in two steps where it does not."""

from collections.abc import Sequence

from profilegen.fleet.seen import CommandState
from profilegen.flow.fleet.anew import in_one
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore
from profilegen.ports.mdm import InstallOrder, MdmConnector, PreparesInstalls, Receipt


async def give(
    connector: MdmConnector, orders: Sequence[InstallOrder], store: FleetStore, clock: Clock
) -> tuple[Receipt, ...]:
    """
    Return what the server said to stored orders, in their order.

    Where a server has to be prepared, that is written down before anything is given: whatever is cut off after that is
    finished by looking, and nothing is given a second time.
    """
    if not isinstance(connector, PreparesInstalls):
        return await connector.install(orders)
    first = [order for order in orders if not order.prepared]
    said = {receipt.command: receipt for receipt in await connector.prepare(first)}

    def is_ready(order: InstallOrder) -> bool:
        return order.prepared or said[order.command].state is CommandState.PREPARED

    async def write_down(within: FleetStore) -> None:
        for order in filter(is_ready, first):
            await within.change_command(order.command, order.enrollment.id, CommandState.PREPARED, clock.now())

    await in_one(store, write_down)
    ready = [order for order in orders if is_ready(order)]
    said |= {receipt.command: receipt for receipt in await connector.install(ready)}
    return tuple(said[order.command] for order in orders)
