"""A self-signed identity for trying things out; devices show its profiles as not verified."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from profilegen.signing.identity import SigningIdentity

RSA_BITS = 2048  # RSA with SHA-256 is the one combination every Apple device is documented to take
VALIDITY = timedelta(days=398)
_CLOCK_SKEW = timedelta(hours=1)


def make_self_signed(*, common_name: str, organization: str | None, now: datetime) -> SigningIdentity:
    """Return a fresh RSA identity, valid for 398 days in all, from one hour before `now` (aware)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    name = _name(common_name, organization)
    begin = now - _CLOCK_SKEW
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNATURES_ONLY, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return SigningIdentity(key=key, certificate=certificate)


_SIGNATURES_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _name(common_name: str, organization: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)
