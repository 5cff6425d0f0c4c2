"""Logging in: wrong passwords, mechanisms, AUTH that is not there. RFC 4954, RFC 5530, and each server's words."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, HINT, LIKELY, LOGIN, WEAK, rule

_AUTH = "auth"

RULES = (
    rule(
        Cause.AUTH_USERNAME_FORM,
        "normalize * username; username * normaliz~/malformed/format; invalid username format; "
        "username * invalid character~",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "auth string; invalid auth command; already/previously authenticated; "
        "decode; base64;  client canceled; client cancelled; error reading client response",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "user unknown; unknown user; no such user; user not found; invalid user; account unknown",
        LIKELY,
        stages=LOGIN,
    ),
    rule(
        Cause.OK,
        "authentication succeeded/successful; authentication ok; auth ok; authenticated; logged in; granted; "
        "accepted; go ahead; login ok; welcome",
        LIKELY,
        stages="auth",
    ),
    rule(
        Cause.AUTH_TEMP_FAILURE,
        "temporary authentication; temporar~ * auth~; connection lost to authentication; auth~ * temporar~; "
        "authentication service/server/backend * unavailable/down/failed",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "only allowed on submission; submission port; not allowed on this port; not available on this port",
        CERTAIN,
        stages="auth",
    ),
    rule(Cause.SMTP_AUTH_DISABLED, "authentication not enabled", WEAK, stages="auth"),
    rule(
        Cause.OK,
        "ok login~; ok authenticat~; ok success; ok logged; preauth; ok user; ok maildrop; login ok; ok completed",
        LIKELY,
        stages="imap_login",
    ),
    # RFC 4954 names 535 5.7.8, RFC 5530 AUTHENTICATIONFAILED; many name neither
    rule(Cause.AUTH_BAD_CREDENTIALS, "", LIKELY, enhanced="5.7.8", stages=LOGIN),
    rule(Cause.AUTH_BAD_CREDENTIALS, "authenticationfailed; authentication failed", CLEAR, stages="imap_login"),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "authentication failed; authentication failure; authentication unsuccessful; auth failed; login failed; "
        "login failure; login fail; login incorrect; login invalid; login denied; invalid login; "
        "failed to authenticate; could not authenticate; not accepted; authentication error; "
        "authentication rejected; authenticat~ * fail~; sasl * fail~; authentication invalid; "
        "invalid authentication; failed * login; unable to login; unable to authenticate; login unsuccessful; "
        "authentication incorrect; smtp authentication * fail~; authenticate failed; eauth; "
        "authentication denied; incorrect authentication; could not login; logon failure; unable to log you on; "
        "not authenticated; reason unavailable",
        LIKELY,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "password * incorrect/invalid/wrong/failed/mismatch/error/rejected; "
        "incorrect/invalid/wrong/bad password; username * incorrect/invalid/wrong/unknown; "
        "invalid/incorrect/wrong/bad/unknown credential~; "
        "credential~ * incorrect/invalid/wrong/rejected/failed; bad username/login/credentials/auth; "
        "bad user pass; invalid/incorrect/wrong/unknown username/user/login/account; "
        "incorrect authentication data; password verification failed; password not accepted; "
        "username and password not accepted; password mismatch; credentials were incorrect; "
        "invalid email/userid/user name; username or password; username/userid/account * not exist/found; "
        "wrong * password; check your password/username; name or password",
        CLEAR,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "username or password * incorrect; username and password not accepted; password is incorrect; "
        "incorrect authentication data; badcredentials; invalid credentials; bad credentials; "
        "credentials invalid; invalid login or password; verify your username and password; "
        "enter your password; no password provided",
        LIKELY,
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, "missing credentials; no credentials given/provided/configured/set", BEYOND_DOUBT),
    rule(Cause.AUTH_BAD_CREDENTIALS, "invalid expired or revoked", BEYOND_DOUBT),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "autologin/sys temp; err auth; err invalid; auth * err; err login",
        LIKELY,
        stages="imap_login",
    ),
    rule(Cause.APP_PASSWORD_REQUIRED, "badcredentials", HINT, made_for="gmail"),
    rule(Cause.APP_PASSWORD_REQUIRED, "username and password not accepted", WEAK, made_for="gmail"),
    # the first reply's base64 shown back: Cyrus SASL's LOGIN, no judgement in words
    rule(Cause.AUTH_BAD_CREDENTIALS, "ugfzc3dvcmq6; vxnlcm5hbwu6", LIKELY, made_for="cyrus"),
    rule(Cause.AUTH_BAD_CREDENTIALS, "authentication failed restarting", LIKELY, made_for="hmailserver"),
    rule(Cause.AUTH_BAD_CREDENTIALS, "", LIKELY, codes="535", stages=_AUTH),
    rule(Cause.AUTH_BAD_CREDENTIALS, "", HINT, codes="534 530 550 553 554 501", stages=_AUTH),
    rule(Cause.AUTH_BAD_CREDENTIALS, "", WEAK, stages=_AUTH, codes="5xx"),
    rule(Cause.AUTH_BAD_CREDENTIALS, "auth~; password; credential~; login", HINT, codes="535"),
    rule(
        Cause.AUTH_USERNAME_FORM,
        "cannot assume other role; authzid; authorization identity; full email address; complete email address; "
        "authcid; domain * username; username * domain; username * must * email/address; whole email address; "
        "invalid format; malformed username; use your * email address * username/login/user; "
        "entire email address; user domain; must contain; realm; login * must * email; not in * form; "
        "bad user format; proxy * authoriz~; act as; authenticate as * different; must be * email address; "
        "username format; invalid base64; improperly formed",
        CLEAR,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_USERNAME_FORM, "incorrect authentication data; authentication failed; user unknown", 1, stages=LOGIN
    ),
    rule(
        Cause.AUTH_MECH_UNSUPPORTED,
        "invalid/unsupported/unknown/unrecognized/bad authentication mechanism/method/type; "
        "authentication mechanism * not/invalid/unsupported; "
        "mechanism * not * supported/available/offered/allowed; "
        "unsupported/unknown/unrecognized/invalid * mechanism; no worthy mechs; no mechanism available; "
        "no suitable auth~; no acceptable auth~; method * not supported; auth type * not/unsupported; "
        "authentication type * not/unsupported; unrecognized authentication; mechanism is not; "
        "no auth mechanism; no supported auth~; mechanism not; no authentication method~; unimplemented auth~; "
        "auth * not implemented; security mechanism; mech~ * too weak; authentication mechanism is too weak; "
        "unsupported auth~; no compatible auth~; does not support any * auth~; authentication method~ * not",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(Cause.AUTH_MECH_UNSUPPORTED, "", LIKELY, codes="504", stages=_AUTH),
    rule(Cause.AUTH_MECH_UNSUPPORTED, "", CLEAR, enhanced="5.7.9", codes="504", stages=_AUTH),
    rule(Cause.AUTH_MECH_UNSUPPORTED, "", LIKELY, codes="504", enhanced="5.5.4 5.7.4", stages=_AUTH),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "auth~ * not * supported/advertised/offered/allowed/recognized/available/implemented; "
        "command * auth * not; auth * unknown/unrecognized/unimplemented; does not support auth~; "
        "not support authentication; auth not available; no auth; auth command not; without auth; "
        "auth~ not allowed; auth~ unavailable; no authentication",
        CLEAR,
        stages=_AUTH,
    ),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "command not recognized; command not implemented; invalid command; command not supported; "
        "unrecognized command; unknown command; command unrecognized; unimplemented; command unknown; "
        "bad command",
        LIKELY,
        stages=_AUTH,
    ),
    rule(Cause.AUTH_NOT_OFFERED, "", HINT, codes="500 502 503", stages=_AUTH),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "authentication not enabled; auth~ * not enabled",
        LIKELY,
        codes="503 502 500",
        stages=_AUTH,
    ),
    rule(Cause.AUTH_NOT_OFFERED, "", WEAK, stages=_AUTH, ports=(25,)),
    rule(Cause.AUTH_NOT_OFFERED, "", LIKELY, stages=_AUTH, offered=False),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "auth~ * not * advertised; does not support authentication; auth extension is not; not support authentication",
        LIKELY,
    ),
    # the same line before TLS on a submission port and on a port without any login: only TLS or port tell
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "auth~ * not * advertised/enabled/available/supported/offered; command not supported; auth not available",
        LIKELY,
        stages=_AUTH,
    ),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "auth~ * not; command not supported; command unrecognized; not recognized; command not",
        CERTAIN,
        stages=_AUTH,
        tls=False,
        ports=(587, 143, 110),
    ),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "auth~ * not; command not supported; command unrecognized; not recognized; command not",
        HINT,
        stages=_AUTH,
        tls=False,
    ),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "auth~ * not; command not supported; command unrecognized; not recognized; command not",
        HINT,
        stages=_AUTH,
        tls=True,
    ),
    rule(
        Cause.AUTH_NOT_OFFERED,
        "auth~ * not; command not supported; command unrecognized; not recognized; command not",
        CLEAR,
        stages=_AUTH,
        ports=(25,),
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, "not * advertised", HINT, stages=_AUTH),
    rule(
        Cause.AUTH_TEMP_FAILURE,
        "temporar~ authentication; authentication * temporar~; temporary * auth~; "
        "connection lost to authentication; authentication server; authentication service; "
        "authentication backend; auth~ * unavailable; temporarily unavailable; try again later; internal error; "
        "internal server error; try again; temporary failure; temporary problem; unable to verify; "
        "cannot reach * auth~; unavailable; backend; serverbug; temporary; temporary system problem; "
        "directory service; ldap; database; radius; authentication system; inuse; internal authentication; "
        "service is currently; cannot contact; no authentication server",
        LIKELY,
        stages=LOGIN,
    ),
    rule(Cause.AUTH_TEMP_FAILURE, "unable to authenticate at present", CLEAR, made_for="exim"),
    rule(Cause.AUTH_TEMP_FAILURE, "", LIKELY, codes="432 421 435 450 451 454 455", stages=_AUTH),
    rule(Cause.AUTH_TEMP_FAILURE, "", LIKELY, enhanced="4.7.0 4.3.0 4.3.5 4.4.0", stages=_AUTH),
    rule(
        Cause.TOO_MANY_AUTH_FAILURES,
        "too many * login/logins/logon/logons/auth/authentication/authentications/password; "
        "too many * attempts/failures/failed/tries/retries; exceeded * login/authentication/auth attempts; "
        "maximum * login/authentication/auth * attempts/failures/tries/reached; login attempts; "
        "authentication attempts; temporarily locked; temporarily blocked; brute force; bruteforce; "
        "login limit; login rate; locked out; lockout; too frequent login~; login frequency; "
        "repeated * failures; multiple failed; account * locked * attempts; login * ratelimit~; "
        "login * throttl~; auth * throttl~; bad auth attempts; wait * before trying; fail2ban; "
        "login frequency limited; too many invalid; banned * failed; excessive * login~/auth~; "
        "too many sign in; failed attempts; authentication ratelimit; has been locked * minutes; "
        "login/auth * too often; try again in * minutes/seconds/hours; login cooldown",
        CERTAIN,
        stages=f"{LOGIN} connect banner ehlo",
    ),
    rule(Cause.TOO_MANY_AUTH_FAILURES, "auth005", CLEAR, made_for="yahoo"),
    rule(Cause.TOO_MANY_AUTH_FAILURES, "", LIKELY, enhanced="4.7.4", stages=_AUTH),
    rule(Cause.TOO_MANY_AUTH_FAILURES, "", WEAK, codes="421", stages=_AUTH),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "abort~; cancel~; cannot decode; decode; base64; syntax; malformed; unexpected; bad sequence; "
        "invalid argument~; nested auth; already authenticated; invalid character~; parameter~; missing; tag; "
        "line too long",
        LIKELY,
        codes="500 501 503 553",
        stages=_AUTH,
    ),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "authentication cancelled/canceled/aborted; auth~ * abort~/cancel~; base64 decod~; invalid base64; "
        "already authenticated; bad sequence; error in imap command; client bug; clientbug",
        CLEAR,
        stages=LOGIN,
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, "bad * command; bad error; syntax; parse", HINT, stages="imap_login"),
)
