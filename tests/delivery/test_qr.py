"""QR codes, read back by a decoder that is not ours."""

import io
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from profilegen.cli.qrview import print_code
from profilegen.delivery.qr import (
    LONG_URL,
    MAX_URL,
    QUIET_ZONE,
    QrForm,
    ascii_lines,
    half_blocks,
    https_url,
    picture,
    qr_code,
)
from profilegen.errors import UsageProblem
from tests.delivery.people import need, read_codes

URL = "https://profiles.example.com/mail/PG-7K3M-9QWX-2TRD-H5VN/"
needs_decoder = pytest.mark.servers


def drawn(rows: list[list[bool]], path: Path, side: int = 4) -> Path:
    image = Image.new("1", (len(rows[0]), len(rows)), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.putpixel((x, y), 0 if dark else 1)
    image.resize((len(rows[0]) * side, len(rows) * side)).save(path)
    return path


@needs_decoder
@pytest.mark.parametrize("url", [URL, "https://a.example:8443/x", "https://example.com/" + "a" * (MAX_URL - 20)])
def test_a_png_reads_back_as_the_url(tmp_path: Path, url: str) -> None:
    (tmp_path / "code.png").write_bytes(picture(qr_code(url), QrForm.PNG))
    assert read_codes(tmp_path / "code.png") == [url]


@needs_decoder
def test_an_svg_reads_back_as_the_url(tmp_path: Path) -> None:
    need("chromium", "zbarimg")
    (tmp_path / "code.svg").write_bytes(picture(qr_code(URL), QrForm.SVG))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'user'}", "--window-size=500,500"]
    command += [f"--screenshot={tmp_path / 'shot.png'}", f"file://{tmp_path / 'code.svg'}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert read_codes(tmp_path / "shot.png") == [URL]


@needs_decoder
def test_half_blocks_read_back_as_the_url(tmp_path: Path) -> None:
    rows: list[list[bool]] = []
    for line in half_blocks(qr_code(URL)):
        rows += [[char in "▀█" for char in line], [char in "▄█" for char in line]]
    assert read_codes(drawn(rows, tmp_path / "code.png")) == [URL]


@needs_decoder
def test_plain_characters_read_back_as_the_url(tmp_path: Path) -> None:
    lines = ascii_lines(qr_code(URL))
    rows = [[line[at : at + 2] == "##" for at in range(0, len(line), 2)] for line in lines]
    assert read_codes(drawn(rows, tmp_path / "code.png")) == [URL]


@needs_decoder
def test_a_code_with_a_stain_still_reads(tmp_path: Path) -> None:
    image = Image.open(io.BytesIO(picture(qr_code(URL), QrForm.PNG))).convert("L")
    stained = image.copy()
    stained.paste(255, (150, 150, 190, 190))
    stained.save(tmp_path / "code.png")
    assert stained.tobytes() != image.tobytes()
    assert read_codes(tmp_path / "code.png") == [URL]


def test_every_form_has_four_light_modules_around_it() -> None:
    code = qr_code(URL)
    assert QUIET_ZONE == 4
    side = len(code.modules) + 8
    lines = ascii_lines(code)
    assert len(lines) == side
    assert {len(line) for line in lines} == {2 * side}
    assert not any(line.strip() for line in (*lines[:4], *lines[-4:]))
    assert all(not line[:8].strip() and not line[-8:].strip() for line in lines)
    image = Image.open(io.BytesIO(picture(code, QrForm.PNG)))
    assert image.size == (8 * side, 8 * side)
    assert image.convert("L").crop((0, 0, 8 * side, 32)).getextrema() == (255, 255)
    assert b'viewBox="0 0 ' + f"{8 * side} {8 * side}".encode() in picture(code, QrForm.SVG)
    assert {len(line) for line in half_blocks(code)} == {side}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://profiles.example.com/mail", "not_https"),
        ("ftp://profiles.example.com", "not_https"),
        ("javascript:alert(1)", "bad_url"),
        ("https://", "bad_url"),
        ("profiles.example.com", "bad_url"),
        ("", "bad_url"),
        ("https://user:secret@example.com/", "bad_url"),
        ("https://user@example.com/", "bad_url"),
        ("http://user:secret@example.com/", "not_https"),
        ("https://example.com:99999/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://192.0.2.1/", "bad_url"),
        ("https://bücher.example/ä", "bad_url"),
        ("https://example.com/a b", "bad_url"),
        ("https://example.com/a\nb", "bad_url"),
        ("https://example.com/" + "a" * MAX_URL, "bad_url"),
    ],
)
def test_other_urls_are_refused(url: str, code: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        qr_code(url)
    assert caught.value.code == code
    assert "secret" not in caught.value.message
    assert caught.value.hint


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: "https://" + text))
def test_no_text_brings_out_anything_but_a_usage_problem(text: str) -> None:
    try:
        assert https_url(text) == text
    except UsageProblem as problem:
        assert problem.code in ("not_https", "bad_url")


def test_a_long_url_is_warned_about() -> None:
    short = "https://example.com/" + "a" * (LONG_URL - 20)
    assert qr_code(short).warning is None
    assert len(qr_code(short).modules) <= 41
    warning = qr_code(short + "a").warning
    assert warning is not None
    assert str(LONG_URL + 1) in warning


def test_piped_a_code_is_plain_characters() -> None:
    stream = io.StringIO()
    print_code(URL, stream)
    assert set(stream.getvalue()) == {"#", " ", "\n"}
    padded = [line.rstrip() for line in ascii_lines(qr_code(URL))]
    assert stream.getvalue().splitlines() == padded


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_code_is_black_on_white_whatever_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    print_code(URL, stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) == len(half_blocks(qr_code(URL)))
    assert all("\x1b[38;2;0;0;0;48;2;255;255;255m" in line for line in lines)


def test_a_narrow_terminal_is_spared_a_broken_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    print_code(URL, stream)
    assert stream.getvalue() == ""
