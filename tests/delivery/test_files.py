"""Files that are complete under their name, or not there at all."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen.delivery.files import FileDrop
from profilegen.errors import OutputProblem
from profilegen.ports import Drop

OLD, NEW = b"old" * 1000, b"new" * 5000
posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and limits are a POSIX notion")


def put(path: Path, data: bytes = NEW, *, private: bool = True) -> None:
    async def stage_and_commit() -> None:
        drop: Drop = FileDrop()
        await (await drop.stage(path, data, private=private)).commit()

    asyncio.run(stage_and_commit())


def code_of(path: Path) -> str:
    with pytest.raises(OutputProblem) as caught:
        put(path)
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value.code


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_committed_file_is_alone_in_its_new_folder(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "x.mobileconfig"
    put(target)
    assert target.read_bytes() == NEW
    assert names(target.parent) == ["x.mobileconfig"]


def test_until_commit_the_old_file_stands(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(OLD)

    async def story() -> None:
        staged = await FileDrop().stage(target, NEW, private=True)
        assert target.read_bytes() == OLD
        await staged.commit()
        assert target.read_bytes() == NEW
        await staged.discard()

    asyncio.run(story())
    assert target.read_bytes() == NEW


def test_a_discarded_file_leaves_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        staged = await FileDrop().stage(tmp_path / "x", NEW, private=True)
        assert len(names(tmp_path)) == 1
        await staged.discard()
        await staged.discard()

    asyncio.run(story())
    assert names(tmp_path) == []


@posix
@pytest.mark.parametrize(
    ("private", "umask", "mode"),
    [(True, 0o000, 0o600), (True, 0o022, 0o600), (False, 0o000, 0o644), (False, 0o022, 0o644), (False, 0o077, 0o600)],
)
def test_modes_are_0600_if_private_else_0644_less_the_umask(
    tmp_path: Path, private: bool, umask: int, mode: int
) -> None:
    (tmp_path / "x").touch(mode=0o666)  # the mode of an older file is not inherited
    before = os.umask(umask)
    try:
        put(tmp_path / "x", private=private)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == mode


@posix
def test_a_private_file_is_0600_from_its_first_moment(tmp_path: Path) -> None:
    asyncio.run(FileDrop().stage(tmp_path / "x", NEW, private=True))
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symlink_is_neither_followed_nor_replaced(tmp_path: Path, exists: bool) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "x"
    if exists:
        elsewhere.write_bytes(OLD)
    link.symlink_to(elsewhere)
    before = names(tmp_path)
    assert code_of(link) == "output_is_symlink"
    assert names(tmp_path) == before
    assert link.is_symlink()
    assert not exists or elsewhere.read_bytes() == OLD


@posix
def test_a_symlink_that_appears_before_commit_is_refused_too(tmp_path: Path) -> None:
    async def story() -> None:
        staged = await FileDrop().stage(tmp_path / "x", NEW, private=True)
        (tmp_path / "x").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(OutputProblem) as caught:
            await staged.commit()
        assert caught.value.code == "output_is_symlink"

    asyncio.run(story())
    assert names(tmp_path) == ["x"]


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert code_of(tmp_path / "x") == "output_is_folder"
    assert names(tmp_path) == ["x"]


@posix
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    assert code_of(tmp_path / "x") == "output_is_special"
    assert names(tmp_path) == ["x"]


@posix
def test_a_name_the_system_cannot_hold_or_a_file_as_folder_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    assert code_of(tmp_path / "file" / "x") == "unwritable_output"
    assert code_of(tmp_path / ("x" * 300)) == "unwritable_output"
    assert names(tmp_path) == ["file"]


def test_a_full_disk_keeps_the_old_file_and_nothing_else(small_disk: Path) -> None:
    put(small_disk / "x", OLD)
    with pytest.raises(OutputProblem) as caught:
        put(small_disk / "x", b"n" * 200_000)
    assert caught.value.code == "disk_full"
    assert names(small_disk) == ["x"]
    assert (small_disk / "x").read_bytes() == OLD


@posix
def test_a_file_size_limit_counts_as_a_full_disk(tmp_path: Path) -> None:
    program = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from profilegen.delivery.files import FileDrop\n"
        "from profilegen.errors import OutputProblem\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    asyncio.run(FileDrop().stage(Path('x'), b'n' * 5000, private=True))\n"
        "except OutputProblem as problem:\n"
        "    sys.exit(problem.code)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.strip() == "disk_full"
    assert names(tmp_path) == []
