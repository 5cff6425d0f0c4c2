"""From a wish or a file to what may leave the house: built, let through the gate, and with somewhere to go."""

from dataclasses import dataclass, replace

from profilegen.errors import NotPossible
from profilegen.flow.consignment import Consignee, Goods, ProfileFile, goods_of_draft, goods_of_file
from profilegen.flow.gate import Admission, Gate
from profilegen.flow.sendvalues import Prepared, SendOrder
from profilegen.flow.story import Flow
from profilegen.mailing.guide import GuideOrder
from profilegen.mailing.people import Person
from profilegen.mailing.recipient import Recipient, choose_recipient
from profilegen.profile.types import SignerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """Everything before the first byte leaves; what it finds wrong concerns one person alone."""

    flow: Flow
    gate: Gate

    async def prepare(self, consignee: Consignee, order: SendOrder) -> Prepared:
        """
        Return what may go to one person.

        Raises what building raises; NotPossible: `unverified`, `password_in_profile`, `no_recipient`. A reason given
        for what is not proved opens the gate and is not recorded yet: `take_responsibility` does that. Where the page
        goes alone, nothing has to be proved.
        """
        goods = await self._goods(consignee)
        if goods.holds_password and order.elsewhere is not None and order.occasion.carries_profile:
            raise NotPossible(
                f"The profile of {consignee.person.key} holds a password, and such a profile is never sent by mail.",
                hint="Leave the password out: the device asks for it. Or bring it by AirDrop.",
                code="password_in_profile",
            )
        admissions = await self._admissions(goods, order)
        recipient = _recipient(consignee.person, admissions, order)
        return Prepared(person=consignee.person, goods=goods, admissions=admissions, recipient=recipient)

    async def take_responsibility(self, prepared: Prepared, order: SendOrder) -> None:
        """Record, for every account that needs it, in whose words it leaves without proof; durable on return."""
        for admission, pair in zip(prepared.admissions, prepared.goods.pairs, strict=True):
            if not admission.verified:
                await self.gate.admit(admission.account, pair, allowed_because=order.allowed_because)

    async def _goods(self, consignee: Consignee) -> Goods:
        if isinstance(consignee.what, ProfileFile):
            return goods_of_file(consignee.what, now=self.flow.clock.now(), digest=self.flow.digest)
        return goods_of_draft(await self.flow.draft(consignee.what))

    async def _admissions(self, goods: Goods, order: SendOrder) -> tuple[Admission, ...]:
        each = zip(goods.accounts, goods.pairs, strict=True)
        asked = [await self.gate.admit(address.account, pair) for address, pair in each]
        admissions = tuple(
            one if one.verified else replace(one, allowed_because=order.allowed_because) for one in asked
        )
        if order.occasion.carries_profile:
            self.gate.refuse(admissions)
        return admissions


def guide_order(prepared: Prepared, order: SendOrder, signer: SignerFacts | None, file_name: str) -> GuideOrder:
    """Return the facts of the person's page; whether the signer is trusted and the proof are added by who knows."""
    person, goods = prepared.person, prepared.goods
    return GuideOrder(
        occasion=order.occasion,
        brand=order.brand,
        language=person.language or order.brand.language,
        platform=goods.platform,
        person=person.name,
        accounts=goods.guide_accounts,
        device=order.device if goods.platform is order.platform else None,
        profile_name=goods.name,
        organization=goods.organization,
        file_name=file_name if order.occasion.carries_profile else None,
        signer=None if signer is None else signer.common_name,
        revision=goods.revision,
    )


def _recipient(person: Person, admissions: tuple[Admission, ...], order: SendOrder) -> Recipient | None:
    """Incoming is believed to work where its server was found sound lately, which every level of evidence includes."""
    if order.elsewhere is None:
        return None
    working = {one.account for one in admissions if one.level >= 1}
    recipient = choose_recipient(person, working=working, elsewhere=order.elsewhere)
    if recipient is None:
        raise NotPossible(
            f"Nobody knows where {person.key} reads mail: nothing proves that the mailbox can be read, and there is no "
            "recovery address.",
            hint="Fill the column recovery_email, or say --to ADDRESS.",
            code="no_recipient",
        )
    return recipient
