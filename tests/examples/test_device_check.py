"""The six profiles of the device check are made, sound, and differ exactly where the sheet says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SETTINGS
from tests.house.sources import CHECKOUT

FOLDER = CHECKOUT / "examples" / "device-check"


def run(*words: object) -> str:
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("device-check")
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    said = run(FOLDER / "make.py", "you@example.com", "--settings", folder / "settings.json", "-o", folder / "out")
    paths = [Path(line) for line in said.splitlines()]
    assert sorted(paths) == sorted((folder / "out").glob("*.mobileconfig"))
    return paths


@pytest.fixture(scope="module")
def documents(made: list[Path]) -> list[dict[str, Any]]:
    """What `check` says of each, judged by the way it is installed."""
    by_hand = [path for path in made if "silent" not in path.name]
    silent = [path for path in made if "silent" in path.name]
    lines = run("-m", "profilegen", "check", *by_hand, "--json").splitlines()
    lines += run("-m", "profilegen", "check", *silent, "--delivery", "mdm", "--json").splitlines()
    return sorted(map(json.loads, lines), key=lambda document: str(document["file"]))


def test_there_are_six_numbered_profiles_and_the_linter_finds_no_error(
    made: list[Path], documents: list[dict[str, Any]]
) -> None:
    assert [path.name[:2] for path in made] == ["1-", "2-", "3-", "4-", "5-", "6-"]
    assert len(documents) == 6
    found = [finding for document in documents for finding in document["findings"]]
    assert [finding for finding in found if finding["severity"] == "error"] == []


def test_all_are_one_profile_in_six_revisions_so_each_replaces_the_one_before(documents: list[dict[str, Any]]) -> None:
    assert len({document["identifier"] for document in documents}) == 1
    assert len({document["uuid"] for document in documents}) == 6


def test_the_third_has_another_certificate_for_the_same_key_the_fourth_another_key_the_sixth_none(
    documents: list[dict[str, Any]],
) -> None:
    signers = [document["signer"] for document in documents]

    keys = [signer["spki_sha256"] if signer else None for signer in signers]
    assert keys[0] == keys[1] == keys[2] == keys[4]
    assert keys[3] not in (keys[0], None)
    assert keys[5] is None
    assert signers[2]["subject"] == signers[0]["subject"] == signers[3]["subject"]
    assert signers[2]["not_after"] != signers[0]["not_after"]


def test_no_file_that_opens_a_key_is_left_beside_the_profiles(made: list[Path]) -> None:
    home = made[0].parent / "home"

    assert [path for path in home.iterdir() if path.suffix in (".p12", ".pem") or path.name == "password"] == []


def test_the_result_sheet_uses_every_profile(made: list[Path]) -> None:
    sheet = (FOLDER / "RESULTS.md").read_text(encoding="utf-8")

    assert [path.name for path in made if path.name not in sheet] == []
