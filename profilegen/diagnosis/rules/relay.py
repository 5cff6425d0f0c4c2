"""
Relaying refused, and the many ways to say "log in first".

The words never tell whether a login was there. So the same words are evidence for three causes: without a login for
auth_not_configured, with one for a server that refuses its own people or a sender that is not theirs, and for
relay_denied_context_needed where nobody knows.
"""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, WEAK, rule

_REFUSED = (
    "relay access denied; relay not permitted; relay denied; relaying denied; relay not allowed; "
    "relaying not allowed; relay prohibited; relaying prohibited; relaying disallowed; unable to relay; "
    "cannot relay; not * relay~; "
    "relay~ * not * permitted/allowed/authorized/enabled/possible/supported/available; no relay~; "
    "relay~ * denied/refused/rejected/forbidden/blocked/disabled; refuse~ to relay; denied * relay~; "
    "open relay; insecure mail relay; as a relay; not a relay; as relay; relay operation rejected; "
    "does not allow relaying; prohibited relay; relay attempt; third party relay; relay host; "
    "not a gateway; rcpthosts; rcpthost; not local host; we don't handle mail for; do not relay; "
    "won't relay; relaying to * not; non local * not; not * hosted here; not one of our domains; "
    "not handle mail; not accept mail for that domain; domain not local; not a local domain; "
    "domain is not hosted; not our domain; domain * not * accepted here; mail for * not accepted here; "
    "not * deliver~ * this/that domain; foreign domain; remote delivery; external * not allowed; nonlocal~; "
    "not local; mx * not * us; delivery is not allowed to this address; delivery * not allowed; "
    "specified domain is not allowed; is not allowed * domain; unknown domain; domain not served"
)
_LOGIN_WANTED = (
    "authentication required; authentication is required; auth~ required; auth~ is required; "
    "requires authentication; require auth~; auth~ needed; auth~ is needed; must authenticate; "
    "must be authenticated; need to authenticate; must login; login first; please login; "
    "please authenticate; authenticate first; not authenticated; not logged in; client not authenticated; "
    "client was not authenticated; unauthenticated; not been authenticated; turn on * auth~; "
    "enable * auth~; without authenticat~; without login; without auth; don't authenticate; "
    "do not authenticate; issue an auth; auth command first; auth first; auth before; credentials required; "
    "sender must be authenticated; login required; anonymous; is not authenticated; no authentication; "
    "use authentication; use smtp auth~; missing authentication; need authentication; "
    "authentication turned on; authentication needed; pop before smtp; check your mail first; "
    "get your mail first; first check * mail; authentication before; login before; sender * not logged; "
    "authenticate before; to authenticate; log in to send; authenticated users; non authenticated; "
    "requires * login; only * authenticated; after authentication; authenticated smtp; "
    "user not authenticated; not authorized * authenticat~"
)

RULES = (
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, _REFUSED, CERTAIN, stages=ENVELOPE),
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, "relay~", LIKELY, stages=ENVELOPE),
    rule(Cause.AUTH_NOT_CONFIGURED, _REFUSED, BEYOND_DOUBT, stages=f"ehlo {ENVELOPE}", login=False),
    rule(Cause.AUTH_NOT_CONFIGURED, _REFUSED, HINT, stages=ENVELOPE),
    rule(Cause.AUTH_NOT_CONFIGURED, "relay~", CLEAR, stages=ENVELOPE, login=False),
    # with a login: at RCPT the server forgot its own people; at MAIL and DATA it looks at the sender
    rule(Cause.SERVER_MISCONFIGURED, _REFUSED, BEYOND_DOUBT, stages="rcpt_to", login=True),
    rule(Cause.SENDER_NOT_OWNED, _REFUSED, CLEAR, stages="rcpt_to", login=True),
    rule(Cause.SENDER_NOT_OWNED, _REFUSED, BEYOND_DOUBT, stages="mail_from data", login=True),
    rule(Cause.SERVER_MISCONFIGURED, _REFUSED, CLEAR, stages="mail_from data", login=True),
    # who was told to come back with a login has none, whatever he presented
    rule(Cause.AUTH_NOT_CONFIGURED, _LOGIN_WANTED, CERTAIN, stages=f"ehlo {ENVELOPE}"),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        "authentication required; authentication is required; must authenticate; not authenticated; "
        "not logged in; smtp authentication is required; unauthenticated",
        LIKELY,
        stages="auth",
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, "", CERTAIN, enhanced="5.7.57", made_for="office365 exchange"),
    rule(Cause.AUTH_NOT_CONFIGURED, "", LIKELY, codes="530", stages=ENVELOPE),
    rule(Cause.AUTH_NOT_CONFIGURED, "", HINT, codes="530", stages=ENVELOPE, login=False),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        "access denied; not permitted; not allowed; rejected; denied; forbidden; refused; not authorized; unauthorized",
        LIKELY,
        stages=f"ehlo {ENVELOPE}",
        login=False,
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, "", HINT, codes="550 551 553 554 571", stages="rcpt_to mail_from", login=False),
    rule(Cause.AUTH_NOT_CONFIGURED, "", HINT, codes="503", stages="ehlo mail_from rcpt_to", login=False),
    rule(Cause.AUTH_NOT_CONFIGURED, "", HINT, enhanced="5.7.0 5.7.1", stages=f"ehlo {ENVELOPE}", login=False),
    rule(Cause.AUTH_NOT_CONFIGURED, "invalid recipient", CERTAIN, stages="rcpt_to", login=False, made_for="opensmtpd"),
    rule(Cause.AUTH_NOT_CONFIGURED, "sender address rejected not logged in", CERTAIN, made_for="postfix"),
    rule(Cause.AUTH_NOT_CONFIGURED, "requires authentication when attempting to send", CERTAIN, made_for="mailenable"),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        "turn on smtp authentication; not permitted to relay through this server without authentication",
        CERTAIN,
        made_for="exim",
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, "unauthenticated senders not allowed", CERTAIN, made_for="sendgrid"),
    rule(Cause.AUTH_NOT_CONFIGURED, "don't authenticate or the domain isn't", CERTAIN, made_for="qmail"),
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, "that domain isn't in my list of allowed", CLEAR, made_for="qmail"),
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, "was not authenticated", HINT, made_for="office365"),
    # Apple asks for the password when it was refused, so this dialog comes from a session without a login
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        "because it does not allow relaying; rejected by the server * relay~",
        CERTAIN,
        made_for="apple",
    ),
    # without a reason it may be the address as well as the login
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, "recipient * rejected by the server", HINT, made_for="apple"),
    rule(Cause.AUTH_NOT_CONFIGURED, "rejected by the server", WEAK, made_for="apple"),
    rule(Cause.RECIPIENT_UNKNOWN, "recipient * rejected by the server", WEAK, made_for="apple"),
    rule(
        Cause.SENDER_NOT_OWNED,
        "sender address * rejected by the server; sender * was rejected by the server; "
        "message was rejected by the server",
        LIKELY,
        made_for="apple",
    ),
    rule(Cause.SENDER_DOMAIN_INVALID, "sender address * invalid", HINT, made_for="apple"),
    rule(Cause.AUTH_NOT_CONFIGURED, "sender address rejected access denied", CERTAIN, login=False),
    rule(
        Cause.SERVER_MISCONFIGURED,
        "client host rejected; access denied; helo command rejected",
        LIKELY,
        stages=ENVELOPE,
        login=True,
    ),
    rule(Cause.SERVER_MISCONFIGURED, "resolver rst auth required", BEYOND_DOUBT, made_for="exchange"),
    rule(
        Cause.SERVER_MISCONFIGURED,
        "client host rejected access denied",
        CERTAIN,
        stages=ENVELOPE,
        login=True,
        made_for="postfix",
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, "client host rejected access denied", LIKELY, stages=ENVELOPE, made_for="postfix"),
    rule(
        Cause.SERVER_MISCONFIGURED,
        "server configuration error; configuration error; configuration problem; misconfigur~; open resolver; "
        "query refused; errors public dns; public resolver; lookup table; internal configuration; "
        "rewriting failed; no transport; tenant * attribution; connector",
        CLEAR,
        stages=f"connect banner ehlo auth {ENVELOPE}",
    ),
    rule(Cause.SERVER_MISCONFIGURED, "open resolver; query refused; public dns; tenant attribution", CERTAIN),
    rule(Cause.SERVER_MISCONFIGURED, "", CLEAR, enhanced="4.3.5 5.3.5"),
    rule(Cause.SERVER_MISCONFIGURED, "", LIKELY, enhanced="5.7.64", made_for="office365"),
    rule(
        Cause.SERVER_MISCONFIGURED,
        "loops back; routing loop; mail loop; too many hops; hop count; loop detected; forwarding loop; loop",
        CERTAIN,
    ),
    rule(Cause.SERVER_MISCONFIGURED, "", LIKELY, enhanced="5.4.6 5.4.14"),
    rule(
        Cause.OPEN_RELAY, "server is an open relay; accepted * without auth~; relay accepted; relays for anybody", CLEAR
    ),
    rule(
        Cause.WRONG_SERVER_HOST,
        "wrong office 365 region; wrong server; wrong region; not your mail server; use your isp~; "
        "use * smtp server of your; your own mail server; use your own; wrong host; "
        "please use * smtp/server/relay/host instead; use * outgoing server; not in this region; smarthost; "
        "use your provider; mailbox is not on this server; has moved; relay through your; "
        "use your service provider; submit * through; use the submission; should be sent through; use port 587; "
        "mail submission; not * this * region; different * region; not * this * cluster; wrong datacenter; "
        "does not accept mail from end users; use the msa; through your isp; account * another server; homed; "
        "please use port; check * smtp server * set; server is set to",
        CLEAR,
        stages=f"connect banner ehlo auth imap_login {ENVELOPE}",
    ),
    rule(Cause.WRONG_SERVER_HOST, "wrong host", CERTAIN, stages="auth imap_login"),
    rule(Cause.WRONG_SERVER_HOST, "", CLEAR, enhanced="4.4.62", made_for="office365"),
    rule(
        Cause.WRONG_SERVER_HOST,
        "mail server at * region; ses * region; user not found * region",
        LIKELY,
        made_for="amazon-ses",
    ),
    rule(Cause.WRONG_SERVER_HOST, _REFUSED, WEAK, stages=ENVELOPE),
    rule(Cause.WRONG_SERVER_HOST, "redirect~; referral; relocated", HINT),
)
