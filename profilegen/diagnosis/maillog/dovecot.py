"""Events out of the log of Dovecot: who logs in to read mail, and who fails to."""

import re

from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.line import Line, Stamps
from profilegen.diagnosis.replies import Stage

_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_LOGIN = re.compile(
    r"(?:(?P<service>imap|pop3)-login: )?(?:Info: )?"
    r"(?P<how>Login|Disconnected|Aborted login)(?P<why>.*?): user=<(?P<user>[^>]*)>,.*\brip=(?P<client>[0-9A-Fa-f.:]+)"
)
_FAILED = re.compile(r"auth failed, (?P<count>\d+) attempts")


def dovecot_event(line: Line, stamps: Stamps) -> LogEvent | None:
    """Return a login or a failed one, None for anything else."""
    match = _LOGIN.match(line.message)
    service = match and (match["service"] or line.program.removesuffix("-login"))
    if match is None or service not in ("imap", "pop3") or not match["user"]:
        return None
    failed = _FAILED.search(match["why"])
    if match["how"] != "Login" and failed is None:
        return None
    tls = ", TLS" in line.message
    return LogEvent(
        when=stamps.read(line.stamp),
        what=Happened.LOGIN_FAILED if failed else Happened.LOGGED_IN,
        client=match["client"],
        port=_PORTS[service, tls],
        address=match["user"],
        login=failed is None,
        tls=tls,
        stage=Stage.IMAP_LOGIN if failed else None,
        text="NO [AUTHENTICATIONFAILED] Authentication failed." if failed else "",
        host=line.host,
    )
