"""What a person's folder or file is called: told apart by people, the same in every run, never anybody else's."""

import hashlib
import re
import unicodedata

_MAX_ACCOUNT, _MAX_NAME = 100, 40
_PLAIN = re.compile(r"[a-z0-9+][a-z0-9._+-]*@(?!-)[a-z0-9.-]+(?<![.-])")
_UNSAFE = re.compile(r"[^a-z0-9@.+-]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_NO_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
     "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
)  # fmt: skip


def person_label(*, person: str, name: str | None, account: str) -> str:
    """
    Return such as "jane.doe@example.com_Jane-Doe": account first, then the name as far as ASCII can write it.

    Two persons never share a label, whatever else is in the folder: where the account is not the key of the person, or
    cannot be written as it is, "_" and 8 hex digits of the key's SHA-256 follow. No domain holds a "_", so the parts
    can be told apart. The characters are `[A-Za-z0-9@._+-]`, at most 160 of them, and none leads out of a folder or
    hides.
    """
    readable = ascii_name(name or "")
    if person == account and len(account) <= _MAX_ACCOUNT and _PLAIN.fullmatch(account):
        return f"{account}_{readable}" if readable else account
    return f"{_safe_account(account)}_{readable}_{_digits(person)}"


def ascii_name(name: str) -> str:
    """Return the words of a name in ASCII, joined by "-"; empty if nothing of it can be written so."""
    bare = unicodedata.normalize("NFKD", name.translate(_NO_DECOMPOSITION)).encode("ascii", "ignore").decode("ascii")
    joined = "".join(char for char in bare if char != "'")
    return _NOT_IN_NAMES.sub("-", joined)[:_MAX_NAME].strip("-")


def _safe_account(account: str) -> str:
    """The account as it is if it is plain, else something like it that cannot be taken for one."""
    if _PLAIN.fullmatch(account):
        return account[:_MAX_ACCOUNT]
    return _UNSAFE.sub("-", account.lower())[:_MAX_ACCOUNT].strip(".-") or "person"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
