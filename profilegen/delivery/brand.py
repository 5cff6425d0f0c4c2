"""The logo of the organisation: read once, bounded, and refused if it could do more than be looked at."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.errors import ConfigProblem
from profilegen.mailing.brand import Logo

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST_LOGO = 256 * 1024
"""Bytes; a copy travels in every message and page."""

_SVG = "{http://www.w3.org/2000/svg}"
_ACTIVE = frozenset(
    f"{_SVG}{tag}" for tag in ("script", "foreignObject", "iframe", "audio", "video", "set", "animate", "handler")
)


def read_logo(path: Path) -> Logo:
    """
    Return the picture in a PNG, JPEG or SVG file, told apart by its content.

    Raises ConfigProblem `unusable_logo`: missing, larger than 256 KiB, of another kind, or an SVG with a script, an
    event handler, an animation, an entity or anything loaded from elsewhere.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_LOGO + 1)
    except OSError as exc:
        raise _unusable(path, f"it cannot be read ({exc.strerror})") from exc
    if len(data) > LARGEST_LOGO:
        raise _unusable(path, f"it is larger than {LARGEST_LOGO >> 10} KiB")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo(data=data, media_type="image/png")
    if data.startswith(b"\xff\xd8\xff"):
        return Logo(data=data, media_type="image/jpeg")
    _check_svg(path, data)
    return Logo(data=data, media_type="image/svg+xml")


def _check_svg(path: Path, data: bytes) -> None:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise _unusable(path, "it is no PNG, JPEG or plain SVG") from exc
    if root.tag != f"{_SVG}svg":
        raise _unusable(path, "it is no PNG, JPEG or SVG")
    for why in _objections(root):
        raise _unusable(path, f"it is an SVG {why}")


def _objections(root: "Element") -> Iterator[str]:
    for element in root.iter():
        if element.tag in _ACTIVE:
            yield f"with <{element.tag.removeprefix(_SVG)}>"
        texts = [*element.attrib.values()]
        if element.tag == f"{_SVG}style":
            texts.append(element.text or "")
        if any(name.rpartition("}")[2].lower().startswith("on") for name in element.attrib):
            yield "with an event handler"
        if any(_loads(name, value) for name, value in element.attrib.items()) or any(map(_style_loads, texts)):
            yield "that loads something from elsewhere"


def _loads(name: str, value: str) -> bool:
    own = value.strip().lower().startswith(("#", "data:image/png", "data:image/jpeg"))
    return name.rpartition("}")[2].lower() in ("href", "src") and not own


def _style_loads(text: str) -> bool:
    compact = "".join(text.lower().split()).replace('"', "").replace("'", "")
    return "@import" in compact or "url(" in compact.replace("url(#", "") or "\\" in compact


def _unusable(path: Path, why: str) -> ConfigProblem:
    return ConfigProblem(
        f"The logo {path} cannot be used: {why}.",
        hint="Name a PNG, JPEG or plain SVG file of at most 256 KiB as brand.logo, or leave it out.",
        code="unusable_logo",
    )
