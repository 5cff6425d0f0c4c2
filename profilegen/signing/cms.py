"""Profiles inside DER CMS SignedData (RFC 5652), the form Apple devices install as signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profilegen.profile.types import Profile, SignedProfile, SignerFacts

if TYPE_CHECKING:
    from datetime import datetime

    from profilegen.ports import Clock
    from profilegen.signing.identity import SigningIdentity


class CmsSigner:
    """A `ports.Signer` with one identity, which it checks again before every signature."""

    def __init__(self, *, identity: SigningIdentity, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock

    @property
    def facts(self) -> SignerFacts:
        """The public facts of the signing certificate."""
        return self._identity.facts

    async def sign(self, profile: Profile) -> SignedProfile:
        """Return the profile inside CMS SignedData; raises KeyProblem of `check_usable` without signing anything."""
        from profilegen.signing.identity import check_usable

        now = self._clock.now()
        check_usable(self._identity, now)
        der = sign_content(profile.content, self._identity, now)
        return SignedProfile(profile=profile, signer=self._identity.facts, der=der)


def sign_content(content: bytes, identity: SigningIdentity, moment: datetime) -> bytes:
    """
    Return attached SignedData over exactly these bytes, with `moment` (aware) as its signing time.

    The chain is included once. Raises KeyProblem `unsupported_key`, and for a key in a token the codes of `token`;
    `check_usable` has to be asked before.
    """
    from profilegen.signing.identity import sign_sha256, signing_key
    from profilegen.signing.signed_data import SignedDataForm

    form = SignedDataForm(identity.certificate, identity.chain)
    attributes = form.attributes(content, moment)
    return form.filled(content, attributes, sign_sha256(signing_key(identity), attributes))
