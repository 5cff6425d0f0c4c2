"""A profile somebody else made, as a value that can be signed: its bytes stay as they are."""

from typing import Any

from profilegen.profile.read import ReadResult
from profilegen.profile.types import Profile


def profile_of(result: ReadResult) -> Profile:
    """Return the profile of a file that could be read; its content is the property list exactly as it stands there."""
    content = result.content or {}
    payloads = content.get("PayloadContent")
    inner = [payload for payload in payloads if isinstance(payload, dict)] if isinstance(payloads, list) else []
    uuid = str(content.get("PayloadUUID", ""))
    return Profile(
        identifier=str(content.get("PayloadIdentifier", "")),
        uuid=uuid,
        revision=uuid[:8].lower(),
        payload_types=tuple(str(payload.get("PayloadType", "")) for payload in inner),
        has_secrets=any(_holds_secret(payload) for payload in inner),
        content=result.xml,
    )


def _holds_secret(payload: dict[str, Any]) -> bool:
    return any("password" in key.lower() and isinstance(value, str) and value for key, value in payload.items())
