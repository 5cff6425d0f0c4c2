"""TLS: mode, certificate, versions, STARTTLS. OpenSSL's, SecureTransport's, Java's, .NET's and GnuTLS's words."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, WEAK, rule

_TLS = "starttls tls connect banner ehlo"
_SESSION = f"ehlo auth imap_login {ENVELOPE}"

RULES = (
    rule(Cause.TLS_REQUIRED_NOT_USED, "security level; insufficient security; security check", LIKELY, stages=ENVELOPE),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "under a layer; security layer; security level; encryption layer; privacy layer; confidentiality required",
        CERTAIN,
        stages="auth imap_login",
    ),
    rule(
        Cause.TLS_MODE_MISMATCH,
        "wrong version number; unrecognized ssl message; plaintext connection; parse tls packet; "
        "ssl attempted over a non ssl; unknown protocol; packet length too long; record layer failure; "
        "http request; not an ssl tls record; not look like a tls handshake; record overflow; "
        "received record with version; unexpected tls packet; unexpected message * tls; ssl23 get server hello; "
        "frame size; bad record type; tls on a non tls; non tls port; cannot determine the frame size; "
        "handshake failed due to an unexpected packet format; does not support ssl on port; invalid ssl record; "
        "tls handshake on a plain",
        CERTAIN,
    ),
    rule(
        Cause.TLS_MODE_MISMATCH,
        "tls already active; already using/in/running tls; already running in tls; "
        "tls session is active; already secured; "
        "starttls * inside; tls already negotiated; already in tls; command not allowed * tls",
        CLEAR,
        stages="starttls ehlo",
    ),
    rule(
        Cause.TLS_MODE_MISMATCH,
        "first record does not look like; client sent an http; client hello; clienthello; 16 03 01",
        CLEAR,
    ),
    rule(
        Cause.TLS_HOSTNAME_MISMATCH,
        "hostname mismatch; ip address mismatch; does not match certificate~; altname~; "
        "match certificate s altnames; name * does not match; not match * host~; num 62; num 64; "
        "host name mismatch; not valid for any names; is not valid for; "
        "no alternative certificate subject name; no subject alternative; certificate name mismatch; "
        "remote certificate name mismatch; verify error 62; doesn't match hostname; "
        "certificate for * not * match; certificate host; wrong host; wrong principal; "
        "err cert common name invalid",
        CLEAR,
        stages=_TLS,
    ),
    # Gmail's "send mail as" says this of self-made certificates as well
    rule(Cause.TLS_UNTRUSTED, "tls negotiation failed * match the host", 2 * CERTAIN, made_for="gmail"),
    rule(
        Cause.TLS_CERT_EXPIRED,
        "certificate * expired; num 10; num 9; not yet valid; certificate is out of date; expired certificate; "
        "cert * expired; certificate expired; certificateexpired~; certificatenotyetvalid~; "
        "validity check failed; cert date invalid; notafter; outside its validity",
        CERTAIN,
        stages=_TLS,
    ),
    rule(
        Cause.TLS_UNTRUSTED,
        "selfsigned; unable to get local issuer; unable to get issuer; unable to verify the first; "
        "unable to verify leaf signature; certificate verify failed; certificate signed by unknown authority; "
        "unknown ca; untrusted root; untrusted certificate; not trusted; unknown issuer; "
        "unable to find valid certification path; pkix path; trust anchor; num 18; num 19; num 20; num 21; "
        "peer certificate * not * authenticated; issuer is unknown; certificate chain; "
        "invalid remote certificate; remote certificate is invalid; certificate * untrusted; "
        "depth zero selfsigned; unknown certificate; bad certificate; certificate unknown; partialchain; "
        "partial chain; remote certificate chain errors; certificate invalid; tls certificate verification; "
        "cannot verify * certificate; certificate * not be verified",
        LIKELY,
        stages=_TLS,
    ),
    rule(Cause.TLS_UNTRUSTED, "untrusted root; appropriate tls channel", LIKELY, made_for="exchange office365"),
    rule(
        Cause.TLS_UNTRUSTED,
        "identity of * cannot be verified; cannot verify server identity; verify certificate; "
        "root certificate for this server could not be verified",
        LIKELY,
        made_for="apple",
    ),
    rule(
        Cause.TLS_HOSTNAME_MISMATCH,
        "identity of * cannot be verified; cannot verify server identity; verify certificate",
        HINT,
        made_for="apple",
    ),
    rule(
        Cause.TLS_CERT_EXPIRED,
        "cannot verify server identity; verify certificate; certificate verify failed; "
        "identity of * cannot be verified",
        WEAK,
    ),
    rule(Cause.TLS_HOSTNAME_MISMATCH, "certificate verify failed; certificate invalid", WEAK, stages="tls starttls"),
    rule(
        Cause.TLS_VERSION_OR_CIPHER,
        "unsupported protocol; protocol version; no protocols available; no shared cipher; no ciphers; "
        "version too low; dh key too small; handshake failure; alert handshake; no supported cipher; "
        "inappropriate fallback; no cipher suites; ssl version; tls version; ciphers available; "
        "tls 1 0/1 * required/disabled/not; ee key too small; unsupported ssl; no common; protocol error * tls; "
        "insufficient security; legacy sigalg; unsafe legacy renegotiation; ca md too weak; requires tls 1; "
        "no appropriate protocol; algorithm constraints; wrong signature type; no suitable signature",
        CLEAR,
        stages=_TLS,
    ),
    rule(
        Cause.TLS_VERSION_OR_CIPHER,
        "tls 1 0 and 1 1 are not supported; tls 1 0; does not support tls 1; tls version",
        CLEAR,
        stages=f"auth {_SESSION}",
        enhanced="4.7.66 5.7.66 4.7.0 5.7.1",
    ),
    rule(
        Cause.TLS_VERSION_OR_CIPHER,
        "tls version * must be; legacy tls; tls 1 0 and 1 1 are not supported",
        CERTAIN,
        made_for="office365",
    ),
    rule(
        Cause.TLS_SERVER_PROBLEM,
        "tls not available; tls * local problem; tlscertificatename; tls currently unavailable; "
        "tls is temporarily; tls * temporar~; tls initialization; tls init; "
        "tls * cannot/could not * initialized/started; private key; certificate file; unable to start tls; "
        "failed to start tls; starttls failed; tls * misconfigur~; no certificate; missing certificate",
        LIKELY,
        stages=f"starttls {_TLS}",
    ),
    rule(
        Cause.TLS_SERVER_PROBLEM,
        "unexpected eof; eof; internal error; internal_error; connection reset; econnreset; closed by peer; "
        "closed the connection; socket disconnected; aborted; decode error; ssl syscall; syscall; "
        "illegal parameter; protocol is shutdown; handshake timeout; ssl error; tls error; connection closed",
        LIKELY,
        stages="tls",
    ),
    rule(Cause.TLS_SERVER_PROBLEM, "", LIKELY, stages="starttls", codes="4xx"),
    rule(
        Cause.STARTTLS_NOT_OFFERED,
        "starttls * not; not support starttls; no starttls; not offer starttls; starttls unavailable; "
        "tls not supported; tls support * not; not support ssl tls; tls not enabled; not advertise starttls; "
        "starttls is required but; starttls disabled; must be able to starttls; "
        "tls is required, but was not offered; tls is not supported; does not support * tls; "
        "unable to starttls; without starttls",
        CLEAR,
        stages="starttls ehlo tls",
    ),
    rule(
        Cause.STARTTLS_NOT_OFFERED,
        "not recognized; unrecognized; unknown command; not implemented; not supported; invalid command; "
        "bad command; command unknown; syntax error",
        LIKELY,
        stages="starttls",
    ),
    rule(Cause.STARTTLS_NOT_OFFERED, "", HINT, stages="starttls", codes="500 502 503 504"),
    rule(
        Cause.PROXY_INTERFERENCE,
        "not recognized; unrecognized; unknown command; not implemented; xxxx~",
        HINT,
        stages="starttls",
    ),
    rule(
        Cause.STARTTLS_NOT_OFFERED,
        "requested security not available; tls not available but",
        LIKELY,
        made_for="courier",
    ),
    # before MAIL the client had no encryption; at AUTH it had a login as well
    rule(
        Cause.TLS_REQUIRED_NOT_USED,
        "must issue a starttls; must issue starttls; starttls required; starttls first; starttls is required; "
        "starttls command first; tls required; tls is required; encryption required; encryption * required; "
        "without * encryption; without ssl; must use tls/ssl/encryption; requires tls/ssl/encryption; "
        "secure connection; encrypted connection; ssl required; unencrypted; cleartext * not; "
        "session encryption; needs tls; tls first; insecure connection; use starttls",
        BEYOND_DOUBT,
        stages=f"banner ehlo {ENVELOPE}",
    ),
    rule(Cause.TLS_REQUIRED_NOT_USED, "", LIKELY, enhanced="5.7.10 5.7.11", stages=f"ehlo {ENVELOPE}"),
    rule(Cause.TLS_REQUIRED_NOT_USED, "must issue a starttls", WEAK, stages="auth"),
    rule(Cause.AUTH_REQUIRES_TLS, "must issue a starttls", WEAK, stages=ENVELOPE),
    rule(
        Cause.AUTH_NOT_CONFIGURED, "must issue a starttls; starttls command first", WEAK, stages=ENVELOPE, login=False
    ),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "must issue a starttls; must issue starttls; starttls required; starttls first; starttls is required; "
        "starttls command first; tls required; tls is required; encryption required; encryption * required; "
        "privacyrequired; privacy required; plaintext auth~ * disallowed/disabled/not; cleartext auth~; "
        "clear text * not; must use tls/ssl; requires tls/ssl; requires encryption; secure connection; "
        "ssl required; without * encryption; unencrypted; insecure; not allowed * without tls/ssl; "
        "only * over/after tls/ssl; logindisabled; login disabled * tls; login is disabled * ssl; "
        "confidentiality; requires starttls; plaintext * disabled; cleartext passwords; non secure; "
        "use starttls; after starttls; tls first; ssl/tls connection",
        CERTAIN,
        stages="auth imap_login",
    ),
    # net/smtp of Go shows no password to a server that it reached without TLS
    rule(Cause.AUTH_REQUIRES_TLS, "unencrypted connection", BEYOND_DOUBT, stages="auth", made_for="go"),
    rule(Cause.AUTH_REQUIRES_TLS, "", CLEAR, codes="538 523", stages="auth"),
    rule(Cause.AUTH_REQUIRES_TLS, "", CLEAR, enhanced="5.7.11", stages="auth"),
    rule(Cause.AUTH_REQUIRES_TLS, "", LIKELY, codes="530", stages="auth"),
)
