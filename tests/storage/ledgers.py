"""Ledgers of deliveries: the one in memory is as good as the one in a file, for as long as a test runs."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

from profilegen.ports.sending import UNLUCKY, DeliveryState, DeviceProof, Sending


class MemoryLedger:
    """A `ports.sending.SendLedger` in memory."""

    def __init__(self) -> None:
        self._lines: list[Sending] = []
        self._proofs: dict[DeviceProof, None] = {}

    async def record(self, sending: Sending) -> None:
        self._lines.append(sending)

    async def claim(
        self, sending: Sending, *, over: Collection[DeliveryState], since: datetime | None = None
    ) -> Sending | None:
        standing = await self.latest(sending.person, sending.revision, sending.channel)
        if standing is not None and standing.stands_in_the_way(over, since):
            return standing
        self._lines.append(sending)
        return None

    async def latest(self, person: str, revision: str, channel: str) -> Sending | None:
        wanted = (person, revision, channel)
        return next(
            (line for line in reversed(self._lines) if (line.person, line.revision, line.channel) == wanted), None
        )

    async def everything(self) -> AsyncIterator[Sending]:
        newest = {(line.person, line.channel): line for line in self._lines}
        for place in sorted(newest):
            yield newest[place]

    async def unlucky(self, channel: str) -> frozenset[str]:
        newest = {line.person: line for line in self._lines if line.channel == channel}
        return frozenset(person for person, line in newest.items() if line.state in UNLUCKY)

    async def by_token(self, tokens: Sequence[str]) -> tuple[Sending, ...]:
        newest = {line.token: line for line in self._lines}
        return tuple(newest[token] for token in dict.fromkeys(tokens) if token in newest)

    async def mailed(self) -> Mapping[str, str]:
        return {line.token: line.recipient for line in self._lines if line.recipient is not None}

    async def amend(self, sending: Sending, *, over: Collection[DeliveryState]) -> bool:
        known = await self.latest(sending.person, sending.revision, sending.channel)
        if known is None or known.token != sending.token or known.state not in over:
            return False
        place = (sending.person, sending.channel)
        newest = next(line for line in reversed(self._lines) if (line.person, line.channel) == place)
        self._lines.append(sending)
        if newest.token != sending.token:
            self._lines.append(newest)
        return True

    async def prove(self, proof: DeviceProof) -> None:
        self._proofs.setdefault(proof)

    async def proofs(self, person: str) -> tuple[DeviceProof, ...]:
        mine = [proof for proof in reversed(self._proofs) if proof.person == person]
        return tuple(sorted(mine, key=lambda proof: proof.seen_at, reverse=True))
