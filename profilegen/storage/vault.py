"""Where the passwords of our own mailboxes are: in the system's keyring, else in files only their owner can read."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.errors import MachineProblem
from profilegen.ports import Drop
from profilegen.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

LARGEST = 4096
"""Bytes of a password file of ours."""


class PasswordVault:
    """
    A `ports.PasswordVault`.

    `folder` is made when it is first needed; `service` is the name under which the keyring files everything of this
    home. The keyring is used only where the optional package `keyring` is installed and names a backend that it
    recommends: neither plain text files nor nothing at all.
    """

    def __init__(self, *, folder: Path, service: str, drop: Drop) -> None:
        self._folder = folder
        self._service = service
        self._drop = drop

    async def keep(self, name: str, password: Secret) -> str:
        """Keep a password in place of any older one of that name; return where, for people's eyes."""
        backend = _keyring()
        if backend is not None and self._keep_in(backend, name, password):
            self._remove_file(name)
            return "the system's keyring"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        staged = await self._drop.stage(self._path(name), password.reveal().encode(), private=True)
        await staged.commit()
        return str(self._path(name))

    async def recall(self, name: str) -> Secret | None:
        """Return the password of that name, None if there is none; raises MachineProblem `unreadable_password`."""
        path = self._path(name)
        try:
            return Secret(text=_read_regular(path).decode("utf-8"))
        except FileNotFoundError:
            return self._recall_from_keyring(name)
        except (OSError, UnicodeDecodeError) as exc:
            raise _unreadable(f"the file {path}") from exc

    async def forget(self, name: str) -> None:
        """Remove the password of that name from wherever it is."""
        self._remove_file(name)
        backend = _keyring()
        if backend is None:
            return
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            backend.delete_password(self._service, name)
        except PasswordDeleteError:
            return  # it never was in there
        except KeyringError as exc:
            raise _unreadable("the system's keyring") from exc

    def _keep_in(self, backend: "KeyringBackend", name: str, password: Secret) -> bool:
        from keyring.errors import KeyringError

        try:
            backend.set_password(self._service, name, password.reveal())
        except KeyringError:
            return False  # a locked keyring on a server: the file is there for that
        return True

    def _recall_from_keyring(self, name: str) -> Secret | None:
        backend = _keyring()
        if backend is None:
            return None
        from keyring.errors import KeyringError

        try:
            text = backend.get_password(self._service, name)
        except KeyringError as exc:
            raise _unreadable("the system's keyring") from exc
        return None if text is None else Secret(text=text)

    def _remove_file(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as exc:
            raise _unreadable(f"the file {self._path(name)}") from exc

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.password"


def _keyring() -> "KeyringBackend | None":
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
        return backend if backend.priority >= 1 else None
    except (keyring.errors.KeyringError, RuntimeError):  # what a backend raises that cannot work here
        return None


def _read_regular(path: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return file.read(LARGEST)


def _unreadable(place: str) -> MachineProblem:
    return MachineProblem(
        f"A kept password cannot be read from or removed from {place}.",
        hint="Unlock the keyring or check the file's owner, then try again; or give the password anew.",
        code="unreadable_password",
    )
