"""
Encrypted profiles: the payload array goes into EncryptedPayloadContent as CMS EnvelopedData, the rest stays readable.

The property list that is encrypted has the array itself as its root (Apple: Configuration Profile Reference, "Encrypted
Profiles"; TopLevel.yaml).
"""

import plistlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from profilegen.errors import InputProblem
from profilegen.profile.tree import is_bounded, unusable_texts, walk
from profilegen.profile.types import Profile

_REBUILD = "Build the profile anew, then encrypt it."


def encrypted_profile(profile: Profile, envelope: bytes) -> Profile:
    """Return a profile whose payloads are inside an envelope; identifier, UUID and revision stay."""
    return replace(profile, content=with_encrypted(plistlib.loads(profile.content), envelope), has_secrets=False)


def payload_array(content: Mapping[str, Any]) -> bytes:
    """Return the payloads as the property list that is to be encrypted; raises InputProblem if there are none."""
    payloads = content.get("PayloadContent")
    if content.get("IsEncrypted") is True or "EncryptedPayloadContent" in content:
        raise InputProblem(
            "The profile is encrypted already.", hint="Encrypt the profile it was made from.", code="already_encrypted"
        )
    if not isinstance(payloads, list) or not payloads:
        raise InputProblem("The profile holds no payload to encrypt.", hint=_REBUILD, code="no_payloads")
    return _dump(payloads)


def with_encrypted(content: Mapping[str, Any], envelope: bytes) -> bytes:
    """Return the profile with its payloads replaced by the envelope; identifier, UUID and all else stay."""
    kept = {key: value for key, value in content.items() if key != "PayloadContent"}
    return _dump({**kept, "IsEncrypted": True, "EncryptedPayloadContent": envelope})


def with_decrypted(content: Mapping[str, Any], payloads: bytes) -> dict[str, Any]:
    """Return the profile as it was before encryption; raises InputProblem for anything but an array of payloads."""
    try:
        array = plistlib.loads(payloads)
    except (ValueError, LookupError, OverflowError, TypeError, AttributeError, RecursionError, MemoryError) as exc:
        # plistlib lets many kinds of errors through for damaged input; each means the same here.
        raise InputProblem(
            "What was encrypted is no property list, so no device could read it.", hint=_REBUILD, code="bad_encryption"
        ) from exc
    if not isinstance(array, list) or not is_bounded(array):
        raise InputProblem(
            "What was encrypted is not the array of payloads, so no device could install it.",
            hint=_REBUILD,
            code="bad_encryption",
        )
    kept = {key: value for key, value in content.items() if key not in ("IsEncrypted", "EncryptedPayloadContent")}
    return {**kept, "PayloadContent": array}


def as_xml(content: Mapping[str, Any]) -> bytes:
    """Return a profile as an XML property list; raises InputProblem for a text that XML cannot carry."""
    return _dump(dict(content))


def _dump(tree: Any) -> bytes:
    returns = (path for path, value in walk(tree) if isinstance(value, str) and "\r" in value)  # plistlib loses them
    for path in chain(unusable_texts(tree), returns):
        raise InputProblem(
            f"The text at {path} holds a control character, which would not arrive unchanged.",
            hint=_REBUILD,
            code="bad_text",
        )
    return plistlib.dumps(tree, fmt=plistlib.FMT_XML, sort_keys=True)
