"""The printed cards: what a camera and an eye find on the rendered paper."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from profilegen.delivery.bundles import Bundle
from profilegen.delivery.handout import Handout
from profilegen.delivery.sheet import CardSheet
from profilegen.delivery.upload import Hosting
from profilegen.mailing.brand import Brand
from profilegen.mailing.proof_token import new_token
from tests.delivery.people import BRAND, HOSTING, TEMPLATES, need, read_codes

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def programs() -> None:
    """What looks at the paper."""
    need("pdftotext", "pdftoppm", "pdfinfo", "zbarimg")


def person(number: int, *, name: str | None = "Jane Doe", language: str = "en", hosted: bool = True) -> Bundle:
    return Bundle(
        person=f"p{number}",
        name=name,
        accounts=(f"person{number}@example.com",),
        identifier=f"i{number}",
        revision="deadbeef",
        language=language,
        label=f"person{number}@example.com",
        profile=f"person{number}@example.com.mobileconfig",
        token=new_token((number << 8).to_bytes(9)) if hosted else None,
    )


def printed(bundles: list[Bundle], path: Path, *, brand: Brand = BRAND, hosting: Hosting | None = HOSTING) -> Path:
    path.write_bytes(CardSheet(handout=Handout(templates=TEMPLATES), brand=brand).pdf(bundles, hosting))
    return path


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout


def pages_of(pdf: Path, folder: Path) -> list[Path]:
    subprocess.run(["pdftoppm", "-r", "150", "-png", pdf, folder / "page"], check=True, timeout=120)
    return sorted(folder.glob("page*.png"))


def test_every_code_on_every_rendered_page_leads_to_its_person(tmp_path: Path) -> None:
    people = [person(number) for number in range(1, 24)]
    pages = pages_of(printed(people, tmp_path / "sheet.pdf"), tmp_path)
    assert len(pages) == 3
    found = [set(read_codes(page)) for page in pages]
    wanted = [HOSTING.page_url(one.token or "") for one in people]
    assert found == [set(wanted[:10]), set(wanted[10:20]), set(wanted[20:])]


def test_names_accounts_and_help_stand_on_the_card(tmp_path: Path) -> None:
    names = ["Jürgen Groß", "Ναταλία Παπαδοπούλου", "Łucja Żółć", "Дмитрий Иванов"]
    text = text_of(printed([person(at, name=name) for at, name in enumerate(names)], tmp_path / "sheet.pdf"))
    for at, name in enumerate(names):
        assert name in text
        assert f"person{at}@example.com" in text
    assert text.count("Help: +49 30 1234567") == 4
    assert text.count("help@example.com") == 4
    assert "Example Works" in text
    assert "Page 1 of 1" in text


def test_a_name_the_font_cannot_write_gives_way_to_the_account(tmp_path: Path) -> None:
    text = text_of(printed([person(1, name="田中 太郎")], tmp_path / "sheet.pdf"))
    assert "person1@example.com" in text
    assert "\ufffd" not in text


def test_everybody_reads_their_own_language(tmp_path: Path) -> None:
    people = [person(1, language="de-AT"), person(2, language="fr"), person(3, language="es"), person(4, language="xx")]
    text = text_of(printed(people, tmp_path / "sheet.pdf", brand=replace(BRAND, language="de")))
    for words in ("Kamera auf den Code", "Visez le code", "Apunte la cámara", "Seite 1 von 1"):
        assert words in text
    assert text.count("Kamera auf den Code") == 2  # the unknown language is answered in the brand's


def test_without_a_page_the_card_names_the_file_and_shows_no_code(tmp_path: Path) -> None:
    pdf = printed([person(1, hosted=False)], tmp_path / "sheet.pdf", hosting=None)
    assert "person1@example.com.mobileconfig" in text_of(pdf)
    assert read_codes(pages_of(pdf, tmp_path)[0]) == []


def test_long_names_and_many_accounts_stay_on_their_card(tmp_path: Path) -> None:
    crowd = replace(
        person(1, name="Wolfeschlegelsteinhausenbergerdorff " * 5),
        accounts=tuple(f"{'very.long.local.part.' * 3}{at}@mail.department.example.com" for at in range(9)),
    )
    pdf = printed([crowd, person(2)], tmp_path / "sheet.pdf")
    boxes = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    middle = 105 * 72 / 25.4
    left = [line for line in boxes.splitlines() if "Wolfe" in line or "very.long" in line]
    assert len(left) >= 2
    assert all(float(line.split('xMax="')[1].split('"')[0]) <= middle for line in left)
    assert "+8" in text_of(pdf)
    assert len(read_codes(pages_of(pdf, tmp_path)[0])) == 2


def test_ten_people_fit_on_a_page(tmp_path: Path) -> None:
    pdf = printed([person(number) for number in range(60)], tmp_path / "sheet.pdf")
    info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "Pages:           6" in info
