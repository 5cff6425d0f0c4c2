"""The home: the one folder, 0700, that holds all state of one organisation."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import ConfigProblem, MachineProblem

SEAL_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An opened home; `Home.open` makes one."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> "Home":
        """
        Return the home at `path`, made with mode 0700 if it is missing.

        Raises ConfigProblem: `home_unusable` (cannot be made, no folder), `home_foreign` (another user's),
        `home_exposed` (others can enter a folder that holds files; an empty one is closed to them instead).
        """
        path = Path(path).absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _protect(path)
        except OSError as exc:
            reason = "it is no folder" if isinstance(exc, FileExistsError) else exc.strerror
            raise ConfigProblem(
                f"The home {path} cannot be used: {reason}.",
                hint="Name another folder with --home or PROFILEGEN_HOME.",
                code="home_unusable",
            ) from exc
        return cls(path=path)

    @property
    def keys(self) -> Path:
        """The folder of signing identities."""
        return self.path / "keys"

    @property
    def canaries(self) -> Path:
        """The folder of the canaries' passwords, where no keyring keeps them."""
        return self.path / "canaries"

    @property
    def state(self) -> Path:
        """The database of issued profiles, failed logins and evidence."""
        return self.path / "state.sqlite3"

    @property
    def logs(self) -> Path:
        """The folder of crash logs."""
        return self.path / "logs"

    def seal(self) -> bytes:
        """
        Return the random 32-byte key of this home, made on first use and the same ever after.

        Raises MachineProblem: `seal_damaged` (not 32 bytes), `home_unwritable`.
        """
        path = self.path / "seal.key"
        try:
            if not os.path.lexists(path):
                _create_once(path, secrets.token_bytes(SEAL_BYTES))
            seal = _read_regular(path)
        except OSError as exc:
            raise MachineProblem(
                f"The key file {path} cannot be read or written: {exc.strerror}.",
                hint="Check the owner, the permissions and the free space of the home.",
                code="home_unwritable",
            ) from exc
        if len(seal) != SEAL_BYTES:
            raise MachineProblem(
                f"The key file {path} is damaged: it does not hold {SEAL_BYTES} bytes.",
                hint="Restore it from a backup; without one delete it, and profiles with passwords get a new revision.",
                code="seal_damaged",
            )
        return seal


def _protect(path: Path) -> None:
    if os.name != "posix":  # elsewhere the profile folder of the user protects it
        return
    facts = path.stat()
    if facts.st_uid != os.geteuid():
        raise ConfigProblem(
            f"The home {path} belongs to another user.", hint="Name a folder of your own.", code="home_foreign"
        )
    if not facts.st_mode & 0o077:
        return
    if any(path.iterdir()):  # closing a folder that others use, such as /tmp, would break them
        raise ConfigProblem(
            f"The home {path} can be entered by others (mode {facts.st_mode & 0o777:04o}).",
            hint=f"Run chmod 700 {path}, or name another folder.",
            code="home_exposed",
        )
    path.chmod(0o700)


def _create_once(path: Path, data: bytes) -> None:
    """Create the file complete or not at all; if another process was faster, its file stays."""
    fresh = path.with_name(f".{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)  # unlike a rename, never replaces
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)


def _read_regular(path: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return file.read(SEAL_BYTES + 1)
