"""The servers of a worker: the pace an operator allows is shared by all workers, not given to each."""

import asyncio
from dataclasses import dataclass, field, replace

from profilegen.config.mdm import MdmConfig
from profilegen.flow.fleet.values import Connectors
from profilegen.wiring.house import House
from profilegen.wiring.mdm import capabilities, connectors


@dataclass(kw_only=True)  # its connections are made when first asked for
class Servers:
    """Connectors of this process, one set for each share of the pace that was needed so far."""

    house: House
    _open: dict[tuple[int, float | None], Connectors] = field(default_factory=dict)
    _guard: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def shared(self, workers: int, per_second: float | None) -> Connectors:
        """Return the servers at one of `workers` equal shares of their pace; `per_second` overrides it for all."""
        key = (max(1, workers), per_second)
        async with self._guard:
            if key not in self._open:
                self._open[key] = await connectors(self._house(*key))
            return self._open[key]

    async def close(self) -> None:
        """Close their connections."""
        for known in self._open.values():
            for connector in known.values():
                await connector.close()
        self._open.clear()

    def _house(self, workers: int, per_second: float | None) -> House:
        mdm = {name: _at(config, workers, per_second) for name, config in self.house.loaded.mdm.items()}
        return replace(self.house, loaded=replace(self.house.loaded, mdm=mdm))


def _at(config: MdmConfig, workers: int, per_second: float | None) -> MdmConfig:
    rate = per_second or config.rate or capabilities(config.kind).rate
    return config if rate is None else replace(config, values={**config.values, "rate": f"{rate / workers:.6f}"})
