"""Base URLs, and where what is uploaded lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.delivery.upload import Hosting
from profilegen.errors import UsageProblem
from tests.delivery.people import TEMPLATES, parcel

TOKEN = parcel(1).token


@pytest.mark.parametrize(
    ("text", "page", "folder"),
    [
        ("https://a.example", f"https://a.example/{TOKEN}/", f"upload/{TOKEN}"),
        ("https://a.example/", f"https://a.example/{TOKEN}/", f"upload/{TOKEN}"),
        ("https://A.Example:443/m/", f"https://a.example/m/{TOKEN}/", f"upload/m/{TOKEN}"),
        ("https://a.example:8443/m/n", f"https://a.example:8443/m/n/{TOKEN}/", f"upload/m/n/{TOKEN}"),
    ],
)
def test_folders_mirror_urls(text: str, page: str, folder: str) -> None:
    hosting = Hosting.parse(text)
    assert hosting.page_url(TOKEN) == page
    assert hosting.profile_url(TOKEN) == page + "mail.mobileconfig"
    assert hosting.folder(TOKEN).as_posix() == folder


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://a.example/m", "not_https"),
        ("https://a.example/m?x=1", "bad_url"),
        ("https://a.example/m#x", "bad_url"),
        ("https://a.example/../m", "bad_url"),
        ("https://a.example/m/.git", "bad_url"),
        ("https://a.example//m", "bad_url"),
        ("https://a.example/m%2f", "bad_url"),
        ("https://a.example/{};", "bad_url"),
        ('https://a.example/"', "bad_url"),
        ("https://a.example/m\\n", "bad_url"),
        ("https://me:secret@a.example/m", "bad_url"),
    ],
)
def test_other_base_urls_are_refused(text: str, code: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        Hosting.parse(text)
    assert caught.value.code == code
    assert "secret" not in caught.value.message


@given(st.text(max_size=40))
def test_no_path_reaches_a_web_servers_configuration_that_could_change_its_meaning(path: str) -> None:
    try:
        hosting = Hosting.parse("https://a.example/" + path)
    except UsageProblem:
        return
    assert set(hosting.prefix) <= set("/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-")
    assert "/." not in hosting.prefix


@pytest.mark.parametrize("token", ["", "short", "../../../../etc/passwd", "a" * 129, "AAAAAAAAAAAAAAAA/", "ä" * 16])
def test_what_could_be_guessed_or_lead_elsewhere_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="16 to 128"):
        Hosting.parse("https://a.example").page_url(token)


def test_every_web_server_gets_type_and_headers() -> None:
    snippets = Hosting.parse("https://a.example/m").snippets(TEMPLATES)
    assert sorted(snippets) == ["Caddyfile", "apache.conf", "nginx.conf"]
    for text in (data.decode() for data in snippets.values()):
        assert "application/x-apple-aspen-config" in text
        assert text.count("no-store") >= 1
        assert "nosniff" in text
        assert "mail.mobileconfig" in text
        assert text.isascii()
