"""The passwords of people's mailboxes, where the operator has them: one file each, that only its owner can read."""

import os
import stat
from pathlib import Path
from urllib.parse import quote

from profilegen.errors import InputProblem
from profilegen.secret import Secret

LARGEST = 4096
"""Bytes of a password file."""

_OUTGOING = ".outgoing"


def password_file(folder: Path, address: str, *, outgoing: bool) -> Path:
    """Return where the password of a mailbox is: a file named like it, in small letters, odd characters as %XX."""
    name = quote(address.casefold(), safe="@+")
    return folder / f"{name}{_OUTGOING if outgoing else ''}"


def read_password(folder: Path, address: str, *, outgoing: bool) -> Secret | None:
    """
    Return the first line of a mailbox's file, None if there is none; sending falls back to the file for receiving.

    Raises InputProblem: `exposed_password` (others can read the file), `unreadable_password`, `no_password` (empty).
    """
    places = [password_file(folder, address, outgoing=which) for which in ([True, False] if outgoing else [False])]
    for path in places:
        try:
            return _first_line(path)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
            raise InputProblem(
                f"The password file {path} cannot be read: {reason}.",
                hint="Give this user an ordinary file that it may read.",
                code="unreadable_password",
            ) from exc
    return None


def _first_line(path: Path) -> Secret:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and (mode & 0o077 or not stat.S_ISREG(mode)):
            raise InputProblem(
                f"Others can read the password file {path}.", hint=f"Run chmod 600 {path}.", code="exposed_password"
            )
        text = file.read(LARGEST).decode("utf-8").partition("\n")[0].removesuffix("\r")
    if not text:
        raise InputProblem(
            f"There is no password in the file {path}.", hint="Write it into the first line.", code="no_password"
        )
    return Secret(text=text)
