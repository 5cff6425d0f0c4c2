"""
PKCS#12 containers (RFC 7292) looked at before they are opened: how they are encrypted, and how much work it would be.

A container may ask for billions of rounds of key derivation, so nothing is opened before the rounds are counted.
"""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.profile import ber
from profilegen.profile.ber import CmsProblem, Element, Reader, dotted

MOST_ROUNDS = 1_000_000
"""Rounds of key derivation a container may ask for in all before it is opened."""

_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_OLD_SCHEMES = "1.2.840.113549.1.12.1."
_AES = "2.16.840.1.101.3.4.1."
_SHA1 = "1.3.14.3.2.26"


class Opening(StrEnum):
    """What came of opening a container with a password."""

    OPENED = "opened"
    REFUSED = "refused"
    """The password is wrong, or the container is damaged behind its outer form."""
    NOT_TRIED = "not tried"
    """It asks for too much work, or uses an algorithm nobody here knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """How a container is protected: `modern` AES or a SHA-2 integrity check, which older devices do not read."""

    modern: bool
    rounds: int
    readable: bool


@dataclass(slots=True)  # collected while walking
class _Facts:
    modern: bool = False
    rounds: int = 0
    readable: bool = True


def examine_container(data: bytes) -> Container:
    """Return how a container is protected; raises CmsProblem for what is no PKCS#12."""
    reader, facts = Reader(data), _Facts()
    parts = reader.children(_sequence(reader.whole()))
    if len(parts) < 2 or parts[0].tag != ber.INTEGER:
        raise CmsProblem("it is no PKCS#12 container")
    _, safes = _content_info(reader, parts[1])
    for info in _inside(reader, safes):
        _look_at_safe(*info, facts)
    if len(parts) > 2:
        _look_at_integrity(reader, parts[2], facts)
    return Container(modern=facts.modern, rounds=facts.rounds, readable=facts.readable)


def open_container(data: bytes, password: str | None) -> Opening:
    """Try a password on a container that `examine_container` understood; None: no password is given."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    container = examine_container(data)
    if not container.readable or container.rounds > MOST_ROUNDS:
        return Opening.NOT_TRIED
    try:
        pkcs12.load_pkcs12(data, None if password is None else password.encode("utf-8", "surrogatepass"))
    except UnsupportedAlgorithm:
        return Opening.NOT_TRIED
    except (ValueError, TypeError):
        return Opening.REFUSED
    return Opening.OPENED


def _inside(reader: Reader, content: Element) -> list[tuple[Reader, Element]]:
    """Return the elements of the SEQUENCE inside an OCTET STRING."""
    inner = Reader(reader.octets(content))
    return [(inner, element) for element in inner.children(_sequence(inner.whole()))]


def _content_info(reader: Reader, element: Element) -> tuple[str, Element]:
    parts = reader.children(_sequence(element))
    if len(parts) < 2 or parts[1].tag != ber.CONTEXT_0:
        raise CmsProblem("it is no PKCS#12 container")
    inside = reader.children(parts[1])
    if not inside:
        raise CmsProblem("it is no PKCS#12 container")
    return _oid(reader, parts[0]), inside[0]


def _look_at_safe(reader: Reader, element: Element, facts: _Facts) -> None:
    kind, content = _content_info(reader, element)
    if kind == _ENCRYPTED_DATA:
        parts = reader.children(_sequence(content))
        encrypted = reader.children(_sequence(parts[-1]))
        _look_at_scheme(reader, _part(encrypted, 1), facts)
    elif kind == _DATA:
        for inner, bag in _inside(reader, content):
            _look_at_bag(inner, bag, facts)
    else:
        facts.readable = False


def _look_at_bag(reader: Reader, bag: Element, facts: _Facts) -> None:
    parts = reader.children(_sequence(bag))
    if _oid(reader, _part(parts, 0)) == "1.2.840.113549.1.12.10.1.2":  # pkcs8ShroudedKeyBag
        info = reader.children(_sequence(_part(reader.children(_part(parts, 1)), 0)))
        _look_at_scheme(reader, _part(info, 0), facts)


def _look_at_scheme(reader: Reader, algorithm: Element, facts: _Facts) -> None:
    oid, parameters = _algorithm(reader, algorithm)
    if oid.startswith(_OLD_SCHEMES) and parameters is not None:
        _count(reader, _part(reader.children(parameters), 1), facts)
    elif oid == _PBES2 and parameters is not None:
        derivation, cipher = (_algorithm(reader, part) for part in reader.children(parameters)[:2])
        facts.modern |= cipher[0].startswith(_AES)
        if derivation[0] == _PBKDF2 and derivation[1] is not None:
            _count(reader, _part(reader.children(derivation[1]), 1), facts)
        else:
            facts.readable = False
    else:
        facts.readable = False


def _look_at_integrity(reader: Reader, element: Element, facts: _Facts) -> None:
    parts = reader.children(_sequence(element))
    digest, parameters = _algorithm(reader, _part(reader.children(_sequence(_part(parts, 0))), 0))
    facts.modern |= digest != _SHA1
    if parameters is not None and parameters.tag == ber.SEQUENCE:  # PBMAC1 (RFC 9579) derives a key of its own
        facts.readable = False
    if len(parts) > 2:
        _count(reader, parts[2], facts)


def _count(reader: Reader, element: Element, facts: _Facts) -> None:
    if element.tag != ber.INTEGER:
        raise CmsProblem("a count is no number")
    facts.rounds += max(int.from_bytes(reader.contents(element)[:9], "big", signed=True), 0)


def _algorithm(reader: Reader, element: Element) -> tuple[str, Element | None]:
    parts = reader.children(_sequence(element))
    return _oid(reader, _part(parts, 0)), parts[1] if len(parts) > 1 else None


def _oid(reader: Reader, element: Element) -> str:
    if element.tag != ber.OBJECT_IDENTIFIER:
        raise CmsProblem("an algorithm has no name")
    return dotted(reader.contents(element))


def _sequence(element: Element) -> Element:
    if element.tag != ber.SEQUENCE:
        raise CmsProblem("its structure is not that of PKCS#12")
    return element


def _part(parts: list[Element], index: int) -> Element:
    if index >= len(parts):
        raise CmsProblem("its structure is incomplete")
    return parts[index]
