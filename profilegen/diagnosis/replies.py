"""
What a server's reply means, for the one who saw it himself: place and login are known, the text is the server's own.

The words alone do not tell: the same line has different causes at different stages, before and after a login. So all
rules are weighed together (`weigh`); `explain` does the same for what people paste.
"""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.observation import Observation, Stage
from profilegen.diagnosis.weigh import weigh

__all__ = ["Observation", "Stage", "cause_of_verify_code", "classify"]

_LEAST = 2.0
"""A weight below this is no more than the place itself; a check then names no cause."""

_OPENSSL_CODES = (
    (Cause.TLS_CERT_EXPIRED, (9, 10)),
    (Cause.TLS_UNTRUSTED, (2, 18, 19, 20, 21, 22, 24, 26, 27, 28, 66, 67, 68)),
    (Cause.TLS_HOSTNAME_MISMATCH, (62, 63, 64)),
)


def classify(observation: Observation) -> Cause | None:
    """Return the cause of a reply, None where no rule is sure enough; a success is Cause.OK."""
    weighed = weigh(observation)
    return weighed[0].cause if weighed and weighed[0].score >= _LEAST else None


def cause_of_verify_code(code: int) -> Cause:
    """Return the cause behind an OpenSSL verification result (`ssl.SSLCertVerificationError.verify_code`)."""
    return next((cause for cause, codes in _OPENSSL_CODES if code in codes), Cause.TLS_UNTRUSTED)
