"""CMS EnvelopedData (RFC 5652 section 6) from outside: for whom, by which algorithms; nothing is decrypted."""

from dataclasses import dataclass

from profilegen.profile import ber
from profilegen.profile.ber import CmsProblem, Element, Reader, dotted
from profilegen.profile.cms import content_type_of

_MOST_RECIPIENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient: named by `issuer` (DER name) and `serial` if so; `key_oid` is "" where no key is transported."""

    key_oid: str
    issuer: bytes | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the outside shows; `recipients` and `cipher_oid` are empty for a content type other than EnvelopedData."""

    content_type: str
    recipients: tuple[Recipient, ...] = ()
    cipher_oid: str = ""


def look_at_envelope(data: bytes, expected: str) -> Envelope:
    """Return what an envelope shows; of a type that is not `expected` only that. Raises CmsProblem for no CMS."""
    content_type = content_type_of(data)
    if content_type != expected:
        return Envelope(content_type=content_type)
    reader = Reader(data)
    wrapper = reader.children(_part(reader.children(reader.whole()), 1))
    parts = reader.children(_part(wrapper, 0))
    infos = next((part for part in parts if part.tag == ber.SET), None)
    content = next((part for part in reversed(parts) if part.tag == ber.SEQUENCE), None)
    if infos is None or content is None:
        raise CmsProblem("it has no recipient or no content")
    cipher = reader.children(_part(reader.children(content), 1))
    return Envelope(
        content_type=content_type,
        recipients=tuple(_recipient(reader, info) for info in reader.children(infos)[:_MOST_RECIPIENTS]),
        cipher_oid=_oid(reader, _part(cipher, 0)),
    )


def _recipient(reader: Reader, info: Element) -> Recipient:
    if info.tag != ber.SEQUENCE:
        return Recipient(key_oid="")  # key agreement and passwords: no key is transported (RFC 5652 section 6.2)
    parts = reader.children(info)
    key_oid = _oid(reader, _part(reader.children(_part(parts, 2)), 0))
    name = _part(parts, 1)
    if name.tag != ber.SEQUENCE:
        return Recipient(key_oid=key_oid)
    names = reader.children(name)
    serial = int.from_bytes(reader.contents(_part(names, 1)), "big", signed=True)
    return Recipient(key_oid=key_oid, issuer=reader.encoding(_part(names, 0)), serial=serial)


def _oid(reader: Reader, element: Element) -> str:
    if element.tag != ber.OBJECT_IDENTIFIER:
        raise CmsProblem("an algorithm has no name")
    return dotted(reader.contents(element))


def _part(parts: list[Element], index: int) -> Element:
    if index >= len(parts):
        raise CmsProblem("its structure is incomplete")
    return parts[index]
