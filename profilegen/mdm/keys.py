"""Keys to a server's interface, as the header they travel in."""

import base64
from typing import Protocol

from profilegen.secret import Secret


class Credentials(Protocol):
    """What opens the server; asked before every request."""

    async def authorization(self) -> Secret:
        """Return the value of the Authorization header."""
        ...

    async def refused(self) -> bool:
        """Hear that the server answered 401; return True if the next `authorization` is a new one worth a try."""
        ...


class FixedKey:
    """Credentials that never change."""

    def __init__(self, header: Secret) -> None:
        self._header = header

    async def authorization(self) -> Secret:
        """Return the header."""
        return self._header

    async def refused(self) -> bool:
        """Return False: there is no other key."""
        return False


def basic(user: str, key: Secret) -> Secret:
    """Return the Authorization header of a user name and a password (RFC 7617)."""
    pair = f"{user}:{key.reveal()}".encode()
    return Secret(text=f"Basic {base64.b64encode(pair).decode('ascii')}")


def bearer(token: Secret) -> Secret:
    """Return the Authorization header of a token (RFC 6750)."""
    return Secret(text=f"Bearer {token.reveal()}")


def basic_password(header: str) -> Secret | None:
    """Return the password in an Authorization header of the Basic scheme, None if there is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:
        return None
    user, colon, password = pair.partition(":")
    return Secret(text=password) if scheme.lower() == "basic" and colon and user else None
