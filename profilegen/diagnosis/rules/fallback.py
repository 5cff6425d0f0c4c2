"""What code and place alone suggest where nothing else speaks."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import LIKELY, WEAK, rule

RULES = (
    rule(Cause.SERVER_TEMP_FAILURE, weight=1, stages="mail_from rcpt_to data banner ehlo quit"),
    rule(Cause.CONTENT_REJECTED, weight=1, stages="data"),
    rule(Cause.RECIPIENT_UNKNOWN, weight=WEAK, codes="550 551", stages="rcpt_to"),
    rule(Cause.CONNECT_TIMEOUT, weight=1, stages="connect"),
    rule(Cause.AUTH_BAD_CREDENTIALS, weight=1, stages="auth imap_login"),
    rule(Cause.CLIENT_PROTOCOL_ERROR, weight=1, stages="ehlo quit"),
    rule(Cause.AUTH_NOT_CONFIGURED, weight=LIKELY, codes="530", stages="mail_from rcpt_to data"),
    rule(Cause.SERVER_TEMP_FAILURE, weight=WEAK, codes="421 450 451 452"),
)
