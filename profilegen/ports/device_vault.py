"""What the fleet asks for where passwords travel in profiles that only one device can read."""

from collections.abc import Sequence
from typing import Protocol

from profilegen.address import Address
from profilegen.ports.issue import Encrypter
from profilegen.profile.declaration import Direction
from profilegen.secret import Secret


class DeviceVault(Protocol):
    """The passwords of mailboxes and the certificates of devices, as the operator has them for one server."""

    async def password(self, address: Address, direction: Direction) -> Secret | None:
        """Return the password of a mailbox, None if there is none; raises InputProblem if it cannot be read."""
        ...

    async def encrypter(self, device: Sequence[str]) -> Encrypter | None:
        """
        Return what encrypts to a device, by the first of its names that has a certificate, None if none has.

        Raises InputProblem for a bad one.
        """
        ...
