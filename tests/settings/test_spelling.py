import pytest

from profilegen.address import Address
from profilegen.settings.spelling import spelling_notices


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("you@example.com", []),
        ("you@bücher.example", []),
        ("you@xn--bcher-kva.example", []),
        ("you@почта.example", []),
        ("you@ελλάδα.example", []),
        ("you@日本ab.example", []),
        ("you@한국.example", []),
        ("you@p\u0430ypal.example", ["lookalike_domain"]),  # a Cyrillic a
        ("you@\u0430\u0440\u0440\u04cf\u0435.example", ["lookalike_domain"]),  # nothing but Cyrillic that looks Latin
        ("jürgen@example.com", ["smtputf8_needed"]),
    ],
)
def test_only_deceptive_letters_and_letters_outside_ascii_are_told(address: str, codes: list[str]) -> None:
    assert [notice.code for notice in spelling_notices(Address.parse(address))] == codes


def test_a_lookalike_is_shown_with_its_plain_form() -> None:
    [notice] = spelling_notices(Address.parse("you@p\u0430ypal.example"))

    assert "xn--" in notice.text
