"""
Payloads encrypted to one device: CMS EnvelopedData (RFC 5652 section 6), AES-128-CBC, RSA PKCS#1 v1.5.

That is the combination Apple names (CMS with 3DES or AES-128) and every device decrypts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from profilegen.errors import InputProblem
from profilegen.profile.signature import signer_facts

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_MIN_RSA_BITS = 2048
_RSA_HINT = "Give the device an identity with an RSA key of at least 2048 bits, for example by SCEP."


class DeviceEncrypter:
    """A `ports.Encrypter` for the device that holds the private key of one certificate."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self._certificate = certificate

    @classmethod
    def load(cls, data: bytes, *, signer_spki_sha256: str | None = None) -> DeviceEncrypter:
        """
        Return the encrypter for a certificate in PEM or DER; whoever signs is named by the key, to tell the two apart.

        Raises InputProblem: `no_certificate`, `several_certificates`, `recipient_not_rsa`, `recipient_weak`,
        `recipient_is_authority`, `recipient_is_signer`.
        """
        certificate = _only_certificate(data)
        _check_key(certificate)
        _check_not_authority(certificate)
        if signer_facts(certificate, chain=1).spki_sha256 == signer_spki_sha256:
            raise InputProblem(
                "This is the certificate of the signer: no device holds its private key.",
                hint="Give the certificate of the device's own identity.",
                code="recipient_is_signer",
            )
        return cls(certificate)

    async def encrypt(self, payloads: bytes) -> bytes:
        """Return the payloads in DER EnvelopedData."""
        from cryptography.hazmat.primitives.ciphers.algorithms import AES128
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

        builder = PKCS7EnvelopeBuilder().set_data(payloads).add_recipient(self._certificate)
        return builder.set_content_encryption_algorithm(AES128).encrypt(Encoding.DER, [PKCS7Options.Binary])


def _only_certificate(data: bytes) -> x509.Certificate:
    from profilegen.profile.chain import load_certificate
    from profilegen.profile.pem import split_certificates

    ders = split_certificates(data)
    if len(ders) > 1:
        raise InputProblem(
            "The file holds several certificates, so it is not clear which one is the device's.",
            hint="Give a file with the device's certificate alone.",
            code="several_certificates",
        )
    certificate = load_certificate(ders[0])
    if certificate is None:
        raise InputProblem(
            "The file holds no certificate that can be read.",
            hint="Give the device's certificate in PEM or DER form.",
            code="no_certificate",
        )
    return certificate


def _check_key(certificate: x509.Certificate) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509.oid import PublicKeyAlgorithmOID

    key = certificate.public_key()
    plain_rsa = certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
    if not isinstance(key, RSAPublicKey) or not plain_rsa:
        raise InputProblem(
            "The device's certificate is not for an RSA key; profiles can be encrypted to RSA keys only.",
            hint=_RSA_HINT,
            code="recipient_not_rsa",
        )
    if key.key_size < _MIN_RSA_BITS:
        raise InputProblem(
            f"The device's RSA key has only {key.key_size} bits, which protects no password.",
            hint=_RSA_HINT,
            code="recipient_weak",
        )
    return key


def _check_not_authority(certificate: x509.Certificate) -> None:
    from cryptography import x509

    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return
    if is_authority:
        raise InputProblem(
            "This is the certificate of an authority: no device holds its private key.",
            hint="Give the certificate of the device's own identity.",
            code="recipient_is_authority",
        )
