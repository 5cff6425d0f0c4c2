"""Certificate payloads: a root becomes com.apple.security.root, every other CA com.apple.security.pkcs1."""

import hashlib
from typing import TYPE_CHECKING

from profilegen.address import shorten
from profilegen.errors import SettingsProblem
from profilegen.profile.plist import Payload

if TYPE_CHECKING:
    from cryptography import x509

ROOT = "com.apple.security.root"
PKCS1 = "com.apple.security.pkcs1"


def certificate_payload(der: bytes) -> Payload:
    """Return the payload of one CA certificate in DER with its type and name; raises SettingsProblem if it is none."""
    certificate = _parse(der)
    return {
        "PayloadType": ROOT if _is_self_signed(certificate) else PKCS1,
        "PayloadDisplayName": _common_name(certificate),
        "PayloadCertificateFileName": f"{hashlib.sha256(der).hexdigest()[:16]}.cer",
        "PayloadContent": der,
    }


def _parse(der: bytes) -> "x509.Certificate":
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as exc:
        raise SettingsProblem(
            "A CA certificate cannot be read: it is not an X.509 certificate in DER.",
            hint="Give the certificate as a PEM or DER file.",
        ) from exc


def _is_self_signed(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _common_name(certificate: "x509.Certificate") -> str:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else ""
    return shorten(name or "CA certificate")
