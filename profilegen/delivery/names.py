"""What a profile's file is called."""

import hashlib
import re
from collections.abc import Container

from profilegen.address import Address

SUFFIX = ".mobileconfig"
_MAX_STEM = 200  # file systems take 255 bytes; a long address leaves room for the digits and the suffix
_UNSAFE = re.compile(r"[^a-z0-9@._+-]|^[.-]")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def profile_file_name(address: Address, identifier: str, taken: Container[str]) -> str:
    """
    Return the file name for the profile of `address`, such as "you@example.com.mobileconfig".

    Characters outside `[a-z0-9@._+-]` and a leading dot or dash become "_". If the name is in `taken`, or was too
    long to be used whole, a dash and the first 8 hex digits of the UUID in `identifier` follow.
    """
    stem = _UNSAFE.sub("_", address.account)
    if len(stem) <= _MAX_STEM and stem + SUFFIX not in taken:
        return stem + SUFFIX
    return f"{stem[:_MAX_STEM]}-{_digits(identifier)}{SUFFIX}"


def _digits(identifier: str) -> str:
    found = _UUID.search(identifier)
    digits = found.group() if found else hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
    return digits[:8].lower()
