"""What the home remembers about one person, from every log it keeps; reading only."""

from collections.abc import Collection
from typing import Protocol

from profilegen.ports.issue import Issued
from profilegen.ports.proof import Allowance
from profilegen.ports.sending import DeviceProof, Sending


class PersonRecords(Protocol):
    """Each list newest first, at most `most` entries; `account` is `Address.account`."""

    async def issued(self, account: str, most: int) -> tuple[Issued, ...]:
        """Return the profiles issued for an account."""
        ...

    async def sendings(self, account: str, most: int) -> tuple[Sending, ...]:
        """Return every line about deliveries to whoever has this account."""
        ...

    async def proofs(self, people: Collection[str], most: int) -> tuple[DeviceProof, ...]:
        """Return what proves that these people's devices send."""
        ...

    async def allowances(self, account: str, most: int) -> tuple[Allowance, ...]:
        """Return in whose words something was delivered to an account without proof."""
        ...
