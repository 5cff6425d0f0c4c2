"""Telling somebody that something happened: a POST to a URL, or a mail."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from profilegen.address import Address
from profilegen.delivery.submission import InDoubt, Refused, SubmissionSession
from profilegen.errors import NetworkProblem
from profilegen.ports import Http

GOOD = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpNotifier:
    """POSTs `{"title", "text", "at", "bad"}` as JSON to one https URL."""

    http: Http
    url: str

    async def tell(self, title: str, text: str, at: datetime, *, bad: bool) -> None:
        """Post it; raises NetworkProblem `not_notified` for any answer but 2xx."""
        body = json.dumps({"title": title, "text": text, "at": at.isoformat(), "bad": bad}).encode()
        answer = await self.http.post(self.url, body=body, content_type="application/json")
        if answer.status not in GOOD:
            raise NetworkProblem(
                f"The notification was answered with status {answer.status}.",
                hint="Check the URL of --notify.",
                code="not_notified",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailNotifier:
    """Sends a short mail to one address, over a connection of its own: between two of them lie days."""

    open_session: Callable[[], SubmissionSession]
    sender: Address
    to: Address

    async def tell(self, title: str, text: str, at: datetime, *, bad: bool) -> None:
        """Send it; raises NetworkProblem `not_notified` if the server does not take it."""
        session = self.open_session()
        try:
            await session.submit(self._message(title, text, at, bad=bad).as_bytes(), self.to)
        except (Refused, InDoubt) as exc:
            raise NetworkProblem(
                f"The notification to {self.to} was not taken: {exc}.",
                hint="Check the address of --notify, and the submission server.",
                code="not_notified",
            ) from exc
        finally:
            await session.close()

    def _message(self, title: str, text: str, at: datetime, *, bad: bool) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = str(self.sender), str(self.to)
        message["Subject"] = " ".join(f"{'[!] ' if bad else ''}{title}".split())
        message["Date"] = format_datetime(at)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(f"{text}\n\n{at:%Y-%m-%d %H:%M} UTC, profilegen fleet watch\n")
        return message
