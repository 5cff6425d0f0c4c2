"""The end of every draft: signed bytes, and the record of what was issued. How they leave the house is a channel's."""

import plistlib
from collections.abc import Callable
from dataclasses import dataclass

from profilegen.flow.identity import refuse_second_identifier, replaced_notices, signer_notice
from profilegen.flow.values import Draft, SignedOff
from profilegen.ports import Clock, Encrypter, Issued, IssueLog, Signer
from profilegen.profile.encryption import encrypted_profile, payload_array
from profilegen.profile.types import Profile, SignerFacts
from profilegen.profile.wish import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Signs, and remembers what was issued."""

    signer: Signer | None
    encrypter: Encrypter | None
    log: IssueLog
    clock: Clock
    digest: Callable[[bytes], str]

    async def sign_off(self, draft: Draft) -> SignedOff:
        """Return the finished bytes, not yet recorded; raises NotPossible `identity_changed` and KeyProblem."""
        asked = [await self.log.last(account.address.account) for account in draft.order.accounts]
        issued = [record for record in asked if record is not None]
        if draft.wish.identity is Identity.KEEP:
            refuse_second_identifier(draft.profile, issued)
        finished = await self._encrypted(draft.profile)
        signer, data = await self._signed(finished)
        notices = [signer_notice(record, draft.profile, signer) for record in issued]
        if draft.wish.replaces is not None:
            notices += replaced_notices(draft.wish.replaces, signer, draft.profile)
        return SignedOff(
            data=data,
            sha256=self.digest(data),
            signer=signer,
            has_secrets=finished.has_secrets,
            notices=tuple({notice: None for notice in notices if notice is not None}),
        )

    async def record(self, draft: Draft, signed: SignedOff, *, level: int | None, allowed_because: str | None) -> None:
        """Record what is about to leave the house, on which level of evidence or whose word; durable on return."""
        issued = Issued(
            accounts=tuple(account.address.account for account in draft.order.accounts),
            identifier=draft.profile.identifier,
            uuid=draft.profile.uuid,
            revision=draft.profile.revision,
            sha256=signed.sha256,
            signer_spki_sha256=signed.signer.spki_sha256 if signed.signer else None,
            issued_at=self.clock.now(),
            level=level,
            allowed_because=allowed_because,
            adopted=draft.order.adopted,
        )
        await self.log.record(issued)

    async def _encrypted(self, profile: Profile) -> Profile:
        if self.encrypter is None:
            return profile
        return encrypted_profile(profile, await self.encrypter.encrypt(payload_array(plistlib.loads(profile.content))))

    async def _signed(self, profile: Profile) -> tuple[SignerFacts | None, bytes]:
        if self.signer is None:
            return None, profile.content
        signed = await self.signer.sign(profile)
        return signed.signer, signed.der
