"""Loading identities and judging their keys."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import KeyProblem
from profilegen.secret import Secret
from profilegen.signing.chain import order_chain
from profilegen.signing.identity import SigningIdentity, check_key, check_usable
from profilegen.signing.loading import load_pem, load_pkcs12
from tests.signing import pki
from tests.signing.conftest import Hierarchy
from tests.signing.pki import NOW, Certified

PASSWORD = "correct-horse"
P12_OPTIONS = {"modern": (), "legacy": ("-legacy",)}


def refusal(action: Callable[[], object]) -> KeyProblem:
    with pytest.raises(KeyProblem) as caught:
        action()
    assert caught.value.hint
    return caught.value


def chained_text(problem: BaseException | None) -> str:
    """Everything a log could show of an exception and what led to it."""
    parts = []
    while problem is not None:
        parts.append(f"{problem!r} {problem} {problem.args}")
        problem = problem.__cause__ or problem.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("make_key", [pki.rsa2048, pki.p256, pki.p384, pki.p521])
def test_rsa_2048_and_the_nist_curves_can_sign(make_key: Callable[[], PrivateKeyTypes]) -> None:
    signer = Certified.issue("Signer", issuer=None, key=make_key())
    check_usable(SigningIdentity(key=signer.key, certificate=signer.certificate), NOW)


@pytest.mark.parametrize(
    ("make_key", "code"),
    [
        (pki.ed25519_key, "unsupported_key"),
        (pki.ed448_key, "unsupported_key"),
        (pki.dsa2048, "unsupported_key"),
        (pki.rsa1024, "weak_key"),
        (pki.k256, "unsupported_curve"),
    ],
)
def test_every_other_kind_of_key_is_refused_by_its_own_name(
    make_key: Callable[[], PrivateKeyTypes], code: str, hierarchy: Hierarchy
) -> None:
    signer = Certified.issue("Signer", issuer=hierarchy.root, key=make_key())
    identity = load_pem(cert=signer.cert_pem, key=signer.key_pem())
    assert refusal(lambda: check_usable(identity, NOW)).code == code


def test_a_certificate_restricted_to_rsa_pss_is_refused(tmp_path: Path) -> None:
    command = "openssl req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes -keyout k -out c -subj /CN=x"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    identity = load_pem(cert=(tmp_path / "c").read_bytes(), key=(tmp_path / "k").read_bytes())
    assert refusal(lambda: check_key(identity)).code == "unsupported_key"


@pytest.mark.parametrize("make_key", [pki.rsa2048, pki.p256])
def test_a_key_of_another_certificate_is_refused(make_key: Callable[[], PrivateKeyTypes], hierarchy: Hierarchy) -> None:
    other = Certified.issue("Other", issuer=None, key=make_key())
    identity = load_pem(cert=hierarchy.leaf.cert_pem, key=other.key_pem())
    assert refusal(lambda: check_usable(identity, NOW)).code == "key_mismatch"


def test_the_certificate_is_found_anywhere_in_a_bundle(hierarchy: Hierarchy) -> None:
    bundle = hierarchy.upper.cert_pem + hierarchy.leaf.cert_pem + hierarchy.lower.cert_pem
    identity = load_pem(cert=bundle, key=hierarchy.leaf.key_pem())
    assert identity.certificate == hierarchy.leaf.certificate
    assert identity.chain == (hierarchy.lower.certificate, hierarchy.upper.certificate)


def test_key_and_certificates_may_share_one_file(hierarchy: Hierarchy) -> None:
    combined = hierarchy.leaf.cert_pem + hierarchy.leaf.key_pem() + hierarchy.lower.cert_pem
    identity = load_pem(cert=combined, key=combined)
    check_usable(identity, NOW)
    assert identity.chain == (hierarchy.lower.certificate,)


def test_traditional_ec_keys_with_a_parameter_block_are_read(tmp_path: Path) -> None:
    signer = Certified.issue("Signer", issuer=None, key=pki.p256())
    traditional = signer.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    check_usable(load_pem(cert=signer.cert_pem, key=parameters + traditional), NOW)


def test_an_encrypted_key_needs_its_password(hierarchy: Hierarchy) -> None:
    cert, key = hierarchy.leaf.cert_pem, hierarchy.leaf.key_pem(PASSWORD)
    check_usable(load_pem(cert=cert, key=key, password=Secret(text=PASSWORD)), NOW)
    wrong = Secret(text="wrong-\ud800-word")
    for problem in (
        refusal(lambda: load_pem(cert=cert, key=key)),
        refusal(lambda: load_pem(cert=cert, key=key, password=wrong)),
    ):
        assert problem.code == "wrong_key_password"
        assert "wrong-" not in chained_text(problem)


def test_a_password_for_a_key_that_needs_none_does_no_harm(hierarchy: Hierarchy) -> None:
    key = hierarchy.leaf.key_pem()
    check_usable(load_pem(cert=hierarchy.leaf.cert_pem, key=key, password=Secret(text=PASSWORD)), NOW)


@pytest.mark.parametrize("key", [b"", b"hello", b"\x00\xff", b"x" * 2_000_000])
def test_bytes_that_are_no_key_are_refused(hierarchy: Hierarchy, key: bytes) -> None:
    assert refusal(lambda: load_pem(cert=hierarchy.leaf.cert_pem, key=key)).code == "unreadable_key"


def test_a_broken_key_is_refused_without_showing_it(hierarchy: Hierarchy) -> None:
    key = hierarchy.leaf.key_pem()
    lines = key.decode().splitlines()
    broken = "\n".join([*lines[:3], *lines[5:]]).encode()
    problem = refusal(lambda: load_pem(cert=hierarchy.leaf.cert_pem, key=broken))
    assert problem.code == "unreadable_key"
    assert lines[1] not in chained_text(problem)


@pytest.mark.parametrize("cert", [b"", b"\x30\x82", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_bytes_that_are_no_certificate_are_refused(hierarchy: Hierarchy, cert: bytes) -> None:
    assert refusal(lambda: load_pem(cert=cert, key=hierarchy.leaf.key_pem())).code == "unreadable_certificate"


def openssl_p12(hierarchy: Hierarchy, signer: Certified, folder: Path, *options: str) -> bytes:
    (folder / "k").write_bytes(signer.key_pem())
    (folder / "c").write_bytes(signer.cert_pem)
    (folder / "chain").write_bytes(hierarchy.root.cert_pem + hierarchy.upper.cert_pem + hierarchy.lower.cert_pem)
    command = ["openssl", "pkcs12", "-export", "-inkey", "k", "-in", "c", "-certfile", "chain", *options]
    subprocess.run([*command, "-passout", f"pass:{PASSWORD}", "-out", "p12"], cwd=folder, check=True)
    return (folder / "p12").read_bytes()


@pytest.mark.parametrize("options", P12_OPTIONS.values(), ids=P12_OPTIONS)
@pytest.mark.parametrize("make_key", [pki.rsa2048, pki.p256])
def test_a_pkcs12_file_of_openssl_is_read_with_its_chain(
    hierarchy: Hierarchy, make_key: Callable[[], PrivateKeyTypes], options: tuple[str, ...], tmp_path: Path
) -> None:
    signer = Certified.issue("Signer", issuer=hierarchy.lower, key=make_key())
    identity = load_pkcs12(openssl_p12(hierarchy, signer, tmp_path, *options), password=Secret(text=PASSWORD))
    check_usable(identity, NOW)
    assert identity.certificate == signer.certificate
    assert identity.chain == (hierarchy.lower.certificate, hierarchy.upper.certificate)


@pytest.mark.parametrize("options", P12_OPTIONS.values(), ids=P12_OPTIONS)
@pytest.mark.parametrize("password", [None, "", "wrong", "wrong-\ud800"])
def test_a_pkcs12_file_needs_its_password(
    hierarchy: Hierarchy, options: tuple[str, ...], password: str | None, tmp_path: Path
) -> None:
    data = openssl_p12(hierarchy, hierarchy.leaf, tmp_path, *options)
    secret = None if password is None else Secret(text=password)
    problem = refusal(lambda: load_pkcs12(data, password=secret))
    assert problem.code == "wrong_key_password"
    assert "wrong" not in chained_text(problem).replace("wrong_key_password", "")


def test_a_pkcs12_file_without_key_is_refused(hierarchy: Hierarchy, tmp_path: Path) -> None:
    data = openssl_p12(hierarchy, hierarchy.leaf, tmp_path, "-nokeys")
    assert refusal(lambda: load_pkcs12(data, password=Secret(text=PASSWORD))).code == "unreadable_key"


@given(st.binary(max_size=300))
def test_any_bytes_as_pkcs12_give_one_clear_refusal(data: bytes) -> None:
    problem = refusal(lambda: load_pkcs12(data, password=Secret(text=PASSWORD)))
    assert problem.code in {"unreadable_key", "wrong_key_password"}


def test_the_repr_of_an_identity_shows_no_key(hierarchy: Hierarchy) -> None:
    identity = SigningIdentity(key=hierarchy.leaf.key, certificate=hierarchy.leaf.certificate)
    assert "Private" not in repr(identity)
    assert "key=" not in repr(identity)


def certificates_of(hierarchy: Hierarchy) -> list[Certified]:
    return [hierarchy.root, hierarchy.upper, hierarchy.lower, hierarchy.leaf, hierarchy.stranger]


@given(data=st.data())
def test_the_chain_is_the_same_in_whatever_order_it_comes(hierarchy: Hierarchy, data: st.DataObject) -> None:
    everything = [member.certificate for member in certificates_of(hierarchy)]
    pool = data.draw(st.permutations(everything * 2))
    assert order_chain(hierarchy.leaf.certificate, pool) == (hierarchy.lower.certificate, hierarchy.upper.certificate)


def test_a_namesake_that_did_not_sign_is_left_out(hierarchy: Hierarchy) -> None:
    impostor = Certified.issue("CA Lower", issuer=hierarchy.upper, key=pki.p256())
    pool = [impostor.certificate, hierarchy.upper.certificate, hierarchy.lower.certificate]
    assert order_chain(hierarchy.leaf.certificate, pool) == (hierarchy.lower.certificate, hierarchy.upper.certificate)
    assert order_chain(hierarchy.leaf.certificate, [impostor.certificate]) == ()


def test_authorities_that_certify_each_other_do_not_loop(hierarchy: Hierarchy) -> None:
    one, two = Certified.root("CA One"), Certified.root("CA Two")
    one_by_two = Certified.issue("CA One", issuer=two, key=one.key)
    two_by_one = Certified.issue("CA Two", issuer=one, key=two.key)
    leaf = Certified.issue("Signer", issuer=one, key=pki.p256())
    chain = order_chain(leaf.certificate, [two_by_one.certificate, one_by_two.certificate, one.certificate])
    assert chain == (one_by_two.certificate, two_by_one.certificate)
    both = [one_by_two.certificate, two_by_one.certificate]
    assert order_chain(one_by_two.certificate, both) == (two_by_one.certificate,)


def test_a_certificate_signed_with_rsa_pss_chains_like_any_other(hierarchy: Hierarchy) -> None:
    issuer = Certified.issue("CA PSS", issuer=hierarchy.root, key=pki.rsa2048())
    key = pki.p256()
    assert isinstance(issuer.key, RSAPrivateKey)
    leaf = (
        x509.CertificateBuilder(
            issuer_name=issuer.certificate.subject,
            subject_name=hierarchy.leaf.certificate.subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=hierarchy.leaf.certificate.not_valid_before_utc,
            not_valid_after=hierarchy.leaf.certificate.not_valid_after_utc,
        )
    ).sign(issuer.key, SHA256(), rsa_padding=padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32))
    assert order_chain(leaf, [issuer.certificate]) == (issuer.certificate,)
