"""Accounts: app passwords, OAuth, switches, suspensions. RFC 5530 for IMAP; the big providers' words."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, LOGIN, WEAK, rule

_SIGNED = f"{LOGIN} {ENVELOPE}"

RULES = (
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        "application specific password; app specific password; app password; apppassword; application password; "
        "app passwords; 2 step verification; two step verification; two factor; 2fa; third party app~ password; "
        "external app~ password; device password; generate * password; mfa; multi factor; invalidsecondfactor; "
        "separate password; create an app",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        "application specific password; app specific password; app password; invalidsecondfactor",
        CLEAR,
    ),
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        "authorization code; authorized code; authorization password; client authorization",
        CERTAIN,
        stages=LOGIN,
        made_for="qq 163.com",
    ),
    rule(Cause.APP_PASSWORD_REQUIRED, "service mail qq com * id 28", CLEAR, made_for="qq"),
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        "parol prilozheniya; application password is required; neobhodim parol prilozheniya",
        CERTAIN,
        made_for="mail.ru",
    ),
    rule(Cause.APP_PASSWORD_REQUIRED, "", CLEAR, enhanced="5.7.9", codes="534", stages="auth"),
    rule(
        Cause.OAUTH_REQUIRED,
        "basic auth~ * disabled/deprecated/blocked/retired/removed/not; basicauthblocked; basicauthdisabled; "
        "oauth2 required; oauth required; modern auth~; must/please use oauth2/oauth/xoauth2; "
        "requires oauth2/oauth/xoauth2; only oauth2/oauth/xoauth2; oauth2/oauth * only; "
        "passwords are not * accepted/supported/allowed; legacy auth~; logondenied basic~; "
        "logindisabled basic~; use oauth2/oauth/xoauth2; less secure app~; "
        "authentication using password~ * no longer; password authentication * disabled/not/no; "
        "sign in with * browser * oauth2; switch to oauth2/oauth; support for basic; oauth2 is required; "
        "xoauth2",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(Cause.OAUTH_REQUIRED, "basic authentication is disabled/deprecated/blocked; basicauthblocked", CLEAR),
    # what 5.7.139 says in words decides; alone it means passwords are switched off
    rule(Cause.OAUTH_REQUIRED, "", CERTAIN, enhanced="5.7.139", stages=LOGIN, made_for="office365 outlook.com"),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "credentials were incorrect",
        BEYOND_DOUBT,
        enhanced="5.7.139",
        made_for="office365 outlook.com",
    ),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "authentication is disabled for the tenant/mailbox; authentication is disabled for your",
        BEYOND_DOUBT,
        made_for="office365",
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "user is locked; locked by your organization",
        BEYOND_DOUBT,
        enhanced="5.7.139",
        made_for="office365",
    ),
    rule(
        Cause.OAUTH_REQUIRED,
        "authentication unsuccessful",
        WEAK,
        enhanced="5.7.3",
        stages="auth",
        made_for="office365 outlook.com",
    ),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "authentication unsuccessful",
        LIKELY,
        enhanced="5.7.3",
        stages="auth",
        made_for="exchange",
    ),
    rule(Cause.OAUTH_REQUIRED, "authenticate failed", HINT, stages="imap_login", made_for="exchange office365"),
    rule(
        Cause.OAUTH_SCOPE_OR_MAILBOX,
        "authenticated but not connected; scope; license; not licensed; insufficient permission~; "
        "mailbox not enabled; no mailbox * account; insufficient scope; invalid scope; consent; "
        "user is not enabled; mailbox * not found * token; accessasuser; service principal; "
        "mailbox * not * provisioned; no mailbox; not connected; permission denied * token; token * audience; "
        "does not have * mailbox; unauthorized_client; unauthorized client; invalid audience; mapi * logon; "
        "resource not; user not provisioned; aadsts~; not authorized * mailbox; access denied * mailbox",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.OAUTH_SCOPE_OR_MAILBOX,
        "authenticated but not connected; insufficient scope; insufficient authentication scopes",
        CLEAR,
    ),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "smtp client authentication is disabled; client authentication * disabled; smtpclientauth~ * disabled; "
        "imap/pop/pop3/smtp is/access/protocol/service * disabled/off/enabled/blocked/inactive; "
        "imap/pop/pop3/smtp * is disabled; imap/pop/pop3/smtp disabled; authentication * disabled for; "
        "not enabled for imap/pop/pop3/smtp; not enabled * imap/pop/pop3/smtp; disabled imap/pop3/smtp; "
        "enable imap/pop3/pop/smtp; turn on imap/pop/pop3/smtp; imap access; imap is not; imap4 * disabled; "
        "pop3/imap/smtp * not * enabled/allowed/permitted/available/open; "
        "not * permitted/allowed/authorized to use imap/pop/pop3/smtp; protocol * disabled; "
        "access to this protocol; access * service * disabled; "
        "protocol * not * allowed/enabled; smtp auth * disabled/off; "
        "smtp authentication * disabled; auth~ disabled; not allowed to login via; service is not open; "
        "service * not * activated; imap/smtp/pop3 * not * activated; plan does not; external access; "
        "pop3 smtp imap service; not allow * imap/pop/smtp/pop3; access * imap/pop3/smtp * denied; "
        "third party * not allowed; not available for your account/plan; upgrade * plan",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "smtp client authentication is disabled; authentication is disabled for the tenant/mailbox; "
        "imap is disabled; smtp is disabled; not enabled for imap; disabled for the tenant/mailbox",
        CLEAR,
    ),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "authentication not enabled; authentication disabled",
        CLEAR,
        stages="auth",
        codes="504 502 535",
        made_for="hmailserver",
    ),
    rule(Cause.SMTP_AUTH_DISABLED, "login invalid credentials or imap is disabled", CERTAIN, made_for="yandex"),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "webalert; user has no permission; has no permission; invalid login or password or * disabled; "
        "this user doesn t have access",
        LIKELY,
        stages=LOGIN,
        made_for="yandex 163.com",
    ),
    rule(Cause.SMTP_AUTH_DISABLED, "user has no permission", CERTAIN, made_for="163.com"),
    rule(Cause.SMTP_AUTH_DISABLED, "unsafe login", CLEAR, made_for="163.com"),
    rule(Cause.AUTH_BAD_CREDENTIALS, "invalid credentials or imap is disabled", HINT, stages=LOGIN),
    rule(Cause.APP_PASSWORD_REQUIRED, "invalid credentials or imap is disabled; unsafe login", HINT, stages=LOGIN),
    rule(
        Cause.PASSWORD_EXPIRED,
        "password * expired; expired password; expired; token expired; password must be changed; "
        "change your password; must change * password; pass expired; passexpired; password has to be changed; "
        "token * expired; reset your password; change password; access token; expired token; invalid grant; "
        "password is too old; session expired; password needs",
        CLEAR,
        stages=LOGIN,
    ),
    rule(
        Cause.PASSWORD_EXPIRED,
        "password has expired; password expired; token expired; token has expired",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(Cause.PASSWORD_EXPIRED, "no expired", LIKELY, stages="imap_login"),
    rule(Cause.PASSWORD_EXPIRED, "", LIKELY, enhanced="5.7.12", codes="535 432 530", stages="auth"),
    rule(Cause.PASSWORD_EXPIRED, "transition is needed", HINT, stages="auth"),
    rule(
        Cause.ACCOUNT_VERIFICATION_REQUIRED,
        "web browser; webbrowser; browser; verify your account/identity/email/phone; captcha; "
        "weblogin required; webloginrequired; web login; login * webmail; signin continue; unlockcaptcha; "
        "confirm your identity/account; suspicious; verification required; unusual activity/sign; "
        "verify that it s you; accept * terms; login via the web; sign in to * website; verify this account; "
        "unlock * website; activate your account; account * not * activated/verified/confirmed; "
        "not been activated; login to * website; validate your account; security check; security challenge; "
        "additional verification; visit * to verify; log in at http~; user agreement; protocol agreement; human",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.ACCOUNT_VERIFICATION_REQUIRED,
        "login via your web browser; login with your web browser; weblogin required",
        CLEAR,
    ),
    rule(
        Cause.ACCOUNT_VERIFICATION_REQUIRED, "", LIKELY, enhanced="5.7.14", codes="534", stages="auth", made_for="gmail"
    ),
    rule(
        Cause.ACCOUNT_VERIFICATION_REQUIRED,
        "account * suspicious; needs verification; message rejected * verify; suspected; phone verification; "
        "verify your account; asbl; unverified account",
        LIKELY,
        stages=ENVELOPE,
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "account/user/mailbox/login/username * is/was/has/been/temporarily * suspended/disabled/locked/blocked; "
        "account/user/mailbox/login/username * is/was/has/been/temporarily * deactivated; "
        "account/user/mailbox/login/username * is/was/has/been * inactive/frozen/terminated/closed/banned/revoked; "
        "sender/domain/service/email/license/credential/credentials * is/was/has/been * suspended/disabled/blocked; "
        "sender/domain/service/email/license/credential/credentials * is/was/has/been * locked/revoked/banned; "
        "account/user/mailbox/login/username suspended/disabled/deactivated/locked/blocked; "
        "account/user/mailbox/login/username inactive/frozen/closed/revoked; "
        "suspended/disabled/locked/blocked/inactive/deactivated/frozen account/user/mailbox/sender; "
        "contactadmin; contact admin; not active; login disabled; logins disabled; account expired; "
        "account * expired; not permitted to login; login not allowed; not allowed to login; login denied by; "
        "access revoked; account on hold; abuse; deactivated; account is not active; login is disabled; "
        "no longer active; account * restricted; sending * disabled/suspended/blocked; disabled by; suspend~; "
        "account * under review; out of service; hibernat~; unpaid",
        LIKELY,
        stages=_SIGNED,
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "suspended; user disabled; account disabled; account is disabled; account locked; account is locked; "
        "has been disabled; account blocked",
        LIKELY,
        stages=LOGIN,
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "outgoing mail * suspended; outgoing * disabled/suspended/blocked; account has been suspended; "
        "account is suspended; account suspended; sending * suspended; sender * suspended; "
        "not allowed to send mail~; not allowed to send email~; account * disabled for sending; "
        "sending privileges; blocked from sending; temporarily suspended; sending has been; "
        "account * not allowed * send; user * blocked * send; suspended due; "
        "account has been * blocked/disabled/locked; paused; probation; not yet activated; "
        "account is not activated; account not activated; smtp account is not; not activated",
        CLEAR,
        stages=ENVELOPE,
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "outbound spam; outboundspam~; bad outbound sender; recognized as sending spam; restricted * sending; "
        "sender is blocked * sending",
        CERTAIN,
        stages=_SIGNED,
    ),
    rule(Cause.ACCOUNT_DISABLED, "", CLEAR, enhanced="5.7.13", stages=_SIGNED),
    rule(Cause.ACCOUNT_DISABLED, "", CLEAR, enhanced="5.1.8", codes="550", stages="data", login=True),
    rule(Cause.ACCOUNT_DISABLED, "", LIKELY, enhanced="5.7.705 5.7.708 5.7.501 5.7.502 5.7.503", stages=ENVELOPE),
    rule(Cause.ACCOUNT_DISABLED, "", CLEAR, enhanced="5.2.1", stages=LOGIN),
    rule(Cause.ACCOUNT_DISABLED, "", CLEAR, codes="525", stages=LOGIN),
    rule(Cause.ACCOUNT_DISABLED, "your account has been suspended", CERTAIN, stages=ENVELOPE),
    rule(Cause.ACCOUNT_DISABLED, "", WEAK, enhanced="5.7.0 5.7.1", codes="550 554", stages="auth"),
    rule(Cause.SMTP_AUTH_DISABLED, "", WEAK, enhanced="5.7.139", stages=LOGIN),
)
