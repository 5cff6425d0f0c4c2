"""
Logins as files where devices fetch them: the credential assets of declarative mail, shown by the operator's own server.

Source: Apple, `com.apple.credential.usernameandpassword`: a JSON object with `UserName` and `Password`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from profilegen.errors import MachineProblem
from profilegen.ports import Clock, Drop
from profilegen.ports.mdm import InstallOrder
from profilegen.profile.declaration import CredentialReference, NeededLogin
from profilegen.secret import Secret

Passwords = Callable[[NeededLogin], Awaitable[Secret | None]]
"""Takes a login, returns its password, None if there is none; raises InputProblem if it cannot be read."""

_NAME = re.compile("[0-9a-f]{40}")
_OURS = re.compile(r"[0-9a-f]{40}\.json|\.[0-9a-f]{16}\.tmp")
_SALT_BITS = 128


class CredentialFolder:
    """
    A `ports.CredentialHost`: one folder per device and profile below `folder`, which the server shows below `url`.

    All names come from `key`, 32 secret bytes, so that nobody guesses one, and the same login keeps its own. Every
    document carries a salt of white space from it: its digest stands in the declaration and shall be no way to try
    passwords. Files are 0600, whole or not there, and gone once fetched or after `lifetime`.
    """

    def __init__(
        self,
        *,
        folder: Path,
        url: str,
        key: bytes,
        passwords: Passwords,
        drop: Drop,
        clock: Clock,
        lifetime: timedelta,
        by_device_identity: bool,
    ) -> None:
        self._folder = folder
        self._url = url.rstrip("/")
        self._key = key
        self._passwords = passwords
        self._drop = drop
        self._clock = clock
        self._lifetime = lifetime
        self._by_device_identity = by_device_identity

    async def reference(self, order: InstallOrder, login: NeededLogin) -> CredentialReference | None:
        """Write a login down and return where it is fetched."""
        password = await self._passwords(login)
        if password is None:
            return None
        place = self._place(order.enrollment.id, order.identifier)
        name = self._secret("login", order.enrollment.id, order.identifier, login.account, login.direction)[:40]
        data = self._document(login.username, password, name)
        with _translated(place):
            place.mkdir(mode=0o700, exist_ok=True)
        staged = await self._drop.stage(place / f"{name}.json", data, private=True)
        await staged.commit()
        return CredentialReference(
            url=f"{self._url}/{place.name}/{name}.json",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            by_device_identity=self._by_device_identity,
        )

    async def offers(self, enrollment: str, identifier: str) -> bool:
        """Return whether anything lies there for this device and profile, and not for too long."""
        place = self._place(enrollment, identifier)
        with _translated(place):
            return any(not self._is_old(file) for file in _files(place))

    async def withdraw(self, enrollment: str, identifier: str) -> None:
        """Remove what lies there for this device and profile."""
        place = self._place(enrollment, identifier)
        with _translated(place):
            _remove(place, tuple(_files(place)))

    async def expire(self) -> None:
        """Remove everything that has lain there for longer than `lifetime`; what is not ours stays."""
        with _translated(self._folder):
            for place in [one for one in self._folder.iterdir() if _NAME.fullmatch(one.name)]:
                _remove(place, tuple(file for file in _files(place) if self._is_old(file)))

    def _place(self, enrollment: str, identifier: str) -> Path:
        return self._folder / self._secret("place", enrollment, identifier)[:40]

    def _document(self, username: str, password: Secret, name: str) -> bytes:
        content = json.dumps({"UserName": username, "Password": password.reveal()}, separators=(",", ":"))
        bits = f"{int(self._secret('salt', name)[: _SALT_BITS // 4], 16):0{_SALT_BITS}b}"
        return f"{content}{bits.replace('0', ' ').replace('1', chr(9))}\n".encode()

    def _secret(self, *words: str) -> str:
        return hmac.new(self._key, json.dumps(words).encode(), hashlib.sha256).hexdigest()

    def _is_old(self, file: Path) -> bool:
        return self._clock.now().timestamp() - file.lstat().st_mtime > self._lifetime.total_seconds()


def _files(place: Path) -> Iterator[Path]:
    """Yield the files of ours in a folder, none if it is not there or only a link to one."""
    if place.is_dir() and not place.is_symlink():
        yield from (file for file in place.iterdir() if _OURS.fullmatch(file.name))


def _remove(place: Path, files: tuple[Path, ...]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
    if files and not any(place.iterdir()):
        place.rmdir()


@contextmanager
def _translated(place: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return  # somebody else removed it at the same moment
    except OSError as exc:
        raise MachineProblem(
            f"The folder of credentials {place} cannot be used: {exc.strerror}.",
            hint="Check credentials_folder, and that this user may write there.",
            code="credentials_folder",
        ) from exc
