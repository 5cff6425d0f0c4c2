"""
The webhook calls of NanoMDM and MicroMDM, which share one JSON form: read into events.

Source: NanoMDM's event schema (service/webhook/event.json). A call is one POST, never repeated, in no order.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.seen import Enrollment
from profilegen.mdm.apple import BadMessage, enrollment_of, read_message, state_of, text
from profilegen.mdm.profilelist import inventory_of
from profilegen.ports.mdm import Event, EventKind
from profilegen.secret import Secret

SIGNATURE = "x-hmac-signature"
LARGEST_CALL = 24 * 1024 * 1024
"""Bytes of one webhook call: a message of a device in base64."""

Identify = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""Takes the event's inner object and the device's message, returns the server's id of the enrollment."""

_LONGEST_ID = 255
_CHECK_INS = {
    "mdm.Authenticate": EventKind.AUTHENTICATED,
    "mdm.TokenUpdate": EventKind.ENROLLED,
    "mdm.CheckOut": EventKind.CHECKED_OUT,
}


def require_signature(headers: Mapping[str, str], body: bytes, key: Secret) -> None:
    """Raise NotPossible `bad_signature` unless the call carries the HMAC-SHA256 of its body under this key, base64."""
    wanted = base64.b64encode(hmac.new(key.reveal().encode(), body, hashlib.sha256).digest())
    if not hmac.compare_digest(wanted, headers.get(SIGNATURE, "").encode("ascii", "replace")):
        raise NotPossible(
            "A webhook call has no valid signature, so it does not come from the MDM.",
            hint="Give the MDM and profilegen the same webhook key.",
            code="bad_signature",
        )


def read_events(body: bytes, *, mdm: str, identify: Identify, now: datetime) -> tuple[Event, ...]:
    """
    Return what a call tells; nothing for topics that do not matter here.

    `now` bounds the times it may claim. Raises NotPossible `bad_event` for what is no such call.
    """
    if len(body) > LARGEST_CALL:
        raise _bad(f"it is larger than {LARGEST_CALL >> 20} MiB")
    try:
        call = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise _bad("it is no JSON") from exc
    if not isinstance(call, dict) or not isinstance(topic := call.get("topic"), str):
        raise _bad("it has no topic")
    inner = call.get("acknowledge_event") if topic == "mdm.Connect" else call.get("checkin_event")
    if not isinstance(inner, dict):
        raise _bad("it has no event in it")
    message = _message(inner.get("raw_payload"))
    at = _moment(call.get("created_at"), now)
    id_ = identify(inner, message)
    if id_ is None:
        raise _bad("it does not say which device it is about")
    enrollment = enrollment_of(message, mdm=mdm, seen_at=at, id_=id_)
    event = _event(topic, inner, message, enrollment, at)
    return () if event is None else (replace(event, id=_event_id(call, body)),)


def _event(
    topic: str, inner: Mapping[str, Any], message: Mapping[str, Any], enrollment: Enrollment, at: datetime
) -> Event | None:
    if topic == "mdm.Connect":
        return _answer(message, enrollment, at)
    if topic == "mdm.DeclarativeManagement":
        kind = EventKind.STATUS if message.get("Endpoint") == "status" else EventKind.SEEN
        return Event(id="", kind=kind, at=at, enrollment=enrollment)
    if topic not in _CHECK_INS:
        return None
    kind = _CHECK_INS[topic]
    if kind is EventKind.ENROLLED:
        enrollment = replace(enrollment, **_enrolled(inner, at))
    return Event(id="", kind=kind, at=at, enrollment=replace(enrollment, active=kind is not EventKind.CHECKED_OUT))


def _answer(message: Mapping[str, Any], enrollment: Enrollment, at: datetime) -> Event:
    state, errors = state_of(message)
    command = text(message, "CommandUUID")
    if state is None or command is None:
        return Event(id="", kind=EventKind.SEEN, at=at, enrollment=enrollment)
    return Event(
        id="",
        kind=EventKind.ANSWERED,
        at=at,
        enrollment=enrollment,
        command=command,
        state=state,
        errors=errors,
        inventory=inventory_of(message, mdm=enrollment.mdm, enrollment=enrollment.id, collected_at=at),
    )


def _enrolled(inner: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    tally = inner.get("token_update_tally")
    if not isinstance(tally, int) or isinstance(tally, bool) or tally < 1:
        return {}
    return {"tally": tally, "enrolled_at": at if tally == 1 else None}


def _message(raw: object) -> dict[str, Any]:
    if not isinstance(raw, str):
        raise _bad("it has no message of the device in it")
    try:
        return read_message(base64.b64decode(raw, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise _bad("the device's message in it is no base64") from exc
    except BadMessage as exc:
        raise _bad(f"the device's message in it cannot be read: {exc}") from exc


def _moment(claimed: object, now: datetime) -> datetime:
    """The server's time of the event, but nothing from the future; ours where it has none."""
    try:
        moment = datetime.fromisoformat(claimed) if isinstance(claimed, str) else now
        if moment.tzinfo is None or moment.year < 2000:
            return now
        return min(moment.astimezone(UTC), now)
    except (ValueError, OverflowError):
        return now


def _event_id(call: Mapping[str, Any], body: bytes) -> str:
    given = call.get("event_id")
    return given[:_LONGEST_ID] if isinstance(given, str) and given else hashlib.sha256(body).hexdigest()


def _bad(reason: str) -> NotPossible:
    return NotPossible(
        f"A webhook call cannot be used: {reason}.",
        hint="Check that nothing but the MDM is told this webhook URL.",
        code="bad_event",
    )
