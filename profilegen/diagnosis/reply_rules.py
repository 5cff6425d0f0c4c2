"""The rules for reading replies, in order: the first that fits wins. Words are matched in lower case."""

import re
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A reply fits if every given part fits; an empty part fits everything. `login`: whether one was presented."""

    cause: Cause
    words: re.Pattern[str] | None = None
    stages: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    enhanced: tuple[str, ...] = ()
    login: bool | None = None


def _rule(
    cause: Cause,
    words: str = "",
    *,
    stages: str = "",
    codes: tuple[int, ...] = (),
    enhanced: str = "",
    login: bool | None = None,
) -> Rule:
    return Rule(
        cause=cause,
        words=re.compile(words) if words else None,
        stages=tuple(stages.split()),
        codes=codes,
        enhanced=tuple(enhanced.split()),
        login=login,
    )


_ENVELOPE = "mail_from rcpt_to data"
_AUTH = "auth imap_login"

_SUCCESS = (_rule(Cause.OK, r"^(\S+ )?(\+?ok|preauth)\b", stages="imap_login"),)

_NETWORK = (
    _rule(Cause.DNS_FAILURE, stages="dns"),
    _rule(Cause.DNS_FAILURE, r"getaddrinfo|enotfound|nxdomain|name or service not known|nodename nor servname"),
    _rule(Cause.CONNECT_REFUSED, r"econnrefused|connection refused|connect call failed", stages="connect"),
    _rule(Cause.NETWORK_UNREACHABLE, r"unreachable|no route|cannot assign requested address", stages="connect"),
    _rule(Cause.CONNECT_TIMEOUT, r"time.?out|timed out", stages="connect"),
    _rule(Cause.TLS_MODE_MISMATCH, r"timeout|timed out|said nothing", stages="banner"),
)

_TLS = (
    _rule(
        Cause.TLS_MODE_MISMATCH,
        r"wrong.version.number|unrecognized ssl message|unable to parse tls packet|over a non-ssl"
        r"|packet length too long"
        r"|record layer failure|not an ssl/tls record|http request",
    ),
    _rule(
        Cause.TLS_HOSTNAME_MISMATCH,
        r"hostname mismatch|ip address mismatch|match certificate's altnames|num=6[24]\b|name does not match",
        stages="tls starttls",
    ),
    _rule(Cause.TLS_CERT_EXPIRED, r"certificate has expired|not yet valid|num=(9|10)\b", stages="tls starttls"),
    _rule(
        Cause.TLS_UNTRUSTED,
        r"self.signed|unable to get (local )?issuer|certificate verify failed|num=(18|19|20|21)\b|unknown.ca"
        r"|certificate doesn't match the host|unable to verify",
        stages="tls starttls",
    ),
    _rule(Cause.TLS_UNTRUSTED, r"untrustedroot|untrusted root"),
    _rule(
        Cause.TLS_VERSION_OR_CIPHER,
        r"unsupported.protocol|protocol.version|no.shared.cipher|no.protocols.available|handshake.failure"
        r"|version.too.low|dh.key.too.small|no.ciphers",
        stages="tls starttls",
    ),
    _rule(Cause.TLS_SERVER_PROBLEM, r"tls not available|tlscertificatename|certificate specified"),
    _rule(Cause.TLS_SERVER_PROBLEM, r"eof|internal.error|reset|closed the connection|aborted", stages="tls"),
    _rule(Cause.TLS_SERVER_PROBLEM, codes=(454,), stages="starttls"),
    _rule(
        Cause.STARTTLS_NOT_OFFERED,
        r"starttls.*not (offered|supported|available)|not recogni[sz]ed|unrecogni[sz]ed|unknown command"
        r"|not implemented",
        stages="starttls",
    ),
)

_LIMITS = (
    _rule(Cause.TOO_MANY_CONNECTIONS, r"(too many|maximum (number of)?) ?(concurrent|simultaneous)? ?\w* ?connections"),
    _rule(
        Cause.TOO_MANY_AUTH_FAILURES,
        r"too many (invalid |failed |bad |unsuccessful )?(log[io]n|auth\w*|password)s?"
        r"|too many .*(attempts|failures)|maximum (log[io]n|auth\w*) attempts"
        r"|temporarily (locked|blocked) .*(login|auth)",
    ),
    _rule(
        Cause.TOO_MANY_ERRORS,
        r"too many (\w+ )?(errors|bad commands|unrecogni[sz]ed commands|unknown commands|syntax)|too many nonsense",
    ),
    _rule(
        Cause.RATE_LIMITED,
        r"rate ?-?limit|ratelimit|throttl|too many (e-?mails|messages|recipients (this|per))|too much mail"
        r"|maximum credits"
        r"|overlimit|exceeded the max|(messages?|emails?|recipients?) per (day|hour|minute)|sending (limit|quota|rate)"
        r"|recipients this hour|daily (\w+ )?(limit|quota)|hourly|quota .*(day|hour|sending)|credits exceeded",
    ),
)

_ACCOUNT = (
    _rule(
        Cause.APP_PASSWORD_REQUIRED,
        r"application.specific password|app(lication)?[ -]?password|authori[sz]ation code",
    ),
    _rule(
        Cause.OAUTH_REQUIRED,
        r"basic auth\w* (is )?(disabled|deprecated|not supported)|basicauthblocked|oauth ?2? (is )?required"
        r"|modern auth|must use oauth|only oauth|xoauth2 only",
    ),
    _rule(Cause.ACCOUNT_VERIFICATION_REQUIRED, r"web ?browser|verify your (account|identity)|captcha|webloginrequired"),
    _rule(
        Cause.SMTP_AUTH_DISABLED,
        r"smtp_?client_?auth\w* is disabled|auth\w* is disabled for"
        r"|(imap|pop3?|smtp)( access)? is (disabled|not enabled)"
        r"|not enabled for (imap|pop|smtp)|(imap|pop|smtp)( access)? (has been|was) disabled|turn on (imap|pop)",
    ),
    _rule(Cause.SMTP_AUTH_DISABLED, r"authentication not enabled|authentication disabled", stages="auth", codes=(504,)),
    _rule(Cause.OAUTH_REQUIRED, enhanced="5.7.139", stages=_AUTH),
    _rule(Cause.PASSWORD_EXPIRED, r"password (has )?expired|expired password|\[expired\]|token (has )?expired"),
    _rule(
        Cause.ACCOUNT_DISABLED,
        r"outbound ?spam|has been suspended|(account|mailbox|user|login)\w* (is |has been |was )?(disabled|suspended"
        r"|locked|blocked|deactivated|inactive)|contactadmin|(suspended|disabled) (account|user)",
        stages=f"{_AUTH} mail_from data",
    ),
    _rule(Cause.ACCOUNT_DISABLED, enhanced="5.7.13 5.2.1", stages=_AUTH),
    _rule(
        Cause.OAUTH_SCOPE_OR_MAILBOX,
        r"authenticated but not connected|invalid scope|insufficient scope|accessdenied.*imap",
    ),
    _rule(Cause.AUTH_USERNAME_FORM, r"cannot assume other role|authzid|authori[sz]ation identity|full e-?mail address"),
)

_LOGIN = (
    _rule(
        Cause.AUTH_MECH_UNSUPPORTED,
        r"invalid authentication mechanism|unsupported authentication mechanism|unrecogni[sz]ed authentication type"
        r"|mechanism .*not (supported|available)|method .*not supported|no (suitable|acceptable) auth",
        stages=_AUTH,
    ),
    _rule(Cause.AUTH_MECH_UNSUPPORTED, codes=(504,), stages="auth"),
    _rule(
        Cause.AUTH_REQUIRES_TLS,
        r"starttls|plaintext auth\w* (is )?(disallowed|disabled)|privacyrequired|encryption required"
        r"|must use (tls|ssl)",
        codes=(530, 538, 503, 523, 534),
        stages="auth",
    ),
    _rule(Cause.AUTH_REQUIRES_TLS, codes=(538, 523), stages="auth"),
    _rule(Cause.AUTH_REQUIRES_TLS, r"privacyrequired|plaintext auth\w* (is )?dis", stages=_AUTH),
    _rule(
        Cause.AUTH_NOT_OFFERED,
        r"auth\w*\W.*not (supported|advertised|allowed|enabled|recogni[sz]ed|available)|auth not allowed"
        r"|command not (supported|implemented|recogni[sz]ed)|invalid command",
        stages="auth",
    ),
    _rule(Cause.CLIENT_PROTOCOL_ERROR, r"abort|cancel|decode|base64|syntax", codes=(500, 501), stages="auth"),
    _rule(Cause.AUTH_TEMP_FAILURE, codes=(432, 435, 421, 450, 451, 454, 455), stages="auth"),
    _rule(Cause.AUTH_TEMP_FAILURE, r"\[unavailable\]|temporar|try again later|internal error", stages="imap_login"),
    _rule(Cause.AUTH_BAD_CREDENTIALS, codes=(535, 534, 530, 550, 553, 554, 501), stages="auth"),
    _rule(Cause.AUTH_BAD_CREDENTIALS, r"auth|credential|login|password|invalid|-err|fail", stages=_AUTH),
)

_PROTOCOL = (
    _rule(Cause.CLIENT_PROTOCOL_ERROR, r"syntax", stages="starttls", codes=(501,)),
    _rule(
        Cause.CONSEQUENCE_OF_EARLIER_REFUSAL,
        r"no valid recipients|no recipients?( specified)?|rcpt (command )?(must|first)|rcpt commands were rejected",
        stages="data",
    ),
    _rule(Cause.TLS_REQUIRED_NOT_USED, r"starttls|without ssl|tls (is )?required|encrypt\w* (is )?required"),
    _rule(Cause.CLIENT_PROTOCOL_ERROR, r"synchroni[sz]ation|pipelin"),
    _rule(
        Cause.CLIENT_PROTOCOL_ERROR, r"send hello first|need mail|bad sequence|out of (order|sequence)|polite people"
    ),
    _rule(Cause.TLS_REQUIRED_NOT_USED, enhanced="5.7.10 5.7.11", stages=_ENVELOPE),
)

_SENDER = (
    _rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        r"(address|identity|identities|domain|sender) .*(is )?not (been )?verified|verified sender|unverified"
        r"|not a verified",
    ),
    _rule(
        Cause.SENDER_NOT_OWNED,
        r"not owned by|send ?as ?denied|not allowed to send as|must (be same|match) .*auth|must match|same as auth"
        r"|conform with authentication|incorrect authentication for|unauthori[sz]ed use of sender"
        r"|sender name is not valid"
        r"|not (allowed|permitted|authori[sz]ed) to (send|use).*(as|from|this)|does not (own|match)",
        stages=_ENVELOPE,
    ),
    _rule(Cause.SENDER_NOT_OWNED, r"relaying disallowed|sender address rejected: access denied", login=True),
    _rule(
        Cause.SENDER_DOMAIN_INVALID,
        r"(sender|from).*(domain (not found|does not exist|invalid)|does not accept mail|unresolvable|doesn't exist)"
        r"|domain not found|nullmx|unregistered domains?|badmailfrom|bad sender|sender verify failed",
        stages=_ENVELOPE,
    ),
)

_NOT_LOGGED_IN = (
    _rule(Cause.CONTENT_REJECTED, enhanced="5.7.515 5.7.26"),
    _rule(Cause.AUTH_NOT_CONFIGURED, r"not logged in|smtp auth\w* (is )?required|5\.7\.57|unauthenticated"),
    _rule(
        Cause.AUTH_NOT_CONFIGURED,
        r"(turn on|enable|requires?|need|must|you don't|not) .{0,20}(auth|log ?in)"
        r"|auth\w* (is )?(required|needed|command"
        r" first)|client not authenticated|issue an auth command",
        stages=f"ehlo {_ENVELOPE}",
    ),
    _rule(Cause.AUTH_NOT_CONFIGURED, codes=(530,), stages=_ENVELOPE, login=False),
)

_ADDRESS_LISTS = (
    _rule(Cause.SERVER_MISCONFIGURED, r"open resolver|server configuration error|configuration error"),
    _rule(Cause.GREYLISTED, r"gr[ae]y.?list|grey\.rbl|postgrey", stages=f"banner ehlo {_ENVELOPE}"),
    _rule(
        Cause.IP_BLACKLISTED,
        r"blocked using|black ?list|block ?list|blocklist|dnsbl|\brbl\b|spamhaus|spamcop|barracuda"
        r"|listed (in|at|by)|sbl",
    ),
    _rule(
        Cause.IP_POLICY_BLOCK,
        r"reverse dns|\bptr\b|rdns|host network not allowed|dynamic (ip|address)|your (ip|network|country)"
        r"|(ip|client|host|network) .*(not allowed|banned|denied access|not welcome)|no (ptr|reverse)",
    ),
    _rule(Cause.IP_POLICY_BLOCK, codes=(554, 550), stages="banner"),
)

_RELAY = (
    _rule(Cause.WRONG_SERVER_HOST, r"wrong (office 365 )?region|wrong server|use .*instead|not your (mail )?server"),
    _rule(
        Cause.AUTH_NOT_CONFIGURED,
        r"relay|rcpthosts|access denied|not permitted|unable to relay|invalid recipient|not local"
        r"|delivery is not allowed"
        r"|don't handle mail|authenticat",
        stages=f"ehlo {_ENVELOPE}",
        login=False,
    ),
    _rule(
        Cause.RELAY_DENIED_CONTEXT_NEEDED,
        r"relay|rcpthosts|delivery is not allowed|don't handle mail",
        stages=_ENVELOPE,
    ),
    _rule(Cause.SERVER_MISCONFIGURED, r"client host rejected: access denied", login=True),
)

_RECIPIENT = (
    _rule(
        Cause.RECIPIENT_MAILBOX_FULL,
        r"over ?quota|quota exceeded|mailbox (is )?full|full mailbox|pleine|insufficient quota",
        stages="rcpt_to data",
    ),
    _rule(Cause.RECIPIENT_MAILBOX_FULL, enhanced="5.2.2 4.2.2", stages="rcpt_to data"),
    _rule(Cause.OWN_MAILBOX_FULL, r"quota|mailbox (is )?full", stages="mail_from"),
    _rule(
        Cause.RECIPIENT_SYNTAX,
        r"must contain a domain|recipient (address )?(syntax|malformed)|bad recipient address syntax|syntax error in "
        r"(recipient|parameters)",
        stages="rcpt_to",
    ),
    _rule(
        Cause.RECIPIENT_UNKNOWN,
        r"user unknown|unknown user|no such (user|mailbox|recipient)|does not exist|recipientnotfound|not found"
        r"|unknown "
        r"(recipient|local)|mailing list expansion|mailbox unavailable|no mailbox",
        stages="rcpt_to data",
    ),
    _rule(Cause.RECIPIENT_UNKNOWN, enhanced="5.1.1 5.1.10 5.2.4 5.1.6", stages="rcpt_to"),
)

_MESSAGE = (
    _rule(Cause.MESSAGE_TOO_BIG, r"too (big|large)|size (exceeds|limit)|exceeds .*size|sendsizelimit|maximum .*size"),
    _rule(Cause.MESSAGE_TOO_BIG, enhanced="5.3.4 5.2.3"),
    _rule(
        Cause.CONTENT_REJECTED,
        r"spam|virus|content|attachment|dmarc|\bspf\b|dkim|authentication level|policy (reasons|violation)|malware",
        stages=_ENVELOPE,
    ),
    _rule(Cause.GREYLISTED, codes=(450, 451), enhanced="4.7.1 4.2.0", stages="rcpt_to"),
    _rule(Cause.RATE_LIMITED, enhanced="4.7.28 5.4.5 4.4.5"),
    _rule(Cause.CLIENT_PROTOCOL_ERROR, codes=(500, 501, 502, 503)),
    _rule(Cause.SERVER_TEMP_FAILURE, codes=tuple(range(400, 500))),
    _rule(Cause.SENDER_NOT_OWNED, codes=(550, 553), stages="mail_from", login=True),
    _rule(Cause.CONTENT_REJECTED, codes=(550, 554), stages="data"),
    _rule(Cause.SERVER_MISCONFIGURED, r"access denied", stages=_ENVELOPE, login=True),
    _rule(Cause.AUTH_NOT_CONFIGURED, codes=(550, 551, 553, 554), stages="mail_from rcpt_to", login=False),
)

RULES: tuple[Rule, ...] = (
    _SUCCESS
    + _NETWORK
    + _TLS
    + _LIMITS
    + _ACCOUNT
    + _LOGIN
    + _PROTOCOL
    + _SENDER
    + _ADDRESS_LISTS
    + _NOT_LOGGED_IN
    + _RECIPIENT
    + _MESSAGE[:2]
    + _RELAY
    + _MESSAGE[2:]
)
