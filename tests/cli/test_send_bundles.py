"""`send --via folder` and `send --via airdrop`, driven as people drive them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli
from tests.delivery.people import need, read_codes

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has a share sheet")
BASE = "https://profiles.example.com/mail"


@pytest.fixture
def send(cli: Cli, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command for one person whose settings are known and whose servers nobody has looked at."""
    monkeypatch.setenv("PROFILEGEN_ORGANIZATION", "Example Works")

    def call(*options: object) -> Answer:
        return cli(
            "send", "you@example.com", "--settings", settings, "--allow-unverified", "no network in this test", *options
        )

    return call


def written(folder: str) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())
    return sorted(name for name in found if not name.startswith("."))


def test_a_folder_holds_the_bundle_and_the_sheet(send: Cli) -> None:
    answer = send("--via", "folder", "-o", "out")
    assert answer.status == 0, answer.err
    assert written("out") == [
        "index.html",
        "sheet.pdf",
        "you@example.com/instructions.html",
        "you@example.com/instructions.pdf",
        "you@example.com/you@example.com.mobileconfig",
    ]
    assert "out/you@example.com" in answer.out


def test_run_again_it_is_written_again(send: Cli) -> None:
    send("--via", "folder", "-o", "out")
    for name in written("out"):
        Path("out", name).unlink()
    assert send("--via", "folder", "-o", "out").status == 0
    assert "you@example.com/you@example.com.mobileconfig" in written("out")


def test_what_is_to_be_uploaded_is_named_with_its_url(send: Cli) -> None:
    answer = send("--via", "folder", "-o", "out", "--base-url", BASE, "--no-sheet")
    assert answer.status == 0, answer.err
    (page,) = (name for name in written("out") if name.startswith("upload/") and name.endswith("index.html"))
    token = page.split("/")[2]
    assert re.fullmatch(r"[A-Za-z0-9_-]{16,}", token)
    assert f"{BASE}/{token}/" in Path("out/index.html").read_text()
    assert str(Path("out/upload")) in answer.out
    assert str(Path("out/webserver")) in answer.out
    assert "sheet.pdf" not in written("out")


def test_the_base_url_may_come_from_the_configuration(send: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_SEND__BASE_URL", BASE)
    assert send("--via", "folder", "-o", "out").status == 0
    assert "webserver/nginx.conf" in written("out")


@pytest.mark.servers
def test_printed_cards_lead_to_the_page(send: Cli) -> None:
    need("pdftoppm", "zbarimg")
    send("--via", "folder", "-o", "out", "--base-url", BASE)
    subprocess.run(["pdftoppm", "-r", "150", "-png", "out/sheet.pdf", "card"], check=True, timeout=60)
    (token,) = {name.split("/")[2] for name in written("out") if name.startswith("upload/")}
    assert read_codes(next(Path().glob("card*.png"))) == [f"{BASE}/{token}/"]


def test_a_code_on_the_terminal_stands_below_its_url(send: Cli) -> None:
    answer = send("--via", "folder", "-o", "out", "--base-url", BASE, "--qr", "terminal")
    assert answer.status == 0, answer.err
    assert f"you@example.com: {BASE}/" in answer.out
    assert "##############" in answer.out


def test_with_json_a_code_goes_beside_the_answer(send: Cli) -> None:
    answer = send("--via", "folder", "-o", "out", "--base-url", BASE, "--qr", "terminal", "--json")
    assert answer.document["ok"] is True
    assert "##############" in answer.err
    assert BASE not in json.dumps(answer.document)  # who has the URL has the profile


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--via", "folder", "--qr", "png"], "qr_without_url"),
        (["--via", "folder", "--base-url", "http://profiles.example.com"], "not_https"),
        (["--via", "folder", "--base-url", f"{BASE}?x=1"], "bad_url"),
        (["--via", "airdrop", "--base-url", BASE], "no_page"),
        (["--via", "airdrop", "--qr", "png"], "no_page"),
        (["--via", "email", "--qr", "png"], "no_page"),
        (["--via", "folder", "--canary", "3", "--rate", "10/s"], "only_mail"),
        (["--via", "airdrop", "--to", "me@example.com"], "only_mail"),
        (["--via", "folder", "--status"], "status_alone"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_written(
    send: Cli, options: list[str], code: str
) -> None:
    answer = send(*options, "-o", "out", "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, code)
    assert not Path("out").exists()


def test_airdrop_elsewhere_than_on_a_mac_writes_the_folder_and_says_so(send: Cli) -> None:
    answer = send("--via", "airdrop", "-o", "drop")
    assert answer.status == 0, answer.err
    assert written("drop") == ["checklist.html", "checklist.txt", "you@example.com.mobileconfig"]
    assert "AirDrop starts on a Mac" in answer.err
    assert "drop" in answer.err


def test_a_full_disk_is_told_and_leaves_nothing(send: Cli, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 60_000)
    answer = send("--via", "folder", "-o", small_disk / "out")
    assert answer.status == 3
    assert "the disk is full" in answer.out + answer.err
    assert not [path for path in (small_disk / "out").rglob("*") if path.is_file()]
