"""Who has sent mail with a login, out of the events of a server's log: a weaker sign that a device sends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from profilegen.diagnosis.maillog.event import Happened, LogEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The newest message of an account that a server accepted after a login; `client` is where it came from."""

    when: datetime
    client: str

    @property
    def words(self) -> str:
        """What the log says, in words."""
        return f"the server's log: logged in, message accepted{f' from {self.client}' if self.client else ''}"


class SubmissionTally:
    """
    Counts for `accounts` alone, so that memory does not depend on the log.

    A login without domain is somebody's if the part before the @ of only one of the accounts is the same.
    """

    def __init__(self, accounts: Collection[str]) -> None:
        self._newest: dict[str, Submitted] = {}
        self._names: dict[str, str | None] = {}
        for account in accounts:
            local = account.rpartition("@")[0]
            self._names[local] = None if local in self._names else account
        self._names |= {account: account for account in accounts}

    def add(self, event: LogEvent) -> None:
        """Count one event."""
        account = self._names.get(event.address.lower()) if event.address else None
        if event.what is not Happened.ACCEPTED or account is None or event.when is None:
            return
        before = self._newest.get(account)
        if before is None or before.when <= event.when:
            self._newest[account] = Submitted(when=event.when, client=event.client)

    def newest(self, accounts: Collection[str]) -> Submitted | None:
        """Return the newest message of any of these accounts."""
        known = [self._newest[account] for account in accounts if account in self._newest]
        return max(known, key=lambda submitted: submitted.when, default=None)
