"""One thing a mail log says happened, the same for every server product."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, classify


class Happened(StrEnum):
    """What happened."""

    REFUSED = "refused"
    LOGIN_FAILED = "login_failed"
    LOGGED_IN = "logged_in"
    ACCEPTED = "accepted"
    SENT = "sent"
    BOUNCED = "bounced"
    DEFERRED = "deferred"
    RATE_LIMITED = "rate_limited"
    TLS_FAILED = "tls_failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """
    One event; "" and None: the log does not say.

    `address` is the login; where nobody logged in, the envelope sender of what was refused. `login` tells whether the
    session was logged in when it happened (False: nobody tried, or the login failed). `port` is the server's port,
    `host` the name the client asked for or the server that wrote the log, `sender` the envelope sender, `recipients`
    how many recipients an accepted message has. Every text is printable and bounded, and nothing in it can be
    believed: whoever connects chooses most of it.
    """

    when: datetime | None
    what: Happened
    client: str = ""
    port: int | None = None
    address: str = ""
    login: bool | None = None
    tls: bool | None = None
    stage: Stage | None = None
    text: str = ""
    helo: str = ""
    sender: str = ""
    recipient: str = ""
    recipients: int = 0
    host: str = ""

    @property
    def cause(self) -> Cause | None:
        """The cause behind a refusal or a failed login, None where nothing failed or nobody can tell."""
        if self.what is Happened.RATE_LIMITED:
            return Cause.RATE_LIMITED
        if self.stage is None:
            return None
        presented = True if self.what is Happened.LOGIN_FAILED else self.login
        return classify(Observation(stage=self.stage, text=self.text, login=presented, tls=self.tls))
