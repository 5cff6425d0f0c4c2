"""Profiles inside DER CMS SignedData (RFC 5652), the form Apple devices install as signed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from profilegen.profile.types import Profile, SignedProfile, SignerFacts

if TYPE_CHECKING:
    from profilegen.ports import Clock
    from profilegen.signing.identity import SigningIdentity
    from profilegen.signing.signed_data import SignedDataForm


class CmsSigner:
    """A `ports.Signer` with one identity, which it checks again before every signature."""

    def __init__(self, *, identity: SigningIdentity, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock

    @cached_property
    def facts(self) -> SignerFacts:
        """The public facts of the signing certificate."""
        return self._identity.facts

    @property
    def certificate_sha256(self) -> str:
        """The SHA-256 of the signing certificate, hex: what an inventory shows of whoever signed a profile."""
        from profilegen.signing.identity import certificate_sha256

        return certificate_sha256(self._identity)

    async def sign(self, profile: Profile) -> SignedProfile:
        """
        Return the profile inside CMS SignedData; its content stays as it is, byte for byte.

        Raises KeyProblem: a code of `check_usable` without signing anything, or of `TokenKey.sign`.
        """
        from profilegen.signing.identity import check_usable, sign_sha256, signing_key

        now = self._clock.now()
        check_usable(self._identity, now)
        attributes = self._form.attributes(profile.content, now)
        signature = sign_sha256(signing_key(self._identity), attributes)
        der = self._form.filled(profile.content, attributes, signature)
        return SignedProfile(profile=profile, signer=self.facts, der=der)

    @cached_property
    def _form(self) -> SignedDataForm:
        from profilegen.signing.signed_data import SignedDataForm

        return SignedDataForm(self._identity.certificate, self._identity.chain)
