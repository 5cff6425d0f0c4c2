"""
What devices report of their declarations and mail accounts (Apple: declarative/status), from bounded JSON.

A report tells what changed; about once a day a device sends a full one, which takes the place of all before it (Apple:
StatusReport, `FullReport`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from profilegen.fleet.seen import MailOnDevice

_MOST = 500
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationState:
    """
    How a device holds one declaration.

    `is_current`: it has the very version the server has; `is_invalid`: it cannot use it, `reasons` say why;
    `is_right`: it uses exactly what the server has.
    """

    identifier: str
    token: str | None
    is_current: bool
    is_invalid: bool
    is_right: bool
    received_at: datetime | None
    reasons: tuple[str, ...]


def declaration_states(items: object) -> tuple[DeclarationState, ...]:
    """Return what KMFDDM's declaration-status says of one enrollment, at most 500."""
    if not isinstance(items, list):
        return ()
    return tuple(_state(item) for item in items[:_MOST] if isinstance(item, dict) and _text(item, "identifier"))


def is_full(report: object) -> bool:
    """Return whether a status report holds everything, not only what changed."""
    items = report.get("StatusItems") if isinstance(report, dict) else None
    return any(isinstance(part, dict) and part.get("FullReport") is True for part in (report, items))


def declared_on_device(report: object) -> frozenset[str] | None:
    """Return the identifiers of all declarations a device has by this report, None if it does not speak of them."""
    kinds = _inside(report, "StatusItems", "management").get("declarations")
    if not isinstance(kinds, dict):
        return None
    items = [item for kind in kinds.values() if isinstance(kind, list) for item in kind[:_MOST]]
    return frozenset(name for item in items if isinstance(item, dict) and (name := _text(item, "identifier")))


def accounts_named(reports: Iterable[object]) -> frozenset[tuple[str, str]]:
    """Return direction and declaration of every account these reports speak of, whether or not it is still there."""
    return frozenset(
        (direction, declaration)
        for report in reports
        for direction, items in _mail_lists(report)
        for item in items
        if isinstance(item, dict) and (declaration := _text(item, "declaration-identifier")) is not None
    )


def mail_accounts(reports: Iterable[object]) -> tuple[MailOnDevice, ...] | None:
    """
    Return the accounts a device has after these status reports, oldest first; None if no report speaks of mail.

    An account is there until it is said to be removed, or a full report leaves it out. Incoming and outgoing are two;
    one of a declaration goes by that declaration, because a device names an account anew each time it makes it.
    """
    found: dict[tuple[str, str], MailOnDevice] = {}
    said = False
    for report in reports:
        if is_full(report):
            found.clear()
        for direction, items in _mail_lists(report):
            said = True
            for item in items:
                _take(found, direction, item)
    return tuple(found.values()) if said else None


def _mail_lists(report: object) -> Iterator[tuple[str, list[Any]]]:
    mail = _inside(report, "StatusItems", "account", "list", "mail")
    for direction in ("incoming", "outgoing"):
        items = mail.get(direction)
        if isinstance(items, list):
            yield direction, items[:_MOST]


def _take(found: dict[tuple[str, str], MailOnDevice], direction: str, item: object) -> None:
    identifier = _text(item, "identifier") if isinstance(item, dict) else None
    if not isinstance(item, dict) or identifier is None:
        return
    key = (direction, identifier)
    if item.get("_removed") is True:
        found.pop(key, None)
        return
    port, declaration = item.get("port"), _text(item, "declaration-identifier")
    found[key] = MailOnDevice(
        identifier=f"{direction} {declaration or identifier}",
        host=_text(item, "hostname"),
        port=port if isinstance(port, int) and 0 < port < 65536 else None,
        username=_text(item, "username"),
        declaration=declaration,
    )


def _state(item: Mapping[str, Any]) -> DeclarationState:
    reasons = item.get("reasons")
    said = [one for one in reasons[:10] if isinstance(one, dict)] if isinstance(reasons, list) else []
    return DeclarationState(
        identifier=_text(item, "identifier") or "",
        token=_text(item, "server-token"),
        is_current=item.get("current") is True,
        is_invalid=item.get("valid") == "invalid",
        is_right=item.get("active") is True and item.get("valid") == "valid" and item.get("current") is True,
        received_at=_moment(item.get("status_received")),
        reasons=tuple(_text(one, "description") or _text(one, "code") or "" for one in said),
    )


def _inside(report: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        report = report.get(key) if isinstance(report, dict) else None
    return report if isinstance(report, dict) else {}


def _moment(claimed: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(claimed) if isinstance(claimed, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _text(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return value[:_LONGEST] if isinstance(value, str) and value else None
