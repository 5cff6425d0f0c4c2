"""Addresses and networks that are not welcome, content that is refused, commands out of order."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, WEAK, rule

_PLACES = f"connect banner ehlo auth {ENVELOPE}"

RULES = (
    rule(
        Cause.CONTENT_REJECTED,
        "malformed/missing/invalid/bad/multiple/duplicate * header/headers; from header; sender header; multiple from",
        BEYOND_DOUBT,
        stages="data",
    ),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "bare lf; bare lfs; bare line feed; bare newline; bare cr; invalid line ending; line endings",
        BEYOND_DOUBT,
        stages="data",
    ),
    rule(
        Cause.CONSEQUENCE_OF_EARLIER_REFUSAL,
        "address to send to; need an address; nobody to send to; no valid address; no one to deliver to",
        CERTAIN,
        stages="data",
    ),
    rule(
        Cause.IP_BLACKLISTED,
        "blocked using; blocked by * rbl/dnsbl/spamhaus/blocklist/list; blacklist~; blocklist~; dnsbl~; rbl; "
        "sbl; xbl; pbl; spamhaus; spamcop; barracuda~; sorbs; surriel; abuseat; cbl; uceprotect; "
        "invaluement; proofpoint; cloudmark; senderscore; hostkarma; listed in; listed at; listed by; "
        "listed on; is listed; on our block list; block list; realtime block; real time block; "
        "banned sending ip; found on one or more; currently sending spam; poor reputation; ip * reputation; "
        "bad reputation; spammer list; delist~; removal from this list; unblock; ip * banned; banned ip; "
        "ip * blocked; blocked ip; ip address * rejected; your ip is; rejected * listing; mail abuse; "
        "trend micro rbl; ip reputation; known spam source; open proxy",
        CLEAR,
        stages=_PLACES,
    ),
    # a listed name is no matter of the client's address: another network does not help
    rule(
        Cause.CONTENT_REJECTED,
        "dbl; rhsbl; surbl; uribl; multi surbl; dbl spamhaus; "
        "domain/sender * listed/blacklisted; email address * blacklisted; domain/sender * on * blacklist/blocklist; "
        "sender/from/domain/url/link/body * dbl/uribl/surbl; domain reputation; reputation of * domain/sender",
        2 * CERTAIN,
        stages=ENVELOPE,
    ),
    rule(
        Cause.IP_BLACKLISTED,
        "poor reputation; cloudmark; spamhaus; blocked using; dnsbl~; blacklisted; client host * blocked; "
        "spamcop; barracudacentral; sorbs; banned sending ip; is blacklisted",
        LIKELY,
        stages=_PLACES,
    ),
    rule(Cause.IP_BLACKLISTED, "", LIKELY, enhanced="5.7.606 5.7.511 5.7.512 5.7.513", made_for="office365"),
    rule(
        Cause.IP_BLACKLISTED,
        "s3140; s3150; oc 001; sc 001; sc 002; rtr bl; con b1; bl21; bl23; tss07",
        LIKELY,
        made_for="outlook.com yahoo",
    ),
    rule(
        Cause.IP_POLICY_BLOCK,
        "reverse dns; ptr; rdns; host network not allowed; dynamic ip; dynamic address~; dynamic pool; "
        "dynamically assigned; "
        "your country; from your network; your network is/was/has; "
        "geoip; geographic~; country; region blocked; no reverse; reverse hostname; "
        "reverse lookup; cannot find your * hostname; find your hostname; ip * not allowed; "
        "ip * not * permitted/authorized; client * not allowed; host * not allowed; network * not allowed; "
        "residential; not welcome; ip * denied access; connection~ from * not * accepted/allowed/permitted; "
        "access from * denied/not/blocked; conditional access; trusted ip; ip * restricted; "
        "ip not in whitelist; unauthorized ip; ip address is not; not authorized to connect; "
        "not allowed to connect; ip name lookup; hostname * does not resolve; no reverse dns; fcrdns; "
        "helo * not; forward confirmed; client ip; not allowed from your; access denied * ip; "
        "ip address * not * allowed; generic; consumer; ip range; by location; network is not; from your ip; "
        "whitelist~; allowlist~",
        CLEAR,
        stages=_PLACES,
    ),
    rule(Cause.IP_POLICY_BLOCK, "reverse dns; ptr record; no ptr; rdns; dynamic ip; country", LIKELY, stages=_PLACES),
    rule(Cause.IP_POLICY_BLOCK, "", CERTAIN, enhanced="5.7.25 4.7.25", stages=_PLACES),
    rule(Cause.IP_POLICY_BLOCK, "", LIKELY, codes="554 550 521 556 571 541", stages="banner connect"),
    rule(Cause.IP_POLICY_BLOCK, "", WEAK, codes="421", stages="banner"),
    rule(Cause.IP_POLICY_BLOCK, "", HINT, codes="550 554", stages="ehlo"),
    rule(Cause.IP_BLACKLISTED, "", WEAK, codes="554 550 521", stages="banner connect"),
    rule(
        Cause.CONTENT_REJECTED,
        "spam; spamassassin; spammy; unsolicited; virus; malware; phishing; infected; "
        "content * rejected/blocked/policy/not; message content; rejected * content; content filter; "
        "attachment * not/blocked/type/rejected; "
        "illegal/suspicious/dangerous/banned/forbidden/blocked/unsafe attachment; "
        "header~ * not accepted/compliant/missing; message~ missing; executable; dmarc; spf; dkim; "
        "dns authentication; authentication level; sender policy framework; policy reasons; policy violation; "
        "policy rejection; security reasons; security issue; banned; blocked content; rejected as spam; junk; "
        "suspicious; score; surbl; uribl; blocked url; url * listed; message rejected; "
        "header * invalid/missing/not; missing * header; message contains; bad header; rfc 5322; rfc5322; "
        "multiple from; message id; bare lf; bare lfs; 8bit; message * not accepted; prohibited; local policy; "
        "message blocked; message refused; dkim signature; unauthenticated email; mail is rejected; "
        "invalid message; domain s dmarc; antispam; undesirable; considered spam; mime; blocked for; "
        "reject * policy; rejected by policy; administrative prohibition; content",
        LIKELY,
        stages=ENVELOPE,
    ),
    rule(
        Cause.CONTENT_REJECTED,
        "spam message; message * spam; identified as spam; spam detected; rejected as spam; virus; "
        "dmarc policy; malware; due to * dmarc; likely * spam; suspected spam; detected as spam; "
        "looks like spam; contains a virus; unsolicited mail; classified as spam; executable; is spam; "
        "spam score; spam content; considered spam; looks like * spam; high spam",
        LIKELY,
        stages=ENVELOPE,
    ),
    rule(
        Cause.CONTENT_REJECTED,
        "dmarc; spf; dkim; authentication level; sender policy framework; anti spoofing; spoofed message; "
        "authenticate with either",
        BEYOND_DOUBT,
        stages=ENVELOPE,
    ),
    rule(
        Cause.CONTENT_REJECTED,
        "",
        CERTAIN,
        enhanced="5.7.255 5.7.515 5.7.26 4.7.26 5.7.509 5.7.23 5.7.20 5.7.21 5.7.22",
        stages=ENVELOPE,
    ),
    rule(Cause.CONTENT_REJECTED, "", HINT, enhanced="5.6.0 5.7.7 5.7.0 5.7.1", stages="data"),
    rule(Cause.CONTENT_REJECTED, "", HINT, codes="550 554 571", stages="data"),
    rule(Cause.CONTENT_REJECTED, "", HINT, enhanced="5.6.1 5.6.2 5.6.7", stages=ENVELOPE),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "smtp protocol; in smtp commands; amounts of data; "
        "command pipelining; improper pipelining; pipelining not; synchronization; synchronisation; "
        "send hello first; send helo first; hello first; need mail; mail first; bad sequence; out of order; "
        "out of sequence; polite people; nested mail; sender already; command out of; need rcpt; helo first; "
        "ehlo first; invalid command; command unrecognized; command not recognized; unrecognized command; "
        "unknown command; command not implemented; syntax error; syntax; bad command; command rejected; "
        "improper use; unsupported command; line too long; non smtp; must have sender; expecting; parameters; "
        "sender not specified; no sender; must send; unexpected command; issue a reset; protocol error; "
        "duplicate helo; invalid helo; helo * rejected/invalid/required/syntax; need fully qualified hostname; "
        "valid command; bare newline; command parameter; duplicate; bdat; not expected; unimplemented; "
        "protocol violation; rfc 821",
        LIKELY,
        stages="connect banner ehlo mail_from rcpt_to data quit",
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, "", LIKELY, codes="500 501 502 503 504 555", stages="ehlo quit"),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "",
        LIKELY,
        enhanced="5.5.0 5.5.1 5.5.2 5.5.4",
        stages=f"banner ehlo {ENVELOPE} quit",
    ),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "syntax; send hello first; send helo; need ehlo; need helo; parameter; bad sequence; no parameters",
        CLEAR,
        stages="starttls",
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, "", CLEAR, codes="501", stages="starttls"),
    rule(
        Cause.CLIENT_PROTOCOL_ERROR,
        "need mail; sender not specified; must have sender first; mail first; send hello first; synchronization",
        LIKELY,
    ),
    rule(Cause.CLIENT_PROTOCOL_ERROR, "", HINT, codes="500 501 502 503 504", stages="mail_from rcpt_to data"),
    rule(
        Cause.CONSEQUENCE_OF_EARLIER_REFUSAL,
        "no valid recipient~; no recipient~; rcpt * must; need rcpt; rcpt first; rcpt commands were rejected; "
        "valid rcpt; no valid rcpt; all recipients * rejected/refused/failed; recipients were rejected; "
        "recipient first; must have * recipient; no rcpt; need recipient; need valid recipient; all rcpt; "
        "need rcpt command; recipient required; missing recipient~; without recipient~; "
        "no * recipients specified; rcpt before data; specify * recipient",
        CERTAIN,
        stages="data rcpt_to",
    ),
    rule(Cause.CONSEQUENCE_OF_EARLIER_REFUSAL, "", LIKELY, codes="503", stages="data"),
    rule(
        Cause.CONSEQUENCE_OF_EARLIER_REFUSAL,
        "no valid recipients; rcpt commands were rejected; rcpt command must precede",
        LIKELY,
    ),
    rule(Cause.CONSEQUENCE_OF_EARLIER_REFUSAL, "", LIKELY, codes="554", enhanced="5.5.1", stages="data"),
    rule(Cause.PROXY_INTERFERENCE, "xxxx~", HINT),
)
