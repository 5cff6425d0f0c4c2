"""Where a canary's password is kept: the keyring if there is a good one, else a private file."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.null import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from profilegen.delivery.files import FileDrop
from profilegen.errors import MachineProblem, OutputProblem
from profilegen.secret import Secret
from profilegen.storage.vault import PasswordVault

NAME = "example.com"
PASSWORD = Secret(text="Päss w0rd ")


class FakeKeyring(KeyringBackend):
    """A fake keyring in memory, written from the documentation of `keyring.backend.KeyringBackend`."""

    priority = 5  # a class property there

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring has no types here
        self.locked = locked
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep the tests out of the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call] # keyring has no types here
    yield
    keyring.set_keyring(before)


@pytest.fixture
def vault(tmp_path: Path) -> PasswordVault:
    return PasswordVault(folder=tmp_path / "canaries", service="profilegen test", drop=FileDrop())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "canaries" / f"{NAME}.password"


def use(backend: FakeKeyring) -> FakeKeyring:
    keyring.set_keyring(backend)
    return backend


def keep(vault: PasswordVault, password: Secret = PASSWORD) -> str:
    return asyncio.run(vault.keep(NAME, password))


def recall(vault: PasswordVault) -> Secret | None:
    return asyncio.run(vault.recall(NAME))


def test_without_a_keyring_it_is_a_file_only_its_owner_can_read(vault: PasswordVault, file: Path) -> None:
    before = os.umask(0)
    try:
        assert keep(vault) == str(file)
    finally:
        os.umask(before)
    assert recall(vault) == PASSWORD
    if os.name == "posix":
        assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]


def test_a_new_password_takes_the_place_of_the_old_one(vault: PasswordVault, file: Path) -> None:
    keep(vault)
    keep(vault, Secret(text="new"))
    assert recall(vault) == Secret(text="new")
    assert list(file.parent.iterdir()) == [file]


def test_a_good_keyring_is_used_and_no_file_is_left(vault: PasswordVault, file: Path) -> None:
    keep(vault)
    backend = use(FakeKeyring())
    assert keep(vault, Secret(text="new")) == "the system's keyring"
    assert backend.kept == {("profilegen test", NAME): "new"}
    assert not file.exists()
    assert recall(vault) == Secret(text="new")


def test_a_locked_keyring_leaves_the_file(vault: PasswordVault, file: Path) -> None:
    use(FakeKeyring(locked=True))
    assert keep(vault) == str(file)
    assert recall(vault) == PASSWORD


def test_a_keyring_locked_later_is_said(vault: PasswordVault) -> None:
    backend = use(FakeKeyring())
    keep(vault)
    backend.locked = True
    with pytest.raises(MachineProblem, match="keyring") as unread:
        recall(vault)
    with pytest.raises(MachineProblem, match="keyring") as kept:
        asyncio.run(vault.forget(NAME))
    assert {unread.value.code, kept.value.code} == {"unreadable_password"}


def test_forgetting_removes_it_from_both_places(vault: PasswordVault, file: Path) -> None:
    keep(vault)
    backend = use(FakeKeyring())
    backend.kept["profilegen test", NAME] = "older"
    for _ in range(2):
        asyncio.run(vault.forget(NAME))
        assert (backend.kept, file.exists(), recall(vault)) == ({}, False, None)


def test_an_unknown_name_has_no_password(vault: PasswordVault) -> None:
    assert recall(vault) is None


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_a_symlink_is_neither_written_nor_read(vault: PasswordVault, file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not yours")
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    with pytest.raises(OutputProblem) as refused:
        keep(vault)
    with pytest.raises(MachineProblem) as unread:
        recall(vault)
    assert (refused.value.code, unread.value.code) == ("output_is_symlink", "unreadable_password")
    assert elsewhere.read_text() == "not yours"


def test_no_error_tells_the_password(vault: PasswordVault, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe secret")
    with pytest.raises(MachineProblem) as caught:
        recall(vault)
    assert "secret" not in caught.value.message + caught.value.hint
