"""
Text that survives a property list unchanged: what would be changed or lost on the way is refused, never repaired.

Those are the C0 controls (XML 1.0 section 2.2 forbids most; a carriage return comes back as a line feed), U+FFFE and
U+FFFF (written, but not readable), and lone surrogates (not encodable).
"""

import re

from profilegen.errors import TextProblem

_UNUSABLE = re.compile("[\x00-\x1f\ufffe\uffff\ud800-\udfff]")
_HINT = "Remove that character; it usually came along with text copied from another program."


def require_usable(what: str, text: str) -> str:
    """Return `text` unchanged; raises TextProblem that names it as `what`, the character and its place."""
    found = _UNUSABLE.search(text)
    if found is None:
        return text
    place = found.start() + 1
    raise TextProblem(
        f"{what} holds {_name(found[0])} at character {place}, which a property list corrupts.", hint=_HINT
    )


def require_usable_secret(what: str, text: str) -> str:
    """Return the text of a password unchanged; raises TextProblem that names it as `what` and gives nothing away."""
    if _UNUSABLE.search(text) is None:
        return text
    raise TextProblem(f"{what} holds a character a property list would corrupt.", hint=_HINT)


def unusable_character(text: str) -> str | None:
    """Return the first character a property list would corrupt, in words; None if the text is fine."""
    found = _UNUSABLE.search(text)
    return None if found is None else _name(found[0])


def _name(char: str) -> str:
    if char in "\r\n":
        return "a line break"
    return "a tab" if char == "\t" else f"the character U+{ord(char):04X}"
