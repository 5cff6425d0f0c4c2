"""
Bringing one profile to one person, in an order that leaves no doubt after a crash.

    prepared → signed → remembered as TRYING → delivered → remembered as what became of it

What is found as TRYING later was under way when something broke: nobody knows whether it arrived, so it is never
repeated without being asked to.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from profilegen.address import Address
from profilegen.errors import MachineProblem, ProfilegenError
from profilegen.flow.consignment import Consignee
from profilegen.flow.preparing import Preparation, guide_order
from profilegen.flow.sendlines import explained_line, line_about, standing_line
from profilegen.flow.sendvalues import Prepared, SendOrder, SendState, Sent
from profilegen.flow.values import SignedOff
from profilegen.mailing.guide import GuideOrder
from profilegen.ports.sending import Channel, Delivered, DeliveryState, Parcel, Sending, SendLedger

LAST_WORDS = 15.0
"""Seconds that a delivery under way gets to end when everything is to stop."""

_STATES = {
    DeliveryState.DELIVERED: SendState.DELIVERED,
    DeliveryState.REFUSED: SendState.REFUSED,
    DeliveryState.FAILED: SendState.FAILED,
    DeliveryState.TRYING: SendState.UNCERTAIN,
    DeliveryState.BOUNCED: SendState.BOUNCED,
}


class Halt(Exception):
    """A delivery failed in a way that makes every further one pointless; never leaves the flow."""

    def __init__(self, problem: ProfilegenError, sent: Sent) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.sent = sent


class Way(Protocol):
    """One way to deal with a person: bring the profile, or rehearse it."""

    async def go(self, consignee: Consignee, order: SendOrder) -> Sent:
        """Return the line about the person; raises Halt, and MachineProblem for what no other person would escape."""
        ...

    async def finish(self) -> None:
        """Remember what is not on record yet; called whatever happened."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """
    From a prepared profile to a parcel.

    `new_token` returns a token nobody can guess; `proof` the `mailto:` URL for one, in a language, None where there is
    no mailbox to prove it to; `trusted` says whether a device shows these signed bytes as verified; `file_name` names
    the profile of an address and identifier.
    """

    new_token: Callable[[], str]
    proof: Callable[[str, str], str | None]
    trusted: Callable[[bytes], bool]
    file_name: Callable[[Address, str], str]

    def parcel(self, prepared: Prepared, signed: SignedOff, order: SendOrder) -> Parcel:
        """Return the parcel for one person, with a token of its own."""
        token, goods = self.new_token(), prepared.goods
        file_name = self.file_name(goods.accounts[0], goods.identifier)
        facts = guide_order(prepared, order, signed.signer, file_name)
        return Parcel(
            person=prepared.person.key,
            name=prepared.person.name,
            accounts=tuple(account.account for account in goods.accounts),
            identifier=goods.identifier,
            revision=goods.revision,
            data=signed.data,
            file_name=file_name,
            guide=self._complete(facts, signed, token),
            token=token,
            recipient=None if prepared.recipient is None else prepared.recipient.address,
        )

    def _complete(self, facts: GuideOrder, signed: SignedOff, token: str) -> GuideOrder:
        trusted = signed.signer is not None and self.trusted(signed.data)
        return replace(facts, trusted=trusted, proof=self.proof(token, facts.language))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """
    The way that brings profiles, and remembers it before and after.

    `port` is that of the mail server, if any. What is recorded inside `together` becomes durable in one step: what
    became of one person, and that the next one is under way. So at most one is ever in doubt, at half the price.
    """

    preparation: Preparation
    packing: Packing
    ledger: SendLedger
    channel: Channel
    port: int | None = None
    together: Callable[[], AbstractContextManager[None]] = nullcontext
    _ended: list[Sending] = field(default_factory=list, init=False, repr=False)

    async def finish(self) -> None:
        """Remember how the last one ended."""
        with self.together():
            await self._record_ended()
        self._ended.clear()

    async def go(self, consignee: Consignee, order: SendOrder) -> Sent:
        """Bring one profile to one person unless an earlier run did, or may have done so."""
        try:
            prepared = await self.preparation.prepare(consignee, order)
            known_as = order.remembered(prepared.goods.revision)
            standing = await self.ledger.latest(consignee.person.key, known_as, order.channel)
            order = _past_another_address(order, standing, prepared)
            if standing is not None and standing.stands_in_the_way(order.repeated, order.since):
                return standing_line(prepared, standing, order)
            signed = await signed_off(self.preparation, prepared)
        except MachineProblem:
            raise
        except ProfilegenError as problem:
            return unfit(consignee, problem)
        return await self._bring(prepared, signed, order)

    async def _bring(self, prepared: Prepared, signed: SignedOff, order: SendOrder) -> Sent:
        parcel = self.packing.parcel(prepared, signed, order)
        line = self._line(parcel, order)
        with self.together():
            await self._record_ended()
            standing = await self.ledger.claim(line, over=order.repeated, since=order.since)
            if standing is None and order.occasion.carries_profile:
                await self._put_on_record(prepared, signed, order)
        self._ended.clear()
        if standing is not None:  # another run was faster
            return standing_line(prepared, standing, order)
        try:
            delivered = await self._deliver(parcel, line)
        except ProfilegenError as problem:
            self._remember(line, DeliveryState.FAILED, problem.message)
            sent = replace(line_about(prepared, order, SendState.FAILED, problem.message), problem=problem, tried=True)
            raise Halt(problem, sent) from problem
        return self._told(prepared, order, delivered)

    async def _put_on_record(self, prepared: Prepared, signed: SignedOff, order: SendOrder) -> None:
        await self.preparation.take_responsibility(prepared, order)
        if prepared.goods.draft is not None:
            because = None if prepared.verified else order.allowed_because
            issuer = self.preparation.flow.issuer
            await issuer.record(prepared.goods.draft, signed, level=prepared.level, allowed_because=because)

    async def _deliver(self, parcel: Parcel, line: Sending) -> Delivered:
        """Deliver and remember; what is under way when everything is to stop may still end in order."""
        under_way = asyncio.create_task(self.channel.deliver(parcel))
        try:
            delivered = await asyncio.shield(under_way)
        except asyncio.CancelledError:
            await self._wait_a_little(under_way, line)
            raise
        self._remember(line, delivered.state, delivered.detail)
        return delivered

    async def _wait_a_little(self, under_way: "asyncio.Task[Delivered]", line: Sending) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS):
                delivered = await under_way
            self._remember(line, delivered.state, delivered.detail)
        except (ProfilegenError, TimeoutError):
            pass  # it stays on record as under way, which is the truth

    def _remember(self, line: Sending, state: DeliveryState, detail: str) -> None:
        self._ended.append(replace(line, state=state, detail=detail, at=self.preparation.flow.clock.now()))

    async def _record_ended(self) -> None:
        for line in self._ended:
            await self.ledger.record(line)

    def _line(self, parcel: Parcel, order: SendOrder) -> Sending:
        return Sending(
            person=parcel.person,
            name=parcel.name,
            accounts=parcel.accounts,
            identifier=parcel.identifier,
            revision=order.remembered(parcel.revision),
            channel=order.channel,
            recipient=None if parcel.recipient is None else str(parcel.recipient),
            token=parcel.token,
            state=DeliveryState.TRYING,
            detail="",
            at=self.preparation.flow.clock.now(),
        )

    def _told(self, prepared: Prepared, order: SendOrder, delivered: Delivered) -> Sent:
        sent = line_about(prepared, order, _STATES[delivered.state], delivered.detail)
        if delivered.state in (DeliveryState.REFUSED, DeliveryState.FAILED) and delivered.stage is not None:
            sent = explained_line(sent, delivered, self.port)
        return replace(sent, path=_text(delivered.path), tried=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsing:
    """The way that prepares, signs and renders everything, and remembers nothing of it as issued or delivered."""

    preparation: Preparation
    packing: Packing
    channel: Channel

    async def finish(self) -> None:
        """A rehearsal leaves nothing to remember."""

    async def go(self, consignee: Consignee, order: SendOrder) -> Sent:
        """Render what one person would get."""
        try:
            prepared = await self.preparation.prepare(consignee, order)
            parcel = self.packing.parcel(prepared, await signed_off(self.preparation, prepared), order)
        except MachineProblem:
            raise
        except ProfilegenError as problem:
            return unfit(consignee, problem)
        try:
            delivered = await self.channel.deliver(parcel)
        except ProfilegenError as problem:
            sent = replace(line_about(prepared, order, SendState.FAILED, problem.message), problem=problem)
            raise Halt(problem, sent) from problem
        fine = delivered.state is DeliveryState.DELIVERED
        state = SendState.REHEARSED if fine else _STATES[delivered.state]
        return replace(line_about(prepared, order, state, delivered.detail), path=_text(delivered.path))


async def signed_off(preparation: Preparation, prepared: Prepared) -> SignedOff:
    """Return the finished bytes: a file's own, or those of a draft, signed now."""
    goods = prepared.goods
    if goods.finished is not None:
        return goods.finished
    assert goods.draft is not None  # noqa: S101 - one of the two is always there
    return await preparation.flow.issuer.sign_off(goods.draft)


def unfit(consignee: Consignee, problem: ProfilegenError) -> Sent:
    """Return the line about a person for whom nothing could be tried."""
    return Sent(person=consignee.person, state=SendState.UNFIT, detail=problem.message, problem=problem)


def _past_another_address(order: SendOrder, standing: Sending | None, prepared: Prepared) -> SendOrder:
    """Return the order for one person: what came back from one address is no reason not to try another."""
    if standing is None or standing.state is not DeliveryState.BOUNCED or prepared.recipient is None:
        return order
    if standing.recipient == str(prepared.recipient.address):
        return order
    return replace(order, repeated=order.repeated | {DeliveryState.BOUNCED})


def _text(path: object) -> str | None:
    return None if path is None else str(path)
