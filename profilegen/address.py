"""A mail address, parsed once at the edge and trusted from then on (RFC 5321 section 4.1.2, RFC 5890)."""

import re
from dataclasses import dataclass

from profilegen.errors import AddressProblem

_LDH = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_UNQUOTED = re.compile(r"[^\x00-\x20\x7f\ud800-\udfff\"(),:;<>@\[\\\]]+")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f\ud800-\udfff]|\\[\x20-\x7e])+"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """
    A mailbox address.

    `local` is kept byte for byte as given; `domain` is lower case in A-label form ("xn--bcher-kva.example").
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """
        Split at the last "@" and bring the domain into A-label form.

        Raises AddressProblem for what can never be mail: no "@", an empty or over-long part, control characters, a
        literal such as "user@[192.0.2.1]".
        """
        text = text.strip()
        local, at, domain = text.rpartition("@")
        if not at:
            raise _refuse(text, "it has no @")
        if not (_UNQUOTED.fullmatch(local) or _QUOTED.fullmatch(local)) or _has_bad_dots(local):
            raise _refuse(text, "the part before the @ is empty or holds characters no mailbox has")
        if len(local.encode("utf-8", "surrogatepass")) > 64:
            raise _refuse(text, "the part before the @ is longer than 64 bytes")
        return cls(local=local, domain=a_label(domain, whole=text))

    @property
    def account(self) -> str:
        """The mailbox as one key: addresses that differ only in case are the same mailbox."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def display(self) -> str:
        """The address as a person writes it, with the domain in U-label form."""
        return f"{self.local}@{u_label(self.domain)}"

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def a_label(domain: str, *, whole: str | None = None) -> str:
    """Return a domain in lower-case A-label form without trailing dot; raises AddressProblem if it cannot be one."""
    whole = domain if whole is None else whole
    name = domain.rstrip(".").lower() if domain.isascii() else _encode_idna(domain, whole)
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LDH.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise _refuse(whole, f'"{shorten(domain)}" is not a domain name')
    return name


def u_label(domain: str) -> str:
    """Return a domain for people's eyes; what cannot be decoded stays as it is."""
    if "xn--" not in domain:
        return domain
    import idna

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def shorten(text: str, limit: int = 80) -> str:
    """Return `text` fit for an error line: one line, printable, bounded."""
    clean = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return clean if len(text) <= limit else clean[:limit] + "…"


def _encode_idna(domain: str, whole: str) -> str:
    import idna

    if len(domain) > 253:
        raise _refuse(whole, "its domain is longer than 253 characters")
    try:
        return idna.encode(domain.rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _refuse(whole, f'"{shorten(domain)}" is not a domain name') from None


def _has_bad_dots(local: str) -> bool:
    return not local.startswith('"') and (local[0] == "." or local[-1] == "." or ".." in local)


def _refuse(text: str, reason: str) -> AddressProblem:
    return AddressProblem(f'"{shorten(text)}" is not a mail address: {reason}.', hint="Write it like you@example.com.")
