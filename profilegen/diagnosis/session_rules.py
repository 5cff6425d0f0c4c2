"""Rules for everything up to the login; ordered, matched in lower case."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import ENVELOPE, LOGIN, Rule, rule

_SUCCESS = (rule(Cause.OK, r"^(\S+ )?(\+?ok|preauth)\b", stages="imap_login"),)

_NETWORK = (
    rule(Cause.DNS_FAILURE, stages="dns"),
    rule(Cause.DNS_FAILURE, r"getaddrinfo|enotfound|nxdomain|name or service not known|nodename nor servname"),
    rule(Cause.CONNECT_REFUSED, r"econnrefused|connection refused|connect call failed", stages="connect"),
    rule(Cause.NETWORK_UNREACHABLE, r"unreachable|no route|cannot assign requested address", stages="connect"),
    rule(Cause.CONNECT_TIMEOUT, r"time.?out|timed out", stages="connect"),
    rule(Cause.TLS_MODE_MISMATCH, r"timeout|timed out|said nothing", stages="banner"),
)

_TLS = (
    rule(
        Cause.TLS_MODE_MISMATCH,
        r"wrong.version.number|unrecognized ssl message|unable to parse tls packet|over a non-ssl"
        r"|packet length too long"
        r"|record layer failure|not an ssl/tls record|http request",
    ),
    rule(
        Cause.TLS_HOSTNAME_MISMATCH,
        r"hostname mismatch|ip address mismatch|match certificate's altnames|num=6[24]\b|name does not match",
        stages="tls starttls",
    ),
    rule(Cause.TLS_CERT_EXPIRED, r"certificate has expired|not yet valid|num=(9|10)\b", stages="tls starttls"),
    rule(
        Cause.TLS_UNTRUSTED,
        r"self.signed|unable to get (local )?issuer|certificate verify failed|num=(18|19|20|21)\b|unknown.ca"
        r"|certificate doesn't match the host|unable to verify",
        stages="tls starttls",
    ),
    rule(Cause.TLS_UNTRUSTED, r"untrustedroot|untrusted root"),
    rule(
        Cause.TLS_VERSION_OR_CIPHER,
        r"unsupported.protocol|protocol.version|no.shared.cipher|no.protocols.available|handshake.failure"
        r"|version.too.low|dh.key.too.small|no.ciphers",
        stages="tls starttls",
    ),
    rule(Cause.TLS_SERVER_PROBLEM, r"tls not available|tlscertificatename|certificate specified"),
    rule(Cause.TLS_SERVER_PROBLEM, r"eof|internal.error|reset|closed the connection|aborted", stages="tls"),
    rule(Cause.TLS_SERVER_PROBLEM, codes=(454,), stages="starttls"),
    rule(
        Cause.STARTTLS_NOT_OFFERED,
        r"starttls.*not (offered|supported|available)|not recogni[sz]ed|unrecogni[sz]ed|unknown command"
        r"|not implemented",
        stages="starttls",
    ),
)

_LIMITS = (
    rule(Cause.TOO_MANY_CONNECTIONS, r"(too many|maximum (number of)?) ?(concurrent|simultaneous)? ?\w* ?connections"),
    rule(
        Cause.TOO_MANY_AUTH_FAILURES,
        r"too many (invalid |failed |bad |unsuccessful )?(log[io]n|auth\w*|password)s?"
        r"|too many .*(attempts|failures)|maximum (log[io]n|auth\w*) attempts"
        r"|temporarily (locked|blocked) .*(login|auth)",
    ),
    rule(
        Cause.TOO_MANY_ERRORS,
        r"too many (\w+ )?(errors|bad commands|unrecogni[sz]ed commands|unknown commands|syntax)|too many nonsense",
    ),
    rule(
        Cause.RATE_LIMITED,
        r"rate ?-?limit|ratelimit|throttl|too many (e-?mails|messages|recipients (this|per))|too much mail"
        r"|maximum credits"
        r"|overlimit|exceeded the max|(messages?|emails?|recipients?) per (day|hour|minute)|sending (limit|quota|rate)"
        r"|recipients this hour|daily (\w+ )?(limit|quota)|hourly|quota .*(day|hour|sending)|credits exceeded",
    ),
)

_ACCOUNT = (
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        r"application.specific password|app(lication)?[ -]?password|authori[sz]ation code",
    ),
    rule(
        Cause.OAUTH_REQUIRED,
        r"basic auth\w* (is )?(disabled|deprecated|not supported)|basicauthblocked|oauth ?2? (is )?required"
        r"|modern auth|must use oauth|only oauth|xoauth2 only",
    ),
    rule(Cause.ACCOUNT_VERIFICATION_REQUIRED, r"web ?browser|verify your (account|identity)|captcha|webloginrequired"),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        r"smtp_?client_?auth\w* is disabled|auth\w* is disabled for"
        r"|(imap|pop3?|smtp)( access)? is (disabled|not enabled)"
        r"|not enabled for (imap|pop|smtp)|(imap|pop|smtp)( access)? (has been|was) disabled|turn on (imap|pop)",
    ),
    rule(Cause.SMTP_AUTH_DISABLED, r"authentication not enabled|authentication disabled", stages="auth", codes=(504,)),
    rule(Cause.OAUTH_REQUIRED, enhanced="5.7.139", stages=LOGIN),
    rule(Cause.PASSWORD_EXPIRED, r"password (has )?expired|expired password|\[expired\]|token (has )?expired"),
    rule(
        Cause.ACCOUNT_DISABLED,
        r"outbound ?spam|has been suspended|(account|mailbox|user|login)\w* (is |has been |was )?(disabled|suspended"
        r"|locked|blocked|deactivated|inactive)|contactadmin|(suspended|disabled) (account|user)",
        stages=f"{LOGIN} mail_from data",
    ),
    rule(Cause.ACCOUNT_DISABLED, enhanced="5.7.13 5.2.1", stages=LOGIN),
    rule(
        Cause.OAUTH_SCOPE_OR_MAILBOX,
        r"authenticated but not connected|invalid scope|insufficient scope|accessdenied.*imap",
    ),
    rule(Cause.AUTH_USERNAME_FORM, r"cannot assume other role|authzid|authori[sz]ation identity|full e-?mail address"),
)

_LOGIN = (
    rule(
        Cause.AUTH_MECH_UNSUPPORTED,
        r"invalid authentication mechanism|unsupported authentication mechanism|unrecogni[sz]ed authentication type"
        r"|mechanism .*not (supported|available)|method .*not supported|no (suitable|acceptable) auth",
        stages=LOGIN,
    ),
    rule(Cause.AUTH_MECH_UNSUPPORTED, codes=(504,), stages="auth"),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        r"starttls|plaintext auth\w* (is )?(disallowed|disabled)|privacyrequired|encryption required"
        r"|must use (tls|ssl)",
        codes=(530, 538, 503, 523, 534),
        stages="auth",
    ),
    rule(Cause.AUTH_REQUIRES_TLS, codes=(538, 523), stages="auth"),
    rule(Cause.AUTH_REQUIRES_TLS, r"privacyrequired|plaintext auth\w* (is )?dis", stages=LOGIN),
    rule(
        Cause.AUTH_NOT_OFFERED,
        r"auth\w*\W.*not (supported|advertised|allowed|enabled|recogni[sz]ed|available)|auth not allowed"
        r"|command not (supported|implemented|recogni[sz]ed)|invalid command",
        stages="auth",
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, r"abort|cancel|decode|base64|syntax", codes=(500, 501), stages="auth"),
    rule(Cause.AUTH_TEMP_FAILURE, codes=(432, 435, 421, 450, 451, 454, 455), stages="auth"),
    rule(Cause.AUTH_TEMP_FAILURE, r"\[unavailable\]|temporar|try again later|internal error", stages="imap_login"),
    rule(Cause.AUTH_BAD_CREDENTIALS, codes=(535, 534, 530, 550, 553, 554, 501), stages="auth"),
    rule(Cause.AUTH_BAD_CREDENTIALS, r"auth|credential|login|password|invalid|-err|fail", stages=LOGIN),
)

_PROTOCOL = (
    rule(Cause.CLIENT_PROTOCOL_ERROR, r"syntax", stages="starttls", codes=(501,)),
    rule(
        Cause.CONSEQUENCE_OF_EARLIER_REFUSAL,
        r"no valid recipients|no recipients?( specified)?|rcpt (command )?(must|first)|rcpt commands were rejected",
        stages="data",
    ),
    rule(Cause.TLS_REQUIRED_NOT_USED, r"starttls|without ssl|tls (is )?required|encrypt\w* (is )?required"),
    rule(Cause.CLIENT_PROTOCOL_ERROR, r"synchroni[sz]ation|pipelin"),
    rule(Cause.CLIENT_PROTOCOL_ERROR, r"send hello first|need mail|bad sequence|out of (order|sequence)|polite people"),
    rule(Cause.TLS_REQUIRED_NOT_USED, enhanced="5.7.10 5.7.11", stages=ENVELOPE),
)

SESSION_RULES: tuple[Rule, ...] = _SUCCESS + _NETWORK + _TLS + _LIMITS + _ACCOUNT + _LOGIN + _PROTOCOL
