"""Whom `--notify` names, as something that can be told."""

from datetime import datetime
from typing import Protocol

from profilegen.address import Address
from profilegen.errors import UsageProblem
from profilegen.ports.sending import Submission
from profilegen.wiring.house import House


class Notifier(Protocol):
    """Whoever can be told."""

    async def tell(self, title: str, text: str, at: datetime, *, bad: bool) -> None:
        """Tell one thing; raises NetworkProblem."""
        ...


def notifier(house: House, where: str, submission: Submission | None) -> Notifier:
    """
    Return what tells an https URL, or a `mailto:` address through a submission server.

    Raises UsageProblem `bad_notify` and AddressProblem.
    """
    if where.startswith("https://"):
        return _http(house, where)
    if where.startswith("mailto:") and submission is not None:
        return _mail(house, Address.parse(where.removeprefix("mailto:")), submission)
    raise UsageProblem(
        f'"{where}" is nobody who can be told.',
        hint="Write --notify https://… or --notify mailto:you@example.com.",
        code="bad_notify",
    )


def _http(house: House, url: str) -> Notifier:
    from profilegen.delivery.notify import HttpNotifier
    from profilegen.net.http import HttpsClient
    from profilegen.net.tls import verified_context

    client = HttpsClient(resolver=house.resolver, trust=lambda: verified_context(house.anchor_files))
    return HttpNotifier(http=client, url=url)


def _mail(house: House, to: Address, submission: Submission) -> Notifier:
    from profilegen.delivery.notify import MailNotifier
    from profilegen.delivery.submission import SubmissionSession
    from profilegen.storage.logins import SqliteLoginBudget

    def session() -> SubmissionSession:
        return SubmissionSession(
            submission,
            resolver=house.resolver,
            context=house.tls.verified,
            budget=SqliteLoginBudget(state=house.state, clock=house.clock),
        )

    return MailNotifier(open_session=session, sender=submission.sender, to=to)
