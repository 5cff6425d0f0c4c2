"""One run of `profilegen send`: everybody dealt with in turn, the channel closed whatever happens."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from profilegen.cli.app import exit_code
from profilegen.cli.output import progress_bar
from profilegen.cli.sendees import Sendees
from profilegen.cli.sendview import SendView, Tally
from profilegen.errors import NotPossible
from profilegen.flow.batch import Batch, unlucky_last
from profilegen.flow.consignment import Consignee
from profilegen.flow.sending import Way
from profilegen.flow.sendvalues import SendOrder, SendState
from profilegen.mailing.people import shared_recoveries
from profilegen.ports.sending import Channel, SendLedger
from profilegen.settings.waves import Waves


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWay:
    """A way to people, and the channel behind it that has to be closed."""

    way: Way
    channel: Channel


class Means(Protocol):
    """What one kind of `--via` needs around the way to people."""

    async def open(self) -> OpenedWay:
        """Return the way once everything before the first person is in order; raises why it is not."""
        ...

    async def done(self, tally: Tally) -> None:
        """Remember what became of the whole."""
        ...

    def after(self) -> None:
        """Say what is left to say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A batch about to begin."""

    order: SendOrder
    sendees: Sendees
    ledger: SendLedger
    waves: Waves | None
    means: Means
    view: SendView

    async def whole(self) -> Tally:
        """Deal with everybody and return what became of them; raises what opening the way raises."""
        consignees = unlucky_last(self.sendees.consignees, await self.ledger.unlucky(self.order.channel))
        shared = shared_recoveries(one.person for one in consignees)
        tally = Tally(people=len(consignees), bad_rows=self.sendees.bad, shared=shared)
        opened = await self.means.open() if consignees else None
        self.view.begin(tally.bad_rows, tally.shared)
        if opened is not None:
            await self._deal(opened, consignees, tally)
            await self.means.done(tally)
        return tally

    async def _deal(self, opened: OpenedWay, consignees: Sequence[Consignee], tally: Tally) -> None:
        batch = Batch(opened.way, self.order, self.waves)
        try:
            with progress_bar("Sending", len(consignees)) as advance:
                async with aclosing(batch.run(consignees)) as lines:
                    async for sent in lines:
                        tally.add(sent)
                        self.view.line(sent)
                        advance()
        finally:
            await opened.way.finish()
            tally.files = await opened.channel.close()
            tally.stopped = batch.stopped


def status_of(tally: Tally) -> int:
    """Return the exit status: where nobody got anything because of this machine or the world, that is the answer."""
    stopped = tally.stopped
    if stopped is not None and not isinstance(stopped, NotPossible) and not tally.counts[SendState.DELIVERED]:
        return exit_code(stopped)
    return 0 if tally.ok else 1
