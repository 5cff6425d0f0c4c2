"""Reading untrusted files: whatever they are, there is one clear finding and never an exception."""

import gzip
import plistlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.profile import formats
from profilegen.profile.envelope import build_profile
from profilegen.profile.formats import Format
from profilegen.profile.found import found_accounts
from profilegen.profile.lint import lint
from profilegen.profile.read import ReadResult, read
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, FoundServer, Protocol
from tests.profile.orders import NOW, golden_orders, order, password_account
from tests.profile.signers import issue, openssl_sign

XML = build_profile(order()).content
LEAF = issue("Leaf")
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x">\n'
LAUGHS = b'<!DOCTYPE p [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]><plist><dict><key>&b;</key><string/></dict></plist>'
EXTERNAL = b'<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><plist><dict><key>a</key><string>&a;</string></dict></plist>'


def string(text: bytes) -> bytes:
    return HEAD + b"<plist><dict><key>a</key><string>" + text + b"</string></dict></plist>"


def rules_of(result: ReadResult) -> list[str]:
    return [finding.rule for finding in result.findings]


def bplist_cycle() -> bytes:
    """A binary property list whose only array holds itself: header, one object, offset table, trailer."""
    body = b"bplist00" + b"\xa1\x00"
    return body + b"\x08" + bytes(6) + b"\x01\x01" + (1).to_bytes(8, "big") + bytes(8) + len(body).to_bytes(8, "big")


def bplist_bomb() -> bytes:
    """A binary property list of 40 arrays, each holding the next one twice."""
    objects = [bytes([0xA2, index + 1, index + 1]) for index in range(40)] + [b"\x50"]
    root = b"\xd1\x2a\x00"
    objects += [b"\x51a", root]
    root = bytes([0xD1, 41, 0])
    objects[-1] = root
    offsets, body = bytearray(), bytearray(b"bplist00")
    for one in objects:
        offsets += len(body).to_bytes(2, "big")
        body += one
    trailer = bytes(6) + b"\x02\x01" + len(objects).to_bytes(8, "big") + (42).to_bytes(8, "big")
    return bytes(body + offsets + trailer + len(body).to_bytes(8, "big"))


UNREADABLE: list[tuple[str, bytes, Format, str, str]] = [
    ("empty", b"", Format.UNKNOWN, "PG101", "an empty file"),
    ("blanks", b" \n\n", Format.UNKNOWN, "PG101", "an empty file"),
    ("gzip", gzip.compress(XML), Format.UNKNOWN, "PG101", "gzip"),
    ("zip", b"PK\x03\x04rest", Format.UNKNOWN, "PG101", "ZIP"),
    ("html", b"<!DOCTYPE html><html><body>404</body></html>", Format.UNKNOWN, "PG101", "web page"),
    ("html with declaration", b'<?xml version="1.0"?><html xmlns="x"/>', Format.UNKNOWN, "PG101", "web page"),
    ("text", b"hello", Format.UNKNOWN, "PG101", "neither XML nor"),
    ("json", b'{"a": 1}', Format.UNKNOWN, "PG101", "JSON"),
    ("key", LEAF.key_pem, Format.UNKNOWN, "PG101", "PEM file"),
    ("too large", b"<" + b" " * formats.LARGEST, Format.UNKNOWN, "PG101", "20 MB"),
    ("cut off", XML[: len(XML) // 2], Format.XML, "PG104", "cut off"),
    ("bare ampersand", string(b"a & b"), Format.XML, "PG104", "line 3"),
    ("no property list", b"<?xml version='1.0'?><rss/>", Format.XML, "PG101", "something else"),
    ("array", plistlib.dumps([1]), Format.XML, "PG101", "no dictionary"),
    ("control reference", string(b"&#1;"), Format.XML, "PG105", "forbids"),
    ("U+FFFE", string("\ufffe".encode()), Format.XML, "PG105", "forbids"),
    ("billion laughs", LAUGHS, Format.XML, "PG108", "entities"),
    ("external entity", EXTERNAL, Format.XML, "PG108", "entities"),
    ("unknown encoding", b'<?xml version="1.0" encoding="klingon"?><plist/>', Format.XML, "PG104", "encoding"),
    ("deep", b"<plist>" + b"<array>" * 5000 + b"</array>" * 5000 + b"</plist>", Format.XML, "PG104", "nested"),
    ("many", b"<plist><array>" + b"<true/>" * 200_001 + b"</array></plist>", Format.XML, "PG104", "too many"),
    ("huge number", b"<plist><integer>" + b"9" * 9999 + b"</integer></plist>", Format.XML, "PG104", "no property list"),
    ("binary cycle", bplist_cycle(), Format.BPLIST, "PG101", "binary"),
    ("binary bomb", bplist_bomb(), Format.BPLIST, "PG101", "binary"),
    ("broken DER", b"\x30\x03\x02\x01\x05", Format.CMS_DER, "PG101", "structure"),
    ("broken PEM", b"-----BEGIN PKCS7-----\n!!!\n-----END PKCS7-----\n", Format.CMS_PEM, "PG101", "cannot be opened"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "kind", "rule", "words"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_what_is_no_profile_is_named(data: bytes, kind: Format, rule: str, words: str) -> None:
    result = read(data)
    assert (result.format, result.content, result.findings[0].rule) == (kind, None, rule)
    assert words in result.findings[0].message
    assert "\n" not in result.findings[0].message


@pytest.mark.parametrize("data", [bplist_cycle(), bplist_bomb()], ids=["cycle", "bomb"])
def test_a_binary_property_list_that_never_ends_is_refused(data: bytes) -> None:
    assert read(data).findings[-1].message.endswith(("too many parts.", "no dictionary.", "could be read."))


def test_an_unsigned_profile_is_read() -> None:
    result = read(XML)
    assert (result.format, result.signed, result.encrypted, result.findings) == (Format.XML, False, False, ())
    assert result.content == plistlib.loads(XML)


@pytest.mark.parametrize(
    ("options", "kind", "rules"),
    [
        (("-binary", "-nodetach", "-outform", "DER"), Format.CMS_DER, []),
        (("-binary", "-nodetach", "-outform", "DER", "-stream"), Format.CMS_BER, ["PG101"]),
        (("-binary", "-nodetach", "-outform", "PEM"), Format.CMS_PEM, ["PG101"]),
        (("-binary", "-nodetach", "-outform", "SMIME"), Format.SMIME, ["PG101"]),
        (("-nodetach", "-outform", "DER"), Format.CMS_DER, []),
    ],
)
def test_every_wrapping_is_opened(options: tuple[str, ...], kind: Format, rules: list[str], tmp_path: Path) -> None:
    result = read(openssl_sign(XML, LEAF, tmp_path, *options))
    assert (result.format, result.signed, rules_of(result)) == (kind, True, rules)
    assert result.content == plistlib.loads(XML)
    assert (result.xml == XML) is ("-binary" in options)


def test_a_detached_signature_holds_no_profile(tmp_path: Path) -> None:
    result = read(openssl_sign(XML, LEAF, tmp_path, "-binary", "-outform", "DER"))
    assert (rules_of(result), result.content, result.signed) == (["PG102"], None, True)


@pytest.mark.parametrize("inner", ["signed", "text", "array"])
def test_what_is_signed_must_be_a_profile(inner: str, tmp_path: Path) -> None:
    content = {"signed": openssl_sign(XML, LEAF, tmp_path), "text": b"hello", "array": plistlib.dumps([1])}[inner]
    result = read(openssl_sign(content, LEAF, tmp_path))
    assert (rules_of(result), result.content) == (["PG103"], None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = XML.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"' if "16" in encoding else 'encoding="UTF-8"')
    data = (b"\xfe\xff" if encoding == "utf-16-be" else b"") + text.encode(encoding)
    assert read(data).content == plistlib.loads(XML)


def test_blanks_before_the_xml_do_not_stop_reading() -> None:
    assert read(b"\n\n" + XML).content == plistlib.loads(XML)


def test_a_binary_property_list_is_read_and_refused() -> None:
    result = read(plistlib.dumps({"PayloadType": "a\x01"}, fmt=plistlib.FMT_BINARY))
    assert (result.format, rules_of(result)) == (Format.BPLIST, ["PG101", "PG105"])
    assert result.findings[1].path == "PayloadType"


def test_an_encrypted_profile_is_known() -> None:
    tree = plistlib.loads(XML) | {"IsEncrypted": True, "EncryptedPayloadContent": b"x"}
    assert read(plistlib.dumps(tree)).encrypted


def judged(data: bytes) -> None:
    lint(read(data), delivery=Delivery.MDM, platform=Platform.MACOS, now=NOW)
    found_accounts(read(data).content or {})


@given(st.data())
def test_a_damaged_profile_never_raises(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from([XML, plistlib.dumps(plistlib.loads(XML), fmt=plistlib.FMT_BINARY)])))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    judged(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 99999)
    | st.floats(allow_nan=False)
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({key for wanted in golden_orders().values() for key in plistlib.loads(build_profile(wanted).content)})
INNER = sorted(
    {
        key
        for wanted in golden_orders().values()
        for payload in plistlib.loads(build_profile(wanted).content)["PayloadContent"]
        for key in payload
    }
)
TYPES = sorted({kind for wanted in golden_orders().values() for kind in build_profile(wanted).payload_types})


@given(
    st.dictionaries(st.sampled_from(KEYS), values),
    st.lists(st.dictionaries(st.sampled_from(INNER), values) | values, max_size=3),
    st.sampled_from(TYPES),
)
def test_no_value_of_any_type_makes_the_linter_raise(top: dict[str, object], inner: list[object], kind: str) -> None:
    payloads = [one | {"PayloadType": kind} if isinstance(one, dict) else one for one in inner]
    content = top | {"PayloadContent": payloads}
    result = ReadResult(format=Format.XML, content=content)
    for platform in Platform:
        for delivery in Delivery:
            lint(result, delivery=delivery, platform=platform, now=NOW)
    found_accounts(content)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    judged(data)


@pytest.mark.parametrize("start", [b"bplist00", b"<?xml", b"\x30\x80", b"-----BEGIN CMS-----", b"MIME-Version: 1.0\n"])
@given(st.binary(max_size=200))
def test_no_bytes_after_a_known_start_raise(start: bytes, data: bytes) -> None:
    judged(start + data)


def test_an_account_is_found_as_it_stands() -> None:
    account = password_account(
        aliases=(Address.parse("info@example.com"),),
        incoming_password=Secret(text="one"),
        outgoing_password=Secret(text="two"),
    )
    (found,) = found_accounts(read(build_profile(order(account)).content).content or {})
    assert (str(found.address), [str(alias) for alias in found.aliases]) == ("you@example.com", ["info@example.com"])
    assert found.outgoing == FoundServer(
        protocol=Protocol.SMTP,
        host="smtp.example.com",
        port=587,
        use_ssl=True,
        auth=Auth.PASSWORD,
        username="you@example.com",
    )
    assert (found.incoming_password, found.outgoing_password) == (Secret(text="one"), Secret(text="two"))
    assert "one" not in repr(found).replace("None", "")


def test_one_password_for_both_is_understood() -> None:
    keys = {"PayloadType": "com.apple.mail.managed", "IncomingPassword": "one"}
    content = {"PayloadContent": [keys | {"OutgoingPasswordSameAsIncomingPassword": True}, keys]}
    assert [found.outgoing_password for found in found_accounts(content)] == [Secret(text="one"), None]


def test_values_of_the_wrong_type_mean_nothing() -> None:
    keys = {
        "PayloadType": "com.apple.mail.managed",
        "EmailAddress": 7,
        "OutgoingMailServerHostName": b"x",
        "OutgoingMailServerPortNumber": 587.0,
        "OutgoingMailServerUseSSL": 1,
        "OutgoingMailServerAuthentication": "EmailAuthMagic",
        "OutgoingMailServerUsername": ["x"],
        "OutgoingPassword": 5,
    }
    (found,) = found_accounts({"PayloadContent": [keys, "text"]})
    assert (found.address, found.outgoing, found.outgoing_password) == (None, FoundServer(protocol=Protocol.SMTP), None)
