"""The certbot hook takes a renewed certificate for the same key, and no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import CHECKOUT

HOOK = CHECKOUT / "examples" / "certbot-deploy-hook"


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


def lineage(folder: Path, days: int, *, key: Path | None = None) -> Path:
    """Make what certbot leaves: fullchain.pem and privkey.pem, for a key of before or a new one."""
    folder.mkdir()
    private = folder / "privkey.pem"
    if key is None:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
    else:
        private.write_bytes(key.read_bytes())
    name = ("-days", str(days), "-subj", "/CN=profiles.example.com")
    openssl("req", "-x509", "-new", "-key", private, *name, "-out", folder / "fullchain.pem")
    return folder


def run(home: Path, command: list[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = {"PATH": path, "PROFILEGEN_HOME": str(home), "HOME": str(home)}
    return subprocess.run(command, env=known | environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    first = lineage(tmp_path / "first", 30)
    imported = ("--cert", first / "fullchain.pem", "--key", first / "privkey.pem")
    done = run(tmp_path / "home", ["profilegen", "key", "import", "office", *imported])
    assert done.returncode == 0, done.stderr
    return tmp_path / "home"


def test_a_renewed_certificate_is_taken(home: Path, tmp_path: Path) -> None:
    renewed = lineage(tmp_path / "renewed", 90, key=tmp_path / "first" / "privkey.pem")

    done = run(home, [HOOK, "office"], RENEWED_LINEAGE=str(renewed))

    assert done.returncode == 0, done.stderr
    assert run(home, ["profilegen", "key", "check", "--days", "60"]).returncode == 0


def test_a_certificate_for_a_new_key_is_refused_with_the_reason(home: Path, tmp_path: Path) -> None:
    rotated = lineage(tmp_path / "rotated", 90)

    done = run(home, [HOOK, "office"], RENEWED_LINEAGE=str(rotated))

    assert done.returncode == 3
    assert "does not belong to the signing certificate" in done.stderr
    assert run(home, ["profilegen", "key", "check", "--days", "60"]).returncode == 1


def test_without_certbot_the_hook_says_what_is_missing(home: Path) -> None:
    done = run(home, [HOOK, "office"])

    assert done.returncode != 0
    assert "RENEWED_LINEAGE" in done.stderr
