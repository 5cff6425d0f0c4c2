"""The home folder and its seal."""

import os
import stat
from pathlib import Path

import pytest

from profilegen.errors import ConfigProblem, MachineProblem
from profilegen.storage.home import Home
from tests.storage.parallel import run_at_once
from tests.storage.workers import seal_of

posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are a POSIX notion")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_with_its_parents(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "a" / "b")
    assert home.path.is_dir()
    assert {home.keys.parent, home.state.parent, home.logs.parent} == {home.path}


@posix
def test_a_home_is_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home = Home.open(tmp_path / "home")
        home.seal()
    finally:
        os.umask(before)
    assert mode(home.path) == 0o700
    assert mode(home.path / "seal.key") == 0o600


@posix
def test_an_empty_open_folder_is_closed_and_a_used_one_is_left_alone(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for folder in (empty, used):
        folder.mkdir()
        folder.chmod(0o755)
    (used / "file").write_text("")
    assert mode(Home.open(empty).path) == 0o700
    with pytest.raises(ConfigProblem) as caught:
        Home.open(used)
    assert caught.value.code == "home_exposed"
    assert mode(used) == 0o755


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root gives files away")
def test_a_home_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(ConfigProblem) as caught:
        Home.open(folder)
    assert caught.value.code == "home_foreign"


def test_a_file_in_place_of_the_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    for path in (tmp_path / "home", tmp_path / "home" / "below"):
        with pytest.raises(ConfigProblem) as caught:
            Home.open(path)
        assert caught.value.code == "home_unusable"


def test_the_seal_is_32_random_bytes_that_never_change(tmp_path: Path) -> None:
    one, other = seal_of(tmp_path / "one"), seal_of(tmp_path / "other")
    assert len(one) == 32
    assert one != other
    assert seal_of(tmp_path / "one") == one
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["seal.key"]


def test_processes_that_make_the_seal_at_once_agree(tmp_path: Path) -> None:
    seals = run_at_once(seal_of, [tmp_path / "home"] * 8)
    assert len(set(seals)) == 1
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["seal.key"]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_seal_is_not_replaced_silently(tmp_path: Path, content: bytes) -> None:
    home = Home.open(tmp_path / "home")
    (home.path / "seal.key").write_bytes(content)
    with pytest.raises(MachineProblem) as caught:
        home.seal()
    assert caught.value.code == "seal_damaged"
    assert (home.path / "seal.key").read_bytes() == content


@posix
def test_a_seal_is_not_read_through_a_symlink(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    (tmp_path / "elsewhere").write_bytes(b"x" * 32)
    (home.path / "seal.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineProblem) as caught:
        home.seal()
    assert caught.value.code == "home_unwritable"


def test_the_seal_is_not_in_the_repr(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    assert repr(home.seal()) not in repr(home)


def test_a_home_at_which_the_system_refuses_to_look_is_no_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem) as problem:
        Home.open(tmp_path / (300 * "x"))

    assert problem.value.code == "home_unusable"
