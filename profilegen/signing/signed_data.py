"""
CMS SignedData (RFC 5652 section 5) laid down in DER: all that is the same for one signer once, the rest per profile.

Wherever the private key is, in this process or in a token, it only signs the attributes; everything around them is
made here. SHA-256; signed attributes are content type, signing time and message digest.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

_INTEGER, _OCTET_STRING, _SEQUENCE, _SET = 0x02, 0x04, 0x30, 0x31
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_CONTEXT_0 = 0xA0
_NULL = bytes.fromhex("0500")
_VERSION_1 = bytes.fromhex("020101")

# OBJECT IDENTIFIERs with tag and length
_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")
_SHA256 = bytes.fromhex("0609608648016503040201")
_RSA = bytes.fromhex("06092a864886f70d010101")
_ECDSA_WITH_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_LAST_YEAR_OF_UTC_TIME = 2049


class SignedDataForm:
    """The SignedData of one signer, lacking content, time and signature."""

    def __init__(self, certificate: x509.Certificate, chain: Iterable[x509.Certificate]) -> None:
        ders = {one.public_bytes(Encoding.DER) for one in (certificate, *chain)}
        is_rsa = isinstance(certificate.public_key(), RSAPublicKey)
        self._digest_algorithm = _der(_SEQUENCE, _SHA256, _NULL)
        self._head = _VERSION_1 + _der(_SET, self._digest_algorithm)
        self._certificates = _der(_CONTEXT_0, *sorted(ders))  # DER sorts a SET OF by its encodings (X.690 11.6)
        self._signer = _VERSION_1 + _der(
            _SEQUENCE, certificate.issuer.public_bytes(), _der(_INTEGER, _integer(certificate.serial_number))
        )
        self._signature_algorithm = _der(_SEQUENCE, _RSA, _NULL) if is_rsa else _der(_SEQUENCE, _ECDSA_WITH_SHA256)

    def attributes(self, content: bytes, moment: datetime) -> bytes:
        """Return the DER SET that the private key has to sign; `moment` is aware."""
        digest = hashlib.sha256(content).digest()
        return _der(
            _SET,  # in the order DER asks for: by length, which differs
            _der(_SEQUENCE, _CONTENT_TYPE, _der(_SET, _DATA)),
            _der(_SEQUENCE, _SIGNING_TIME, _der(_SET, _time(moment))),
            _der(_SEQUENCE, _MESSAGE_DIGEST, _der(_SET, _der(_OCTET_STRING, digest))),
        )

    def filled(self, content: bytes, attributes: bytes, signature: bytes) -> bytes:
        """Return the finished ContentInfo in DER; `signature` is PKCS#1 v1.5 or a DER ECDSA-Sig-Value."""
        signer_info = _der(
            _SEQUENCE,
            self._signer,
            self._digest_algorithm,
            bytes((_CONTEXT_0,)) + attributes[1:],  # signed as a SET, carried under an implicit tag (section 5.4)
            self._signature_algorithm,
            _der(_OCTET_STRING, signature),
        )
        attached = _der(_SEQUENCE, _DATA, _der(_CONTEXT_0, _der(_OCTET_STRING, content)))
        signed = _der(_SEQUENCE, self._head, attached, self._certificates, _der(_SET, signer_info))
        return _der(_SEQUENCE, _SIGNED_DATA, _der(_CONTEXT_0, signed))


def _der(tag: int, *parts: bytes) -> bytes:
    """Return one element; its length in as few octets as possible (X.690 sections 8.1.3 and 10.1)."""
    length = sum(map(len, parts))
    if length < 0x80:
        return b"".join((bytes((tag, length)), *parts))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"".join((bytes((tag, 0x80 | len(octets))), octets, *parts))


def _integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _time(moment: datetime) -> bytes:
    moment = moment.astimezone(UTC)
    if moment.year <= _LAST_YEAR_OF_UTC_TIME:
        return _der(_UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode("ascii"))
    return _der(_GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode("ascii"))
