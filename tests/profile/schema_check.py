"""
What a schema knows of a profile: keys, types, required ones and ranges, from Apple's tables.

This is the judgement of an editor that is driven by manifests, written down to be compared with the linter: it says
what such a check can see, and no more.
"""

import plistlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from profilegen.profile.schema import payload_keys, top_level_keys
from profilegen.profile.schema_key import Key, KeyType

_TYPES: dict[KeyType, tuple[type, ...]] = {
    KeyType.STRING: (str,),
    KeyType.INTEGER: (int,),
    KeyType.REAL: (int, float),
    KeyType.BOOLEAN: (bool,),
    KeyType.DATA: (bytes,),
    KeyType.DATE: (datetime,),
    KeyType.ARRAY: (list,),
    KeyType.DICTIONARY: (dict,),
}


def schema_faults(data: bytes) -> list[str]:
    """Return every breach of Apple's tables; a file that is no property list is one."""
    try:
        top = plistlib.loads(data)
    except Exception as exc:  # noqa: BLE001 - plistlib raises what its parts raise; any of it means unreadable
        return [type(exc).__name__]
    faults = list(_faults(top, _without_encrypted(top, top_level_keys())))
    for payload in top.get("PayloadContent", []):
        known = payload_keys(str(payload.get("PayloadType")))
        faults += _faults(payload, known) if known else []
    return faults


def _without_encrypted(top: Mapping[str, Any], keys: Mapping[str, Key]) -> Mapping[str, Key]:
    """The tables say so in words: PayloadContent is not required where the payloads are encrypted."""
    return {name: key for name, key in keys.items() if name != "PayloadContent" or not top.get("IsEncrypted")}


def _faults(values: Mapping[str, Any], known: Mapping[str, Key]) -> Iterator[str]:
    for name, key in known.items():
        if name not in values:
            if key.required:
                yield f"{name} is required"
            continue
        value = values[name]
        wrong = not isinstance(value, _TYPES[key.type]) or (isinstance(value, bool) and key.type is not KeyType.BOOLEAN)
        if wrong:
            yield f"{name} is no {key.type}"
        elif key.values and value not in key.values:
            yield f"{name} is out of range"
    yield from (f"{name} is unknown" for name in values if name not in known and name != "PayloadContent")
