"""
Thirty-five cases that have broken profile tools, by number. Those that are about files stand here; elsewhere are

12 and 28 (renamed people, rosters): tests/cli/test_build.py and tests/settings/test_roster.py;
15, 17 and 20 (making signatures): tests/signing/ and tests/cli/test_files.py;
33 (live servers): tests/probe/;
34 (where files go): tests/delivery/test_files.py;
35 (no password in any output): here for findings, tests/cli/ and tests/probe/ for the rest.
"""

import base64
import gzip
import plistlib
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from profilegen.address import Address
from profilegen.errors import SettingsProblem, TextProblem
from profilegen.profile.envelope import build_profile
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.identity import mailbox_key, top_identifier
from profilegen.profile.read import read
from profilegen.profile.signature import signer_facts
from profilegen.profile.types import Delivery
from profilegen.secret import Secret
from profilegen.settings.servers import Protocol
from tests.profile.examples.files import MODERN_CONTAINER
from tests.profile.examples.signatures import DEVICE, EC_SIGNER, MIDDLE, SIGNER, array, encrypted, envelope
from tests.profile.examples.specimen import BASE, ROOT, Tree, change, payload
from tests.profile.orders import NOW, order, password_account, server
from tests.profile.signers import issue, openssl_sign, signed_at
from tests.profile.test_lint import judge

SAME = "OutgoingPasswordSameAsIncomingPassword"
Seen = set[tuple[str, str]]


def seen(data: bytes, **how: Any) -> Seen:
    """Return rule and severity of every finding."""
    return {(one.rule, str(one.severity)) for one in judge(data, anchors=(ROOT.der,), **how)}


def mail_of(data: bytes) -> Tree:
    [payload_] = [one for one in plistlib.loads(data)["PayloadContent"] if one["PayloadType"].endswith("mail.managed")]
    assert isinstance(payload_, dict)
    return payload_


def with_mail(**keys: object) -> bytes:
    tree = plistlib.loads(BASE)
    change(tree["PayloadContent"][0], keys)
    return plistlib.dumps(tree)


def with_payloads(*payloads: Tree, **mail: object) -> bytes:
    tree = plistlib.loads(BASE)
    change(tree["PayloadContent"][0], mail)
    tree["PayloadContent"] += payloads
    return plistlib.dumps(tree)


def test_01_a_name_with_markup_survives_and_is_escaped_once() -> None:
    name = 'Zoë "Ø" & <Bob>'
    data = build_profile(order(password_account(display_name=name))).content
    assert mail_of(data)["EmailAccountName"] == name
    assert (b"&amp; &lt;Bob&gt;" in data, b"&amp;amp;" in data) == (True, False)


def test_02_a_password_with_markup_survives() -> None:
    password = "a&b<c>\"'\\`=]]>"
    account = password_account(incoming_password=Secret(text=password), outgoing_password=Secret(text=password))
    assert mail_of(build_profile(order(account)).content)["IncomingPassword"] == password


@pytest.mark.parametrize(
    "password", ["pw\r", "\ufffe", "a\x00b", "\ud800"], ids=["03", "04 U+FFFE", "04 NUL", "04 half"]
)
def test_03_and_04_a_password_that_xml_would_change_is_refused_by_the_builder(password: str) -> None:
    with pytest.raises(TextProblem) as refusal:
        build_profile(order(password_account(incoming_password=Secret(text=password))))
    assert "IncomingPassword" in refusal.value.message


def test_03_a_raw_return_in_a_password_is_pg106_and_a_reference_is_not() -> None:
    raw = with_mail(IncomingPassword="a-b").replace(b"a-b", b"a\rb")
    assert ("PG106", "error") in seen(raw)
    assert "PG106" not in {rule for rule, _ in seen(raw.replace(b"a\rb", b"a&#13;b"))}


@pytest.mark.parametrize("password", ["e\u0301", " secret", "secret\u00a0", "sec\u00a0ret", ""])
def test_05_and_06_an_odd_password_is_kept_and_is_pg314(password: str) -> None:
    data = with_mail(IncomingPassword=password)
    assert mail_of(data)["IncomingPassword"] == password
    assert ("PG314", "warning") in seen(data)


@pytest.mark.parametrize("port", [587.0, "587", True, 0, 65536, None], ids=repr)
def test_07_a_port_that_is_no_port_is_refused_and_is_a_finding(port: Any) -> None:
    with pytest.raises(SettingsProblem):
        server(Protocol.SMTP, "smtp.example.com", port, "you")
    assert {"PG303", "PG304"} & {rule for rule, _ in seen(with_mail(OutgoingMailServerPortNumber=port))}


@pytest.mark.parametrize(("port", "use_ssl", "rule"), [(587, False, "PG305"), (465, False, "PG306"), (587, True, None)])
def test_08_port_and_use_ssl_belong_together(port: int, use_ssl: bool, rule: str | None) -> None:
    data = with_mail(OutgoingMailServerPortNumber=port, OutgoingMailServerUseSSL=use_ssl)
    assert {one for one, severity in seen(data) if severity == "error"} == ({rule} if rule else set())


def test_09_two_passwords_stay_two_and_a_copied_one_is_pg312() -> None:
    account = password_account(incoming_password=Secret(text="one"), outgoing_password=Secret(text="two"))
    found = mail_of(build_profile(order(account)).content)
    assert (found["IncomingPassword"], found["OutgoingPassword"]) == ("one", "two")
    relay = {"OutgoingMailServerHostName": "mail.smtp2go.com", "OutgoingMailServerUsername": "office", SAME: None}
    copied = with_mail(IncomingPassword="one", OutgoingPassword="one", **relay)
    assert ("PG312", "error") in seen(copied)
    assert "PG312" not in {rule for rule, _ in seen(with_mail(IncomingPassword="one", OutgoingPassword="one"))}


def test_10_the_same_password_over_mdm_is_pg310() -> None:
    assert ("PG310", "error") in seen(with_mail(**{SAME: True}), delivery=Delivery.MDM)


def test_11_two_people_have_two_identifiers_and_one_person_the_same_bytes() -> None:
    you, bob, again = (build_profile(order(password_account(f"{name}@example.com"))) for name in ("you", "bob", "you"))
    assert you.identifier != bob.identifier
    assert you.content == again.content


def test_13_local_parts_that_look_alike_do_not_collide() -> None:
    names = ("foo.bar", "foo-bar", "foo+bar", "foobar", "foo_bar", "o'brien", "żółw")
    ids = [top_identifier("com.example", mailbox_key(Address.parse(f"{name}@example.com"))) for name in names]
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", one) for one in ids)


def test_14_a_host_outside_ascii_becomes_its_a_label_and_is_a_finding_where_it_did_not() -> None:
    built = build_profile(order(password_account("you@müller.de")))
    assert mail_of(built.content)["OutgoingMailServerHostName"] == "smtp.xn--mller-kva.de"
    assert ("PG302", "warning") in seen(with_mail(OutgoingMailServerHostName="smtp.müller.de"))


def test_16_a_missing_chain_is_pg503() -> None:
    assert ("PG503", "error") in seen(signed_at(BASE, SIGNER))


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, ("PG502", "error")), (5, ("PG502", "warning")), (29, ("PG502", "warning")), (60, None)],
)
def test_18_a_signer_that_ends(days: int, expected: tuple[str, str] | None) -> None:
    signer = issue("Ends", ROOT, ends=NOW + timedelta(days=days))
    found = {one for one in seen(signed_at(BASE, signer)) if one[0] == "PG502"}
    assert found == ({expected} if expected else set())


def test_19_an_ec_signature_that_says_so_is_fine_and_ed25519_is_told(tmp_path: Path) -> None:
    assert seen(signed_at(BASE, EC_SIGNER, chain=(MIDDLE,))) == set()
    der = signed_at(BASE, EC_SIGNER, chain=(MIDDLE,))
    at = der.rindex(bytes.fromhex("06082a8648ce3d040302"))
    ed25519_oid = der[:at] + bytes.fromhex("06032b6570") + bytes.fromhex("0c03") + b"abc" + der[at + 10 :]
    assert ("PG506", "warning") in seen(ed25519_oid)


WRAPPED = {
    "stream": ("-binary", "-nodetach", "-outform", "DER", "-stream"),
    "pem": ("-binary", "-nodetach", "-outform", "PEM"),
    "smime": ("-binary", "-nodetach", "-outform", "SMIME"),
    "detached": ("-binary", "-outform", "DER"),
}
PLAIN = {"gzip": gzip.compress(BASE), "empty": b"", "html": b"<!DOCTYPE html><html><body>404</body></html>"}


@pytest.mark.parametrize("name", [*WRAPPED, *PLAIN])
def test_21_what_is_no_der_profile_is_one_clear_line(name: str, tmp_path: Path) -> None:
    data = openssl_sign(BASE, SIGNER, tmp_path, *WRAPPED[name]) if name in WRAPPED else PLAIN[name]
    [first, *rest] = read(data).findings
    assert (first.rule, first.severity) == ("PG102" if name == "detached" else "PG101", Severity.ERROR)
    assert rest == []
    assert "\n" not in first.message


def test_22_a_flipped_bit_is_pg507() -> None:
    der = bytearray(signed_at(BASE, SIGNER, chain=(MIDDLE,)))
    der[der.index(b"imap.example.com")] ^= 1
    assert ("PG507", "error") in seen(bytes(der))


def test_23_line_ends_changed_by_signing_are_pg109(tmp_path: Path) -> None:
    der = openssl_sign(BASE, SIGNER, tmp_path, "-nodetach", "-outform", "DER", chain=(MIDDLE,))
    assert read(der).content == plistlib.loads(BASE)
    assert ("PG109", "warning") in seen(der)


def test_24_a_new_signing_key_is_pg505_unless_mdm_delivers() -> None:
    der = signed_at(BASE, EC_SIGNER, chain=(MIDDLE,))
    before = frozenset({signer_facts(SIGNER.certificate, 1).spki_sha256})
    assert ("PG505", "error") in seen(der, issued_signers=before)
    assert "PG505" not in {rule for rule, _ in seen(der, issued_signers=before, delivery=Delivery.MDM)}
    assert "PG505" not in {rule for rule, _ in seen(signed_at(BASE, SIGNER, chain=(MIDDLE,)), issued_signers=before)}


def test_25_a_key_that_stands_twice_is_pg107_although_readers_see_one() -> None:
    key = b"<key>OutgoingMailServerUseSSL</key>"
    data = BASE.replace(key, key + b"<true/>" + key).replace(key + b"\n\t\t\t<true/>", key + b"<false/>")
    assert plistlib.loads(data)["PayloadContent"][0]["OutgoingMailServerUseSSL"] is False
    assert {("PG107", "warning"), ("PG305", "error")} <= seen(data)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("00000000-0000-4000-8000-00000000000A", set()),
        ("00000000-0000-4000-8000-00000000000a", {("PG320", "warning")}),
        ("00000000-0000-4000-8000-00000000000B", {("PG320", "error")}),
        ("0F8BE2A4-6E1B-4C5C-9C7C-2B5A3C1D9E10", {("PG320", "error")}),
    ],
    ids=["identity", "lower case", "root", "other profile"],
)
def test_26_an_smime_certificate_is_an_identity_of_this_profile(wanted: str, expected: Seen) -> None:
    identity = payload("com.apple.security.acme", 1, PayloadUUID="00000000-0000-4000-8000-00000000000A")
    root = payload("com.apple.security.root", 2, PayloadUUID="00000000-0000-4000-8000-00000000000B")
    data = with_payloads(
        identity, root | {"PayloadContent": ROOT.der}, SMIMESigningEnabled=True, SMIMESigningCertificateUUID=wanted
    )
    assert {one for one in seen(data) if one[0] in ("PG320", "PG321")} == expected


def test_27_encryption_no_device_opens() -> None:
    right = envelope(DEVICE, "-aes-128-cbc")
    assert {one for one in seen(encrypted(right), decrypted=array()) if one[0].startswith("PG6")} == set()
    assert ("PG601", "error") in seen(encrypted(envelope(DEVICE, "-aes-256-gcm")))
    assert ("PG601", "warning") in seen(encrypted(envelope(DEVICE, "-aes-256-cbc")))
    assert ("PG602", "error") in seen(encrypted(envelope(EC_SIGNER, "-aes-128-cbc")))
    assert ("PG603", "error") in seen(encrypted(base64.encodebytes(right)))
    assert ("PG604", "error") in seen(encrypted(right), decrypted=BASE)


def test_27_encryption_to_the_signer_reaches_no_device() -> None:
    data = encrypted(envelope(SIGNER, "-aes-128-cbc"))
    assert ("PG602", "error") in seen(signed_at(data, SIGNER, chain=(MIDDLE,)))


def test_29_a_uuid_that_passes_apples_pattern_only_is_pg209() -> None:
    assert ("PG209", "warning") in seen(with_mail(PayloadUUID="GGGGGGGG-0000-0000-0000-000000000000"))


def test_30_a_date_with_a_zone_is_written_in_utc() -> None:
    expires = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    data = build_profile(order(expires=expires)).content
    assert b"<date>2026-12-31T23:30:00Z</date>" in data
    assert plistlib.loads(data)["RemovalDate"].replace(tzinfo=UTC) == expires


def test_31_data_that_is_no_base64_is_pg403() -> None:
    data = with_payloads(payload("com.apple.security.root", PayloadContent=b"marker"))
    broken = data.replace(base64.b64encode(b"marker"), b"@@@@")
    assert ("PG403", "error") in seen(broken)


@pytest.mark.parametrize("entity", [b'SYSTEM "http://192.0.2.1/x"', b'"' + b"ha" * 50 + b'"'])
def test_32_entities_are_refused_unread(entity: bytes) -> None:
    data = b"<!DOCTYPE plist [<!ENTITY x " + entity + b">]><plist><dict><key>&x;</key><true/></dict></plist>"
    result = read(data)
    assert ([one.rule for one in result.findings], result.content) == (["PG108"], None)


def test_35_no_finding_holds_a_password() -> None:
    words = {"IncomingPassword": "hunter2 ", "OutgoingPassword": "hunter3\u00a0", SAME: True}
    container = payload("com.apple.security.pkcs12", PayloadContent=MODERN_CONTAINER, Password="hunter4")
    found: tuple[LintFinding, ...] = judge(with_payloads(container, **words), delivery=Delivery.MDM)
    assert {"PG311", "PG313", "PG314", "PG405"} <= {one.rule for one in found}
    assert "hunter" not in repr(found)
