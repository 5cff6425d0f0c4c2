"""What there is to take over in a profile of another tool."""

import plistlib
from collections.abc import Mapping
from typing import Any

from profilegen.address import Address
from profilegen.errors import AddressProblem, InputProblem
from profilegen.profile.adopted import Adopted, AdoptedPayload
from profilegen.profile.summary import account_summary
from profilegen.profile.types import Profile


def adopt(content: Mapping[str, Any]) -> Adopted:
    """Return the identity of a readable profile; raises InputProblem `no_identifier` if it has none to take over."""
    identifier = content.get("PayloadIdentifier")
    if not isinstance(identifier, str) or not identifier:
        raise InputProblem(
            "The profile to be replaced has no PayloadIdentifier, so no device can replace it.",
            hint="Build without --replaces, and have the old profile removed by hand.",
            code="no_identifier",
        )
    payloads = content.get("PayloadContent")
    found = (_payload(payload) for payload in (payloads if isinstance(payloads, list) else []))
    distinct = {payload.identifier: payload for payload in found if payload is not None}
    return Adopted(identifier=identifier, payloads=tuple(distinct.values()))


def identifiers_in(profile: Profile) -> tuple[str, ...]:
    """Return the PayloadIdentifier of every payload of a finished profile."""
    return tuple(payload["PayloadIdentifier"] for payload in plistlib.loads(profile.content)["PayloadContent"])


def _payload(payload: object) -> AdoptedPayload | None:
    if not isinstance(payload, Mapping):
        return None
    words = [payload.get(key) for key in ("PayloadType", "PayloadIdentifier", "PayloadUUID")]
    kind, identifier, uuid = (word if isinstance(word, str) else "" for word in words)
    if not (kind and identifier and uuid):
        return None
    return AdoptedPayload(payload_type=kind, account=_account(payload), identifier=identifier, uuid=uuid)


def _account(payload: Mapping[str, Any]) -> str:
    summary = account_summary(payload, "")
    try:
        return Address.parse((summary.address or "").partition(",")[0]).account if summary else ""
    except AddressProblem:
        return ""
