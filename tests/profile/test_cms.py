"""Reading CMS: what OpenSSL writes is understood, and no bytes whatever raise anything but CmsProblem."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given
from hypothesis import strategies as st

from profilegen.profile.cms import CmsProblem, read_signed_data
from profilegen.profile.signature import Signature, Verdict, examine_signature
from tests.profile.orders import NOW
from tests.profile.signers import Identity, issue, openssl_sign

CONTENT = b"<plist/>\n" * 500
ROOT = issue("Root", ca=True)
MIDDLE = issue("Middle", ROOT, ca=True)
LEAF = issue("Leaf", MIDDLE)
STREAMED = ("-binary", "-nodetach", "-outform", "DER", "-stream")


def examined(der: bytes, *anchors: Identity) -> Signature:
    found = examine_signature(read_signed_data(der), tuple(anchor.der for anchor in anchors), NOW)
    assert found is not None
    return found


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())])
@pytest.mark.parametrize(
    "more", [(), ("-keyid",), ("-noattr",), ("-md", "sha384"), ("-stream",)], ids=lambda more: "".join(more) or "plain"
)
def test_what_openssl_signs_is_valid(key: ec.EllipticCurvePrivateKey, more: tuple[str, ...], tmp_path: Path) -> None:
    signer = issue("Signer", key=key)
    der = openssl_sign(CONTENT, signer, tmp_path, "-binary", "-nodetach", "-outform", "DER", *more)
    data = read_signed_data(der)
    assert data.content == CONTENT
    assert data.certificates == (signer.der,)
    assert data.definite is ("-stream" not in more)
    assert (data.signers[0].signing_time is None) is ("-noattr" in more)
    assert examined(der).verdict is Verdict.VALID


def test_a_changed_byte_of_the_content_is_seen(tmp_path: Path) -> None:
    der = openssl_sign(CONTENT, LEAF, tmp_path)
    assert examined(der.replace(b"<plist/>", b"<qlist/>", 1)).verdict is Verdict.INVALID


def test_a_changed_signature_is_seen(tmp_path: Path) -> None:
    der = openssl_sign(CONTENT, LEAF, tmp_path)
    signature = read_signed_data(der).signers[0].signature
    assert examined(der.replace(signature[-8:], bytes(8))).verdict is Verdict.INVALID


def test_signed_attributes_are_what_the_signature_covers(tmp_path: Path) -> None:
    der = openssl_sign(CONTENT, LEAF, tmp_path)
    time = b"\x17\x0d"
    at = der.rindex(time) + 2
    assert examined(der[:at] + b"99" + der[at + 2 :]).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("chain", "anchors", "complete", "trusted"),
    [
        ((), (), False, False),
        ((), (ROOT,), False, False),
        ((MIDDLE,), (), False, False),
        ((MIDDLE,), (ROOT,), True, True),
        ((ROOT, MIDDLE), (), True, False),
        ((MIDDLE, ROOT), (ROOT,), True, True),
        ((), (MIDDLE,), True, True),
    ],
)
def test_the_chain_is_walked_up_to_a_root(
    chain: tuple[Identity, ...], anchors: tuple[Identity, ...], complete: bool, trusted: bool, tmp_path: Path
) -> None:
    found = examined(openssl_sign(CONTENT, LEAF, tmp_path, chain=chain), *anchors)
    assert (found.chain.complete, found.chain.trusted) == (complete, trusted)
    assert found.signer.subject == "CN=Leaf"
    assert not found.signer.self_signed


def test_a_certificate_that_is_no_ca_issues_nothing(tmp_path: Path) -> None:
    no_ca = issue("No CA", ROOT)
    forged = issue("Forged", no_ca)
    found = examined(openssl_sign(CONTENT, forged, tmp_path, chain=(no_ca, ROOT)), ROOT)
    assert not found.chain.complete
    assert not found.chain.trusted


def test_an_issuer_of_the_same_name_with_another_key_issues_nothing(tmp_path: Path) -> None:
    other_middle = issue("Middle", ROOT, ca=True)
    assert not examined(openssl_sign(CONTENT, LEAF, tmp_path, chain=(other_middle,)), ROOT).chain.complete


def test_an_expired_intermediate_is_not_trusted(tmp_path: Path) -> None:
    expired = issue("Expired", ROOT, ca=True, ends=NOW - timedelta(days=1))
    leaf = issue("Leaf", expired)
    found = examined(openssl_sign(CONTENT, leaf, tmp_path, chain=(expired,)), ROOT)
    assert (found.chain.complete, found.chain.trusted) == (True, False)


@given(st.binary(max_size=200))
@example(b"\x30\x80" * 100)
@example(b"\x30\x84\xff\xff\xff\xff")
@example(b"\x30\x80\x04\x80\0\0\0\0")
@example(b"\x1f\xff\xff\xff")
@example(b"")
def test_no_bytes_raise_anything_but_a_cms_problem(data: bytes) -> None:
    with pytest.raises(CmsProblem):
        read_signed_data(data)


SAMPLE: list[bytes] = []


@pytest.fixture(scope="module", autouse=True)
def sample(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sample")
    SAMPLE[:] = [openssl_sign(CONTENT[:90], LEAF, folder), openssl_sign(CONTENT[:90], LEAF, folder, *STREAMED)]


@given(st.data())
def test_damaged_cms_raises_nothing_but_a_cms_problem(data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from(SAMPLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_signed_data(bytes(der[: data.draw(st.integers(0, len(der)))] if data.draw(st.booleans()) else der))
    except CmsProblem:
        return
    examine_signature(read, (ROOT.der,), NOW)


def test_a_file_cut_off_says_so() -> None:
    with pytest.raises(CmsProblem, match="cut off"):
        read_signed_data(SAMPLE[0][:-1])


def test_bytes_behind_the_end_are_refused() -> None:
    with pytest.raises(CmsProblem, match="2 bytes follow"):
        read_signed_data(SAMPLE[0] + b"\r\n")


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(CmsProblem, match="nested too deeply"):
        read_signed_data(b"\x30\x80" * 50_000)


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, 0x83]) + len(body).to_bytes(3, "big") + body


def test_content_in_pieces_of_pieces_without_end_is_refused() -> None:
    content = tlv(0x04, b"x")
    for _ in range(2000):
        content = tlv(0x24, content)
    data_oid, signed_oid = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    info = tlv(0x30, data_oid, tlv(0xA0, content))
    signed = tlv(0x30, b"\x02\x01\x01", tlv(0x31), info, tlv(0x31))
    with pytest.raises(CmsProblem, match="not an octet string"):
        read_signed_data(tlv(0x30, signed_oid, tlv(0xA0, signed)))
