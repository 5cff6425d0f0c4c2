"""Paths from a signer to a root: found over cross-signed authorities, validated by RFC 5280, and bounded."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from profilegen.profile.chain import Chain, walk_chain
from tests.profile.orders import NOW
from tests.profile.signers import Identity, issue

ROOT = issue("Root", ca=True)
MIDDLE = issue("Middle", ROOT, ca=True)
LEAF = issue("Leaf", MIDDLE)


def walk(leaf: Identity, included: list[Identity], *anchors: Identity) -> Chain:
    return walk_chain(
        leaf.certificate,
        tuple(one.certificate for one in included),
        tuple(one.certificate for one in anchors),
        NOW,
    )


def special(name: str, issuer: Identity, *extensions: x509.ExtensionType, ca: bool = False) -> Identity:
    """A certificate with extensions of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=NOW - timedelta(days=10),
        not_valid_after=NOW + timedelta(days=80),
    )
    if not any(isinstance(one, x509.BasicConstraints) for one in extensions):
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return Identity(key=key, certificate=builder.sign(issuer.key, hashes.SHA256()))


def usage(*, cert_sign: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    off = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=cert_sign, **off)


@pytest.mark.parametrize(
    "purpose",
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION],
)
def test_what_else_a_signer_is_for_is_not_judged(purpose: x509.ObjectIdentifier) -> None:
    signer = special("Signer", MIDDLE, x509.ExtendedKeyUsage([purpose]), usage(cert_sign=False))
    assert walk(signer, [MIDDLE], ROOT).trusted


def test_of_two_ways_the_one_that_is_trusted_is_taken() -> None:
    other_root = issue("Other Root", ca=True)
    crossed = issue("Middle", other_root, key=MIDDLE.key, ca=True)
    for included in ([crossed, MIDDLE, other_root], [MIDDLE, crossed, other_root]):
        assert walk(LEAF, included, ROOT) == Chain(length=3, complete=True, trusted=True, last_issuer="CN=Root")


def test_an_authority_in_the_wrong_order_and_twice_does_no_harm() -> None:
    assert walk(LEAF, [ROOT, MIDDLE, LEAF, MIDDLE], ROOT).trusted


def test_a_missing_authority_is_named() -> None:
    assert walk(LEAF, [ROOT], ROOT) == Chain(length=1, complete=False, trusted=False, last_issuer="CN=Middle")


@pytest.mark.parametrize(
    ("authority", "words"),
    [
        (special("Shallow", ROOT, x509.BasicConstraints(ca=True, path_length=0)), "path length"),
        (
            special("Unfit", ROOT, x509.BasicConstraints(ca=True, path_length=None), usage(cert_sign=False)),
            "may not sign",
        ),
        (issue("Expired", ROOT, ca=True, ends=NOW - timedelta(days=1)), "valid"),
    ],
    ids=["path length", "key usage", "expired"],
)
def test_an_authority_that_may_not_makes_no_trust(authority: Identity, words: str) -> None:
    below = issue("Below", authority, ca=True)
    chain = walk(issue("Signer", below), [below, authority], ROOT)
    assert (chain.complete, chain.trusted) == (True, False)
    assert words in chain.problem


def test_a_certificate_that_is_no_authority_issues_nothing() -> None:
    chain = walk(issue("Signer", LEAF), [LEAF, MIDDLE], ROOT)
    assert (chain.complete, chain.last_issuer) == (False, "CN=Leaf")


def test_a_look_alike_of_the_root_is_not_the_root() -> None:
    fake = issue("Root", ca=True)
    chain = walk(issue("Signer", fake), [fake], ROOT)
    assert (chain.complete, chain.trusted) == (True, False)


def test_a_trusted_signer_needs_no_authority_but_must_be_valid() -> None:
    alone, old = issue("Alone"), issue("Old", ends=NOW - timedelta(days=1))
    assert walk(alone, [], alone).trusted
    assert walk(old, [], old).problem == "the certificate is not valid now"


def test_a_long_way_ends() -> None:
    links = [ROOT]
    for number in range(15):
        links.append(issue(f"Link {number}", links[-1], ca=True))
    chain = walk(links[-1], links[1:-1], ROOT)
    assert (chain.length, chain.complete, chain.trusted) == (9, False, False)
