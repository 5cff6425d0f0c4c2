"""Certificates out of a file: any number in PEM, or one in DER."""

import base64
import binascii
import re

from profilegen.errors import InputProblem

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")


def split_certificates(data: bytes) -> tuple[bytes, ...]:
    """Return each certificate in DER (RFC 7468); raises InputProblem if there is none."""
    if data.startswith(b"\x30"):
        return (data,)
    try:
        texts = (block.translate(None, b" \t\r\n\v\f") for block in _BLOCK.findall(data))
        blocks = tuple(base64.b64decode(text, validate=True) for text in texts)
    except binascii.Error:
        blocks = ()
    if not blocks:
        raise InputProblem(
            "The file holds no certificate.", hint="Give a certificate in PEM or DER form.", code="no_certificate"
        )
    return blocks
