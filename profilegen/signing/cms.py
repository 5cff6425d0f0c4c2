"""Profiles inside DER CMS SignedData (RFC 5652), the form Apple devices install as signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profilegen.ports import Clock
from profilegen.profile.types import Profile, SignedProfile, SignerFacts

if TYPE_CHECKING:
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

        check_usable(self._identity, self._clock.now())
        der = sign_content(profile.content, self._identity)
        return SignedProfile(profile=profile, signer=self._identity.facts, der=der)


def sign_content(content: bytes, identity: SigningIdentity) -> bytes:
    """
    Return attached SignedData over exactly these bytes.

    SHA-256; signed attributes are content type, signing time and message digest; the chain is included once.
    Raises KeyProblem `unsupported_key`; `check_usable` has to be asked before.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

    from profilegen.signing.identity import signing_key

    builder = PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(identity.certificate, signing_key(identity), SHA256())
    for certificate in identity.chain:
        builder = builder.add_certificate(certificate)
    # Binary: without it every LF of the content would become CRLF.
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoCapabilities])
