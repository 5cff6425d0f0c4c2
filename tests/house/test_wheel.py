"""The wheel, installed into an empty environment outside the checkout, does the main things alone."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from profilegen import __version__
from tests.house.sources import CHECKOUT

SETTINGS = {
    "address": "you@example.com",
    "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
}
_UNREACHABLE = ("No matching distribution", "NewConnectionError", "Temporary failure", "Max retries exceeded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A wheel and the command it installed, with an empty folder to work in."""

    wheel: Path
    command: Path
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "SSL_CERT_FILE") if name in os.environ}
        return subprocess.run(
            [self.command, "--home", self.folder / "home", *arguments],
            cwd=self.folder,
            env={**kept, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    _pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(CHECKOUT))
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    _pip(scripts / "python", "install", str(wheel))
    (folder / "work").mkdir()
    return Installed(wheel=wheel, command=scripts / "profilegen", folder=folder / "work")


def _pip(python: Path, *arguments: str) -> None:
    """Run pip; without a package registry the test is skipped, except in CI."""
    run = subprocess.run([python, "-m", "pip", "--quiet", *arguments], capture_output=True, text=True, timeout=300)
    if run.returncode and os.environ.get("CI") != "true" and any(sign in run.stderr for sign in _UNREACHABLE):
        pytest.skip("no package registry can be reached")
    assert run.returncode == 0, run.stderr


def test_the_wheel_carries_its_data_and_no_tests(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = set(archive.namelist())
    files = [path for folder in ("templates", "providers") for path in (CHECKOUT / folder).rglob("*.*")]
    assert {f"profilegen/_data/{path.relative_to(CHECKOUT).as_posix()}" for path in files} <= names
    assert {"profilegen/_data/catalogue.idx", "profilegen/py.typed"} <= names
    assert {name.partition("/")[0] for name in names} == {"profilegen", f"profilegen-{__version__}.dist-info"}


def test_it_says_its_version(installed: Installed) -> None:
    run = subprocess.run([installed.command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == f"profilegen {__version__}\n"


def test_it_looks_up_a_provider_offline(installed: Installed) -> None:
    run = installed.run("lookup", "--offline", "you@gmail.com", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert (found["status"], found["payload"]) == ("app_password", "com.apple.google-oauth")
    outgoing = found["outgoing"]
    assert (outgoing["host"], outgoing["port"], outgoing["security"]) == ("smtp.gmail.com", 587, "starttls")


def test_it_builds_and_signs_a_profile_from_settings(installed: Installed) -> None:
    settings = installed.folder / "settings.json"
    settings.write_text(json.dumps(SETTINGS), encoding="utf-8")
    target = installed.folder / "you.mobileconfig"
    run = installed.run("build", "you@example.com", "--settings", str(settings), "-o", str(target), "--json")
    assert run.returncode == 0, run.stderr
    built = json.loads(run.stdout)
    assert (built["ok"], built["signed"], built["payload_types"]) == (True, True, ["com.apple.mail.managed"])
    assert target.read_bytes().startswith(b"\x30")
    check = installed.run("check", str(target), "--json")
    assert "Warning" not in run.stderr + check.stderr
    checked = json.loads(check.stdout)
    assert (checked["format"], checked["uuid"]) == ("cms-der", built["uuid"])


def test_it_finds_no_settings_of_the_checkout_it_came_from(installed: Installed) -> None:
    script = "from profilegen.config.resources import find_resources; print(find_resources())"
    python = installed.command.with_name("python")
    run = subprocess.run([python, "-I", "-c", script], cwd=installed.folder, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert str(CHECKOUT) not in run.stdout
    assert "catalogue_index=None" not in run.stdout
