"""What cannot be on a page for people."""

import pytest

from profilegen.errors import SettingsProblem
from profilegen.mailing.brand import Brand, Logo
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion
from profilegen.profile.types import Platform


def order(*, url: str | None = None, proof: str | None = None) -> GuideOrder:
    return GuideOrder(
        occasion=Occasion.INSTALL,
        brand=Brand(name="Example Works"),
        language="en",
        platform=Platform.IOS,
        person=None,
        accounts=(),
        url=url,
        proof=proof,
    )


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.com", "mailto:you@example.com", ""]
)
def test_a_profile_is_fetched_from_the_web_or_not_at_all(url: str) -> None:
    with pytest.raises(SettingsProblem) as refused:
        order(url=url)

    assert refused.value.code == "unusable_link"
    with pytest.raises(SettingsProblem):
        GuideAccount(address="you@example.com", outgoing=None, password_url=url)


@pytest.mark.parametrize("proof", ["https://example.com", "javascript:alert(1)", "you@example.com"])
def test_the_proof_is_a_message(proof: str) -> None:
    with pytest.raises(SettingsProblem) as refused:
        order(proof=proof)

    assert refused.value.code == "unusable_link"


def test_right_links_are_taken() -> None:
    taken = order(url="https://example.com/p", proof="mailto:check@example.com?subject=x")

    assert taken.proof == "mailto:check@example.com?subject=x"


def test_mail_programs_show_pictures_but_no_drawings() -> None:
    assert Logo(data=b"", media_type="image/png").fits_mail
    assert not Logo(data=b"", media_type="image/svg+xml").fits_mail
