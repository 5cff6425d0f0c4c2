"""The operator's files with the passwords of people's mailboxes."""

import os
from pathlib import Path

import pytest

from profilegen.errors import InputProblem
from profilegen.storage.mailbox_passwords import password_file, read_password


def write(folder: Path, name: str, text: str, mode: int = 0o600) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(mode)


def read(folder: Path, address: str = "ann@example.com", *, outgoing: bool = False) -> str | None:
    found = read_password(folder, address, outgoing=outgoing)
    return None if found is None else found.reveal()


def test_the_first_line_is_the_password_and_case_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, "ann@example.com", "correct horse\nsecond line\n")
    assert read(tmp_path, "Ann@Example.com") == "correct horse"
    assert read(tmp_path, "ben@example.com") is None


def test_sending_has_its_own_file_or_shares_that_for_receiving(tmp_path: Path) -> None:
    write(tmp_path, "ann@example.com", "one\r\n")
    assert (read(tmp_path), read(tmp_path, outgoing=True)) == ("one", "one")
    write(tmp_path, "ann@example.com.outgoing", "two\n")
    assert (read(tmp_path), read(tmp_path, outgoing=True)) == ("one", "two")


@pytest.mark.parametrize("address", ["../../etc/passwd", "/etc/passwd@example.com", "a/../b@example.com", "..@x"])
def test_no_address_leads_out_of_the_folder(tmp_path: Path, address: str) -> None:
    assert password_file(tmp_path, address, outgoing=False).parent == tmp_path
    assert "/" not in password_file(tmp_path, address, outgoing=True).name


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, "ann@example.com", "secret\n", mode)
    with pytest.raises(InputProblem) as caught:
        read(tmp_path)
    assert caught.value.code == "exposed_password"
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


def test_empty_links_and_folders_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "ann@example.com", "\nsecret\n")
    with pytest.raises(InputProblem) as empty:
        read(tmp_path)
    assert empty.value.code == "no_password"
    (tmp_path / "ben@example.com").symlink_to(tmp_path / "ann@example.com")
    (tmp_path / "cat@example.com").mkdir()
    for address in ("ben@example.com", "cat@example.com"):
        with pytest.raises(InputProblem) as caught:
            read(tmp_path, address)
        assert caught.value.code in ("unreadable_password", "exposed_password")
