"""Envelopes opened and token addresses read: whatever the bytes, only the documented errors."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import InputProblem, KeyProblem, UsageProblem
from profilegen.signing.envelope import DeviceEncrypter
from profilegen.signing.opening import open_envelope
from profilegen.signing.token import TokenUri
from tests.signing.pki import Certified, rsa2048

_DEVICE = Certified.issue("Device", issuer=None, key=rsa2048())
_ENVELOPE = asyncio.run(DeviceEncrypter.load(_DEVICE.cert_pem).encrypt(b"payloads"))


def test_what_was_encrypted_is_opened_with_the_key() -> None:
    assert open_envelope(_ENVELOPE, _DEVICE.key_pem()) == b"payloads"


@given(st.integers(0, len(_ENVELOPE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_an_error_with_a_name_or_changes_the_content(at: int, byte: int) -> None:
    damaged = _ENVELOPE[:at] + bytes((byte,)) + _ENVELOPE[at + 1 :]
    try:
        open_envelope(damaged, _DEVICE.key_pem())
    except InputProblem as problem:
        assert problem.code == "bad_encryption"
    except KeyProblem as problem:
        assert problem.code == "wrong_device_key"


@given(st.binary(max_size=200) | st.integers(0, len(_ENVELOPE)).map(lambda size: _ENVELOPE[:size]))
def test_anything_else_is_refused_by_name(data: bytes) -> None:
    if data == _ENVELOPE:
        return
    with pytest.raises(InputProblem) as caught:
        open_envelope(data, _DEVICE.key_pem())
    assert caught.value.code == "bad_encryption"


def test_a_key_uri_says_module_token_and_key_percent_decoded() -> None:
    uri = TokenUri.parse("pkcs11:token=My%20token;object=profiles;id=%01%02?module-path=/m.so&pin-source=file:/pin")

    assert (uri.token, uri.label, uri.id, uri.module) == ("My token", "profiles", b"\x01\x02", "/m.so")
    assert str(uri.pin_source) == "/pin"


@given(st.text(max_size=60) | st.text(max_size=60).map("pkcs11:token=a;object=b?module-path=/m&".__add__))
def test_any_other_text_is_no_key_uri(text: str) -> None:
    try:
        TokenUri.parse(text)
    except UsageProblem as problem:
        assert problem.code in ("bad_pkcs11_uri", "pin_in_uri")


@pytest.mark.parametrize("text", ["pkcs11:token=a;object=b?module-path=/m&pin-value=1234", "pkcs11:?pin-value=1234"])
def test_a_pin_in_the_uri_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        TokenUri.parse(text)
    assert caught.value.code == "pin_in_uri"
    assert "1234" not in caught.value.message + caught.value.hint
