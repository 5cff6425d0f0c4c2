"""What concepts in one sentence mean together, in any language of the vocabulary (see `concepts`)."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, LOGIN, WEAK, Rule, rule

_ANY_LOGIN = f"{LOGIN} {ENVELOPE}"
_TLS = "starttls tls connect banner ehlo"


def _means(cause: Cause, meaning: str, weight: float = LIKELY, *, stages: str = "", login: bool | None = None) -> Rule:
    return rule(cause, "", weight, meaning=meaning, stages=stages, login=login)


_SERVERS = (
    _means(
        Cause.DNS_FAILURE,
        "server/host not found !certificate !recipient !user; server/host unknown !certificate !user !recipient; "
        "host not found/failed !certificate",
        stages="dns connect tls",
    ),
    _means(Cause.CONNECT_REFUSED, "connect refused !certificate !allowed", CLEAR, stages="connect"),
    _means(Cause.CONNECT_TIMEOUT, "connect expired", CLEAR, stages="connect"),
    _means(Cause.CONNECT_REFUSED, "connect failed/unavailable; connect not reached", WEAK, stages="connect"),
    _means(
        Cause.CONNECT_TIMEOUT,
        "connect timeout; server timeout; server not reached; timeout limit",
        CLEAR,
        stages="connect",
    ),
    _means(
        Cause.CONNECT_TIMEOUT,
        "connect failed !certificate; connect not; server unavailable; server not reached",
        HINT,
        stages="connect banner",
    ),
    _means(Cause.NETWORK_UNREACHABLE, "network unavailable/failed/disabled; network not", CLEAR, stages="connect dns"),
    _means(Cause.TOO_MANY_CONNECTIONS, "connect many !timeout; connect limit !timeout", CLEAR, stages="connect banner"),
    _means(Cause.TOO_MANY_CONNECTIONS, "connect many !message !attempts", CLEAR, stages=f"ehlo {_ANY_LOGIN}"),
    _means(
        Cause.SERVER_TEMP_FAILURE,
        "server interrupted !certificate; server temporary; temporary later; unavailable later",
        stages=f"connect banner ehlo quit {ENVELOPE}",
    ),
    _means(
        Cause.SERVER_TEMP_FAILURE, "connect interrupted !certificate", CLEAR, stages=f"connect banner quit {ENVELOPE}"
    ),
    _means(Cause.IP_BLACKLISTED, "listed", CLEAR, stages=f"connect banner ehlo {ENVELOPE}"),
)
_ENCRYPTION = (
    _means(
        Cause.STARTTLS_NOT_OFFERED,
        "starttls not supported",
        CERTAIN,
        stages="starttls ehlo",
    ),
    _means(
        Cause.STARTTLS_NOT_OFFERED,
        "tls not supported !certificate !temporary; tls unavailable !temporary; encryption unavailable; "
        "encryption not supported; starttls not",
        LIKELY,
        stages="starttls ehlo",
    ),
    _means(Cause.STARTTLS_NOT_OFFERED, "starttls not supported; starttls unavailable", CLEAR, stages="tls connect"),
    _means(Cause.TLS_CERT_EXPIRED, "certificate expired", CERTAIN),
    _means(
        Cause.TLS_HOSTNAME_MISMATCH,
        "certificate not match; certificate host wrong; certificate host not; certificate address not match",
        CERTAIN,
    ),
    _means(
        Cause.TLS_UNTRUSTED,
        "certificate trusted; certificate issuer unknown/not/wrong; certificate not/failed verified; "
        "certificate wrong/unknown/refused",
        LIKELY,
    ),
    _means(Cause.TLS_UNTRUSTED, "trusted", CLEAR, stages="tls starttls connect"),
    _means(Cause.TLS_UNTRUSTED, "not verified server/host; certificate failed; trusted not", HINT, stages=_TLS),
    _means(Cause.TLS_SERVER_PROBLEM, "tls failed !certificate", HINT, stages="starttls tls"),
    _means(
        Cause.TLS_REQUIRED_NOT_USED, "encryption/tls/starttls required !not", LIKELY, stages=f"banner ehlo {ENVELOPE}"
    ),
    _means(
        Cause.AUTH_MECH_UNSUPPORTED,
        "plain password/login not/disabled !certificate; plain password refused",
        CERTAIN,
        stages=LOGIN,
    ),
    _means(Cause.AUTH_REQUIRES_TLS, "plain password/login not/disabled", CLEAR, stages=LOGIN),
    _means(Cause.AUTH_REQUIRES_TLS, "login not tls/starttls", CLEAR, stages=LOGIN),
    _means(Cause.AUTH_REQUIRES_TLS, "encryption/tls/starttls required !certificate", CLEAR, stages=LOGIN),
)
_LOGINS = (
    _means(
        Cause.AUTH_NOT_OFFERED,
        "server not supported login !method !tls !encryption; login not supported !method !tls !relay; "
        "login unavailable !temporary !later !method !failed",
        CLEAR,
        stages="ehlo auth",
    ),
    _means(Cause.AUTH_NOT_OFFERED, "server not supported login !method !tls !encryption", LIKELY),
    _means(
        Cause.AUTH_MECH_UNSUPPORTED,
        "method not supported/allowed/found/match; method unknown/wrong/unavailable/disabled; not method !allowed",
        CERTAIN,
        stages=f"ehlo {LOGIN}",
    ),
    _means(Cause.APP_PASSWORD_REQUIRED, "app; application password", CLEAR, stages=LOGIN),
    _means(Cause.PASSWORD_EXPIRED, "password/token/credentials expired !many", CERTAIN, stages=LOGIN),
    _means(Cause.PASSWORD_EXPIRED, "password expired !certificate", LIKELY),
    _means(
        Cause.AUTH_BAD_CREDENTIALS,
        "password/user/credentials/login wrong; credentials/login/password refused/failed; "
        "password/user/credentials not match/verified/allowed; login unknown",
        LIKELY,
        stages=LOGIN,
    ),
    _means(Cause.AUTH_BAD_CREDENTIALS, "login not", WEAK, stages=LOGIN),
    _means(Cause.SMTP_AUTH_DISABLED, "login disabled !user !account !plain", CLEAR, stages="imap_login"),
    _means(
        Cause.SMTP_AUTH_DISABLED,
        "login not supported/allowed !user !account !plain !password",
        LIKELY,
        stages="imap_login",
    ),
    _means(Cause.AUTH_REQUIRES_TLS, "login disabled !user !account", LIKELY, stages="imap_login"),
    _means(Cause.AUTH_BAD_CREDENTIALS, "password wrong; user password wrong; credentials wrong", LIKELY),
    _means(Cause.AUTH_BAD_CREDENTIALS, "login failed !certificate", HINT, stages=f"connect {ENVELOPE}"),
    _means(
        Cause.ACCOUNT_DISABLED,
        "account/user/mailbox/sender locked/disabled !app !tls !attempts !listed",
        LIKELY,
        stages=f"mail_from data {LOGIN}",
    ),
    _means(Cause.ACCOUNT_VERIFICATION_REQUIRED, "browser login !app", CLEAR, stages=LOGIN),
    _means(Cause.TOO_MANY_AUTH_FAILURES, "many attempts; many login; limit attempts", CLEAR, stages=LOGIN),
    _means(Cause.AUTH_TEMP_FAILURE, "login temporary; login unavailable later", CLEAR, stages=LOGIN),
    _means(Cause.AUTH_TEMP_FAILURE, "temporary later", HINT, stages=LOGIN),
    _means(
        Cause.AUTH_NOT_CONFIGURED, "login required !tls !encryption; login not !match !allowed", LIKELY, stages=ENVELOPE
    ),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        meaning="recipient refused server relay",
        weight=BEYOND_DOUBT,
        stages=ENVELOPE,
        made_for="apple",
    ),
    _means(Cause.RELAY_DENIED_CONTEXT_NEEDED, "relay not/refused/disabled", LIKELY, stages=ENVELOPE),
)
_ENVELOPES = (
    _means(
        Cause.SENDER_NOT_OWNED,
        "sender not allowed/own/match; sender refused/allowed/own; sender/address not match login/user/account; "
        "not allowed send address; user not match",
        LIKELY,
        stages=ENVELOPE,
    ),
    _means(Cause.SENDER_DOMAIN_INVALID, "sender wrong/unknown/syntax; sender not found", LIKELY, stages=ENVELOPE),
    _means(Cause.SENDER_DOMAIN_INVALID, "sender wrong/unknown/syntax; sender not found", CLEAR, stages="mail_from"),
    _means(Cause.SENDER_DOMAIN_INVALID, "domain not found; domain unknown", LIKELY, stages="mail_from"),
    _means(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        "sender/domain/address not verified !login !host !wrong !failed",
        LIKELY,
        stages=ENVELOPE,
    ),
    _means(
        Cause.RECIPIENT_UNKNOWN,
        "recipient/mailbox/user/address unknown !syntax !sender; recipient/mailbox/user not found !sender",
        CLEAR,
        stages="rcpt_to data",
    ),
    _means(
        Cause.RECIPIENT_SYNTAX,
        "recipient/address wrong !unknown !sender; recipient/address syntax !sender; "
        "not address syntax/wrong; recipient/address not syntax",
        LIKELY,
        stages="rcpt_to",
    ),
    _means(
        Cause.RECIPIENT_MAILBOX_FULL,
        "mailbox/recipient/storage full; storage/mailbox limit; not storage; recipient storage",
        CLEAR,
        stages="rcpt_to data",
    ),
    _means(Cause.OWN_MAILBOX_FULL, "mailbox/storage/account full; storage limit", LIKELY, stages=f"mail_from {LOGIN}"),
    _means(
        Cause.RATE_LIMITED,
        "rate limit; send limit !size !big; many message/recipient/send !size !big !connect !spam; "
        "message limit rate; rate many",
        CLEAR,
        stages=_ANY_LOGIN,
    ),
    _means(Cause.RATE_LIMITED, "recipient limit !storage !size !full !mailbox", CLEAR, stages=ENVELOPE),
    _means(
        Cause.MESSAGE_TOO_BIG,
        "message/attachment big; message/attachment size limit; size limit; message big limit; size big",
        CERTAIN,
        stages=f"ehlo {ENVELOPE}",
    ),
    _means(Cause.CONTENT_REJECTED, "spam; attachment not allowed; attachment refused/locked", LIKELY, stages=ENVELOPE),
    _means(Cause.SERVER_TEMP_FAILURE, "later !login; temporary", HINT, stages=ENVELOPE),
)

_TOPIC = 0.6

# what a sentence is about, where nothing tells the stage
_TOPICS = (
    _means(
        Cause.AUTH_BAD_CREDENTIALS, "login/credentials/password failed/not/wrong; user password; login password", WEAK
    ),
    _means(Cause.DNS_FAILURE, "host/server not found; host/server unknown !connect !certificate; host failed", _TOPIC),
    _means(Cause.CONNECT_TIMEOUT, "connect failed/not; timeout", _TOPIC),
    _means(Cause.SERVER_TEMP_FAILURE, "connect interrupted", _TOPIC),
    _means(Cause.TLS_UNTRUSTED, "server trusted; certificate failed/not/wrong", _TOPIC),
    _means(Cause.SENDER_NOT_OWNED, "sender failed/refused/wrong/not", _TOPIC),
    _means(Cause.RECIPIENT_UNKNOWN, "recipient failed/refused/wrong/not", _TOPIC),
    _means(Cause.RECIPIENT_SYNTAX, "address wrong/syntax", _TOPIC),
)

RULES = _SERVERS + _ENCRYPTION + _LOGINS + _ENVELOPES + _TOPICS
