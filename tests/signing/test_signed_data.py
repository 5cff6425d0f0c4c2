"""SignedData laid down by hand, compared byte by byte with that of the library."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from profilegen.profile.cms import read_signed_data
from profilegen.signing.signed_data import SignedDataForm
from tests.signing.pki import Certified, p256, p384, rsa2048

_ROOT = Certified.root("CA Root")
_SIGNERS = {make: Certified.issue("Zoë & Söhne", issuer=_ROOT, key=make()) for make in (rsa2048, p256, p384)}


def by_library(content: bytes, signer: Certified) -> bytes:
    key = signer.key
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(signer.certificate, key, SHA256())
    builder = builder.add_certificate(_ROOT.certificate)
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoCapabilities])


@pytest.mark.parametrize("make", list(_SIGNERS))
@given(content=st.binary(min_size=1, max_size=70_000) | st.sampled_from([b"x" * size for size in (127, 128, 255, 256)]))
@settings(max_examples=15)
def test_with_the_same_time_and_signature_every_byte_is_that_of_the_library(
    make: Callable[[], object], content: bytes
) -> None:
    signer = _SIGNERS[make]  # type: ignore[index] # pytest hands the key back as it was
    theirs = by_library(content, signer)
    [info] = read_signed_data(theirs).signers
    assert info.signing_time is not None

    form = SignedDataForm(signer.certificate, (_ROOT.certificate,))
    attributes = form.attributes(content, info.signing_time)

    assert attributes == info.attributes
    assert form.filled(content, attributes, info.signature) == theirs


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), b"\x17\x0d261231230000Z"),
    ],
)
def test_signing_times_are_utc_and_change_their_form_in_2050(moment: datetime, written: bytes) -> None:
    form = SignedDataForm(_ROOT.certificate, ())

    assert written in form.attributes(b"", moment)


def test_the_signer_is_sent_once_even_if_it_stands_in_the_chain_too() -> None:
    form = SignedDataForm(_ROOT.certificate, (_ROOT.certificate,))

    data = read_signed_data(form.filled(b"x", form.attributes(b"x", datetime(2027, 1, 1, tzinfo=UTC)), b"s"))

    assert data.certificates == (_ROOT.certificate.public_bytes(Encoding.DER),)
