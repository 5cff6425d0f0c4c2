"""Certificates out of a file: any number in PEM, or one in DER."""

import base64
import binascii
import re

from profilegen.errors import InputProblem

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")


def split_certificates(data: bytes) -> tuple[bytes, ...]:
    """Return each certificate in DER (RFC 7468); raises InputProblem if there is none."""
    if data.startswith(b"\x30"):
        return (data,)
    try:
        blocks = tuple(base64.b64decode(b"".join(block.split()), validate=True) for block in _BLOCK.findall(data))
    except binascii.Error:
        blocks = ()
    if not blocks:
        raise InputProblem(
            "The file holds no certificate.", hint="Give a certificate in PEM or DER form.", code="no_certificate"
        )
    return blocks
