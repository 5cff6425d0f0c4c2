"""The TLS contexts and trust anchors."""

import ssl

import pytest

from profilegen.errors import InputProblem
from profilegen.net.tls import anchors, tls_contexts, verified_context
from tests.diagnosis.certificates import certificate, der, pem


def test_the_verified_context_verifies_everything() -> None:
    context = tls_contexts().verified
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("form", [pem, der])
def test_extra_anchors_are_trusted_in_both_forms(form: object) -> None:
    root = certificate()
    data = pem(root) if form is pem else der(root)
    assert der(root) in anchors([data])
    assert der(root) not in anchors()


def test_several_certificates_in_one_file_all_count() -> None:
    one, two = certificate(common_name="one"), certificate(common_name="two")
    found = anchors([b"a comment\n" + pem(one) + pem(two)])
    assert der(one) in found
    assert der(two) in found


@pytest.mark.parametrize("garbage", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_anchor_that_is_none_is_refused(garbage: bytes) -> None:
    with pytest.raises(InputProblem):
        verified_context([garbage])


def test_the_system_has_roots() -> None:
    assert len(anchors()) > 10
