"""Who may send to whom with and without a login, and what each answer of a server says about it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, classify
from profilegen.report import Finding, Outcome

_RELAY_WORDS = re.compile(r"relay|authenticat|log(ged)? ?in|auth required", re.IGNORECASE)


class Party(StrEnum):
    """Whose address it is: the login's own, another one of the same server, or one of somebody else's domain."""

    OWN = "own"
    LOCAL = "local"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One sender and recipient that was offered on a port, with (`login`) or without a login, and the answer."""

    port: int
    login: bool
    sender: Party
    recipient: Party
    code: int | None
    reply: str

    @property
    def accepted(self) -> bool:
        """True if the server would have taken the message."""
        return self.code is not None and 200 <= self.code < 300

    @property
    def check(self) -> str:
        """The name of the finding, such as "587.relay.no_login.local_to_foreign"."""
        how = "login" if self.login else "no_login"
        return f"{self.port}.relay.{how}.{self.sender}_to_{self.recipient}"


def judge_combination(tried: Tried) -> Finding:
    """Return what an answer says: an accepted stranger is a fault, and so is a refused member."""
    outcome, detail, cause = _with_login(tried) if tried.login else _without_login(tried)
    return Finding(
        check=tried.check, outcome=outcome, detail=f"{detail}: {tried.reply}", cause=cause, reply=tried.reply
    )


_Verdict = tuple[Outcome, str, Cause | None]


def _without_login(tried: Tried) -> _Verdict:
    if not tried.accepted:
        permanent = tried.code is not None and tried.code >= 500
        if permanent or _RELAY_WORDS.search(tried.reply):
            return Outcome.PASS, "refused", None
        return Outcome.WARN, "put off, neither refused nor accepted", None
    if tried.recipient is Party.FOREIGN:
        if tried.sender is Party.FOREIGN:
            return Outcome.FAIL, "relays for anybody", Cause.OPEN_RELAY
        return Outcome.FAIL, "relays for whoever writes one of its own addresses as sender", Cause.OPEN_RELAY
    if tried.sender is not Party.FOREIGN:
        return Outcome.WARN, "anybody may write to your people under one of your own addresses", None
    if tried.port == 25:
        return Outcome.PASS, "takes mail for its own people, as port 25 should", None
    return Outcome.WARN, "takes mail without a login on a port that is for people with one", None


def _with_login(tried: Tried) -> _Verdict:
    if tried.sender is Party.OWN:
        if tried.accepted:
            return Outcome.PASS, "accepted", None
        seen = Observation(stage=Stage.RCPT_TO, text=tried.reply, code=tried.code, login=True, tls=True)
        return Outcome.FAIL, "refused although logged in", classify(seen) or Cause.SERVER_MISCONFIGURED
    if not tried.accepted:
        return Outcome.PASS, "refused", None
    if tried.sender is Party.LOCAL:
        return Outcome.FAIL, "one login may send as another person of yours", None
    return Outcome.FAIL, "one login may send under an address of any other domain", None
