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


def check(path: Path) -> dict[str, Any]:
    delivery = "mdm" if "silent" in path.name else "interactive"
    document = json.loads(run("-m", "profilegen", "check", path, "--delivery", delivery, "--json"))
    assert isinstance(document, dict)
    return document


def test_there_are_six_numbered_profiles_and_the_linter_finds_no_error(made: list[Path]) -> None:
    assert [path.name[:2] for path in made] == ["1-", "2-", "3-", "4-", "5-", "6-"]
    for path in made:
        assert [finding for finding in check(path)["findings"] if finding["severity"] == "error"] == []


def test_all_are_one_profile_in_six_revisions_so_each_replaces_the_one_before(made: list[Path]) -> None:
    documents = [check(path) for path in made]

    assert len({document["identifier"] for document in documents}) == 1
    assert len({document["uuid"] for document in documents}) == 6


def test_the_third_has_another_certificate_for_the_same_key_the_fourth_another_key_the_sixth_none(
    made: list[Path],
) -> None:
    signers = [check(path)["signer"] for path in made]

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
