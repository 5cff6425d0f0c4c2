"""Limits: rate, connections, errors, size, greylisting, and servers that are busy or ill."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, LOGIN, WEAK, rule

_PLACES = f"connect banner ehlo {ENVELOPE}"
_ALL = f"{_PLACES} {LOGIN}"

RULES = (
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "signing failed; temporary error * dkim/spf/dmarc; dkim/spf/dmarc * temporary error; "
        "verification * temporary; temporary * lookup; internal error",
        14,
        stages=ENVELOPE,
        codes="4xx",
    ),
    rule(
        Cause.RATE_LIMITED,
        "ratelimit~; rate * exceeded/limit~/overlimit; throttl~; "
        "too many email~/messages/mails/mail/recipients; too much mail; maximum credits; credits exceeded; "
        "overlimit; over limit; "
        "exceeded * max~/limit/quota * emails/messages/recipients/mails/hour/day/minute/daily/hourly; "
        "messages/emails/mails/recipients per day/hour/minute/second/connection; per hour; per day; "
        "sending limit/quota/rate; send limit; daily * limit/quota/exceeded; hourly * limit/quota/exceeded; "
        "monthly * limit/quota/exceeded; recipients this hour; too many recipients this; message rate; "
        "sending too many; sending too much; sent too many; limit reached; limit exceeded; exceeded the max; "
        "exceeded your * limit/quota/allowance; message limit; recipient limit; quota * sending; "
        "sending * quota; user sending quota; relay quota; out of credits; no credits; credits; too fast; "
        "slow down; slower; mail too quickly; frequency; too often; quota exceeded * send~; "
        "exceeds the limit of; exceed~ * limit * send~; volume limit; allowance; plan limit; free plan; "
        "too many new recipients; bulk; sent * too many; concurrent * messages; submission quota; "
        "excessive volume; deferred due to * volume; unusual rate; outgoing * limit; your limit; max * emails",
        CLEAR,
        stages=_ALL,
    ),
    rule(
        Cause.RATE_LIMITED,
        "ratelimit~ * exceeded; daily user sending; sending quota exceeded; per hour; per day; maximum credits; "
        "messages per day; sending rate; too many emails; too many messages; sending limit; emails per; "
        "recipients this hour; overlimit; relay quota; limit exceeded",
        LIKELY,
        stages=_ALL,
    ),
    rule(
        Cause.RATE_LIMITED,
        "sending quota; throttl~; max emails; exceeded the max; emails/mails/messages per hour/day/minute; "
        "daily/hourly/monthly/relay/user/domain/account/outgoing * sending/daily/hourly/relay * quota/limit; "
        "hourly/daily/monthly/relay/sending/outbound quota/limit; quota/limit * hour/day/minute/month; "
        "quota of; messages per; message per; frequency limit~; send~ * quota; quota used; "
        "mails/messages/emails * this/an/the/one/last hour/day",
        BEYOND_DOUBT,
        stages=_ALL,
    ),
    rule(Cause.RATE_LIMITED, "", LIKELY, enhanced="4.7.28 5.7.28 5.4.5 4.4.5 5.7.233 5.7.232 5.2.122 4.2.1 5.2.120"),
    rule(
        Cause.RATE_LIMITED,
        "submissionquotaexceeded~; submission quota exceeded; recipientratelimit~",
        CERTAIN,
        made_for="office365 exchange",
    ),
    rule(Cause.RATE_LIMITED, "", HINT, enhanced="4.5.3 5.5.3", stages="rcpt_to"),
    rule(Cause.RATE_LIMITED, "too many recipients", HINT, stages="rcpt_to data"),
    rule(
        Cause.TOO_MANY_CONNECTIONS,
        "too many * connections/sessions; too many connections; maximum * connections/sessions; "
        "connection limit; connections limit; connections exceeded; connection rate; concurrent connection~; "
        "simultaneous * connection~/session~; concurrent session~; max~ connections; "
        "limit * connections; connection~ * exceeded; toomanyconnections; number of connections; "
        "exceeds * connection limit; max * sessions; max * connections; too many smtp; connection count; "
        "parallel connections; too many open",
        CERTAIN,
        stages=_ALL,
    ),
    rule(Cause.TOO_MANY_CONNECTIONS, "no limit", LIKELY, stages="imap_login"),
    rule(Cause.TOO_MANY_CONNECTIONS, "", CLEAR, enhanced="4.7.2"),
    rule(
        Cause.TOO_MANY_CONNECTIONS,
        "concurrent connections limit; too many connections; exceeded * concurrent; sender thread limit",
        LIKELY,
        enhanced="4.3.2",
    ),
    rule(
        Cause.TOO_MANY_ERRORS,
        "too many * errors/commands/unrecognized/unknown/syntax/nonsense/bad/protocol/invalid/mistakes; "
        "too many errors; error limit; too much nonsense; too many bad commands; maximum number of errors; "
        "too many failed commands; too many unsuccessful; too many rejected",
        CERTAIN,
        stages="ehlo banner quit mail_from rcpt_to data connect",
    ),
    rule(Cause.TOO_MANY_ERRORS, "too many errors", CLEAR, stages=LOGIN),
    rule(Cause.TOO_MANY_ERRORS, "error s on this connection; unrecognized commands; synchronization errors", HINT),
    rule(
        Cause.MESSAGE_TOO_BIG,
        "message/mail/email/body/attachment/file/content/data * too big/large/long; too big/large; "
        "size exceeds; exceeds * size; exceeds * maximum; message size; size limit; maximum * size; "
        "sendsizelimit; send size limit; exceed~ * message size; message length; larger than; maximum message; "
        "oversize~; message is larger; exceeded maximum; message file too big; exceeds fixed; over the * size; "
        "too much data; exceeds limit of * bytes/mb/kb; header size",
        CERTAIN,
        stages=f"ehlo {ENVELOPE}",
    ),
    rule(Cause.MESSAGE_TOO_BIG, "", CLEAR, enhanced="5.3.4 4.3.4 5.2.3 4.2.3 5.2.11"),
    rule(Cause.MESSAGE_TOO_BIG, "", LIKELY, codes="552 523", stages="data"),
    rule(Cause.MESSAGE_TOO_BIG, "", CLEAR, codes="552", stages="mail_from"),
    rule(
        Cause.GREYLISTED,
        "greylist~; grey listed; grey rbl; postgrey; greyd; milter greylist; deferred for policy; triplet; "
        "first time sender; temporarily deferred",
        CERTAIN,
        stages=_PLACES,
    ),
    rule(Cause.GREYLISTED, "grey rbl; greylist~", LIKELY, stages=_PLACES),
    rule(
        Cause.GREYLISTED,
        "try again later; come back later; please try again; retry later; try later; temporarily rejected; "
        "policy restrictions try later; try again in; please retry; retry in",
        LIKELY,
        stages="rcpt_to",
        codes="4xx",
    ),
    rule(Cause.GREYLISTED, "try again later; please try again; try later", HINT, stages="rcpt_to"),
    rule(Cause.GREYLISTED, "", LIKELY, codes="450 451", enhanced="4.7.1 4.2.0", stages="rcpt_to"),
    rule(Cause.GREYLISTED, "", WEAK, codes="450 451", stages="rcpt_to"),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "service unavailable; service not available; temporarily unavailable; not currently available; "
        "server busy; server is busy; system busy; too busy; overloaded; high load; load too high; "
        "load average; insufficient system; insufficient disk; space shortage; system storage; no space left; "
        "out of memory; internal error; internal server error; temporary failure; temporary error; "
        "temporary server; temporary lookup; lookup failure; local error; local problem; local failure; "
        "system error; system problem; shutting down; going down; try again later; please try again; "
        "please try later; disk full; queue full; queue file write; write error; resources temporarily; "
        "insufficient resources; backend * failed; maintenance; processing error; in processing; "
        "temporary system; cannot accept * now; currently unavailable; unable to queue; could not be saved; "
        "not be stored; "
        "timeout; timeout exceeded; temporary problem; service currently; failure; database; lost connection; "
        "malfunction; unexpected error; crash~; unavailable; qqt; qq; mail system full; filters temporarily; "
        "not ready; milter; problem with * server; fork failed; cannot open; dns lookup; replicated; "
        "no healthy; mail server temporarily; unavail; backend",
        LIKELY,
        stages=_ALL,
        codes="4xx",
    ),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "service unavailable try again later; server busy; insufficient system storage; "
        "temporary lookup failure; internal error; temporary server error; system not accepting; "
        "resources temporarily unavailable; temporary local problem; local error in processing; could not be saved; "
        "service shutting down; insufficient system resources; queue file write error; temporary failure",
        LIKELY,
        stages=_PLACES,
    ),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "",
        LIKELY,
        enhanced="4.3.0 4.3.1 4.3.2 4.3.3 4.4.2 4.4.1 4.4.0 4.7.500 4.5.0",
        stages=_PLACES,
    ),
    rule(Cause.SERVER_TEMP_FAILURE, "", HINT, codes="4xx", stages=_PLACES),
    rule(Cause.SERVER_TEMP_FAILURE, "", HINT, codes="421", stages=_PLACES),
    rule(Cause.SERVER_TEMP_FAILURE, "", LIKELY, enhanced="5.3.0 5.3.1 5.3.2 5.3.3", stages=_PLACES),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "the server is temporarily; server may be unavailable; internal server error; server unavailable; "
        "try again later",
        HINT,
    ),
)
