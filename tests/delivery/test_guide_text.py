"""Sentences made of runs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.delivery.guide_lines import break_lines
from profilegen.delivery.guide_text import Kind, Run, clean, fill, link, menu, name, names_in, plain


def test_menus_names_and_links_stay_known_in_a_sentence() -> None:
    phrase = fill(
        "Go to {way}, {who}: {page}.",
        {"way": menu(["Settings", "General"]), "who": name("Jane"), "page": link("here", "https://example.com")},
    )

    assert [run.kind for run in phrase] == [
        Kind.WORDS, Kind.MENU, Kind.WORDS, Kind.MENU, Kind.WORDS, Kind.NAME, Kind.WORDS, Kind.LINK, Kind.WORDS,
    ]  # fmt: skip
    assert plain(phrase, direction="ltr") == "Go to Settings > General, Jane: here."


@pytest.mark.parametrize("template", ["{nobody}", "{who!r}", "{who:>10}", "{}", "{who", "who}"])
def test_a_name_without_a_value_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        fill(template, {"who": name("Jane")})


def test_braces_in_a_value_are_no_names() -> None:
    assert plain(fill("{who}", {"who": name("{support}")}), direction="ltr") == "{support}"
    assert names_in("Hello {who}, {what}") == {"who", "what"}


@given(st.text())
def test_what_comes_from_outside_stays_on_one_line_and_turns_nothing_around(text: str) -> None:
    cleaned = clean(text)

    assert "\n" not in cleaned
    assert "\r" not in cleaned
    assert not any(unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI") for char in cleaned)
    assert clean(cleaned) == cleaned


def test_what_runs_the_other_way_is_isolated() -> None:
    phrase = fill("Hello {who}.", {"who": name("שרה")})

    assert plain(phrase, direction="ltr") == "Hello \u2068שרה\u2069."
    assert plain(fill("{who}", {"who": name("Jane")}), direction="ltr") == "Jane"
    assert plain(fill("{who}", {"who": name("Jane")}), direction="rtl") == "\u2068Jane\u2069"


def by_letter(text: str, bold: bool) -> float:
    return len(text) * (1.5 if bold else 1.0)


@given(
    st.lists(st.tuples(st.text(alphabet="ab .", max_size=30), st.sampled_from(Kind)), max_size=6), st.integers(3, 40)
)
def test_lines_lose_nothing_and_are_never_too_wide(parts: list[tuple[str, Kind]], width: int) -> None:
    phrase = tuple(Run(text=text, kind=kind) for text, kind in parts)

    lines = break_lines(phrase, width, by_letter)

    assert all(sum(by_letter(piece.text, piece.bold) for piece in line) <= width for line in lines)
    written = "".join(piece.text for line in lines for piece in line)
    assert written.replace(" ", "") == "".join(text for text, _ in parts).replace(" ", "")
