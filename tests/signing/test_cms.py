"""Signed profiles, judged by OpenSSL."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7

from profilegen.errors import KeyProblem
from profilegen.ports import Signer
from profilegen.profile.types import Profile, SignedProfile
from profilegen.signing.cms import CmsSigner
from profilegen.signing.identity import SigningIdentity
from profilegen.signing.loading import load_pem
from tests.signing.conftest import Hierarchy
from tests.signing.pki import NOW, Certified, FixedClock, p256, p384, p521, rsa2048

CONTENT = b'<?xml version="1.0"?>\n<plist version="1.0">\n<dict/>\n</plist>\n'


def profile(content: bytes = CONTENT) -> Profile:
    return Profile(
        identifier="com.example.mail", uuid="U", revision="r", payload_types=(), has_secrets=False, content=content
    )


def sign(identity: SigningIdentity, content: bytes = CONTENT, moment: datetime = NOW) -> SignedProfile:
    signer: Signer = CmsSigner(identity=identity, clock=FixedClock(moment))
    return asyncio.run(signer.sign(profile(content)))


def openssl(*arguments: str, folder: Path) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def verified_content(der: bytes, root: Certified, folder: Path) -> bytes:
    (folder / "signed").write_bytes(der)
    (folder / "root.pem").write_bytes(root.cert_pem)
    arguments = "cms -verify -binary -purpose any -inform der -in signed -CAfile root.pem -no-CApath -out content"
    openssl(*arguments.split(), folder=folder)
    return (folder / "content").read_bytes()


def printed(der: bytes, folder: Path) -> str:
    (folder / "signed").write_bytes(der)
    return openssl("cms", "-cmsout", "-print", "-noout", "-inform", "der", "-in", "signed", folder=folder).decode()


@pytest.mark.parametrize("make_key", [rsa2048, p256, p384, p521])
def test_openssl_accepts_the_signature_and_finds_the_content_unchanged(
    make_key: Callable[[], PrivateKeyTypes], tmp_path: Path
) -> None:
    root = Certified.root("CA Root")
    signer = Certified.issue("Signer", issuer=root, key=make_key())
    signed = sign(SigningIdentity(key=signer.key, certificate=signer.certificate))
    assert verified_content(signed.der, root, tmp_path) == CONTENT


@pytest.mark.parametrize("content", [b"\n", b"a\nb\r\nc\rd", "Zoë\n".encode(), b"\x00\xff" * 100_000, b"\x30\x80"])
def test_the_content_stays_byte_identical(hierarchy: Hierarchy, content: bytes, tmp_path: Path) -> None:
    identity = SigningIdentity(
        key=hierarchy.lower.key,
        certificate=hierarchy.lower.certificate,
        chain=(hierarchy.upper.certificate,),
    )
    assert verified_content(sign(identity, content).der, hierarchy.root, tmp_path) == content


def test_a_chain_in_any_order_with_leaf_root_duplicates_and_a_stranger_is_sent_once(
    hierarchy: Hierarchy, tmp_path: Path
) -> None:
    members = (hierarchy.root, hierarchy.stranger, hierarchy.upper, hierarchy.leaf, hierarchy.lower, hierarchy.upper)
    chain = b"".join(member.cert_pem for member in members)
    signed = sign(load_pem(cert=hierarchy.leaf.cert_pem, key=hierarchy.leaf.key_pem(), chain=chain))
    assert verified_content(signed.der, hierarchy.root, tmp_path) == CONTENT
    expected = [member.certificate for member in (hierarchy.leaf, hierarchy.lower, hierarchy.upper)]
    sent = pkcs7.load_der_pkcs7_certificates(signed.der)
    assert len(sent) == len(expected)
    assert set(sent) == set(expected)


def test_the_signed_attributes_are_type_time_and_digest_and_nothing_more(hierarchy: Hierarchy, tmp_path: Path) -> None:
    signed = sign(SigningIdentity(key=hierarchy.leaf.key, certificate=hierarchy.leaf.certificate))
    text = printed(signed.der, tmp_path)
    attributes = text.partition("signedAttrs")[2].partition("signatureAlgorithm")[0]
    assert attributes.count("object:") == 3
    assert all(name in attributes for name in ("contentType", "signingTime", "messageDigest"))
    assert "algorithm: sha256 (2.16.840.1.101.3.4.2.1)" in text


def test_an_ec_signature_is_labelled_ecdsa_with_sha256(tmp_path: Path) -> None:
    signer = Certified.issue("Signer", issuer=None, key=p256())
    text = printed(sign(SigningIdentity(key=signer.key, certificate=signer.certificate)).der, tmp_path)
    algorithm = text.partition("signedAttrs")[2].partition("signatureAlgorithm")[2].partition("signature:")[0]
    assert "ecdsa-with-SHA256 (1.2.840.10045.4.3.2)" in algorithm


def test_every_length_in_the_message_is_definite(hierarchy: Hierarchy, tmp_path: Path) -> None:
    signed = sign(SigningIdentity(key=hierarchy.leaf.key, certificate=hierarchy.leaf.certificate))
    (tmp_path / "signed").write_bytes(signed.der)
    lines = openssl("asn1parse", "-inform", "der", "-in", "signed", folder=tmp_path).decode()
    assert "signedData" in lines
    assert "l=inf" not in lines


def test_the_signer_facts_name_key_dates_and_certificates_sent(hierarchy: Hierarchy, tmp_path: Path) -> None:
    chain = hierarchy.lower.cert_pem + hierarchy.upper.cert_pem
    facts = sign(load_pem(cert=hierarchy.leaf.cert_pem, key=hierarchy.leaf.key_pem(), chain=chain)).signer
    (tmp_path / "leaf.pem").write_bytes(hierarchy.leaf.cert_pem)
    openssl("x509", "-in", "leaf.pem", "-noout", "-pubkey", "-out", "public.pem", folder=tmp_path)
    openssl("pkey", "-pubin", "-in", "public.pem", "-outform", "der", "-out", "public.der", folder=tmp_path)
    digest = openssl("dgst", "-sha256", "-r", "public.der", folder=tmp_path).decode().split()[0]
    assert facts.spki_sha256 == digest
    assert (facts.subject, facts.issuer) == ("CN=Mail Profiles", "CN=CA Lower")
    assert (facts.chain, facts.self_signed) == (3, False)
    assert facts.not_after == hierarchy.leaf.certificate.not_valid_after_utc
    assert facts.not_before.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (NOW + timedelta(days=90), "signer_expired"),
        (NOW - timedelta(days=1, seconds=1), "signer_not_yet_valid"),
    ],
)
def test_a_signer_outside_its_dates_is_refused_when_signing(hierarchy: Hierarchy, moment: datetime, code: str) -> None:
    identity = SigningIdentity(key=hierarchy.leaf.key, certificate=hierarchy.leaf.certificate)
    with pytest.raises(KeyProblem) as caught:
        sign(identity, moment=moment)
    assert caught.value.code == code
    assert caught.value.hint


def test_the_first_and_the_last_second_of_the_certificate_count(hierarchy: Hierarchy) -> None:
    identity = SigningIdentity(key=hierarchy.leaf.key, certificate=hierarchy.leaf.certificate)
    for moment in (NOW - timedelta(days=1), NOW + timedelta(days=90, seconds=-1)):
        assert sign(identity, moment=moment).der


def test_signing_modules_load_no_cryptography_before_they_are_used() -> None:
    code = (
        "import sys, profilegen.signing.cms, profilegen.signing.keystore;"
        " sys.exit(any(name.startswith('cryptography') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
