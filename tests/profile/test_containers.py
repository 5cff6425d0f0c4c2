"""Containers looked at from outside: PKCS#12 and EnvelopedData, without doing the work they ask for."""

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from profilegen.profile.ber import CmsProblem
from profilegen.profile.cms import ENVELOPED_DATA
from profilegen.profile.enveloped import look_at_envelope
from profilegen.profile.lint.certificates import PKCS12
from profilegen.profile.pkcs12 import MOST_ROUNDS, Opening, examine_container, open_container
from tests.profile.examples.files import MODERN_CONTAINER, OLD_CONTAINER, container
from tests.profile.examples.signatures import DEVICE, EC_SIGNER, envelope
from tests.profile.examples.specimen import payload
from tests.profile.signers import Identity, issue
from tests.profile.test_lint import judge
from tests.profile.test_nasty_cases import with_payloads


def exported(identity: Identity, folder: Path, *options: str) -> bytes:
    """Export with `openssl pkcs12`, the way administrators do."""
    (folder / "both.pem").write_bytes(identity.key_pem + identity.pem)
    command = ["openssl", "pkcs12", "-export", "-in", "both.pem", "-out", "made", "-passout", "pass:secret", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=30)
    return (folder / "made").read_bytes()


@pytest.mark.parametrize(("options", "modern"), [((), True), (("-legacy",), False), (("-nomac",), True)])
def test_what_openssl_exports_is_understood(options: tuple[str, ...], modern: bool, tmp_path: Path) -> None:
    data = exported(issue("You"), tmp_path, *options)
    seen = examine_container(data)
    assert (seen.modern, seen.readable) == (modern, True)
    assert 2048 <= seen.rounds < MOST_ROUNDS


def test_a_password_opens_or_does_not() -> None:
    assert open_container(OLD_CONTAINER, "secret") is Opening.OPENED
    assert open_container(MODERN_CONTAINER, "secret") is Opening.OPENED
    assert open_container(OLD_CONTAINER, "guess") is Opening.REFUSED
    assert open_container(OLD_CONTAINER, "\ud800") is Opening.REFUSED
    assert open_container(container(NoEncryption()), None) is Opening.OPENED


def test_a_container_that_asks_for_endless_work_is_not_opened() -> None:
    huge = with_rounds(20_000_000)
    assert examine_container(huge).rounds > MOST_ROUNDS
    assert open_container(huge, "guess") is Opening.NOT_TRIED
    found = judge(with_payloads(payload(PKCS12, PayloadContent=huge, Password="guess")))
    assert {str(one.severity) for one in found if one.rule == "PG405"} == {"warning"}


def with_rounds(rounds: int) -> bytes:
    """The modern container with another count; the salt before it gives two octets, so that all lengths stay."""
    position = MODERN_CONTAINER.index(b"\x02\x02\x4e\x20")  # 20000, the rounds for key and certificate
    length = next(n for n in (8, 16, 20) if MODERN_CONTAINER[position - n - 2 : position - n] == bytes([4, n]))
    salt = MODERN_CONTAINER[position - length : position - 2]
    changed = bytes([4, length - 2]) + salt + b"\x02\x04" + rounds.to_bytes(4, "big")
    return MODERN_CONTAINER[: position - length - 2] + changed + MODERN_CONTAINER[position + 4 :]


@pytest.mark.parametrize("protection", [BestAvailableEncryption(b"secret"), NoEncryption()], ids=["closed", "open"])
def test_a_cut_container_is_a_problem_with_words(protection: BestAvailableEncryption) -> None:
    data = container(protection)
    for length in range(0, len(data), 7):
        with pytest.raises(CmsProblem):
            examine_container(data[:length])


@given(st.binary(max_size=80))
def test_no_bytes_are_more_than_a_problem(data: bytes) -> None:
    for start in (b"", b"\x30\x80", OLD_CONTAINER[:40], envelope_head()):
        with suppress(CmsProblem):
            examine_container(start + data)
        with suppress(CmsProblem):
            look_at_envelope(start + data, ENVELOPED_DATA)


def envelope_head() -> bytes:
    return bytes.fromhex("308006092a864886f70d010703a080308002010031")


def test_an_envelope_names_its_recipient_and_its_cipher() -> None:
    seen = look_at_envelope(envelope(DEVICE, "-aes-128-cbc"), ENVELOPED_DATA)
    [recipient] = seen.recipients
    assert (recipient.key_oid, recipient.serial) == ("1.2.840.113549.1.1.1", DEVICE.certificate.serial_number)
    assert recipient.issuer == DEVICE.certificate.issuer.public_bytes()
    assert seen.cipher_oid == "2.16.840.1.101.3.4.1.2"


def test_an_envelope_by_key_identifier_and_one_by_agreement_are_understood() -> None:
    by_identifier = look_at_envelope(envelope(DEVICE, "-aes-128-cbc", "-keyid"), ENVELOPED_DATA)
    by_agreement = look_at_envelope(envelope(EC_SIGNER, "-aes-128-cbc"), ENVELOPED_DATA)
    assert [(one.key_oid, one.issuer) for one in by_identifier.recipients] == [("1.2.840.113549.1.1.1", None)]
    assert [one.key_oid for one in by_agreement.recipients] == [""]


def test_the_examples_are_containers() -> None:
    assert pkcs12.load_pkcs12(OLD_CONTAINER, b"secret").key is not None
