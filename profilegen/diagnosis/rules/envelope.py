"""Senders and recipients. RFC 3463 for the enhanced codes; plain words first, dialects after them."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, WEAK, rule

_SENDER = "mail_from rcpt_to data"

_NOT_YOURS = (
    "not owned by; not owner of; does not own; don't own; send as denied; sendasdenied~; "
    "not allowed to send as; not * allowed/permitted/authorized to send * as/from/with/using; "
    "not * allowed/permitted/authorized to use * sender/address/from/domain; permission~ to send as; "
    "must be * same as; must match * auth~/login/user/account; should be the same; "
    "same as * auth~/login/user/account; does not match * auth~/login/user/account/sender/logged; "
    "not match the auth~/login/user/account; conform with authentication; incorrect authentication for; "
    "unauthorized use of; unauthorized sender; sender is unauthorized; sender not authorized; "
    "sender address * not * authorized/allowed/permitted; "
    "from address * not * authorized/allowed/permitted; not authorized to send; not permitted to send; "
    "not allowed to send; not authorized from this address; belong~ to; not yours; "
    "sender name is not valid; must match authenticated; authenticated user; authorized sender; "
    "authorized as; sender mismatch; from mismatch; sender * mismatch; not * your * address; may not send; "
    "cannot send as; cannot send mail as; cannot send from; not authorized to use; "
    "different from * login/auth~/user; masquerad~; use your own address; mailfrom must; must equal; "
    "is not the same; from * auth~ * not; not an alias; invalid sender * account; relaying disallowed as; "
    "address is not allowed; is not allowed as sender; sender not allowed; "
    "from header * not * match/authorized/allowed/permitted; sender rejected; sender address rejected; "
    "send on behalf; permission to send * on behalf; permission/permissions to send as; "
    "sender denied; permission denied; not registered * sender; not your address; envelope sender * not"
)

RULES = (
    rule(Cause.RECIPIENT_UNKNOWN, "previously bounced; history of bouncing", CERTAIN),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        "invalid/malformed/bad/illegal mail from; invalid/malformed/bad sender address; "
        "domain part; no domain part; sender address * too long; sender address malformed; invalid from address",
        CERTAIN,
        stages="mail_from",
    ),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "does not accept email; does not accept mail; null mx; domain not found; no such domain",
        CERTAIN,
        stages="rcpt_to",
    ),
    rule(Cause.RECIPIENT_SYNTAX, "", CLEAR, enhanced="5.1.3", stages="rcpt_to"),
    rule(
        Cause.RECIPIENT_SYNTAX,
        "destination address * invalid/malformed/long; malformed destination; not a valid rfc~; "
        "invalid rcpt to; malformed rcpt; address too long",
        CERTAIN,
        stages="rcpt_to",
    ),
    rule(Cause.SENDER_NOT_OWNED, _NOT_YOURS, CLEAR, stages=_SENDER),
    rule(Cause.SENDER_NOT_OWNED, _NOT_YOURS, HINT, stages=_SENDER, login=True),
    rule(
        Cause.SENDER_NOT_OWNED,
        "not owned by; send as denied; permissions to send as; not allowed to send as; must be same as auth~; "
        "not owned by user",
        CLEAR,
    ),
    rule(Cause.SENDER_NOT_OWNED, "relaying disallowed", CERTAIN, stages=_SENDER, login=True, made_for="zoho"),
    rule(
        Cause.SENDER_NOT_OWNED,
        "sender address rejected access denied; sender is not allowed; sender rejected; access denied",
        CLEAR,
        stages=_SENDER,
        login=True,
    ),
    rule(
        Cause.SENDER_NOT_OWNED,
        "invalid sender; sender invalid; bad sender; sender * not valid; from * not valid; from address; "
        "mail from address; sender verify failed; sender address",
        HINT,
        stages=_SENDER,
        login=True,
    ),
    rule(Cause.SENDER_NOT_OWNED, "", CLEAR, enhanced="5.7.60", made_for="office365 exchange"),
    rule(Cause.SENDER_NOT_OWNED, "", CLEAR, enhanced="5.2.252", made_for="office365"),
    rule(Cause.SENDER_NOT_OWNED, "", HINT, codes="550 553 501", stages="mail_from", login=True),
    rule(Cause.SENDER_NOT_OWNED, "", WEAK, codes="5xx 4xx", stages="mail_from", login=True),
    rule(Cause.SENDER_NOT_OWNED, "", WEAK, enhanced="5.7.1", stages=_SENDER, login=True),
    rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        "address/identity/identities/domain/sender/from * not/never * verified/confirmed/validated; "
        "email/signature * not/never * verified/confirmed/validated; verified sender identity; verified sender; "
        "unverified; verify * domain/sender/address; not a verified; verified domain; domain not verified; "
        "sender identity; sandbox~; is not verified; sending domain * not; authorized recipients; "
        "free accounts; sender signature; not * registered * domain; domain * not * registered; "
        "signature not found; sender domain * not * verified; unconfigured sending domain; demo domain~; "
        "testing emails; test mode; trial account; "
        "domain * not associated; not associated with your account; domain not found in * account; "
        "not a sending domain; domain is not allowed; add * domain; configured sending domain; "
        "domain * not associated; not associated with your account; domain not found in * account; "
        "not a sending domain; domain is not allowed; add * domain; identity * not * authorized; "
        "verify your domain; domain authentication; domain is not allowed to send; not yet verified; "
        "sender * not * validated; sender verification required; activated * domain; no such sending domain; "
        "please verify; has not been verified; sender not verified",
        CERTAIN,
        stages=_SENDER,
    ),
    rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        "email address is not verified; verified sender identity; failed the check in region",
        CERTAIN,
    ),
    rule(Cause.SENDER_IDENTITY_UNVERIFIED, "not authorized to perform ses", CLEAR, made_for="amazon-ses"),
    rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        "unable to send * smtp2go; sender domain * smtp2go",
        LIKELY,
        made_for="smtp2go",
    ),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        "sender/from/domain * domain not found; sender/from * domain * invalid/exist/unresolvable/resolve; "
        "sender * unresolvable; does not accept mail; does not exist * sender; domain not found; null mx; "
        "nullmx; unregistered domain~; badmailfrom; bad mailfrom; sender domain; domain of sender; "
        "mail from * invalid; invalid sender; sender * malformed; malformed * sender; sender syntax; "
        "sender address invalid; bad sender; sender verify failed; unroutable sender; unrouteable sender; "
        "sender * does not exist; bogus mail from; from * domain; mx * sender; sender address verification; "
        "sender * need~ fully; fully qualified; bad address * sender; unknown sender; sender * unknown; "
        "could not * verify * sender; sender domain must; valid sender domain; must have a domain; "
        "domain name * invalid; invalid domain; no mx; no dns; domain * not exist; need~ fully qualified; "
        "bounceable; sender address * invalid; syntax error * sender; mail from * syntax; "
        "badly formatted sender; sender callout; cannot resolve",
        CLEAR,
        stages="mail_from",
    ),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        "sender/from * domain not found; sender * unresolvable; sender * does not accept mail; null mx; nullmx; "
        "unregistered domain~; badmailfrom; sender domain * exist/invalid/resolve~; domain of sender; "
        "sender verify failed; unroutable sender; unrouteable sender; sender address does not exist; "
        "from * domain is invalid; invalid sender; sender * malformed; malformed * sender; "
        "sender address * fully qualified; bogus mail from; sender address * unresolvable; "
        "sender address must contain; sender * must contain a domain; sender address * not exist; "
        "invalid sender domain; sender unknown; unknown sender; sender address invalid",
        CLEAR,
        stages=_SENDER,
    ),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        "verification failed for; verification failed while; postmaster verification; sender verify failed; "
        "sender address rejected domain; "
        "sender address rejected * fully qualified/syntax/malformed/resolve/unresolvable; "
        "sender address rejected need; sender * need fully; invalid dns; dns * mx; mx or a; invalid mx; "
        "sender * no * mx/exchanger; sender domain * no; no mail exchanger",
        BEYOND_DOUBT,
        stages=_SENDER,
    ),
    rule(Cause.SENDER_DOMAIN_INVALID, "", CLEAR, enhanced="5.1.8 4.1.8 5.7.27 5.1.7 4.1.7 5.7.750", stages=_SENDER),
    rule(Cause.SENDER_DOMAIN_INVALID, "", WEAK, codes="553", stages="mail_from"),
    # RFC 5321: the parameter of MAIL is the address
    rule(Cause.SENDER_DOMAIN_INVALID, "", LIKELY, codes="501", stages="mail_from"),
    rule(Cause.SENDER_DOMAIN_INVALID, "unregistered domain~", CLEAR, made_for="office365"),
    rule(Cause.SENDER_DOMAIN_INVALID, "", HINT, enhanced="5.5.2 5.1.0", stages="mail_from"),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "user/recipient/mailbox/address/account/addressee unknown; "
        "unknown user/recipient/mailbox/address/local/account/addressee; "
        "no such user/mailbox/recipient/address/account/person/name/local; "
        "recipient/user/mailbox/address/account/addressee * not * exist/exists/found/known/valid/here/listed/active; "
        "does not exist; not exist; dosn t exist; doesn't have * account; recipient not found; recipientnotfound; "
        "invalid recipient/mailbox/user; recipient * invalid; not a valid mailbox/recipient/user/address; "
        "no mailbox; mailing list expansion; mailbox unavailable; mailbox not available; "
        "mailbox * disabled/inactive; user * disabled/inactive; not a known user; unrouteable address; "
        "unroutable address; recipient rejected; recipient address rejected; unable to deliver to; "
        "no longer * accept~/valid/available; address * no longer; unknown in * table; user unknown in; "
        "not present in; not listed in * directory; bad destination mailbox; can't accept user; undeliverable; "
        "address rejected; cannot deliver; email account that you tried; mailbox is inactive; inactive user; "
        "bad address; delivery * not * authorized; recipient * disabled",
        LIKELY,
        stages="rcpt_to data",
    ),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "user unknown; unknown user; no such user; recipient unknown; unknown recipient; mailbox not found; "
        "user not found; recipient not found; no such recipient; mailbox does not exist; unknown local; "
        "no mailbox here; no such mailbox; nosuchuser; user does not exist; "
        "email account that you tried to reach does not exist; unknown mailbox; no such person",
        LIKELY,
        stages="rcpt_to data",
    ),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "mailbox is disabled; mailbox disabled; this mailbox/account/user * disabled/inactive/suspended",
        CLEAR,
        stages="rcpt_to data",
    ),
    rule(Cause.RECIPIENT_UNKNOWN, "mailing list expansion problem", LIKELY, made_for="opensmtpd"),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "",
        LIKELY,
        enhanced="5.1.1 5.1.10 5.1.2 5.2.4 5.1.6 5.2.1 5.4.1 5.1.0",
        stages="rcpt_to data",
    ),
    rule(Cause.RECIPIENT_UNKNOWN, "", LIKELY, enhanced="5.1.1 5.1.10", stages="rcpt_to data"),
    rule(Cause.RECIPIENT_UNKNOWN, "", WEAK, codes="550 551 553", stages="rcpt_to"),
    rule(Cause.RECIPIENT_UNKNOWN, "", 1, stages="rcpt_to"),
    rule(
        Cause.RECIPIENT_SYNTAX,
        "must contain a domain; recipient * syntax; syntax * recipient; recipient * malformed; "
        "malformed * address/recipient; bad recipient address syntax; bad address syntax; "
        "invalid address syntax; syntax error * parameters/address; address syntax; invalid rcpt; "
        "missing * domain; domain missing; illegal address; malformed; colon; invalid address; "
        "bad destination * syntax; unparseable; unparsable; invalid email; email address * invalid; "
        "bad recipient address; needs a domain; domain required; parse error; invalid characters * address; "
        "characters in * address; "
        "characters in address; "
        "fully qualified; address * not * rfc; could not parse; recipient address * invalid; cannot parse; "
        "bad syntax; local part; invalid local; unbalanced",
        CLEAR,
        stages="rcpt_to",
    ),
    rule(Cause.RECIPIENT_SYNTAX, "", LIKELY, enhanced="5.1.3 5.1.2", codes="501 555", stages="rcpt_to"),
    rule(Cause.RECIPIENT_SYNTAX, "", CLEAR, codes="501", stages="rcpt_to"),
    rule(Cause.RECIPIENT_SYNTAX, "", LIKELY, enhanced="5.1.3", stages="rcpt_to"),
    rule(
        Cause.RECIPIENT_MAILBOX_FULL,
        "overquota; quota exceeded; exceeded * quota; quota; mailbox * full; full mailbox; mailbox size limit; "
        "mailfolder is full; insufficient quota; exceeds * quota; storage * exceeded/limit/full; "
        "exceeded storage; not enough storage; out of storage; mailbox has exceeded; out of space; "
        "over its quota; over the * quota; disk quota; no space * user; disk space limit; mailbox is over; "
        "maildir * full; recipient storage; space has been used up; inbox is full; insufficient disk space; "
        "over disk; user is full; storagefull~; account is full",
        CERTAIN,
        stages="rcpt_to data",
    ),
    rule(Cause.RECIPIENT_MAILBOX_FULL, "", CLEAR, enhanced="5.2.2 4.2.2", stages="rcpt_to data"),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "quota; overquota; mailbox * full; storage * exceeded/full/limit; exceeded storage; "
        "sender * over * quota; out of storage; quota exceeded; mailbox size; sender s mailbox; your mailbox",
        CLEAR,
        stages="mail_from auth imap_login",
    ),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "your mailbox * full; sender * mailbox * full; your * quota; sender * quota; sender s mailbox; "
        "your account is over; your storage; your mailbox; sender is over; outbox * full; sender overquota; "
        "you are over your; you have exceeded your storage; your inbox",
        CERTAIN,
        stages=ENVELOPE + " imap_login auth",
    ),
    rule(Cause.OWN_MAILBOX_FULL, "", CLEAR, enhanced="5.2.2 4.2.2", stages="mail_from auth"),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "overquota; quota exceeded; mailbox full; submission quota; storequota; mailbox is full; "
        "quotaexceeded~; exceeded storage; storage",
        LIKELY,
        stages="data",
        login=True,
    ),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "no overquota; mapi * quota; sendquota; send quota; prohibit send; quotaexceeded~ * mapi~",
        CLEAR,
        made_for="exchange office365 dovecot",
    ),
)
