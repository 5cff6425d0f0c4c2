"""What devices report of their declarations and mail accounts (Apple: declarative/status), from bounded JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from profilegen.fleet.seen import MailOnDevice

_MOST = 500
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationState:
    """How a device holds one declaration; `is_right` means that it uses exactly what the server has."""

    identifier: str
    token: str | None
    is_right: bool
    received_at: datetime | None
    reasons: tuple[str, ...]


def declaration_states(items: object) -> tuple[DeclarationState, ...]:
    """Return what KMFDDM's declaration-status says of one enrollment, at most 500."""
    if not isinstance(items, list):
        return ()
    return tuple(_state(item) for item in items[:_MOST] if isinstance(item, dict) and _text(item, "identifier"))


def mail_accounts(reports: Iterable[object]) -> tuple[MailOnDevice, ...] | None:
    """
    Return the accounts a device has after these status reports, oldest first; None if no report speaks of mail.

    A report tells what changed: an account is there until it is said to be removed. Incoming and outgoing are two.
    """
    found: dict[tuple[str, str], MailOnDevice] = {}
    said = False
    for report in reports:
        mail = _inside(report, "StatusItems", "account", "list", "mail")
        for direction in ("incoming", "outgoing"):
            items = mail.get(direction)
            if not isinstance(items, list):
                continue
            said = True
            for item in items[:_MOST]:
                _take(found, direction, item)
    return tuple(found.values()) if said else None


def _take(found: dict[tuple[str, str], MailOnDevice], direction: str, item: object) -> None:
    identifier = _text(item, "identifier") if isinstance(item, dict) else None
    if not isinstance(item, dict) or identifier is None:
        return
    key = (direction, identifier)
    if item.get("_removed") is True:
        found.pop(key, None)
        return
    port = item.get("port")
    found[key] = MailOnDevice(
        identifier=f"{direction} {identifier}",
        host=_text(item, "hostname"),
        port=port if isinstance(port, int) and 0 < port < 65536 else None,
        username=_text(item, "username"),
        declaration=_text(item, "declaration-identifier"),
    )


def _state(item: Mapping[str, Any]) -> DeclarationState:
    reasons = item.get("reasons")
    said = [one for one in reasons[:10] if isinstance(one, dict)] if isinstance(reasons, list) else []
    return DeclarationState(
        identifier=_text(item, "identifier") or "",
        token=_text(item, "server-token"),
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
