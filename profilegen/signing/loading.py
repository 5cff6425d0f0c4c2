"""Signing identities from the files people have: PEM and PKCS#12 (RFC 7468, RFC 7292)."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from profilegen.errors import KeyProblem
from profilegen.profile.chain import load_certificate
from profilegen.secret import Secret
from profilegen.signing.chain import order_chain
from profilegen.signing.identity import SigningIdentity, matches
from profilegen.signing.token import PinSource, PublicKey, TokenKey, TokenUri, read_token_certificates

MAX_BYTES = 1 << 20  # far more than any key or bundle of certificates


def load_pem(*, cert: bytes, key: bytes, chain: bytes = b"", password: Secret | None = None) -> SigningIdentity:
    """
    Return the identity made of PEM texts.

    `cert` and `chain` hold any number of certificates in any order; the signer's is the one in `cert` that belongs
    to the key, else the first. Raises KeyProblem: `unreadable_key`, `wrong_key_password`, `unreadable_certificate`.
    """
    private_key = load_key(key, password)
    certificates = load_certificates(cert)
    others = load_certificates(chain) if chain.strip() else []
    return assemble(private_key, certificates, others)


def load_pkcs12(data: bytes, *, password: Secret | None = None) -> SigningIdentity:
    """
    Return the identity inside a PKCS#12 file (".p12", ".pfx").

    Raises KeyProblem: `unreadable_key` (also: no key or no certificate inside), `wrong_key_password`.
    """
    bundle = _open_pkcs12(_bounded(data, "unreadable_key"), password)
    if bundle.key is None or bundle.cert is None:
        raise KeyProblem(
            "The PKCS#12 file does not hold a private key together with its certificate.",
            hint="Export the identity again with its private key.",
            code="unreadable_key",
        )
    others = [entry.certificate for entry in bundle.additional_certs]
    return assemble(bundle.key, [bundle.cert.certificate], others)


def load_token(uri: str, pin: PinSource, *, cert: bytes = b"", chain: bytes = b"") -> SigningIdentity:
    """
    Return the identity of a key in a token, proved by a signature; without `cert` its certificate is read there too.

    Raises UsageProblem and KeyProblem as `keystore.Keystore.import_token`.
    """
    place = TokenUri.parse(uri)
    certificates = load_certificates(cert) if cert else _token_certificates(place, pin)
    others = load_certificates(chain) if chain.strip() else []
    key = TokenKey(uri=place, public=_public_key(certificates[0]), pin=pin)
    key.sign(b"profilegen asks whether this key belongs to this certificate")
    return assemble(key, certificates, others)


def reload_token(uri: str, pin: PinSource, *, known: bytes, cert: bytes, chain: bytes = b"") -> SigningIdentity:
    """Return the identity of a key imported before, which `known` certifies; the token is not asked."""
    key = TokenKey(uri=TokenUri.parse(uri), public=_public_key(load_certificates(known)[0]), pin=pin)
    return assemble(key, load_certificates(cert), load_certificates(chain) if chain.strip() else [])


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """Return every certificate of a PEM text; raises KeyProblem `unreadable_certificate` if there is none."""
    try:
        return x509.load_pem_x509_certificates(_bounded(data, "unreadable_certificate"))
    except ValueError as exc:
        raise KeyProblem(
            "The certificate file is not a PEM certificate.",
            hint='Give a file with "-----BEGIN CERTIFICATE-----"; openssl x509 -inform der converts DER files.',
            code="unreadable_certificate",
        ) from exc


def assemble(
    key: PrivateKeyTypes | TokenKey, certificates: Sequence[x509.Certificate], others: Sequence[x509.Certificate]
) -> SigningIdentity:
    """Return the identity of a key: its certificate among `certificates`, and of all the rest what leads to a root."""
    leaf = next((certificate for certificate in certificates if _belongs(key, certificate)), certificates[0])
    return SigningIdentity(key=key, certificate=leaf, chain=order_chain(leaf, [*certificates, *others]))


def _belongs(key: PrivateKeyTypes | TokenKey, certificate: x509.Certificate) -> bool:
    try:
        return matches(key, certificate)
    except (ValueError, UnsupportedAlgorithm):  # a stranger with a key of an unknown kind
        return False


def _token_certificates(uri: TokenUri, pin: PinSource) -> list[x509.Certificate]:
    found = [certificate for der in read_token_certificates(uri, pin) if (certificate := load_certificate(der))]
    if not found:
        raise KeyProblem(
            "The token holds no certificate beside this key.",
            hint="Give the certificate with --cert FILE.",
            code="unreadable_certificate",
        )
    return found


def _public_key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise KeyProblem(
            "Profiles can be signed with RSA and EC keys only; this certificate is for a key of another kind.",
            hint="Make an RSA key of at least 2048 bits or an EC key on P-256 in the token.",
            code="unsupported_key",
        )
    return key


def load_key(data: bytes, password: Secret | None) -> PrivateKeyTypes:
    """Return a private key in PEM; raises KeyProblem: `unreadable_key`, `wrong_key_password`."""
    data = _bounded(data, "unreadable_key")
    encrypted = b"ENCRYPTED" in data
    if encrypted and password is None:
        raise _wrong_password("The private key is encrypted and no password was given.")
    try:
        return load_pem_private_key(data, _encode(password) if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        if encrypted:
            raise _wrong_password("The private key cannot be decrypted with this password.") from exc
        raise KeyProblem(
            "The key file is not a PEM private key that can be read.",
            hint='Give an unbroken file with "-----BEGIN PRIVATE KEY-----".',
            code="unreadable_key",
        ) from exc


def _open_pkcs12(data: bytes, password: Secret | None) -> pkcs12.PKCS12KeyAndCertificates:
    try:
        return pkcs12.load_pkcs12(data, _encode(password))
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        # The library says both in prose; a password that is no Unicode text becomes a TypeError.
        if isinstance(exc, TypeError) or "password" in str(exc):
            raise _wrong_password("The PKCS#12 file cannot be opened with this password.") from exc
        raise KeyProblem(
            "The file is not a PKCS#12 file that can be read.",
            hint="Export the identity again; very old files are rewritten by openssl pkcs12 -legacy.",
            code="unreadable_key",
        ) from exc


def _encode(password: Secret | None) -> bytes | None:
    return None if password is None else password.reveal().encode("utf-8", "surrogatepass")


def _bounded(data: bytes, code: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise KeyProblem(
            f"The file is larger than {MAX_BYTES >> 20} MiB and cannot be a key or certificate.",
            hint="Check which file was given.",
            code=code,
        )
    return data


def _wrong_password(message: str) -> KeyProblem:
    return KeyProblem(message, hint="Give the password the file was made with.", code="wrong_key_password")
