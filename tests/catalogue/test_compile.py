"""From the provider files to an index: made when needed, made once, made safely."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen.catalogue.compile import compile_files, ensure_index
from profilegen.catalogue.index import Index, KeyKind
from profilegen.errors import MachineProblem, OutputProblem

from .conftest import PROVIDERS

ONE = 'id = "one"\nname = "One"\nstatus = "ok"\nchecked = 2026-11-23\ndomains = ["one.example"]\n'


@pytest.fixture
def providers(tmp_path: Path) -> Path:
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "one.toml").write_text(ONE, encoding="utf-8")
    return folder


def test_unchanged_files_are_compiled_once(providers: Path, tmp_path: Path) -> None:
    first = ensure_index(providers, tmp_path / "cache")
    before = first.stat().st_mtime_ns
    assert ensure_index(providers, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_a_changed_folder_is_compiled_anew_and_the_old_index_goes(providers: Path, tmp_path: Path, change: str) -> None:
    first = ensure_index(providers, tmp_path / "cache")
    if change == "edited":
        (providers / "one.toml").write_text(ONE.replace("one.example", "eno.example"), encoding="utf-8")
        os.utime(providers / "one.toml", ns=(1, 1))
    elif change == "added":
        (providers / "two.toml").write_text(ONE.replace("one", "two"), encoding="utf-8")
    else:
        (providers / "one.toml").unlink()
    second = ensure_index(providers, tmp_path / "cache")
    assert second != first and not first.exists()
    with Index(second) as index:
        assert (index.find(KeyKind.DOMAIN, "one.example") is None) == (change != "added")
        assert (index.find(KeyKind.DOMAIN, "eno.example") is None) == (change != "edited")


def test_two_checkouts_share_a_cache_without_throwing_each_other_out(providers: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(providers, other)
    first = ensure_index(providers, tmp_path / "cache")
    second = ensure_index(other, tmp_path / "cache")
    assert first != second and first.exists() and second.exists()


def test_the_same_files_give_the_same_bytes_in_another_process_and_hash_seed() -> None:
    paths = sorted(PROVIDERS.glob("*.toml"))
    code = (
        "import sys, hashlib; from pathlib import Path; from profilegen.catalogue.compile import compile_files;"
        "print(hashlib.sha256(compile_files(sorted(Path(sys.argv[1]).glob('*.toml')))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(PROVIDERS)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1
    assert compile_files(paths) == compile_files(paths)


def test_several_processes_at_once_end_with_one_whole_index(providers: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from profilegen.catalogue.compile import ensure_index;"
        "from profilegen.catalogue.index import Index\n"
        "with Index(ensure_index(Path(sys.argv[1]), Path(sys.argv[2]))) as index: index.verify()"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(PROVIDERS), str(tmp_path / "cache")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "one.toml cannot be read"),
        ('id = "other"\n', 'one.toml must say id = "one"'),
    ],
)
def test_a_file_that_cannot_be_compiled_is_named(providers: Path, tmp_path: Path, text: str, said: str) -> None:
    (providers / "one.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MachineProblem, match=said) as caught:
        ensure_index(providers, tmp_path / "cache")
    assert caught.value.code == "catalogue_unusable"


def test_bytes_that_are_no_utf_8_are_named(providers: Path, tmp_path: Path) -> None:
    (providers / "one.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(MachineProblem, match=r"one\.toml cannot be read"):
        ensure_index(providers, tmp_path / "cache")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match="nowhere"):
        ensure_index(tmp_path / "nowhere", tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_named_and_leaves_nothing(providers: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(OutputProblem, match="cache"):
        ensure_index(providers, tmp_path / "cache")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "providers"]


def test_looking_up_loads_neither_pydantic_nor_tomllib(tmp_path: Path) -> None:
    path = ensure_index(PROVIDERS, tmp_path)
    code = (
        "import asyncio, sys; from pathlib import Path; from profilegen.address import Address;"
        "from profilegen.catalogue.lookup import FileCatalogue;"
        "answer = asyncio.run(FileCatalogue(Path(sys.argv[1])).by_domain(Address.parse('you@gmail.com')));"
        "print(answer.provider, sorted({'pydantic', 'tomllib', 'hashlib', 'mmap'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "gmail []\n"
