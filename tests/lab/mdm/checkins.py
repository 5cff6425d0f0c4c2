"""Check-in messages as NanoMDM takes them: what is read from one, and what each is answered with."""

import plistlib
from collections.abc import Mapping
from typing import Any

from tests.lab.mdm.httpd import Response

SHARED_USER = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"


def text_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in words, as Go's HTTP server gives it."""
    told = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return Response(status=status, body=f"{text}\n".encode(), headers=told)


BAD_REQUEST = text_answer(400, "Bad Request")
FAILED = text_answer(500, "Internal Server Error")

CHECK_INS = {
    "Authenticate": Response(),
    "TokenUpdate": Response(),
    "CheckOut": Response(),
    "DeclarativeManagement": FAILED,
    "GetBootstrapToken": Response(),
    "SetBootstrapToken": Response(),
    "UserAuthenticate": text_answer(410, "Gone"),
    "GetToken": FAILED,
}
"""What is answered to check-ins; DeclarativeManagement is where nothing is configured to answer it."""


def message_of(raw: bytes) -> dict[str, Any] | None:
    """Return a device's message, None for what is none."""
    try:
        message = plistlib.loads(raw)
    except Exception:  # noqa: BLE001 - plistlib raises what its parsers raise
        return None
    return message if isinstance(message, dict) else None


def enrollment_ids(message: Mapping[str, Any]) -> dict[str, str]:
    """Return NanoMDM's ids of a check-in or connect message."""
    device, user = message.get("UDID"), message.get("UserID")
    if device is None:
        device, user = message["EnrollmentID"], message.get("EnrollmentUserID")
        kind = "User Enrollment" if user else "User Enrollment (Device)"
    elif user == SHARED_USER:
        user, kind = message["UserShortName"], "Shared iPad"
    else:
        kind = "User" if user else "Device"
    return {"id": f"{device}:{user}", "parent_id": device, "type": kind} if user else {"id": device, "type": kind}
