"""Rules for sender, recipient and message; ordered, matched in lower case, asked after those of the session."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import ENVELOPE, Rule, rule

_SENDER = (
    rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        r"(address|identity|identities|domain|sender) .*(is )?not (been )?verified|verified sender|unverified"
        r"|not a verified",
    ),
    rule(
        Cause.SENDER_NOT_OWNED,
        r"not owned by|send ?as ?denied|not allowed to send as|must (be same|match) .*auth|must match|same as auth"
        r"|conform with authentication|incorrect authentication for|unauthori[sz]ed use of sender"
        r"|sender name is not valid"
        r"|not (allowed|permitted|authori[sz]ed) to (send|use).*(as|from|this)|does not (own|match)",
        stages=ENVELOPE,
    ),
    rule(Cause.SENDER_NOT_OWNED, r"relaying disallowed|sender address rejected: access denied", login=True),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        r"(sender|from).*(domain (not found|does not exist|invalid)|does not accept mail|unresolvable|doesn't exist)"
        r"|domain not found|nullmx|unregistered domains?|badmailfrom|bad sender|sender verify failed",
        stages=ENVELOPE,
    ),
)

_NOT_LOGGED_IN = (
    rule(Cause.CONTENT_REJECTED, enhanced="5.7.515 5.7.26"),
    rule(Cause.AUTH_NOT_CONFIGURED, r"not logged in|smtp auth\w* (is )?required|5\.7\.57|unauthenticated"),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        r"(turn on|enable|requires?|need|must|you don't|not) .{0,20}(auth|log ?in)"
        r"|auth\w* (is )?(required|needed|command"
        r" first)|client not authenticated|issue an auth command",
        stages=f"ehlo {ENVELOPE}",
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, codes=(530,), stages=ENVELOPE, login=False),
)

_ADDRESS_LISTS = (
    rule(Cause.SERVER_MISCONFIGURED, r"open resolver|server configuration error|configuration error"),
    rule(Cause.GREYLISTED, r"gr[ae]y.?list|grey\.rbl|postgrey", stages=f"banner ehlo {ENVELOPE}"),
    rule(
        Cause.IP_BLACKLISTED,
        r"blocked using|black ?list|block ?list|blocklist|dnsbl|\brbl\b|spamhaus|spamcop|barracuda"
        r"|listed (in|at|by)|sbl",
    ),
    rule(
        Cause.IP_POLICY_BLOCK,
        r"reverse dns|\bptr\b|rdns|host network not allowed|dynamic (ip|address)|your (ip|network|country)"
        r"|(ip|client|host|network) .*(not allowed|banned|denied access|not welcome)|no (ptr|reverse)",
    ),
    rule(Cause.IP_POLICY_BLOCK, codes=(554, 550), stages="banner"),
)

_RELAY = (
    rule(Cause.WRONG_SERVER_HOST, r"wrong (office 365 )?region|wrong server|use .*instead|not your (mail )?server"),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        r"relay|rcpthosts|access denied|not permitted|unable to relay|invalid recipient|not local"
        r"|delivery is not allowed"
        r"|don't handle mail|authenticat",
        stages=f"ehlo {ENVELOPE}",
        login=False,
    ),
    rule(
        Cause.RELAY_DENIED_CONTEXT_NEEDED,
        r"relay|rcpthosts|delivery is not allowed|don't handle mail",
        stages=ENVELOPE,
    ),
    rule(Cause.SERVER_MISCONFIGURED, r"client host rejected: access denied", login=True),
)

_RECIPIENT = (
    rule(
        Cause.RECIPIENT_MAILBOX_FULL,
        r"over ?quota|quota exceeded|mailbox (is )?full|full mailbox|pleine|insufficient quota",
        stages="rcpt_to data",
    ),
    rule(Cause.RECIPIENT_MAILBOX_FULL, enhanced="5.2.2 4.2.2", stages="rcpt_to data"),
    rule(Cause.OWN_MAILBOX_FULL, r"quota|mailbox (is )?full", stages="mail_from"),
    rule(
        Cause.RECIPIENT_SYNTAX,
        r"must contain a domain|recipient (address )?(syntax|malformed)|bad recipient address syntax|syntax error in "
        r"(recipient|parameters)",
        stages="rcpt_to",
    ),
    rule(
        Cause.RECIPIENT_UNKNOWN,
        r"user unknown|unknown user|no such (user|mailbox|recipient)|does not exist|recipientnotfound|not found"
        r"|unknown "
        r"(recipient|local)|mailing list expansion|mailbox unavailable|no mailbox",
        stages="rcpt_to data",
    ),
    rule(Cause.RECIPIENT_UNKNOWN, enhanced="5.1.1 5.1.10 5.2.4 5.1.6", stages="rcpt_to"),
)

_SIZE = (
    rule(Cause.MESSAGE_TOO_BIG, r"too (big|large)|size (exceeds|limit)|exceeds .*size|sendsizelimit|maximum .*size"),
    rule(Cause.MESSAGE_TOO_BIG, enhanced="5.3.4 5.2.3"),
)

_MESSAGE = (
    rule(
        Cause.CONTENT_REJECTED,
        r"spam|virus|content|attachment|dmarc|\bspf\b|dkim|authentication level|policy (reasons|violation)|malware",
        stages=ENVELOPE,
    ),
    rule(Cause.GREYLISTED, codes=(450, 451), enhanced="4.7.1 4.2.0", stages="rcpt_to"),
    rule(Cause.RATE_LIMITED, enhanced="4.7.28 5.4.5 4.4.5"),
    rule(Cause.CLIENT_PROTOCOL_ERROR, codes=(500, 501, 502, 503)),
    rule(Cause.SERVER_TEMP_FAILURE, codes=tuple(range(400, 500))),
    rule(Cause.SENDER_NOT_OWNED, codes=(550, 553), stages="mail_from", login=True),
    rule(Cause.CONTENT_REJECTED, codes=(550, 554), stages="data"),
    rule(Cause.SERVER_MISCONFIGURED, r"access denied", stages=ENVELOPE, login=True),
    rule(Cause.AUTH_NOT_CONFIGURED, codes=(550, 551, 553, 554), stages="mail_from rcpt_to", login=False),
)

ENVELOPE_RULES: tuple[Rule, ...] = _SENDER + _ADDRESS_LISTS + _NOT_LOGGED_IN + _RECIPIENT + _SIZE + _RELAY + _MESSAGE
