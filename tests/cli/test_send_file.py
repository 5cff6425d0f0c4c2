"""A finished profile handed on: nothing of ours is put on it, and its page tells what is in it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

HAND = ("--via", "folder", "-o", "out", "--allow-unverified", "no network in this test")


@pytest.fixture
def finished(cli: Cli, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed profile with a password inside, made in another home than the one of the test."""
    here = Path("home-of-somebody-else").absolute()
    monkeypatch.setenv("SECRET", "in-the-Profile")
    monkeypatch.setenv("PROFILEGEN_ORGANIZATION", "Example Works")
    made = cli(
        *("--home", here, "build", "you@example.com", "--settings", settings, "--password-env", "SECRET"),
        *("--allow-cleartext-password", "-o", "one.mobileconfig"),
    )
    assert made.status == 0, made.err
    return Path("one.mobileconfig")


def test_no_key_of_ours_is_made_or_spoken_of(cli: Cli, finished: Path, tmp_path: Path) -> None:
    answer = cli("send", finished, *HAND)

    assert answer.status == 0, answer.err
    assert "self-made" not in answer.err
    assert not list((tmp_path / "home").glob("keys/*"))
    assert Path("out/you@example.com/you@example.com.mobileconfig").read_bytes() == finished.read_bytes()


def test_nobody_is_told_to_type_the_password_that_is_inside(cli: Cli, finished: Path) -> None:
    cli("send", finished, *HAND)

    page = Path("out/you@example.com/instructions.html").read_text()
    assert "The password of" in page
    assert "is in the profile: pass the profile on to nobody." in page
    assert "Type the password" not in page
