"""
Property lists in XML, read in one bounded pass that also sees what other readers hide: keys that stand twice, entities
(refused unread), line ends that XML swallows.
"""

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.parsers import expat

DEEPEST = 64
MOST_ELEMENTS = 100_000
LONGEST_TEXT = 1024 * 1024
"""Characters of one text. Data may be longer: fonts and certificates are."""

_LONGEST_NUMBER = 100
_PIECE = 1 << 16
# Only the plist element has an attribute; a tag as long as this was made to be expensive.
_ENDLESS_TAG = re.compile(rb"<\0?[A-Za-z/][^<>]{2048}")
_HEX = re.compile(r"[+-]?0[xX][0-9A-Fa-f]+")
_CONTAINERS = ("dict", "array")
_CONSTANTS = {"true": True, "false": False}


class XmlProblem(Exception):
    """The XML cannot be read; the text is the reason as a sentence without full stop. Stays inside."""


class EntityProblem(XmlProblem):
    """The XML declares entities or a document type of its own, which are refused unread."""


class PlistProblem(XmlProblem):
    """The XML is well-formed, but no property list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlFacts:
    """What a property list does not say itself; `duplicates` and `returns` (a raw CR in a text) are (key, line)."""

    root: str
    encoding: str
    has_doctype: bool
    duplicates: tuple[tuple[str, int], ...]
    returns: tuple[tuple[str, int], ...]


@dataclass(slots=True)  # filled while reading
class _Container:
    """An open dictionary or array, and the key that waits for its value."""

    value: dict[str, Any] | list[Any]
    key: str | None = None


@dataclass(slots=True)  # the state of a parser
class _Pass:
    """The state of one pass; its public methods are expat's handlers."""

    parser: expat.XMLParserType
    data: bytes
    root: str = ""
    encoding: str = "utf-8"
    has_doctype: bool = False
    elements: int = 0
    value: Any = None
    has_value: bool = False
    open: list[_Container] = field(default_factory=list)
    leaf: str = ""
    leaf_start: int = 0
    text: list[str] = field(default_factory=list)
    length: int = 0
    duplicates: list[tuple[str, int]] = field(default_factory=list)
    returns: list[tuple[str, int]] = field(default_factory=list)

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.open) >= DEEPEST or self.elements > MOST_ELEMENTS:
            raise XmlProblem("It is nested too deeply or has too many elements")
        if not self.root:
            self.root = name
            return
        if self.root != "plist":
            return
        if self.leaf:
            raise PlistProblem(f"In line {self.parser.CurrentLineNumber} an element stands inside a plain value")
        if name in _CONTAINERS:
            self._enter({} if name == "dict" else [])
        elif name in _LEAVES:
            self.leaf, self.leaf_start = name, self.parser.CurrentByteIndex
        else:
            raise PlistProblem(f"Line {self.parser.CurrentLineNumber} has an element that property lists do not know")

    def end(self, name: str) -> None:
        if self.root != "plist" or name == "plist":
            return
        if self.leaf:
            text, self.text, self.length = "".join(self.text), [], 0
            self._close_leaf(name, text)
            self.leaf = ""
        elif self.open.pop().key is not None:
            raise PlistProblem(f"In line {self.parser.CurrentLineNumber} a key has no value")

    def characters(self, text: str) -> None:
        if not self.leaf:
            return
        self.length += len(text)
        if self.leaf != "data" and self.length > LONGEST_TEXT:
            raise XmlProblem("A text is longer than a million characters")
        if self.leaf == "data" and not text.isascii():
            raise PlistProblem("Data holds what is no base64")
        self.text.append(text)

    def doctype(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        self.has_doctype = True
        if internal:
            raise EntityProblem("It declares entities or a document type of its own")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def entity(self, *_parts: object) -> None:
        raise EntityProblem("It declares entities")

    def _enter(self, value: dict[str, Any] | list[Any]) -> None:
        self._put(value)
        self.open.append(_Container(value))

    def _close_leaf(self, name: str, text: str) -> None:
        if name != "key":
            self._note_return()
            self._put(_leaf(name, text))
            return
        holder = self.open[-1] if self.open else None
        if holder is None or not isinstance(holder.value, dict) or holder.key is not None:
            raise PlistProblem(f"In line {self.parser.CurrentLineNumber} a key stands where none belongs")
        if text in holder.value:
            self.duplicates.append((text, self.parser.CurrentLineNumber))
        holder.key = text

    def _put(self, value: Any) -> None:
        if not self.open:
            if self.has_value:
                raise PlistProblem("It holds more than one property list")
            self.value, self.has_value = value, True
            return
        holder = self.open[-1]
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif holder.key is not None:
            holder.value[holder.key] = value
            holder.key = None
        else:
            raise PlistProblem(f"In line {self.parser.CurrentLineNumber} a value has no key")

    def _note_return(self) -> None:
        if self.leaf != "string" or not self.open or not self.encoding.startswith(("utf-8", "us-ascii", "iso-8859")):
            return
        if b"\r" in self.data[self.leaf_start : self.parser.CurrentByteIndex]:
            self.returns.append((self.open[-1].key or "", self.parser.CurrentLineNumber))


def read_xml(data: bytes) -> tuple[XmlFacts, Any]:
    """
    Return what stands in an XML document and, if its root is `plist`, the value it holds (else None).

    Raises EntityProblem for declarations, PlistProblem for well-formed XML that is no property list, XmlProblem for
    what is malformed, too deep, too long or too much.
    """
    if _ENDLESS_TAG.search(data):
        raise XmlProblem("It holds a tag of more than 2000 characters")
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _PIECE
    state = _Pass(parser, data)
    parser.StartElementHandler = state.start
    parser.EndElementHandler = state.end
    parser.CharacterDataHandler = state.characters
    parser.StartDoctypeDeclHandler = state.doctype
    parser.XmlDeclHandler = state.declaration
    parser.EntityDeclHandler = state.entity
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes no keywords; True: this is all of it
    except expat.ExpatError as exc:
        raise XmlProblem(_reason(exc)) from exc
    except (LookupError, ValueError) as exc:
        raise XmlProblem("It names a character encoding that does not exist") from exc
    facts = XmlFacts(
        root=state.root,
        encoding=state.encoding,
        has_doctype=state.has_doctype,
        duplicates=tuple(state.duplicates),
        returns=tuple(state.returns),
    )
    return facts, state.value


def _leaf(name: str, text: str) -> Any:
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    try:
        return _LEAVES[name](text)
    except (ValueError, OverflowError) as exc:
        raise PlistProblem(f"A value of the type {name} is none") from exc


def _integer(text: str) -> int:
    text = text.strip()
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("endless")
    return int(text, 16) if _HEX.fullmatch(text) else int(text)


def _real(text: str) -> float:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("endless")
    return float(text)


def _date(text: str) -> datetime:
    # Without a zone, as plistlib reads it; a property list knows UTC only.
    return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - as said


def _data(text: str) -> bytes:
    # Lenient like every reader: what is no base64 is skipped, and the linter sees that nothing useful is left.
    return binascii.a2b_base64(text)


_LEAVES: dict[str, Callable[[str], Any]] = {
    "key": str,
    "string": str,
    "integer": _integer,
    "real": _real,
    "date": _date,
    "data": _data,
    "true": bool,
    "false": bool,
}


def _reason(error: expat.ExpatError) -> str:
    reason = expat.ErrorString(error.code) or "not well-formed"
    if reason in ("no element found", "unclosed token"):
        return f"It is cut off: the XML ends in line {error.lineno} before its time"
    return f"The XML is broken in line {error.lineno}: {reason}"
