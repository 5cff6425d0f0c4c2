"""What code and place alone suggest where nothing else speaks: the usual causes there, the most frequent first."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import LIKELY, WEAK, Rule, rule

_USUAL = (
    ("dns", (Cause.DNS_FAILURE, Cause.NETWORK_UNREACHABLE, Cause.CONNECT_TIMEOUT)),
    ("connect", (Cause.CONNECT_TIMEOUT, Cause.CONNECT_REFUSED, Cause.NETWORK_UNREACHABLE, Cause.DNS_FAILURE)),
    ("banner", (Cause.SERVER_TEMP_FAILURE, Cause.IP_POLICY_BLOCK, Cause.IP_BLACKLISTED)),
    ("ehlo", (Cause.CLIENT_PROTOCOL_ERROR, Cause.SERVER_TEMP_FAILURE, Cause.STARTTLS_NOT_OFFERED)),
    ("starttls", (Cause.STARTTLS_NOT_OFFERED, Cause.TLS_SERVER_PROBLEM, Cause.TLS_UNTRUSTED)),
    ("tls", (Cause.TLS_UNTRUSTED, Cause.TLS_SERVER_PROBLEM, Cause.TLS_HOSTNAME_MISMATCH)),
    ("auth", (Cause.AUTH_BAD_CREDENTIALS, Cause.AUTH_MECH_UNSUPPORTED, Cause.AUTH_NOT_OFFERED)),
    ("mail_from", (Cause.SENDER_NOT_OWNED, Cause.SENDER_DOMAIN_INVALID, Cause.AUTH_NOT_CONFIGURED)),
    ("rcpt_to", (Cause.RECIPIENT_UNKNOWN, Cause.RELAY_DENIED_CONTEXT_NEEDED, Cause.AUTH_NOT_CONFIGURED)),
    ("data", (Cause.CONTENT_REJECTED, Cause.SERVER_TEMP_FAILURE, Cause.SENDER_NOT_OWNED)),
    ("imap_login", (Cause.AUTH_BAD_CREDENTIALS, Cause.SMTP_AUTH_DISABLED, Cause.AUTH_REQUIRES_TLS)),
)
_FIRST = 1.0
_LESS = 0.25


def _usual() -> tuple[Rule, ...]:
    return tuple(
        rule(cause, weight=_FIRST - _LESS * place, stages=stage)
        for stage, causes in _USUAL
        for place, cause in enumerate(causes)
    )


RULES = (
    *_usual(),
    rule(Cause.RECIPIENT_UNKNOWN, weight=WEAK, codes="550 551", stages="rcpt_to"),
    rule(Cause.AUTH_NOT_CONFIGURED, weight=LIKELY, codes="530", stages="mail_from rcpt_to data"),
    rule(Cause.SERVER_TEMP_FAILURE, weight=WEAK, codes="421 450 451 452"),
    rule(Cause.SERVER_TEMP_FAILURE, weight=_LESS, stages="mail_from rcpt_to data quit ehlo"),
)
