"""The lookup as a library, as its page tells it."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen import AddressProblem, ConfigProblem, Status, UsageProblem, lookup

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library.md"


def test_the_example_of_the_page_runs_and_prints_what_the_page_says(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    [program] = re.findall("```python\n(.*?)```", page, re.DOTALL)
    [printed] = re.findall("```text\n(.*?)```", page, re.DOTALL)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert (run.stdout, run.stderr) == (printed, "")


def test_no_configuration_and_no_home_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    overrides = home / "overrides"
    overrides.mkdir(parents=True)
    (overrides / "example.com.json").write_text("broken")
    (tmp_path / "profilegen.toml").write_text("broken")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROFILEGEN_HOME", str(home))
    monkeypatch.setenv("PROFILEGEN_DOMAINS", "example.org")
    assert asyncio.run(lookup("you@example.com", offline=True)).status is Status.NOT_FOUND
    assert list(home.iterdir()) == [overrides]


def test_a_folder_of_overrides_is_believed(tmp_path: Path) -> None:
    (tmp_path / "example.com.json").write_text(
        '{"address": "any@example.com", "outgoing": {"host": "smtp.example.com", "port": 587, "security": "starttls"}}'
    )
    found = asyncio.run(lookup("you@example.com", offline=True, overrides=tmp_path))
    assert found.outgoing is not None
    assert (found.outgoing.server.username, found.outgoing.tier.name) == ("you@example.com", "T0")


@pytest.mark.parametrize(
    ("address", "options", "problem"),
    [
        ("nobody", {}, AddressProblem),
        ("you@example.com", {"sources": ["rumour"]}, UsageProblem),
        ("you@example.com", {"resolver": "nonsense"}, ConfigProblem),
    ],
)
def test_what_cannot_be_asked_is_one_of_the_named_errors(
    address: str, options: dict[str, object], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        asyncio.run(lookup(address, **options))  # type: ignore[arg-type] # what is wrong is the point
