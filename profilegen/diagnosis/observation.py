"""What was seen: one reply or error and the place where it came."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where in a session a reply or an error came."""

    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    AUTH = "auth"
    MAIL_FROM = "mail_from"
    RCPT_TO = "rcpt_to"
    DATA = "data"
    IMAP_LOGIN = "imap_login"
    QUIT = "quit"


LOCAL_STAGES = (Stage.DNS, Stage.CONNECT, Stage.TLS)
"""Stages whose errors come from the client's own machine, without a reply code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """
    A reply and what is known around it; None: unknown.

    `login` tells whether user name and password were presented in this session, `accepted` whether the server took
    them, `offered` whether it offered AUTH; `tls` whether the session was encrypted then; `port` is the server's.
    """

    stage: Stage | None = None
    text: str = ""
    code: int | None = None
    enhanced: str | None = None
    login: bool | None = None
    accepted: bool | None = None
    offered: bool | None = None
    tls: bool | None = None
    port: int | None = None

    @property
    def logged_in(self) -> bool | None:
        """Whether the session was a logged-in one; who presented a login and came on to MAIL was let in."""
        return self.login if self.accepted is None else self.accepted
