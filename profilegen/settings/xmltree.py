"""XML from outside, read hard: bounded, no DTD, no entities, nothing fetched; namespaces are not looked at."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 64 * 1024


class BadXml(ValueError):
    """Bytes are not the XML we accept; says why in one clause without a full stop."""


def parse_xml(data: bytes, root: str) -> "Element":
    """Return the root element, whose name without namespace must be `root`; raises BadXml."""
    import defusedxml.ElementTree

    if len(data) > MAX_BYTES:
        raise BadXml(f"it is larger than {MAX_BYTES // 1024} KiB")
    try:
        element: Element = defusedxml.ElementTree.fromstring(data.strip(), forbid_dtd=True)
    except (defusedxml.ElementTree.ParseError, ValueError, LookupError) as exc:
        raise BadXml("it is not well-formed XML") from exc
    if name_of(element) != root:
        raise BadXml("its root element is another one")
    return element


def children(element: "Element", name: str) -> "list[Element]":
    """Return the child elements with this name."""
    return [child for child in element if name_of(child) == name]


def name_of(element: "Element") -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
