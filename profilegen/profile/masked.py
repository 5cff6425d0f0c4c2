"""Which values of a profile are secrets, and the profile without them: what may be printed, compared and logged."""

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from profilegen.secret import MASK

PKCS12 = "com.apple.security.pkcs12"

_SECRET_WORDS = ("password", "passcode", "passphrase", "secret", "challenge", "token", "psk", "privatekey")
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/?#\s]*@")


def is_secret(payload_type: object, key: str, value: object) -> bool:
    """True for a value nobody may see: passwords and their kin by the name of their key, and private keys."""
    if isinstance(value, bool) or value in ("", b""):
        return False
    if payload_type == PKCS12 and key == "PayloadContent":
        return True
    return any(word in key.lower() for word in _SECRET_WORDS)


def holds_secret(tree: object) -> bool:
    """True if anything in a property list is a secret."""
    if isinstance(tree, Mapping):
        kind = tree.get("PayloadType")
        return any(is_secret(kind, str(key), value) or holds_secret(value) for key, value in tree.items())
    return isinstance(tree, list) and any(holds_secret(value) for value in tree)


def masked(tree: object) -> Any:
    """Return a property list as JSON values: secrets masked, dates in ISO 8601 (UTC), data as length and SHA-256."""
    if isinstance(tree, Mapping):
        kind = tree.get("PayloadType")
        return {str(key): MASK if is_secret(kind, str(key), value) else masked(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [masked(value) for value in tree]
    return masked_value(tree)


def masked_value(value: object) -> str | int | float | bool | dict[str, Any]:
    """Return one value that is no secret itself as JSON knows it; a login inside a URL is masked."""
    match value:
        case bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes():
            return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        case datetime():
            return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return _LOGIN_IN_URL.sub(f"{MASK}@", str(value))
