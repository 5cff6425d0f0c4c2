"""
One screen: the pages measured in a real Chromium at 390 x 844 CSS pixels, the screen of an iPhone 12 to 14.

The font is whatever Chromium finds here, usually DejaVu Sans, which is wider than the one of an iPhone.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from profilegen.delivery.guides import GuideWriter
from profilegen.mailing.guide import GuideOrder, Occasion
from tests.delivery.guide_orders import DEVICES, ORDER, TEMPLATES, variants
from tests.lab.browser import ARTEFACTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.servers
WRITER = GuideWriter(TEMPLATES)
WIDTH, HEIGHT = 390, 844
LANGUAGES = ("en", "de", "fr", "es")
REACH = "document.documentElement.scrollHeight"


@pytest.fixture(scope="module")
def phone(browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": WIDTH, "height": 1})  # so low that every page reaches further
    yield context.new_page()
    context.close()


def height(phone: "Page", page: str) -> int:
    """How far down the page reaches, in CSS pixels."""
    phone.set_content(page)
    return int(phone.evaluate(REACH))


def too_high(phone: "Page", pages: dict[str, GuideOrder]) -> dict[str, int]:
    heights = {name: height(phone, WRITER.html(order)) for name, order in pages.items()}
    return {name: found for name, found in heights.items() if found > HEIGHT}


@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_one_screen_on_every_device(phone: "Page", language: str, occasion: Occasion) -> None:
    order = replace(ORDER, language=language, occasion=occasion)
    pages = {row.id: replace(order, platform=row.platform, device=row.id) for row in DEVICES.rows}

    assert too_high(phone, pages) == {}


@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_stays_one_screen_whatever_is_known_of_the_profile(phone: "Page", language: str, occasion: Occasion) -> None:
    """Little known, fetched from a URL, nothing to fetch, each kind of password; all kinds at once are more."""
    pages: dict[str, GuideOrder] = {}
    for row in DEVICES.rows:
        if row.id in ("ios-26", "macos-13"):
            order = replace(ORDER, language=language, occasion=occasion, platform=row.platform, device=row.id)
            *one_kind, _ = variants(order)
            pages |= {f"{row.id}, variant {number}": variant for number, variant in enumerate(one_kind)}

    assert too_high(phone, pages) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_kinds_of_password_at_once_are_less_than_two_screens(phone: "Page", language: str) -> None:
    for occasion in Occasion:
        *_, every_kind = variants(replace(ORDER, language=language, occasion=occasion))
        assert height(phone, WRITER.html(every_kind)) <= 1.5 * HEIGHT, occasion


def test_a_page_that_is_too_high_is_named(phone: "Page") -> None:
    long = replace(ORDER, accounts=tuple(replace(ORDER.accounts[0], address=f"{'x' * 30}{n}@x.test") for n in range(9)))

    assert list(too_high(phone, {"long": long, "short": ORDER})) == ["long"]


@pytest.mark.parametrize("occasion", Occasion)
def test_what_is_folded_opens_without_a_script(phone: "Page", occasion: Occasion) -> None:
    page = WRITER.html(replace(ORDER, occasion=occasion))
    closed = height(phone, page)
    for summary in phone.locator("summary").all():
        summary.press("Enter")

    assert "<script" not in page
    assert phone.locator("details:not([open])").count() == 0
    assert (int(phone.evaluate(REACH)) > closed) == ("<details>" in page)
    ARTEFACTS.mkdir(exist_ok=True)
    phone.screenshot(path=ARTEFACTS / f"guide-{occasion}-open.png", full_page=True)


@pytest.mark.parametrize("occasion", Occasion)
def test_a_printed_page_holds_everything_once(phone: "Page", tmp_path: Path, occasion: Occasion) -> None:
    order = replace(ORDER, occasion=occasion)
    phone.set_content(WRITER.html(order))
    (tmp_path / "page.pdf").write_bytes(phone.pdf(format="A4"))
    done = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], check=True, capture_output=True, timeout=60)
    words = " ".join(done.stdout.decode().split())

    once = {
        Occasion.INSTALL: [
            "Delete nothing yet.",
            "If it says POP there",
            "Too late, or blocked?",
            "It must say exactly",
        ],
        Occasion.START_OVER: ["Is there no profile?", "tap the address and Delete Account", "Revision"],
        Occasion.BEFORE_RESTORE: ["Does mail not work afterwards?", "If the account is missing"],
    }.get(occasion, ["Questions?"])
    assert [words.count(text) for text in once] == [1] * len(once)
