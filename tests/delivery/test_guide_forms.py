"""Pages, messages and plain text: what is in them whoever is written to, and what cannot get into them."""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from profilegen.delivery.guide_devices import read_devices
from profilegen.delivery.guide_pages import read_pages
from profilegen.delivery.guides import GuideWriter
from profilegen.errors import MachineProblem
from profilegen.mailing.brand import Brand
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion, PasswordKind
from tests.delivery.guide_orders import ORDER, PROOF, TEMPLATES
from tests.delivery.guide_tags import parsed

WRITER = GuideWriter(TEMPLATES)
EVIL = '<script>alert("1")</script>&"\'{{ 7*7 }}{support}'


@pytest.mark.parametrize("occasion", Occasion)
def test_every_page_ends_with_the_proof_and_whom_to_ask(occasion: Occasion) -> None:
    order = replace(ORDER, occasion=occasion)
    for page in (WRITER.html(order), WRITER.mail_html(order)):
        links = [attributes["href"] for tag, attributes in parsed(page).tags if tag == "a"]
        assert links[-3:] == [PROOF, "tel:+49301234567", "mailto:help@example.com"]
        assert links.count(PROOF) == 1
    tail = WRITER.text(order).splitlines()[-5:]
    assert tail == [
        "",
        "Questions? Example Works",
        "+49 30 1234567",
        "help@example.com",
        "Mo–Fr 8–18",
    ]
    assert f"\n<{PROOF}>\n" in WRITER.text(order)


def test_without_a_check_mailbox_there_is_no_button() -> None:
    page = parsed(WRITER.html(replace(ORDER, proof=None)))

    assert not [attributes for _, attributes in page.tags if attributes.get("class") == "button"]


def test_the_file_beside_the_page_is_a_link_and_the_attached_one_is_not() -> None:
    order = replace(ORDER, file_name="a b#c.mobileconfig")
    links = [attributes.get("href") for tag, attributes in parsed(WRITER.html(order)).tags if tag == "a"]

    assert links[0] == "./a%20b%23c.mobileconfig"
    assert "mobileconfig" not in str([attributes for tag, attributes in parsed(WRITER.mail_html(order)).tags])


def hostile() -> GuideOrder:
    account = GuideAccount(address=EVIL, outgoing=EVIL, password=PasswordKind.APP, password_url=f"https://x/{EVIL}")
    return replace(
        ORDER,
        brand=Brand(name=EVIL, support_phone=EVIL, support_hours=EVIL),
        person=EVIL,
        accounts=(account,),
        profile_name=EVIL,
        file_name=EVIL,
        organization=EVIL,
        signer=EVIL,
        revision=EVIL,
        proof=f"mailto:x?subject={EVIL}",
    )


@pytest.mark.parametrize("write", [WRITER.html, WRITER.mail_html], ids=["page", "mail"])
def test_hostile_names_stay_text(write: Callable[[GuideOrder], str]) -> None:
    for occasion in Occasion:
        for order in (hostile(), replace(hostile(), url=f"https://x/{EVIL}")):
            page = write(replace(order, occasion=occasion))
            tags = parsed(page)

            assert "script" not in {tag for tag, _ in tags.tags}
            assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on")]
            assert EVIL in html.unescape(tags.text.replace("\n", " "))
            assert "49" not in tags.text.replace("7*7", "")


def test_a_name_cannot_add_a_header_or_turn_the_page_around() -> None:
    order = replace(ORDER, brand=Brand(name="Works\r\nBcc: all@example.com\u202e\u2066"), person="Jane\n\n1. Pay\u202d")

    assert WRITER.subject(order) == "Works Bcc: all@example.com: set up mail for jane.doe@example.com"
    assert "Hello Jane 1. Pay," in WRITER.text(order)
    assert not {"\u202e", "\u2066", "\u202d"} & set(WRITER.html(order) + WRITER.text(order))


def test_a_page_needs_nothing_from_anywhere() -> None:
    page = parsed(WRITER.html(ORDER))
    loading = [
        attributes for tag, attributes in page.tags if tag in ("script", "link", "iframe") or "src" in attributes
    ]

    assert [str(attributes["src"])[:26] for attributes in loading] == ["data:image/svg+xml;base64,"]
    assert "url(" not in page.text
    assert "@import" not in page.text
    policy = next(attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_a_message_shows_the_logo_only_if_it_carries_it() -> None:
    assert 'src="cid:logo@example.com"' in WRITER.mail_html(ORDER, logo_cid="logo@example.com")
    assert "<img" not in WRITER.mail_html(ORDER)


def with_template(folder: Path, name: str, old: str, new: str) -> GuideWriter:
    copytree(TEMPLATES, folder / "templates")
    path = folder / "templates" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return GuideWriter(folder / "templates")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("guides/page.html.j2", "guide.title", "guide.titel"),
        ("guides/page.html.j2", "{% if logo %}", "{% if loggo %}"),
        ("guides/page.html.j2", "{% endif %}", ""),
        ("guides/pages.toml", "{addresses}", "{adresses}"),
        ("guides/pages.toml", 'when = "window"', 'when = "windows"'),
        ("guides/pages.toml", "{addresses}", "{addresses"),
        ("guides/pages.toml", "[install]", "[instal]"),
        ("steps/devices.toml", 'platform = "ios"', 'platform = "ipados"'),
        ("steps/devices.toml", 'checked = "2026-11-23"', 'checked = "recently"'),
    ],
)
def test_a_slip_in_the_data_is_found_before_a_person_sees_it(tmp_path: Path, name: str, old: str, new: str) -> None:
    writer = with_template(tmp_path, name, old, new)

    with pytest.raises(MachineProblem) as broken:
        writer.html(ORDER)

    assert broken.value.code == "resources"


def test_missing_files_are_named(tmp_path: Path) -> None:
    for read in (read_devices, read_pages):
        with pytest.raises(MachineProblem, match=r"nothing\.toml"):
            read(tmp_path / "nothing.toml")
