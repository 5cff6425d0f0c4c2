"""Names, connections, greetings, and what speaks in place of the server."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import CERTAIN, CLEAR, HINT, LIKELY, WEAK, rule

_EARLY = "connect banner ehlo"

RULES = (
    # successes of clients that strip the code
    rule(Cause.OK, "pipelining; 8bitmime; enhancedstatuscodes; smtputf8; at your service", CERTAIN, stages="ehlo"),
    rule(Cause.OK, "esmtp; smtp ready; service ready; smtp server ready; imap4rev1", HINT, stages="banner"),
    rule(
        Cause.OK,
        "end data with; ending with; start mail input; queued as; ok queued; message accepted; ok id; "
        "queued for; go ahead; mail accepted; end with",
        CLEAR,
        stages="data",
    ),
    rule(Cause.OK, "sender ok; recipient ok; ok; accepted", HINT, stages="mail_from rcpt_to data quit"),
    rule(
        Cause.OK,
        "ready to start tls; ready for tls; begin tls; go ahead; start tls negotiation",
        CLEAR,
        stages="starttls",
    ),
    rule(Cause.DNS_FAILURE, weight=LIKELY, stages="dns"),
    rule(
        Cause.DNS_FAILURE,
        "getaddrinfo; enotfound; eai again; nxdomain; name or service not known; nodename nor servname~; "
        "temporary failure in name resolution; no address associated with hostname; "
        "could/cannot not resolve host~; cannot resolve; could not resolve; unknown host; unknownhost~; "
        "no such host; host not found; name resolution; dns lookup/error/failure/query; edns; servfail; "
        "host name/address * not * found; hostname could not be found; server * could not be found; "
        "no such domain * dns; remote name could not be resolved",
        CLEAR,
        stages="dns connect tls",
    ),
    rule(
        Cause.CONNECT_REFUSED,
        "connection refused; econnrefused; actively refused it; errno 111; connect call failed; 10061; "
        "connection * was refused; refused the/our connection; refusing smtp connections",
        CERTAIN,
        stages="connect tls",
    ),
    rule(
        Cause.NETWORK_UNREACHABLE,
        "network is unreachable; enetunreach; ehostunreach; no route to host; 10051; 10065; "
        "host is unreachable/down; unreachable; cannot assign requested address; eaddrnotavail; "
        "errno 101/113/99; address family not supported; internet connection appears to be offline; "
        "not connected to the internet; no internet connection; network is down",
        CERTAIN,
        stages="dns connect tls banner",
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "timeout; etimedout; esockettimedout; 10060; errno 110; did not properly respond; operation timeout; "
        "no response; not responding; timeouterror; connecttimeout~",
        CLEAR,
        stages="connect",
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "connection timeout; connect * timeout; connect etimedout; connection to the server * timeout; "
        "is not responding; esockettimedout; econntimeout; could not connect * timeout",
        LIKELY,
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "connection to the * server failed; unable to connect to server; could not connect to smtp host; "
        "smtp connect failed; cannot be contacted on port; failed to connect to server; "
        "cannot connect to outgoing server; connect failed; could not connect; cannot connect",
        HINT,
        stages="connect banner tls",
    ),
    rule(
        Cause.CONNECT_REFUSED,
        "could not connect; smtp connect failed; failed to connect to server; cannot connect",
        WEAK,
        stages="connect banner tls",
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "attempt was made to access a socket; 10013; operation not permitted; eacces; filtered; "
        "blocked by * firewall; blocks outbound",
        LIKELY,
        stages="connect",
    ),
    # a server that waits for a TLS handshake says nothing to a client that waits for a greeting
    rule(
        Cause.TLS_MODE_MISMATCH,
        "timeout; etimedout; said nothing; greeting never received; no greeting; no banner; "
        "waiting for server ready; timeouterror; esocket",
        CLEAR,
        stages="banner",
    ),
    rule(Cause.CONNECT_TIMEOUT, "timeout; etimedout; greeting never received", HINT, stages="banner"),
    rule(
        Cause.TLS_MODE_MISMATCH,
        "connection reset; econnreset; unexpectedly closed; closed unexpectedly; 15 03 0~; invalid greeting",
        LIKELY,
        stages="banner ehlo",
        ports=(465,),
    ),
    rule(Cause.TLS_MODE_MISMATCH, "15030~; 15 03 0~; x15 x03; bytes * handshake", CLEAR, stages=_EARLY),
    rule(
        Cause.PROXY_INTERFERENCE,
        "xxxx~; starttls * filtered; inspect~ smtp; smtp inspection; captive portal; antivirus; norton; mcafee; "
        "avast; kaspersky; avg; sophos; fortigate; mail shield; email shield; symantec proxy; "
        "transparent proxy; fixup protocol",
        LIKELY,
        stages=f"{_EARLY} starttls tls",
    ),
    rule(Cause.PROXY_INTERFERENCE, "http 1 0/1; doctype html; html head; 407 proxy", CLEAR, stages=_EARLY),
    rule(
        Cause.PROXY_INTERFERENCE,
        "cannot connect to smtp server * connect error; symantec email proxy; avast * mail scanner; "
        "proxy * server not available",
        CLEAR,
        made_for="symantec avast",
    ),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "connection reset; econnreset; connection closed; unexpectedly closed; closed unexpectedly; "
        "empty reply; empty response; "
        "end of file; eof error; connection dropped; lost connection; "
        " server disconnected; unexpected disconnect; broken pipe; "
        "connection lost; service not available; closing transmission channel",
        LIKELY,
        stages="connect banner ehlo quit",
    ),
    rule(
        Cause.IP_POLICY_BLOCK,
        "connection reset; econnreset; connection closed; dropped; no smtp service here; no service; "
        "transaction failed",
        HINT,
        stages="banner",
    ),
    rule(
        Cause.IP_POLICY_BLOCK,
        "no smtp service here; connection rejected; connection denied; access denied",
        LIKELY,
        stages="banner ehlo",
    ),
    rule(
        Cause.PROXY_INTERFERENCE,
        "connection reset; econnreset; connection closed; closed unexpectedly; unexpectedly closed",
        HINT,
        stages="ehlo starttls",
    ),
)
