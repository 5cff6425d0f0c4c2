"""Files made to hurt whoever reads them: 20 MB each, or small and greedy."""

import base64
from collections.abc import Iterator
from pathlib import Path

from tests.profile.orders import NOW
from tests.profile.signers import Identity, issue, openssl_sign

SIZE = 20 * 1024 * 1024 - 4096
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x">\n<plist>'
MAIL = b"<key>PayloadType</key><string>com.apple.mail.managed</string>"
PEM = b"<key>PayloadType</key><string>com.apple.security.pem</string><key>PayloadContent</key><data>%s</data>"
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(12))


def xml(inside: bytes) -> bytes:
    return HEAD + inside + b"</plist>"


def text(value: bytes) -> bytes:
    return xml(b"<dict><key>PayloadDisplayName</key><string>" + value + b"</string></dict>")


def payloads(*inside: bytes) -> bytes:
    each = b"".join(b"<dict>" + keys + b"</dict>" for keys in inside)
    return xml(b"<dict><key>PayloadContent</key><array>" + each + b"</array></dict>")


def binary(arrays: int, references: int) -> bytes:
    """A binary property list of many arrays that all lie in the same bytes."""
    body = b"bplist00\xaf\x12" + references.to_bytes(4, "big") + bytes(references)
    table = (8).to_bytes(4, "big") * arrays
    trailer = bytes(6) + b"\x04\x01" + arrays.to_bytes(8, "big") + bytes(8) + len(body).to_bytes(8, "big")
    return body + table + trailer


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Yield every such file with its name."""
    yield "one-text", text(b"a" * SIZE)
    yield "line-ends", text(b"\n" * SIZE)
    yield "references", text(b"&#10;" * (SIZE // 5))
    yield "utf-16", text(b"a" * (SIZE // 2)).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    yield "data", xml(b"<data>" + b"QUFB" * (SIZE // 4) + b"</data>")
    yield "data-with-text", xml(b"<data>" + b"QUFB" * (SIZE // 4 - 9) + "😀</data>".encode())
    yield "attributes", xml(b"<dict " + b"".join(b'a%d="" ' % n for n in range(1_300_000)) + b"/>")
    yield "elements", xml(b"<array>" + b"<true/>" * (SIZE // 7) + b"</array>")
    yield "depth", HEAD + b"<array>" * (SIZE // 7)
    yield "comments", xml(b"<!---->" * (SIZE // 7) + b"<dict/>")
    yield "entities", b"<!DOCTYPE plist [" + LAUGHS + b"]><plist><dict><key>&l11;</key></dict></plist>"
    yield "external-entity", b'<!DOCTYPE p [<!ENTITY x SYSTEM "http://192.0.2.1/x">]><plist><dict>&x;</dict></plist>'
    yield "default-attributes", b'<!DOCTYPE p [<!ATTLIST true a CDATA "b">]><plist>' + b"<true/>" * 90_000 + b"</plist>"
    yield "duplicate-keys", xml(b"<dict>" + b"<key>a</key><true/>" * 49_000 + b"</dict>")
    yield (
        "unknown-keys",
        xml(b"<dict>" + b"".join(b"<key>Payload%d</key><true/>" % n for n in range(49_000)) + b"</dict>"),
    )
    yield "payloads", payloads(*[MAIL + b"<key>Foo</key><true/>"] * 19_000)
    yield "addresses", payloads(MAIL + b"<key>EmailAddress</key><string>" + b"," * 1_000_000 + b"</string>")
    yield (
        "passwords",
        payloads(*[MAIL + b"<key>IncomingPassword</key><string>" + "e\u0301".encode() * 300_000 + b"</string>"] * 20),
    )
    yield "pem-blanks", payloads(PEM % base64.b64encode(b"-----BEGIN CERTIFICATE-----" + b"\n" * 14_000_000))
    yield "pem-starts", payloads(PEM % base64.b64encode(b"-----BEGIN CERTIFICATE-----" * 500_000))
    yield "armour", b"-----BEGIN PKCS7-----\n" + b"A \n" * (SIZE // 3)
    yield "message", b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\n" + b"A \n" * (SIZE // 3)
    yield "headers", b"A:\n" * (SIZE // 3)
    yield "open-lengths", b"\x30\x80" * (SIZE // 2)
    yield "pieces", b"\x30\x80" + b"\x24\x80" * 30 + b"\x04\x01a" * (SIZE // 3)
    yield "nulls", b"\x30\x84" + SIZE.to_bytes(4, "big") + b"\x05\x00" * (SIZE // 2)
    yield "one-large-array", binary(2, SIZE - 1000)
    yield "many-large-arrays", binary(250, 1_000_000)
    yield "blanks", b" " * SIZE


def look_alikes(content: bytes, folder: Path) -> bytes:
    """A profile signed with a chain of 300 certificates of one name and one key, each the issuer of all others."""
    first = issue("Loop", ca=True)
    chain = [Identity(key=first.key, certificate=issue("Loop", first, key=first.key, ca=True).certificate)]
    chain += [issue("Loop", first, key=first.key, ca=True) for _ in range(299)]
    return openssl_sign(content, issue("Leaf", first, ends=NOW.replace(year=NOW.year + 1)), folder, chain=tuple(chain))
