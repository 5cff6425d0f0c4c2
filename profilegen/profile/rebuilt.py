"""A profile somebody else made, as a value that can be signed: its bytes stay as they are."""

import re
from collections.abc import Mapping
from typing import Any

from profilegen.profile.masked import holds_secret
from profilegen.profile.read import ReadResult
from profilegen.profile.types import Profile

_REVISION = re.compile(r"\bRevision ([0-9a-f]{8})\b")


def profile_of(result: ReadResult) -> Profile:
    """Return the profile of a file that could be read; its content is the property list exactly as it stands there."""
    content = result.content or {}
    payloads = content.get("PayloadContent")
    inner = [payload for payload in payloads if isinstance(payload, dict)] if isinstance(payloads, list) else []
    uuid = str(content.get("PayloadUUID", ""))
    return Profile(
        identifier=str(content.get("PayloadIdentifier", "")),
        uuid=uuid,
        revision=revision_in(content) or "",
        payload_types=tuple(str(payload.get("PayloadType", "")) for payload in inner),
        has_secrets=holds_secret(inner),
        content=result.xml,
    )


def revision_in(content: Mapping[str, Any]) -> str | None:
    """Return the revision of a profile: as its description says, since some MDMs rewrite the UUID, else by the UUID."""
    description, uuid = content.get("PayloadDescription"), content.get("PayloadUUID")
    said = _REVISION.search(description) if isinstance(description, str) else None
    if said:
        return said[1]
    return uuid[:8].lower() if isinstance(uuid, str) and uuid else None
