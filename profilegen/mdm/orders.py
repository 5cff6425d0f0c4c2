"""What every server that hands raw commands through does with an order."""

from profilegen.fleet.seen import CommandState, ErrorLink
from profilegen.mdm import apple
from profilegen.ports.mdm import InstallOrder, LookAt, LookOrder, Receipt, RemoveOrder

RawOrder = InstallOrder | RemoveOrder | LookOrder


def command_of(order: RawOrder) -> bytes:
    """Return the command an order asks for."""
    match order:
        case InstallOrder():
            return apple.install_profile(order.command, order.signed)
        case RemoveOrder():
            return apple.remove_profile(order.command, order.identifier)
        case LookOrder(at=LookAt.DEVICE):
            return apple.device_information(order.command)
        case LookOrder():
            return apple.profile_list(order.command)


def device_of(order: RawOrder) -> str:
    """Return what names the device of an order, whichever of its channels is meant."""
    enrollment = order.enrollment
    return (enrollment.parent or enrollment.id).upper()


def refused(order: RawOrder, server: str, reason: str) -> Receipt:
    """Return the receipt of an order that a server did not take."""
    link = ErrorLink(domain=server, code=0, text=reason[:500])
    return Receipt(command=order.command, state=CommandState.FAILED, errors=(link,))
