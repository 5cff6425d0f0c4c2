"""Private keys that never leave their token (PKCS#11): found by a URI (RFC 7512), unlocked by a PIN, asked to sign."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from profilegen.errors import KeyProblem, UsageProblem
from profilegen.secret import Secret

if TYPE_CHECKING:
    import pkcs11

PinSource = Callable[[Path | None], Secret | None]
"""Gives the PIN of a token; its argument is the file that the token's URI names for it (`pin-source`)."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_PATH = ("token", "serial", "object", "id", "type")
_QUERY = ("module-path", "pin-source")
_EXAMPLE = "Write it like pkcs11:token=office;object=profiles?module-path=/usr/lib/softhsm/libsofthsm2.so."
_DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 section 9.2
_LONGEST_URI = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """Where a key is: the module to load, the token by label or serial, the key by label or id."""

    text: str
    module: str
    token: str | None
    serial: bytes | None
    label: str | None
    id: bytes | None
    pin_source: Path | None

    @classmethod
    def parse(cls, text: str) -> TokenUri:
        """Return the parts of a PKCS#11 URI; raises UsageProblem `bad_pkcs11_uri` or `pin_in_uri`."""
        scheme, colon, rest = text.strip().partition(":")
        if scheme.lower() != "pkcs11" or not colon or len(text) > _LONGEST_URI:
            raise _bad_uri("it does not begin with pkcs11:")
        path, _, query = rest.partition("?")
        if re.search(r"(?:^|&)pin-value=", query):
            raise UsageProblem(
                "A PIN in the URI could be read by everyone on this machine.",
                hint="Give it with --password-file FILE or in the environment variable PROFILEGEN_PIN.",
                code="pin_in_uri",
            )
        where, how = _attributes(path, ";", _PATH), _attributes(query, "&", _QUERY)
        if "module-path" not in how or not ({"token", "serial"} & where.keys() and {"object", "id"} & where.keys()):
            raise _bad_uri("it must name module-path, the token (token or serial) and the key (object or id)")
        source = how.get("pin-source")
        return cls(
            text=text.strip(),
            module=_text(how["module-path"]),
            token=_text(where["token"]) if "token" in where else None,
            serial=where.get("serial"),
            label=_text(where["object"]) if "object" in where else None,
            id=where.get("id"),
            pin_source=Path(_text(source).removeprefix("file:")) if source else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A private key inside a token, known here by the public key of its certificate."""

    uri: TokenUri
    public: PublicKey
    pin: PinSource = field(repr=False)

    def public_key(self) -> PublicKey:
        """Return the public key, as the private keys of `cryptography` do."""
        return self.public

    def sign(self, data: bytes) -> bytes:
        """
        Return the signature over SHA-256 of `data`: PKCS#1 v1.5, or a DER ECDSA-Sig-Value.

        Raises KeyProblem: `no_token`, `no_pin`, `wrong_pin`, `no_token_key`, `token_failed`, `hsm_missing`, and
        `key_mismatch` where the token signs with another key than the certificate's.
        """
        digest = hashlib.sha256(data).digest()
        with _session(self.uri, self.pin) as session:
            key = _private_key(session, self.uri)
            if isinstance(self.public, rsa.RSAPublicKey):
                # The digest is put into its frame here: every token can do this, whatever its size limit.
                signature = bytes(key.sign(_DIGEST_INFO_SHA256 + digest, mechanism=_mechanism("RSA_PKCS")))
            else:
                signature = _ecdsa_value(bytes(key.sign(digest, mechanism=_mechanism("ECDSA"))))
        _check_signature(self.public, signature, data)
        return signature


def read_token_certificates(uri: TokenUri, pin: PinSource) -> list[bytes]:
    """Return the certificates in DER that lie beside the key in its token; raises KeyProblem as `TokenKey.sign`."""
    with _session(uri, pin) as session:
        from pkcs11 import Attribute, ObjectClass

        wanted: dict[Any, Any] = {Attribute.CLASS: ObjectClass.CERTIFICATE}
        wanted |= {Attribute.LABEL: uri.label} if uri.label is not None else {}
        wanted |= {Attribute.ID: uri.id} if uri.id is not None else {}
        return [bytes(found[Attribute.VALUE]) for found in session.get_objects(wanted)]


@contextmanager
def _session(uri: TokenUri, pin: PinSource) -> Iterator[pkcs11.Session]:
    try:
        import pkcs11
        from pkcs11 import exceptions
    except ImportError as exc:
        raise KeyProblem(
            "Keys in tokens need the library python-pkcs11.",
            hint='Install it: pip install "profilegen[hsm]".',
            code="hsm_missing",
        ) from exc
    secret = pin(uri.pin_source)
    if secret is None:
        raise KeyProblem(
            "The token asks for a PIN and none was given.",
            hint="Set PROFILEGEN_PIN, or name a file with pin-source in the URI of the key.",
            code="no_pin",
        )
    try:
        module = pkcs11.lib(uri.module)
    except exceptions.PKCS11Error as exc:
        raise KeyProblem(
            f"The PKCS#11 module {uri.module} cannot be loaded.",
            hint="Check module-path in the URI of the key.",
            code="no_token",
        ) from exc
    try:
        token = module.get_token(token_label=uri.token, token_serial=uri.serial)
        with token.open(user_pin=secret.reveal()) as session:
            yield session
    except exceptions.PKCS11Error as exc:
        raise _translated(exc) from exc


def _private_key(session: pkcs11.Session, uri: TokenUri) -> Any:
    from pkcs11 import ObjectClass

    return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=uri.label, id=uri.id)


def _mechanism(name: str) -> pkcs11.Mechanism:
    from pkcs11 import Mechanism

    return Mechanism[name]


def _ecdsa_value(raw: bytes) -> bytes:
    """Return r and s, which a token puts side by side, as CMS wants them (RFC 3279 section 2.2.3)."""
    half = len(raw) // 2
    return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _check_signature(public: PublicKey, signature: bytes, data: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, PKCS1v15(), SHA256())
        else:
            public.verify(signature, data, ec.ECDSA(SHA256()))
    except InvalidSignature as exc:
        raise KeyProblem(
            "The key in the token does not belong to the signing certificate.",
            hint="Import the key again with the certificate issued for it.",
            code="key_mismatch",
        ) from exc


def _translated(exc: Exception) -> KeyProblem:
    from pkcs11 import exceptions

    match exc:
        case exceptions.NoSuchToken() | exceptions.MultipleTokensReturned() | exceptions.TokenNotPresent():
            message, hint, code = "The token is not there.", "Plug it in, or check token in the URI.", "no_token"
        case exceptions.PinIncorrect() | exceptions.PinInvalid() | exceptions.PinLenRange():
            message, hint, code = "The PIN is wrong.", "Try again with care: tokens lock after a few.", "wrong_pin"
        case exceptions.PinLocked():
            message, hint, code = "The token is locked.", "Its security officer can unlock it.", "wrong_pin"
        case exceptions.NoSuchKey() | exceptions.MultipleObjectsReturned():
            message, code = "The token holds no such private key, or several of them.", "no_token_key"
            hint = "Check object and id in the URI."
        case _:
            message = f"The token did not sign ({type(exc).__name__})."
            hint, code = "Check the token with its own tools.", "token_failed"
    return KeyProblem(message, hint=hint, code=code)


def _attributes(text: str, separator: str, known: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name not in known or not equals or name in found:
            raise _bad_uri(f'"{name}" is not understood here')
        found[name] = unquote_to_bytes(value)
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _bad_uri("it is not UTF-8") from exc


def _bad_uri(reason: str) -> UsageProblem:
    return UsageProblem(f"This is not the URI of a key in a token: {reason}.", hint=_EXAMPLE, code="bad_pkcs11_uri")
