"""Pages on paper: one each, in letters that can be read and searched."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from profilegen.delivery.guide_facts import Medium
from profilegen.delivery.guide_pdf import guide_pdf
from profilegen.delivery.guide_text import plain
from profilegen.delivery.guides import GuideWriter
from profilegen.errors import UsageProblem
from profilegen.mailing.brand import Brand, Logo
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion
from profilegen.profile.types import Platform
from tests.delivery.guide_orders import ORDER, PROOF, TEMPLATES, every_page
from tests.delivery.people import read_codes

WRITER = GuideWriter(TEMPLATES)


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def words_of(folder: Path, *orders: GuideOrder) -> str:
    """What pdftotext reads, as one line."""
    (folder / "page.pdf").write_bytes(guide_pdf(orders, WRITER))
    done = subprocess.run(["pdftotext", folder / "page.pdf", "-"], check=True, capture_output=True, timeout=60)
    return " ".join(done.stdout.decode().split())


def test_everybody_has_a_page() -> None:
    assert pages_of(guide_pdf([ORDER], WRITER)) == 1
    assert pages_of(guide_pdf([ORDER, replace(ORDER, language="de", person="Zoë"), ORDER], WRITER)) == 3


def test_nobody_gets_no_page() -> None:
    with pytest.raises(UsageProblem, match="nobody"):
        guide_pdf([], WRITER)


@pytest.mark.parametrize(
    ("device", "language"), [("ios-26", "de"), ("ios-12", "fr"), ("ios-10", "es"), ("macos-12", "en")]
)
def test_every_page_can_be_printed(device: str, language: str) -> None:
    orders = [order for order in every_page(language) if order.device == device]

    assert pages_of(guide_pdf(orders, WRITER)) == len(orders) == len(Occasion) * 9


@pytest.mark.servers
@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_the_words_on_paper_are_those_of_the_page(tmp_path: Path, language: str) -> None:
    order = replace(ORDER, language=language, person="Łukasz Ελένη Привет Nguyễn")

    words = words_of(tmp_path, order)

    assert "Łukasz Ελένη Привет Nguyễn" in words
    assert "\ufffd" not in words
    steps = [line.partition(". ")[2] for line in WRITER.text(order).splitlines() if re.match(r"[2-5]\. ", line)]
    assert len(steps) == 4
    for step in steps:
        assert " ".join(step.split()[:4]) in words


@pytest.mark.servers
def test_a_letter_that_cannot_be_printed_is_shown_as_such_and_explained(tmp_path: Path) -> None:
    words = words_of(tmp_path, replace(ORDER, profile_name="例 mail"))

    assert "Profile: \ufffd mail" in words
    assert "\ufffd stands for a letter that cannot be printed here." in words


@pytest.mark.servers
@pytest.mark.parametrize(
    "person", ["田中 花子", "王小明", "محمد علي", "\u200fשרה כהן", "नरेन्द्र मोदी", "Jane \U0001f600"]
)
def test_whose_name_cannot_be_printed_is_greeted_without_it(tmp_path: Path, person: str) -> None:
    words = words_of(tmp_path, replace(ORDER, person=person, language="de"))

    assert "Guten Tag! Ein Profil richtet jane.doe@example.com" in words
    assert "\ufffd" not in words


@pytest.mark.servers
def test_a_name_in_pieces_is_put_together(tmp_path: Path) -> None:
    assert "Hello Zoë," in words_of(tmp_path, replace(ORDER, person="Zoe\u0308"))


@pytest.mark.servers
@pytest.mark.parametrize("occasion", Occasion)
def test_paper_shows_what_a_screen_folds(tmp_path: Path, occasion: Occasion) -> None:
    order = replace(ORDER, occasion=occasion, language="fr")
    words = words_of(tmp_path, order).replace("- ", "-")
    folds = [step.fold for step in WRITER.guide(order, Medium.PAPER).steps if step.fold]

    assert bool(folds) is (occasion in (Occasion.INSTALL, Occasion.START_OVER, Occasion.BEFORE_RESTORE))
    for fold in folds:
        for phrase in (fold.title, fold.text):
            assert " ".join(plain(phrase, direction="ltr").split()) in words


@pytest.mark.servers
@pytest.mark.parametrize("translated", ["Hello,", "Questions?", "Revision", "Prove that sending works"])
def test_a_language_without_letters_in_the_font_is_printed_in_english(tmp_path: Path, translated: str) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "locale" / "he.po").write_text(
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{translated}"\nmsgstr "שלום"\n',
        encoding="utf-8",
    )
    (tmp_path / "page.pdf").write_bytes(
        guide_pdf([replace(ORDER, language="he", person=None)], GuideWriter(tmp_path / "templates"))
    )
    done = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], check=True, capture_output=True, timeout=60)

    words = " ".join(done.stdout.decode().split())
    assert translated in words
    assert "\ufffd" not in words
    assert "This page is in English because the letters of your language cannot be printed here." in words


@pytest.mark.servers
def test_much_text_becomes_smaller_and_stays_on_the_page(tmp_path: Path) -> None:
    accounts = tuple(GuideAccount(address=f"{'long' * 12}{n}@example.com", outgoing=None) for n in range(12))
    words = words_of(tmp_path, replace(ORDER, language="de", accounts=accounts, person="Jane " * 40))

    assert "Mo–Fr 8–18" in words
    assert pages_of((tmp_path / "page.pdf").read_bytes()) == 1


@pytest.mark.servers
def test_the_code_on_paper_is_the_proof(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(guide_pdf([ORDER], WRITER))
    subprocess.run(["pdftoppm", "-r", "150", "-png", tmp_path / "page.pdf", tmp_path / "page"], check=True, timeout=60)
    [picture] = tmp_path.glob("page*.png")
    done = subprocess.run(["zbarimg", "--quiet", "--raw", picture], check=True, capture_output=True, timeout=60)

    assert done.stdout.decode().strip() == PROOF


@pytest.mark.servers
def test_no_code_asks_a_phone_to_prove_that_a_mac_sends(tmp_path: Path) -> None:
    order = replace(ORDER, platform=Platform.MACOS)

    words = words_of(tmp_path, order)

    assert "Click here on this Mac" in words
    assert "camera" not in words
    assert PROOF.encode() in (tmp_path / "page.pdf").read_bytes()  # the button is a link
    subprocess.run(["pdftoppm", "-r", "150", "-png", tmp_path / "page.pdf", tmp_path / "page"], check=True, timeout=60)
    assert not [code for page in tmp_path.glob("page*.png") for code in read_codes(page)]


def test_the_letters_are_embedded(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(guide_pdf([ORDER], WRITER))
    done = subprocess.run(["pdffonts", tmp_path / "page.pdf"], check=True, capture_output=True, timeout=60)

    rows = done.stdout.decode().splitlines()[2:]
    assert len(rows) == 2
    assert all("OpenSans" in row and re.search(r"\byes +yes +yes\b", row) for row in rows)


@pytest.mark.parametrize("media_type", ["image/png", "image/svg+xml"])
def test_a_logo_that_cannot_be_drawn_is_left_out(media_type: str) -> None:
    brand = Brand(name="Example Works", logo=Logo(data=b"\x89PNG\r\n\x1a\nnothing", media_type=media_type))

    assert pages_of(guide_pdf([replace(ORDER, brand=brand)], WRITER)) == 1
