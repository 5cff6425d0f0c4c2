"""Judging a certificate: every property on its own."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.certificate import CHECKS, Presented, host_matches, judge
from profilegen.report import Finding
from tests.diagnosis.certificates import certificate, der

NOW = datetime.now(UTC)
HOST = "mail.example.com"


def judged(leaf: x509.Certificate, *, host: str = HOST, code: int | None = None) -> dict[str, Finding]:
    """Return the findings by check."""
    findings = judge(Presented(leaf=der(leaf), host=host, verify_code=code, verify_message="openssl says"), NOW)
    assert tuple(finding.check for finding in findings) == CHECKS
    return {finding.check: finding for finding in findings}


def outcomes(findings: dict[str, Finding]) -> dict[str, str | None]:
    """Return cause (or outcome, where there is no cause) of every check that did not pass."""
    return {name: finding.cause or finding.outcome for name, finding in findings.items() if finding.outcome != "pass"}


def test_a_good_certificate_passes_everything() -> None:
    assert outcomes(judged(certificate())) == {}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (18, {"tls.chain": "tls_untrusted"}),
        (19, {"tls.chain": "tls_untrusted"}),
        (20, {"tls.chain": "tls_untrusted"}),
        (21, {"tls.chain": "tls_untrusted"}),
        (62, {"tls.hostname": "tls_hostname_mismatch"}),
        (10, {"tls.chain": "tls_cert_expired"}),  # the leaf is in date, so it is a certificate above it
        (99, {"tls.chain": "tls_untrusted"}),
    ],
)
def test_whatever_openssl_refuses_has_a_failing_check(code: int, expected: dict[str, str]) -> None:
    assert outcomes(judged(certificate(), code=code)) == expected


def test_an_untrusted_certificate_with_a_wrong_name_fails_both() -> None:
    expected = {"tls.chain": "tls_untrusted", "tls.hostname": "tls_hostname_mismatch"}
    assert outcomes(judged(certificate(), host="other.example.com", code=20)) == expected


def test_a_wrong_name_does_not_taint_the_chain() -> None:
    found = judged(certificate(), host="smtp.example.net", code=62)
    assert outcomes(found) == {"tls.hostname": "tls_hostname_mismatch"}
    assert "mail.example.com" in found["tls.hostname"].detail
    assert found["tls.hostname"].names


def test_the_common_name_proves_nothing() -> None:
    leaf = certificate(names=(), common_name=HOST)
    assert outcomes(judged(leaf, code=62)) == {"tls.hostname": "tls_hostname_mismatch"}


def test_dates_are_judged_on_the_leaf() -> None:
    expired = certificate(start=NOW - timedelta(days=100), lifetime=timedelta(days=99))
    early = certificate(start=NOW + timedelta(days=1))
    soon = certificate(start=NOW - timedelta(days=80), lifetime=timedelta(days=85))
    assert outcomes(judged(expired, code=10)) == {"tls.dates": "tls_cert_expired"}
    assert outcomes(judged(early, code=9)) == {"tls.dates": "tls_cert_expired"}
    assert outcomes(judged(soon)) == {"tls.dates": "warn"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (398, {}),
        (399, {"tls.lifetime": "warn"}),
        (825, {"tls.lifetime": "warn"}),
        (826, {"tls.lifetime": "tls_untrusted"}),
    ],
)
def test_lifetime_limits_are_exact(days: int, expected: dict[str, str]) -> None:
    assert outcomes(judged(certificate(lifetime=timedelta(days=days)))) == expected


def test_certificates_from_before_july_2019_keep_their_lifetime_and_usage() -> None:
    old = certificate(start=datetime(2019, 6, 30, tzinfo=UTC), lifetime=timedelta(days=9000), usage=None)
    assert outcomes(judged(old)) == {"tls.lifetime": "warn"}


def test_a_certificate_not_for_servers_is_refused() -> None:
    assert outcomes(judged(certificate(usage=None))) == {"tls.chain": "tls_untrusted"}
    assert outcomes(judged(certificate(usage=ExtendedKeyUsageOID.CLIENT_AUTH))) == {"tls.chain": "tls_untrusted"}


def test_keys_devices_refuse() -> None:
    assert outcomes(judged(certificate(key=rsa.generate_private_key(65537, 2048)))) == {}
    assert outcomes(judged(certificate(key=ec.generate_private_key(ec.SECP384R1())))) == {}
    weak = certificate(key=rsa.generate_private_key(65537, 1024))
    assert outcomes(judged(weak, code=66)) == {"tls.key": "tls_untrusted"}
    odd = certificate(key=ed25519.Ed25519PrivateKey.generate())
    assert outcomes(judged(odd)) == {"tls.key": "tls_untrusted"}


def test_addresses_match_only_addresses() -> None:
    leaf = certificate(names=(x509.IPAddress(ipaddress.ip_address("192.0.2.1")),))
    assert outcomes(judged(leaf, host="192.0.2.1")) == {}
    assert outcomes(judged(leaf, host="192.0.2.2", code=64)) == {"tls.hostname": "tls_hostname_mismatch"}


@pytest.mark.parametrize(("code", "check"), [(62, "tls.hostname"), (10, "tls.dates"), (20, "tls.chain")])
def test_without_the_certificate_openssls_verdict_decides(code: int, check: str) -> None:
    findings = judge(Presented(leaf=None, host=HOST, verify_code=code), NOW)
    assert [finding.check for finding in findings if finding.outcome == "fail"] == [check]
    assert {finding.check for finding in findings} == set(CHECKS)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_never_pass(garbage: bytes) -> None:
    first, *rest = judge(Presented(leaf=garbage, host=HOST), NOW)
    assert (first.check, first.outcome, first.cause) == ("tls.chain", "fail", "tls_server_problem")
    assert all(finding.outcome == "skip" for finding in rest)


@pytest.mark.parametrize(
    ("host", "name", "matches"),
    [
        ("mail.example.com", "mail.example.com", True),
        ("Mail.Example.Com", "MAIL.example.com", True),
        ("mail.example.com", "*.example.com", True),
        ("a.mail.example.com", "*.example.com", False),
        ("example.com", "*.example.com", False),
        ("example.com", "*.com", False),
        ("mail.example.com", "m*.example.com", False),
        ("mail.example.com", "*", False),
        ("mail.example.com", "mail.*.com", False),
        ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com", True),
        ("192.0.2.1", "*.0.2.1", False),
    ],
)
def test_names_match_as_rfc_9525_says(host: str, name: str, matches: bool) -> None:
    assert host_matches(host, [name]) is matches
