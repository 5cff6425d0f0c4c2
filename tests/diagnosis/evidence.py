"""What the tests of evidence share: endpoints and evidence in one line."""

from datetime import UTC, datetime, timedelta

from profilegen.diagnosis.evidence import Endpoint, EndpointPair, Evidence, Failure, UsernameForm
from profilegen.settings.servers import Auth, Protocol, Security

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def endpoint(
    protocol: Protocol = Protocol.SMTP,
    host: str | None = "smtp.example.com",
    port: int | None = 587,
    username: UsernameForm = UsernameForm.ADDRESS,
) -> Endpoint:
    return Endpoint(
        protocol=protocol, host=host, port=port, security=Security.STARTTLS, auth=Auth.PASSWORD, username=username
    )


def pair(
    host: str = "smtp.example.com",
    port: int | None = 587,
    username: UsernameForm = UsernameForm.ADDRESS,
    incoming: str = "imap.example.com",
) -> EndpointPair:
    return EndpointPair(
        incoming=endpoint(Protocol.IMAP, incoming, 143, username),
        outgoing=endpoint(host=host, port=port, username=username),
    )


def evidence(
    level: int = 4,
    *,
    about: EndpointPair | None = None,
    days: float = 0,
    failed: tuple[str, ...] = (),
    canary: str | None = None,
) -> Evidence:
    """Return evidence that is so many days old."""
    return Evidence(
        pair=about or pair(),
        level=level,
        level_asked=4,
        tested_at=NOW - timedelta(days=days),
        failures=tuple(Failure(check=check, cause=None) for check in failed),
        canary=canary,
    )
