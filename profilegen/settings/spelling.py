"""
What is odd about how an address is written: letters that look like others, and letters many servers cannot take.

A domain of several alphabets, or of Cyrillic or Greek letters that all look Latin, may be somebody else's (Unicode
Technical Standard 39). A local part outside ASCII needs SMTPUTF8 from every server on the way (RFC 6531).
"""

import unicodedata
from collections.abc import Iterator

from profilegen.address import Address, u_label
from profilegen.settings.candidates import Notice

_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Alphabets that one word may mix: Japanese, Korean and Chinese do."""

_LOOK_LATIN = frozenset("асԁеһіјӏорԛѕԝхуүѵгᴦαενικορτυχ")


def spelling_notices(address: Address) -> tuple[Notice, ...]:
    """Return what a person should look at twice before trusting this address."""
    return tuple(_domain_notices(address.domain)) + tuple(_local_notices(address.local))


def _domain_notices(domain: str) -> Iterator[Notice]:
    shown = u_label(domain)
    if any(_is_deceptive(label) for label in shown.split(".")):
        yield Notice(
            code="lookalike_domain",
            text=f"{shown} is written with letters that look like those of another alphabet; in plain letters it is "
            f"{domain}. Make sure it is the domain you mean.",
        )


def _local_notices(local: str) -> Iterator[Notice]:
    if not local.isascii():
        yield Notice(
            code="smtputf8_needed",
            text="The part before the @ has letters outside ASCII: every mail server on the way must support SMTPUTF8, "
            "and many do not.",
        )


def _is_deceptive(label: str) -> bool:
    letters = [char for char in label if char.isalpha()]
    scripts = frozenset(unicodedata.name(char, "UNKNOWN").split()[0] for char in letters)
    if len(scripts) > 1:
        return not any(scripts <= together for together in _TOGETHER)
    return scripts <= {"CYRILLIC", "GREEK"} and bool(letters) and _LOOK_LATIN.issuperset(letters)
