"""CMS SignedData (RFC 5652) taken apart: content, certificates and signer infos, nothing judged yet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from profilegen.profile import ber
from profilegen.profile.ber import CmsProblem, Element, Reader, dotted

__all__ = ["CmsProblem", "SignedData", "SignerInfo", "content_type_of", "read_signed_data"]

SIGNED_DATA = "1.2.840.113549.1.7.2"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """
    One signer info.

    The signer is named by `issuer` (DER name) and `serial`, or by `key_id` (SubjectKeyIdentifier). `attributes` is the
    DER SET the signature covers, None if it covers the content itself.
    """

    issuer: bytes | None
    serial: int | None
    key_id: bytes | None
    digest_oid: str
    signature_oid: str
    signature: bytes = field(repr=False)
    attributes: bytes | None = field(repr=False)
    message_digest: bytes | None
    signing_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """Signed content; `content` is None where the signature is detached, `definite` tells DER lengths from BER."""

    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    definite: bool


def content_type_of(data: bytes) -> str:
    """Return the content type OID of a CMS ContentInfo; raises CmsProblem."""
    reader = Reader(data)
    return _oid(reader, _part(reader.children(_expect(reader.whole(), ber.SEQUENCE)), 0))


def read_signed_data(data: bytes) -> SignedData:
    """Return the parts of a CMS SignedData, DER or BER; raises CmsProblem and nothing else, whatever the bytes."""
    reader = Reader(data)
    info = reader.children(_expect(reader.whole(), ber.SEQUENCE))
    if _oid(reader, _part(info, 0)) != SIGNED_DATA:
        raise CmsProblem("it is CMS, but not signed data")
    wrapper = reader.children(_expect(_part(info, 1), ber.CONTEXT_0))
    parts = reader.children(_expect(_part(wrapper, 0), ber.SEQUENCE))
    content = _content(reader, _expect(_part(parts, 2), ber.SEQUENCE))
    certificates = [part for part in parts[3:-1] if part.tag == ber.CONTEXT_0]
    signers = reader.children(_expect(parts[-1], ber.SET))
    return SignedData(
        content=content,
        certificates=tuple(reader.encoding(cert) for group in certificates for cert in reader.children(group)),
        signers=tuple(_signer(reader, signer) for signer in signers),
        definite=not reader.indefinite,
    )


def _content(reader: Reader, element: Element) -> bytes | None:
    parts = reader.children(element)
    if len(parts) < 2:
        return None
    wrapper = reader.children(_expect(parts[1], ber.CONTEXT_0))
    return reader.octets(_part(wrapper, 0))


def _signer(reader: Reader, element: Element) -> SignerInfo:
    parts = reader.children(_expect(element, ber.SEQUENCE))
    issuer, serial, key_id = _sid(reader, _part(parts, 1))
    attributes = parts[3] if len(parts) > 3 and parts[3].tag == ber.CONTEXT_0 else None
    after = 3 if attributes is None else 4
    values = {} if attributes is None else _attributes(reader, attributes)
    digest = values.get(_MESSAGE_DIGEST)
    time = values.get(_SIGNING_TIME)
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest_oid=_algorithm(reader, _part(parts, 2)),
        signature_oid=_algorithm(reader, _part(parts, after)),
        signature=reader.octets(_part(parts, after + 1)),
        # The signature covers the attributes as SET OF, not under their implicit tag (RFC 5652 section 5.4).
        attributes=None if attributes is None else b"\x31" + reader.encoding(attributes)[1:],
        message_digest=None if digest is None else reader.octets(digest),
        signing_time=None if time is None else _time(reader, time),
    )


def _sid(reader: Reader, element: Element) -> tuple[bytes | None, int | None, bytes | None]:
    if element.tag == ber.CONTEXT_0_PRIMITIVE:
        return None, None, reader.contents(element)
    parts = reader.children(_expect(element, ber.SEQUENCE))
    serial = reader.contents(_expect(_part(parts, 1), ber.INTEGER))
    return reader.encoding(_part(parts, 0)), int.from_bytes(serial, "big", signed=True), None


def _attributes(reader: Reader, element: Element) -> dict[str, Element]:
    """Return the first value of every attribute by its OID."""
    found: dict[str, Element] = {}
    for attribute in reader.children(element):
        parts = reader.children(_expect(attribute, ber.SEQUENCE))
        values = reader.children(_expect(_part(parts, 1), ber.SET))
        if values:
            found.setdefault(_oid(reader, _part(parts, 0)), values[0])
    return found


def _algorithm(reader: Reader, element: Element) -> str:
    return _oid(reader, _part(reader.children(_expect(element, ber.SEQUENCE)), 0))


def _oid(reader: Reader, element: Element) -> str:
    return dotted(reader.contents(_expect(element, ber.OBJECT_IDENTIFIER)))


def _time(reader: Reader, element: Element) -> datetime | None:
    pattern = {ber.UTC_TIME: "%y%m%d%H%M%SZ", ber.GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(element.tag)
    if pattern is None:
        return None
    try:
        return datetime.strptime(reader.contents(element).decode("ascii"), pattern).replace(tzinfo=UTC)
    except ValueError:
        return None


def _expect(element: Element, tag: int) -> Element:
    if element.tag != tag:
        raise CmsProblem("its structure is not that of CMS signed data")
    return element


def _part(parts: list[Element], index: int) -> Element:
    if index >= len(parts):
        raise CmsProblem("its structure is incomplete")
    return parts[index]
