"""The brand, out of the configuration; the logo, looked at before anybody sees it."""

from pathlib import Path

import pytest

from profilegen.config.values import Config, load_config
from profilegen.delivery.brand import LARGEST_LOGO, read_logo
from profilegen.errors import ConfigProblem
from profilegen.wiring.brand import brand_of
from tests.delivery.guide_orders import SVG

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)


def test_everything_can_be_said_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(SVG)
    (tmp_path / "profilegen.toml").write_text(
        'organization = "Example Holding Ltd"\n[brand]\nname = "Example Works"\n'
        f"logo = '{tmp_path / 'logo.svg'}'\n"
        'support_phone = "+49 (30) 123-4567"\nsupport_email = "help@bücher.example"\nsupport_hours = "8–18"\n'
        'language = "de-AT"\nreply_to = "it@example.com"\ncheck_mailbox = "check@example.com"\n',
        encoding="utf-8",
    )

    brand = brand_of(load_config(environ={}, config_file=None, folders=[tmp_path]).config)

    assert brand.name == "Example Works"
    assert brand.logo is not None
    assert (brand.logo.data, brand.logo.media_type) == (SVG, "image/svg+xml")
    assert (brand.support_phone, str(brand.support_email)) == ("+49 (30) 123-4567", "help@xn--bcher-kva.example")
    assert (brand.support_hours, brand.language) == ("8–18", "de-AT")
    assert (str(brand.reply_to), str(brand.check_mailbox)) == ("it@example.com", "check@example.com")


def test_the_organisation_is_the_name_unless_there_is_another() -> None:
    brand = brand_of(Config(organization="Example Holding Ltd"))

    assert (brand.name, brand.language, brand.logo) == ("Example Holding Ltd", "en", None)


def test_somebody_has_to_be_named() -> None:
    with pytest.raises(ConfigProblem, match="Nobody is named"):
        brand_of(Config())


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(organization="x", brand_support_email="help"), "brand.support_email"),
        (Config(organization="x", brand_reply_to="a@b@"), "brand.reply_to"),
        (Config(organization="x", brand_check_mailbox="check@"), "brand.check_mailbox"),
        (Config(organization="x", brand_support_phone="call us"), "brand.support_phone"),
        (Config(organization="x", brand_support_phone="+49\n30 1234"), "brand.support_phone"),
        (Config(organization="x", brand_language="deutsch bitte"), "brand.language"),
        (Config(organization="x", brand_language="d"), "brand.language"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(config: Config, key: str) -> None:
    with pytest.raises(ConfigProblem) as refused:
        brand_of(config)

    assert refused.value.message.startswith(key)


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (SVG, "image/svg+xml")])
def test_a_picture_is_known_by_its_content(tmp_path: Path, data: bytes, kind: str) -> None:
    (tmp_path / "logo").write_bytes(data)

    assert read_logo(tmp_path / "logo").media_type == kind


def svg(inside: str, attributes: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (svg("<script>alert(1)</script>"), "with <script>"),
        (svg("<foreignObject/>"), "with <foreignObject>"),
        (svg("", 'onload="alert(1)"'), "event handler"),
        (svg("", 'OnClick="alert(1)"'), "event handler"),
        (svg('<image href="https://example.com/x.png"/>'), "from elsewhere"),
        (svg('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="//example.com/x#y"/>'), "from elsewhere"),
        (svg('<a href=" JavaScript:alert(1)"/>'), "from elsewhere"),
        (svg('<image href="data:image/svg+xml;base64,x"/>'), "from elsewhere"),
        (svg("<style>@import 'https://example.com/x.css'</style>"), "from elsewhere"),
        (svg("<rect/>", "style=\"fill: url( 'https://example.com' )\""), "from elsewhere"),
        (svg(r"<style>r{fill:u\72l(x)}</style>"), "from elsewhere"),
        (svg('<set attributeName="href" to="x"/>'), "with <set>"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "plain SVG"),
        (
            b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"/>',
            "no PNG",
        ),
        (b"<html/>", "no PNG"),
        (b"GIF89a", "no PNG"),
        (b"", "no PNG"),
        (b"\xff\xfe<", "no PNG"),
        (b'<?xml version="1.0" encoding="nonsense"?><svg xmlns="http://www.w3.org/2000/svg"/>', "no PNG"),
        (PNG + bytes(LARGEST_LOGO), "larger than 256 KiB"),
    ],
)
def test_a_logo_that_could_do_more_than_be_looked_at_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(data)

    with pytest.raises(ConfigProblem, match=why) as refused:
        read_logo(path)

    assert refused.value.code == "unusable_logo"


def test_the_document_type_that_drawing_programs_write_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">' + svg("<rect/>")
    )

    assert read_logo(path).media_type == "image/svg+xml"


def test_gradients_and_own_pictures_are_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(
        svg(
            '<defs><linearGradient id="g"/></defs><rect fill="url(#g)" style="stroke: url(#g)"/><use href="#g"/>'
            '<image href="data:image/png;base64,iVBORw0KGgo="/><style>rect { fill: url("#g") }</style>'
        )
    )

    assert read_logo(path).media_type == "image/svg+xml"


def test_a_missing_logo_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"nothing\.png") as refused:
        read_logo(tmp_path / "nothing.png")

    assert refused.value.code == "unusable_logo"
