"""Examples that are a matter of bytes and certificates: PG1xx, PG403-PG405 and PG509."""

import gzip

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    PrivateFormat,
    pkcs12,
)

from profilegen.profile.certificates import ROOT as ROOT_TYPE
from profilegen.profile.lint.certificates import PEM, PKCS12
from tests.profile.examples.specimen import BASE, ROOT, Example, added, bytes_of, payload
from tests.profile.signers import issue

_XML = BASE[: BASE.index(b"<!DOCTYPE")].decode().strip()
_DOCTYPE = BASE[BASE.index(b"<!DOCTYPE") : BASE.index(b"<plist")].decode().strip()
_GOOD = (f'{_XML}\n{_DOCTYPE}\n<plist version="1.0"> … </plist>', BASE)
_NAME = b"<key>PayloadDisplayName</key>\n\t<string>"
_DEVICE = b"<key>TargetDeviceType</key>\n\t<integer>1</integer>"
_OUTGOING = b"<key>OutgoingPasswordSameAsIncomingPassword</key>\n\t\t\t<true/>"
_LEAF = issue("imap.example.com", ROOT, key=rsa.generate_private_key(65537, 2048))
_OLD_PROTECTION = (
    PrivateFormat.PKCS12.encryption_builder()
    .kdf_rounds(2048)
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .hmac_hash(hashes.SHA1())
)


def container(protection: KeySerializationEncryption) -> bytes:
    assert isinstance(_LEAF.key, rsa.RSAPrivateKey)
    return pkcs12.serialize_key_and_certificates(b"you", _LEAF.key, _LEAF.certificate, None, protection)


OLD_CONTAINER = container(_OLD_PROTECTION.build(b"secret"))
MODERN_CONTAINER = container(BestAvailableEncryption(b"secret"))


def swapped(old: bytes, new: bytes) -> bytes:
    assert old in BASE
    return BASE.replace(old, new, 1)


def _password(text: bytes) -> tuple[str, bytes]:
    lines = b"<key>OutgoingPassword</key>\n<string>" + text + b"</string>"
    return lines.decode().replace("\r", "␍"), swapped(_OUTGOING, lines)


BYTES = [
    bytes_of("PG101", ("gzip you.mobileconfig", gzip.compress(BASE, mtime=0)), _GOOD),
    bytes_of(
        "PG104",
        ("<key>PayloadDisplayName</key>\n<string>Smith & Sons</string>", swapped(_NAME, _NAME + b"Smith & Sons ")),
        (
            "<key>PayloadDisplayName</key>\n<string>Smith &amp; Sons</string>",
            swapped(_NAME, _NAME + b"Smith &amp; Sons "),
        ),
    ),
    bytes_of(
        "PG105",
        ("<key>PayloadDisplayName</key>\n<string>&#1;Mail</string>", swapped(_NAME, _NAME + b"&#1;")),
        ("<key>PayloadDisplayName</key>\n<string>Mail</string>", BASE),
    ),
    bytes_of("PG106", _password(b"a\rb"), _password(b"a&#13;b")),
    bytes_of(
        "PG107",
        (
            "<key>TargetDeviceType</key>\n<integer>0</integer>\n<key>TargetDeviceType</key>\n<integer>1</integer>",
            swapped(_DEVICE, _DEVICE.replace(b"1", b"0") + _DEVICE),
        ),
        ("<key>TargetDeviceType</key>\n<integer>1</integer>", BASE),
    ),
    bytes_of(
        "PG108",
        (f'{_XML}\n<plist version="1.0"> … </plist>', swapped(_DOCTYPE.encode() + b"\n", b"")),
        _GOOD,
    ),
]
CERTIFICATES = [
    added(
        "PG403",
        [payload(ROOT_TYPE, PayloadContent=ROOT.pem)],
        [payload(ROOT_TYPE, PayloadContent=ROOT.der)],
    ),
    added(
        "PG404",
        [payload(ROOT_TYPE, PayloadContent=ROOT.der)],
        [payload(PEM, PayloadContent=ROOT.pem)],
    ),
    added(
        "PG405",
        [payload(PKCS12, PayloadContent=MODERN_CONTAINER, Password="guess")],
        [payload(PKCS12, PayloadContent=OLD_CONTAINER, Password="secret")],
    ),
    added(
        "PG509",
        [payload(PEM, PayloadContent=ROOT.pem + ROOT.key_pem)],
        [payload(PEM, PayloadContent=ROOT.pem)],
    ),
]
LARGE = added(
    "PG110",
    [payload("com.example.unknown", Attachment=bytes(1_500_000))],
    [payload("com.example.unknown", Attachment=bytes(1_000))],
)
EXAMPLES: list[Example] = [*BYTES, LARGE, *CERTIFICATES]
