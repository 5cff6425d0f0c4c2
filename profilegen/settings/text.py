"""Text that survives a property list unchanged: one line, and nothing XML 1.0 or plistlib refuses or rewrites."""

import re

from profilegen.errors import TextProblem

_CORRUPTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def one_line(text: str, *, what: str) -> str:
    """
    Return `text` if a property list carries it unchanged; `what` names it in the error.

    Raises TextProblem for control characters (CR becomes LF on the way back, the others have no XML form), the
    noncharacters U+FFFE and U+FFFF, and lone surrogates (XML 1.0 section 2.2).
    """
    found = _CORRUPTED.search(text)
    if found is None:
        return text
    raise TextProblem(
        f"{what} holds {_name(found[0])} at character {found.start() + 1}, which a property list would corrupt.",
        hint="Remove that character; it usually came along with text copied from another program.",
    )


def _name(char: str) -> str:
    if char in "\r\n":
        return "a line break"
    if char == "\t":
        return "a tab"
    return f"the character U+{ord(char):04X}"
