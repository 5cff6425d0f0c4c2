"""The linter on signed profiles: who signed, is it valid, and will a device believe it."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from profilegen.profile.certificates import certificate_payload
from profilegen.profile.document import check_document
from profilegen.profile.envelope import build_profile
from profilegen.profile.lint import lint
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from tests.profile.orders import NOW
from tests.profile.signers import Identity, issue, openssl_sign
from tests.profile.test_lint import GOOD, XML, brief, judge

ROOT = issue("Root", ca=True)
MIDDLE = issue("Middle", ROOT, ca=True)
LEAF = issue("Leaf", MIDDLE)
SELF = issue("Self")
EXPIRED = issue("Expired", ROOT, ends=NOW - timedelta(days=1))
SOON = issue("Soon", ROOT, ends=NOW + timedelta(days=5))
RSA = issue("RSA", ROOT, key=rsa.generate_private_key(65537, 2048))
SHORT = issue("Short", ROOT, key=rsa.generate_private_key(65537, 1024))
Case = tuple[str, Identity, tuple[Identity, ...], tuple[str, ...], list[tuple[str, str]]]
SIGNED: list[Case] = [
    ("good", LEAF, (MIDDLE,), (), []),
    ("self-signed", SELF, (), (), [("PG504", "warning")]),
    ("chain missing", LEAF, (), (), [("PG503", "error")]),
    ("expired", EXPIRED, (), (), [("PG502", "error"), ("PG504", "warning")]),
    ("expires soon", SOON, (), (), [("PG502", "warning")]),
    ("sha1", LEAF, (MIDDLE,), ("-md", "sha1"), [("PG506", "warning")]),
    ("pss", RSA, (), ("-keyopt", "rsa_padding_mode:pss"), [("PG506", "warning")]),
    ("short key", SHORT, (), (), [("PG506", "warning")]),
]


def test_signing_in_text_mode_is_seen(tmp_path: Path) -> None:
    found = brief(judge(openssl_sign(XML, ROOT, tmp_path, "-nodetach", "-outform", "DER"), anchors=(ROOT.der,)))
    assert found == [("PG109", "warning", "")]


@pytest.mark.parametrize("row", SIGNED, ids=[row[0] for row in SIGNED])
def test_a_signature_is_judged(row: Case, tmp_path: Path) -> None:
    _, signer, chain, more, expected = row
    der = openssl_sign(XML, signer, tmp_path, "-binary", "-nodetach", "-outform", "DER", *more, chain=chain)
    assert [found[:2] for found in brief(judge(der, anchors=(ROOT.der,)))] == expected


def test_an_unknown_root_is_a_warning(tmp_path: Path) -> None:
    der = openssl_sign(XML, LEAF, tmp_path, chain=(MIDDLE, ROOT))
    assert brief(judge(der)) == [("PG504", "warning", "")]


def test_a_changed_content_is_an_error(tmp_path: Path) -> None:
    der = openssl_sign(XML, LEAF, tmp_path, chain=(MIDDLE,)).replace(b"imap.example.com", b"imap.evildom.com")
    assert brief(judge(der, anchors=(ROOT.der,))) == [("PG507", "error", "")]


def test_a_signature_without_the_signers_certificate_is_an_error(tmp_path: Path) -> None:
    der = openssl_sign(XML, LEAF, tmp_path, "-binary", "-nodetach", "-outform", "DER", "-nocerts")
    assert brief(judge(der)) == [("PG507", "error", "")]


def test_an_algorithm_that_is_not_the_keys_is_an_error(tmp_path: Path) -> None:
    der = openssl_sign(XML, LEAF, tmp_path, chain=(MIDDLE,))
    ecdsa_sha256, other = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a864886f70d0101")
    at = der.rindex(ecdsa_sha256)
    found = brief(judge(der[:at] + other + der[at + 10 :], anchors=(ROOT.der,)))
    assert found == [("PG506", "error", "")]


def test_a_signer_that_is_not_valid_yet_is_an_error(tmp_path: Path) -> None:
    result = read(openssl_sign(XML, LEAF, tmp_path, chain=(MIDDLE, ROOT)))
    before = NOW - timedelta(days=101)
    found = lint(result, delivery=Delivery.INTERACTIVE, platform=Platform.IOS, now=before, anchors=(ROOT.der,))
    assert brief(found) == [("PG502", "error", ""), ("PG504", "warning", "")]


def test_a_second_signer_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "second.pem").write_bytes(LEAF.pem + LEAF.key_pem)
    second = ("-signer", "second.pem", "-inkey", "second.pem")
    der = openssl_sign(XML, SELF, tmp_path, "-binary", "-nodetach", "-outform", "DER", *second)
    assert ("PG507", "warning", "") in brief(judge(der))


def test_a_bundle_of_certificates_is_signed_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_bytes(LEAF.pem)
    command = ["openssl", "crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-outform", "DER"]
    made = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)
    assert brief(judge(made.stdout)) == [("PG102", "error", ""), ("PG507", "error", "")]


def test_a_file_encrypted_as_a_whole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_bytes(RSA.pem)
    (tmp_path / "content").write_bytes(XML)
    command = ["openssl", "cms", "-encrypt", "-in", "content", "-outform", "DER", "-aes128", "cert.pem"]
    made = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)
    assert brief(judge(made.stdout)) == [("PG101", "error", "")]
    assert read(made.stdout).encrypted


def test_an_intermediate_is_no_root_payload() -> None:
    assert certificate_payload(MIDDLE.der)["PayloadType"] == "com.apple.security.pkcs1"
    assert certificate_payload(ROOT.der)["PayloadType"] == "com.apple.security.root"


def test_the_document_of_check_has_the_words_of_the_contract(tmp_path: Path) -> None:
    result = read(openssl_sign(XML, LEAF, tmp_path, chain=(MIDDLE, ROOT)))
    every = lint(result, delivery=Delivery.INTERACTIVE, platform=Platform.IOS, now=NOW)
    findings = tuple(finding for finding in every if finding.rule == "PG504")
    document = check_document(result, findings, "x.mobileconfig", now=NOW)
    signer = document.pop("signer")
    assert document == {
        "file": "x.mobileconfig",
        "format": "cms-der",
        "signed": True,
        "encrypted": False,
        "identifier": build_profile(GOOD).identifier,
        "uuid": build_profile(GOOD).uuid,
        "payload_types": ["com.apple.mail.managed", "com.apple.caldav.account", "com.apple.carddav.account"],
        "findings": [
            {
                "rule": "PG504",
                "severity": "warning",
                "path": "",
                "message": findings[0].message,
                "hint": findings[0].hint,
            }
        ],
    }
    assert list(signer) == ["subject", "issuer", "not_after", "spki_sha256", "chain", "chain_complete", "trusted"]
    assert (signer["subject"], signer["chain"], signer["chain_complete"], signer["trusted"]) == (
        "CN=Leaf",
        3,
        True,
        False,
    )
    assert signer["not_after"] == "2026-12-26T12:00:00Z"
