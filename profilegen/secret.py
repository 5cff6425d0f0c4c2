"""Passwords as values that cannot be printed by accident, and the scrubber that keeps them out of every text."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field

MASK = "[secret]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A password. `reveal()` is the only way to its text; `repr` and `str` show a mask."""

    text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the password itself, for the one place that must send or write it."""
        return self.text

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One user name with its password."""

    username: str
    password: Secret


def scrub(text: str, logins: Iterable[Login]) -> str:
    """Return `text` without any password: literal, base64, and base64 of SASL PLAIN (RFC 4616) are masked."""
    for form in sorted(_forms(logins), key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(logins: Iterable[Login]) -> set[str]:
    forms: set[str] = set()
    for login in logins:
        password = login.password.reveal()
        plain = f"\0{login.username}\0{password}"
        authorised = f"{login.username}\0{login.username}\0{password}"
        encoded = {_base64(password), _base64(plain), _base64(authorised)}
        forms |= {password} | encoded | {form.rstrip("=") for form in encoded}
    return {form for form in forms if form}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
