"""
What a server's reply means.

The words alone do not tell: the same line has different causes at different stages, before and after a login. So a rule
looks at the stage, the code, the words and whether a login was presented; the first rule that fits decides.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.envelope_rules import ENVELOPE_RULES
from profilegen.diagnosis.rule import Rule
from profilegen.diagnosis.session_rules import SESSION_RULES


class Stage(StrEnum):
    """Where in a session a reply or an error came."""

    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    AUTH = "auth"
    MAIL_FROM = "mail_from"
    RCPT_TO = "rcpt_to"
    DATA = "data"
    IMAP_LOGIN = "imap_login"
    QUIT = "quit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """
    A reply and what is known around it; None: unknown.

    `login` tells whether user name and password were presented in this session, `tls` whether it was encrypted.
    """

    stage: Stage
    text: str
    code: int | None = None
    enhanced: str | None = None
    login: bool | None = None
    tls: bool | None = None


_CODES = re.compile(r"(?:^|\b)([2-5]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3}))?\b")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_OPENSSL_CODES = (
    (Cause.TLS_CERT_EXPIRED, (9, 10)),
    (Cause.TLS_UNTRUSTED, (2, 18, 19, 20, 21, 22, 24, 26, 27, 28, 66, 67, 68)),
    (Cause.TLS_HOSTNAME_MISMATCH, (62, 63, 64)),
)


def classify(observation: Observation) -> Cause | None:
    """Return the cause of a reply, None where no rule is sure enough; a success is Cause.OK."""
    seen = _completed(observation)
    if seen.code is not None and seen.code < 400 and seen.stage is not Stage.TLS:
        return Cause.OK
    return _first(SESSION_RULES + ENVELOPE_RULES, seen)


def cause_of_verify_code(code: int) -> Cause:
    """Return the cause behind an OpenSSL verification result (`ssl.SSLCertVerificationError.verify_code`)."""
    return next((cause for cause, codes in _OPENSSL_CODES if code in codes), Cause.TLS_UNTRUSTED)


def _completed(seen: Observation) -> Observation:
    """Take code and enhanced code (RFC 3463) from the text where a client kept them only there."""
    code, enhanced = seen.code, seen.enhanced
    if code is None and seen.stage not in (Stage.DNS, Stage.CONNECT, Stage.TLS):
        match = _CODES.match(seen.text)
        code = int(match[1]) if match else None
    if enhanced is None:
        found = _ENHANCED.search(seen.text)
        enhanced = found[1] if found else None
    return replace(seen, code=code, enhanced=enhanced)


def _first(rules: Iterable[Rule], seen: Observation) -> Cause | None:
    words = seen.text.lower()
    return next((rule.cause for rule in rules if _fits(rule, seen, words)), None)


def _fits(rule: Rule, seen: Observation, words: str) -> bool:
    return (
        (not rule.stages or seen.stage in rule.stages)
        and (rule.login is None or rule.login is seen.login)
        and (not rule.codes or seen.code in rule.codes)
        and (not rule.enhanced or seen.enhanced in rule.enhanced)
        and (rule.words is None or rule.words.search(words) is not None)
    )
