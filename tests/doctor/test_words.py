"""The remedies as data, the page and the letter."""

import tomllib
from pathlib import Path

import pytest

from profilegen.config.resources import find_resources
from profilegen.delivery.doctor import page, read_cures
from profilegen.diagnosis.doctor.cures import Cure
from profilegen.errors import MachineProblem, UsageProblem
from profilegen.profile.types import Platform

TEMPLATES = find_resources().templates
VALUES = {
    "address": "you@example.com",
    "host": "smtp.example.com",
    "port": 587,
    "username": "you@example.com",
    "password": "password of the mailbox",
    "pop": True,
    "profile": True,
    "command": "profilegen fix you@example.com",
    "other_port": None,
    "sign_in": False,
    "provider": "Example",
}


def devices() -> list[str]:
    rows = tomllib.loads((TEMPLATES / "steps" / "en.toml").read_text(encoding="utf-8"))["device"]
    return [row["id"] for row in rows]


@pytest.mark.parametrize("device", devices())
def test_every_device_that_can_install_a_profile_has_all_remedies(device: str) -> None:
    book = read_cures(TEMPLATES / "doctor" / "en.toml")

    written = book.written(Cure, platform=Platform.IOS, device=device, values=VALUES)

    assert [cure.cure for cure in written] == list(Cure)
    assert all(cure.outbox and cure.loses for cure in written)
    assert all(cure.steps for cure in written if cure.cure is not Cure.OUTSIDE)
    assert any("POP" in step for step in written[-1].steps)


def test_the_account_is_removed_only_after_what_could_be_lost_is_safe() -> None:
    book = read_cures(TEMPLATES / "doctor" / "en.toml")

    for platform in Platform:
        [again] = book.written([Cure.AGAIN], platform=platform, device=None, values=VALUES)
        assert again.steps[0].startswith("Save first")
        assert "Delete Account" in again.steps[1]


def test_where_the_provider_wants_a_sign_in_nobody_is_told_to_type_a_password() -> None:
    book = read_cures(TEMPLATES / "doctor" / "en.toml")

    for platform in Platform:
        [again] = book.written([Cure.AGAIN], platform=platform, device=None, values=VALUES | {"sign_in": True})
        assert "as one of Example, and sign in on the page that opens" in again.steps[-1]
        assert "password" not in again.steps[-1]


def test_a_device_nobody_knows_is_refused() -> None:
    book = read_cures(TEMPLATES / "doctor" / "en.toml")

    with pytest.raises(UsageProblem) as refused:
        book.written([Cure.RETYPE], platform=Platform.IOS, device="nokia-3310", values=VALUES)

    assert refused.value.code == "unknown_device"


def test_a_book_with_a_page_torn_out_is_no_book(tmp_path: Path) -> None:
    torn = (TEMPLATES / "doctor" / "en.toml").read_text(encoding="utf-8").replace("[remedy.again]", "[remedy.never]")
    (tmp_path / "en.toml").write_text(torn, encoding="utf-8")

    with pytest.raises(MachineProblem) as broken:
        read_cures(tmp_path / "en.toml")

    assert broken.value.code == "resources"


def test_the_page_escapes_whatever_anybody_said() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    line = {"outcome": "fail", "settings": "right", "check": evil, "detail": evil, "reply": f"550 {evil}"}
    clue = {"detail": evil, "vantage_words": evil}
    values = {
        "address": evil,
        "examined": evil,
        "error": evil,
        "causes": [{"cause": evil, "title": evil, "confidence": 0.5, "evidence": [clue]}],
        "comparison": [{"label": evil, "now": evil, "right": evil, "fits": False}],
        "right": [{"direction": evil, "host": evil, "port": 1, "security": evil, "username": evil}],
        "remedies": [{"title": evil, "steps": [evil], "loses": evil, "outbox": evil}],
        "voices": {"admin": [evil], "server": [evil]},
        "transcript": [line],
    }

    html = page(TEMPLATES / "doctor" / "report.html.j2", values).decode()

    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") >= 15
    assert "default-src 'none'" in html
