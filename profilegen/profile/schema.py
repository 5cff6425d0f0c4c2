"""Apple's key tables by name: which payload types and keys exist. The tables are read when they are first asked for."""

from collections.abc import Mapping

from profilegen.profile.schema_key import Key


def top_level_keys() -> Mapping[str, Key]:
    """Return the keys of the profile itself by name."""
    from profilegen.profile.apple_keys import TOP_LEVEL

    return {key.name: key for key in TOP_LEVEL}


def payload_keys(payload_type: str) -> Mapping[str, Key]:
    """Return the keys of a payload type by name, those every payload has included; empty for an unknown type."""
    from profilegen.profile.apple_keys import COMMON, PAYLOADS

    known = PAYLOADS.get(payload_type)
    return {} if known is None else {key.name: key for key in (*COMMON, *known)}
