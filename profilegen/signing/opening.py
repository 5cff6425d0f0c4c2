"""Encrypted payloads opened with a device's private key, as the device does it: to test what was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from profilegen.errors import InputProblem, KeyProblem
from profilegen.profile import ber
from profilegen.profile.ber import CmsProblem, Element, Reader, dotted
from profilegen.profile.cms import ENVELOPED_DATA, content_type_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from profilegen.secret import Secret

_CIPHERS = {
    "2.16.840.1.101.3.4.1.2": (16, "AES"),
    "2.16.840.1.101.3.4.1.22": (24, "AES"),
    "2.16.840.1.101.3.4.1.42": (32, "AES"),
    "1.2.840.113549.3.7": (24, "TripleDES"),
}
"""Ciphers in CBC mode by OID (RFC 3565, RFC 3370): key length in bytes and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """EnvelopedData taken apart: the content key for every recipient, and the content."""

    wrapped_keys: tuple[bytes, ...]
    cipher: str
    vector: bytes
    content: bytes


def open_envelope(der: bytes, key_file: bytes, password: Secret | None = None) -> bytes:
    """
    Return what is inside CMS EnvelopedData; `key_file` is the device's RSA key in PEM or PKCS#12.

    Raises InputProblem `bad_encryption` for an envelope no device opens, KeyProblem `wrong_device_key`, or a code of
    the key loaders.
    """
    key = _load_key(key_file, password)
    try:
        envelope = _read(der)
    except CmsProblem as problem:
        raise InputProblem(
            f"The encrypted payloads cannot be read: {problem}.",
            hint="Encrypt the profile again with profilegen encrypt.",
            code="bad_encryption",
        ) from problem
    for wrapped in envelope.wrapped_keys:
        content = _try_open(envelope, wrapped, key)
        if content is not None:
            return content
    raise KeyProblem(
        "The profile is encrypted to another key than this one.",
        hint="Give the private key of the certificate it was encrypted to.",
        code="wrong_device_key",
    )


def _load_key(data: bytes, password: Secret | None) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from profilegen.signing.loading import load_key, load_pkcs12

    key = load_key(data, password) if b"-----BEGIN" in data else load_pkcs12(data, password=password).key
    if not isinstance(key, RSAPrivateKey):
        raise KeyProblem(
            "Profiles are encrypted to RSA keys only; this key is of another kind.",
            hint="Give the device's RSA key.",
            code="wrong_device_key",
        )
    return key


def _read(der: bytes) -> _Envelope:
    if content_type_of(der) != ENVELOPED_DATA:
        raise CmsProblem("they are no EnvelopedData")
    reader = Reader(der)
    outer = reader.children(reader.whole())
    parts = reader.children(_at(reader.children(_at(outer, 1)), 0))
    recipients = next((part for part in parts if part.tag == ber.SET), None)
    content = next((part for part in reversed(parts) if part.tag == ber.SEQUENCE), None)
    if recipients is None or content is None:
        raise CmsProblem("they have no recipient or no content")
    info = reader.children(content)
    algorithm = reader.children(_at(info, 1))
    cipher = dotted(reader.contents(_at(algorithm, 0)))
    if cipher not in _CIPHERS:
        raise CmsProblem(f"the cipher {cipher} is none that devices know")
    return _Envelope(
        wrapped_keys=tuple(
            reader.octets(_at(reader.children(recipient), 3))
            for recipient in reader.children(recipients)
            if recipient.tag == ber.SEQUENCE
        ),
        cipher=cipher,
        vector=reader.octets(_at(algorithm, 1)),
        content=_implicit_octets(reader, _at(info, 2)),
    )


def _implicit_octets(reader: Reader, element: Element) -> bytes:
    if element.tag == ber.CONTEXT_0_PRIMITIVE:
        return reader.contents(element)
    return b"".join(reader.octets(piece) for piece in reader.children(element))


def _try_open(envelope: _Envelope, wrapped: bytes, key: RSAPrivateKey) -> bytes | None:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

    length, name = _CIPHERS[envelope.cipher]
    try:
        content_key = key.decrypt(wrapped, PKCS1v15())
        if len(content_key) != length:  # the library answers a wrong key with random bytes
            return None
        algorithm = AES(content_key) if name == "AES" else TripleDES(content_key)
        decryptor = Cipher(algorithm, CBC(envelope.vector)).decryptor()
        padded = decryptor.update(envelope.content) + decryptor.finalize()
        unpadder = PKCS7(algorithm.block_size).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _at(parts: list[Element], index: int) -> Element:
    if not 0 <= index < len(parts):
        raise CmsProblem("their structure is incomplete")
    return parts[index]
