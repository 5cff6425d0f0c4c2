"""The pages as people see them: in a real Chromium, on small and large screens, light and dark."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from profilegen.delivery.guides import GuideWriter
from profilegen.mailing.guide import GuideOrder, Occasion, PasswordKind
from profilegen.profile.types import Platform
from tests.delivery.guide_orders import ORDER, TEMPLATES, with_password
from tests.lab.browser import ARTEFACTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.servers
WRITER = GuideWriter(TEMPLATES)
SMALL, LARGE = (320, 568), (1024, 768)
LOOK = """() => {
  const shade = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rgb = shade(getComputedStyle(at).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const worst = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim()) continue;
    const [one, two] = [light(shade(getComputedStyle(element).color)), light(ground(element))];
    worst.push((Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05));
  }
  const taps = [...document.querySelectorAll("a, summary")].filter((one) => one.checkVisibility())
    .map((link) => link.getBoundingClientRect());
  const all = [...document.querySelectorAll("body *")];
  const boxes = all.map((element) => element.getBoundingClientRect());
  return {
    width: document.documentElement.scrollWidth,
    contrast: Math.min(...worst),
    texts: worst.length,
    taps: taps.map((box) => Math.round(box.height * 10) / 10),
    wide: boxes.filter((box) => box.right > innerWidth + 0.5 || box.left < -0.5).length,
    smallest: Math.min(...all.map((element) => parseFloat(getComputedStyle(element).fontSize))),
    logo: [...document.images].map((image) => image.naturalWidth),
  };
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What Chromium measured, everything it asked for, everything it complained about."""

    facts: dict[str, Any]
    requests: tuple[str, ...]
    complaints: tuple[str, ...]


class Tabs:
    """One tab per size of screen and colour scheme, used for page after page: opening one takes longer than looking."""

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        self._open: dict[tuple[tuple[int, int], str], Page] = {}

    def tab(self, size: tuple[int, int], scheme: str) -> "Page":
        if (size, scheme) not in self._open:
            context = self._browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            self._open[size, scheme] = context.new_page()
        return self._open[size, scheme]

    def close(self) -> None:
        for tab in self._open.values():
            tab.context.close()


@pytest.fixture(scope="module")
def tabs(browser: "Browser") -> Iterator[Tabs]:
    opened = Tabs(browser)
    yield opened
    opened.close()


def look(
    tabs: Tabs, folder: Path, page: str, *, size: tuple[int, int], scheme: str, picture: str | None = None
) -> Seen:
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    requests: list[str] = []
    complaints: list[str] = []
    heard: dict[str, Callable[..., None]] = {
        "request": lambda request: requests.append(request.url),
        "console": lambda message: complaints.append(message.text),
        "pageerror": lambda error: complaints.append(str(error)),
    }
    tab: Any = tabs.tab(size, scheme)
    for event, hear in heard.items():
        tab.on(event, hear)
    try:
        tab.goto(path.as_uri())
        facts = tab.evaluate(LOOK)
        if picture:
            ARTEFACTS.mkdir(exist_ok=True)
            tab.screenshot(path=ARTEFACTS / f"guide-{picture}-{size[0]}-{scheme}.png", full_page=True)
    finally:
        for event, hear in heard.items():
            tab.remove_listener(event, hear)
    asked = tuple(url for url in requests if url != path.as_uri() and not url.startswith("data:"))
    return Seen(facts=facts, requests=asked, complaints=tuple(complaints))


def faults(seen: Seen, size: tuple[int, int]) -> list[str]:
    facts = seen.facts
    right = {
        "requests": seen.requests == (),
        "complaints": seen.complaints == (),
        "width": facts["width"] <= size[0] and facts["wide"] == 0,
        "texts": facts["texts"] > 10,
        "contrast": facts["contrast"] >= 4.5,
        "size": facts["smallest"] >= 15,
        "taps": min(facts["taps"]) >= 44,
        "logo": 0 not in facts["logo"],
    }
    return [what for what, holds in right.items() if not holds]


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize("occasion", Occasion)
def test_every_page_can_be_read_on_a_small_and_a_large_screen(
    tabs: Tabs, tmp_path: Path, occasion: Occasion, language: str, platform: Platform
) -> None:
    page = WRITER.html(replace(ORDER, occasion=occasion, language=language, platform=platform))
    name = f"{occasion}-{platform}-{language}"

    for size, scheme in ((SMALL, "dark"), (LARGE, "light")):
        seen = look(tabs, tmp_path, page, size=size, scheme=scheme, picture=name)
        assert faults(seen, size) == [], seen


@pytest.mark.parametrize(("size", "scheme"), [(SMALL, "dark"), (SMALL, "light"), (LARGE, "dark")])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_message_can_be_read_too(
    tabs: Tabs, tmp_path: Path, language: str, size: tuple[int, int], scheme: str
) -> None:
    page = WRITER.mail_html(replace(ORDER, language=language))

    seen = look(tabs, tmp_path, page, size=size, scheme=scheme, picture=f"mail-{language}")

    assert faults(seen, size) == [], seen


def stretched() -> list[GuideOrder]:
    long = "w" * 300
    brand = replace(
        ORDER.brand, name=f"The {long} Company", support_hours=long, support_phone="+49 30 " + "1234567 " * 4
    )
    every = with_password(ORDER, *PasswordKind)
    return [
        replace(ORDER, brand=brand, person=long, profile_name=long, signer=long, revision=long, file_name=long),
        replace(every, url=f"https://example.com/{long}", file_name=None),
        replace(ORDER, person="שרה כהן", brand=replace(ORDER.brand, name="חברה לדוגמה")),
    ]


@pytest.mark.parametrize("number", range(3))
def test_whatever_is_long_stays_on_the_screen(tabs: Tabs, tmp_path: Path, number: int) -> None:
    for write in (WRITER.html, WRITER.mail_html):
        seen = look(tabs, tmp_path, write(stretched()[number]), size=SMALL, scheme="light")

        assert faults(seen, SMALL) == [], seen


def test_a_right_to_left_page_is_laid_out_from_the_right(tabs: Tabs, tmp_path: Path) -> None:
    from shutil import copytree

    copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "locale" / "he.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Hello {person},"\nmsgstr "שלום {person},"\n\nmsgctxt "menu"\nmsgid "Settings"\nmsgstr "הגדרות"\n',
        encoding="utf-8",
    )
    page = GuideWriter(tmp_path / "templates").html(replace(ORDER, language="he"))

    seen = look(tabs, tmp_path, page, size=SMALL, scheme="light", picture="right-to-left")

    assert faults(seen, SMALL) == [], seen
    assert 'dir="rtl"' in page


def test_what_looks_bad_is_noticed(tabs: Tabs, tmp_path: Path) -> None:
    page = WRITER.html(ORDER)
    spoilt = {
        "contrast": page.replace("--ink: #1d1d1f", "--ink: #aaaaaa"),
        "width": page.replace("<main>", '<main><div style="width: 500px">x</div>'),
        "taps": page.replace("min-height: 2.75rem", "min-height: 0").replace("padding: .75rem 0; }", "}"),
        "requests": page.replace("img-src data:", "img-src *").replace(
            "<main>", '<main><img src="http://127.0.0.1:9/x.png" alt="">'
        ),
    }
    for what, bad in spoilt.items():
        assert bad != page
        seen = look(tabs, tmp_path, bad, size=SMALL, scheme="light")

        assert what in faults(seen, SMALL)
