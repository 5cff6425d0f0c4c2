"""A first pass over untrusted XML: bounded, no entities, and it sees what a property list reader hides."""

from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 64
MOST_ELEMENTS = 200_000


class XmlProblem(Exception):
    """The XML cannot be read; the text is the reason as a sentence without full stop. Stays inside."""


class EntityProblem(XmlProblem):
    """The XML declares entities, which are refused unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlFacts:
    """What the property list reader would not tell; `duplicates` are (key, line number)."""

    root: str
    encoding: str
    has_doctype: bool
    duplicates: tuple[tuple[str, int], ...]


@dataclass(slots=True)  # expat calls back while it counts
class _Scan:
    """The state of one pass; its methods are expat's handlers."""

    parser: expat.XMLParserType
    root: str = ""
    encoding: str = "utf-8"
    has_doctype: bool = False
    elements: int = 0
    keys: list[set[str]] = field(default_factory=list)
    text: list[str] | None = None
    duplicates: list[tuple[str, int]] = field(default_factory=list)

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self.elements += 1
        self.keys.append(set())
        if len(self.keys) > DEEPEST or self.elements > MOST_ELEMENTS:
            raise XmlProblem("It is nested too deeply or has too many elements")
        self.text = [] if name == "key" else None

    def end(self, name: str) -> None:
        self.keys.pop()
        if name == "key" and self.text is not None and self.keys:
            self._note_key("".join(self.text))
        self.text = None

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def doctype(self, *_parts: object) -> None:
        self.has_doctype = True

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def entity(self, *_parts: object) -> None:
        raise EntityProblem("It declares entities")

    def _note_key(self, key: str) -> None:
        if key in self.keys[-1]:
            self.duplicates.append((key, self.parser.CurrentLineNumber))
        self.keys[-1].add(key)


def scan_xml(data: bytes) -> XmlFacts:
    """Return what stands in an XML document; raises XmlProblem for what is malformed, too deep or declares entities."""
    parser = expat.ParserCreate()
    scan = _Scan(parser)
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.characters
    parser.StartDoctypeDeclHandler = scan.doctype
    parser.XmlDeclHandler = scan.declaration
    parser.EntityDeclHandler = scan.entity
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes no keywords; True: this is all of it
    except expat.ExpatError as exc:
        raise XmlProblem(_reason(exc)) from exc
    except (LookupError, ValueError) as exc:
        raise XmlProblem("It names a character encoding that does not exist") from exc
    return XmlFacts(
        root=scan.root, encoding=scan.encoding, has_doctype=scan.has_doctype, duplicates=tuple(scan.duplicates)
    )


def _reason(error: expat.ExpatError) -> str:
    reason = expat.ErrorString(error.code) or "not well-formed"
    if reason in ("no element found", "unclosed token"):
        return f"It is cut off: the XML ends in line {error.lineno} before its time"
    return f"The XML is broken in line {error.lineno}: {reason}"
