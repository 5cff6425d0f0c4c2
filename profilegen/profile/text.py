"""Text that survives a property list: what would be changed or lost on the way is refused, never repaired."""

import re

from profilegen.errors import TextProblem

_UNUSABLE = re.compile("[\x00-\x1f\ufffe\uffff\ud800-\udfff]")


def unusable_character(text: str) -> str | None:
    """
    Return the first character a property list would corrupt, in words; None if the text is fine.

    These are the C0 controls (XML 1.0 section 2.2 forbids most; a carriage return comes back as a line feed), U+FFFE
    and U+FFFF (written, but not readable), and lone surrogates (not encodable).
    """
    found = _UNUSABLE.search(text)
    return None if found is None else f"U+{ord(found.group()):04X}"


def require_usable(field: str, text: str) -> str:
    """Return `text` unchanged; raises TextProblem that names the field and the character."""
    character = unusable_character(text)
    if character is None:
        return text
    raise _refusal(field, f"holds {character}, which a property list cannot carry unchanged")


def require_usable_secret(field: str, text: str) -> str:
    """Return the text of a password unchanged; raises TextProblem that names the field and says nothing about it."""
    if unusable_character(text) is None:
        return text
    raise _refusal(field, "holds a control character that a property list cannot carry unchanged")


def _refusal(field: str, reason: str) -> TextProblem:
    return TextProblem(f"{field} {reason}.", hint=f"Remove the invisible character from {field} and try again.")
