"""Untrusted bytes become a profile to look at, or findings that say in one line each why not. Never an exception."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from profilegen.profile import formats
from profilegen.profile.binary_plist import read_binary
from profilegen.profile.cms import ENVELOPED_DATA, CmsProblem, SignedData, content_type_of, read_signed_data
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.formats import Format
from profilegen.profile.tree import is_bounded, unusable_texts
from profilegen.profile.xml_plist import EntityProblem, PlistProblem, XmlFacts, XmlProblem, read_xml

_FORBIDDEN_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef]|d[89a-f]..)|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.I
)
_FORBIDDEN_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf]")
_REBUILD = "Build the profile anew with a tool that writes property lists properly."
_UNWRAP_HINT = "Sign again and write the result in DER form."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """
    What a file turned out to be.

    `content` is the profile's dictionary, None where it cannot be read (a finding then says why); `xml` is the property
    list as it stands in the file; `signed_data` is the CMS wrapping of a signed profile, `facts` what the XML showed.
    """

    format: Format
    signed: bool = False
    encrypted: bool = False
    content: dict[str, Any] | None = field(default=None, repr=False)
    xml: bytes = field(default=b"", repr=False)
    signed_data: SignedData | None = field(default=None, repr=False)
    facts: XmlFacts | None = None
    findings: tuple[LintFinding, ...] = ()


def read(data: bytes) -> ReadResult:
    """Return what the bytes of a profile hold, signed or not, in any wrapping, however broken."""
    if len(data) > formats.LARGEST:
        return _refused(Format.UNKNOWN, "PG101", "The file is larger than 20 MB.", "A profile has a few kilobytes.")
    kind = formats.sniff(data)
    match kind:
        case Format.XML | Format.BPLIST:
            return _read_plist(data, ReadResult(format=kind))
        case Format.CMS_DER | Format.CMS_BER:
            return _read_cms(data, kind)
        case Format.CMS_PEM:
            return _read_armoured(data, kind, formats.unwrap_pem, "PEM armour")
        case Format.SMIME:
            return _read_armoured(data, kind, formats.unwrap_smime, "an S/MIME message")
        case Format.UNKNOWN:
            message = f"This is no profile: it is {formats.name_of_other(data)}."
            return _refused(kind, "PG101", message, "Give the .mobileconfig file itself.")


def _read_armoured(data: bytes, kind: Format, unwrap: Callable[[bytes], bytes | None], name: str) -> ReadResult:
    inner = unwrap(data)
    if inner is None:
        message = f"The profile comes in {name} that cannot be opened (detached or damaged)."
        return _refused(kind, "PG101", message, _UNWRAP_HINT)
    result = replace(_read_cms(inner, kind), format=kind)
    return _with(result, "PG101", f"The signed profile comes in {name}; devices read DER only.", _UNWRAP_HINT)


def _read_cms(data: bytes, kind: Format) -> ReadResult:
    try:
        if content_type_of(data) == ENVELOPED_DATA:
            message = "The whole file is encrypted; devices decrypt only what stands in EncryptedPayloadContent."
            result = _refused(kind, "PG101", message, "Encrypt the payloads, then sign the profile.")
            return replace(result, encrypted=True)
        signed = read_signed_data(data)
    except CmsProblem as problem:
        return _refused(kind, "PG101", f"The signed profile cannot be read: {problem}.", "Fetch or sign it again.")
    kind = Format.CMS_DER if signed.definite else Format.CMS_BER
    result = ReadResult(format=kind, signed=True, signed_data=signed)
    if kind is Format.CMS_BER:
        result = _with(result, "PG101", "The signature is in BER with open lengths; devices expect DER.", _UNWRAP_HINT)
    if signed.content is None:
        return _with(
            result,
            "PG102",
            "The signature is detached: the profile itself is not in the file.",
            "Sign with the content attached (openssl: -nodetach).",
        )
    return _read_signed_content(signed.content, result)


def _read_signed_content(content: bytes, result: ReadResult) -> ReadResult:
    kind = formats.sniff(content)
    if kind is Format.XML:
        return _read_plist(content, result)
    if kind in (Format.CMS_DER, Format.CMS_BER, Format.CMS_PEM, Format.SMIME):
        return _with(
            result,
            "PG103",
            "The profile is signed twice: inside the signature is another signed profile.",
            "Sign the profile itself; `profilegen sign` replaces an old signature.",
        )
    if kind is Format.BPLIST:
        result = _read_plist(content, result)
        return _with(result, "PG103", "Inside the signature is a binary property list instead of XML.", _REBUILD)
    return _with(
        result, "PG103", f"Inside the signature is no profile: it is {formats.name_of_other(content)}.", _REBUILD
    )


def _read_plist(data: bytes, result: ReadResult) -> ReadResult:
    result = replace(result, xml=data)
    if data.startswith(b"bplist"):
        return _read_binary(data, result)
    try:
        facts, content = read_xml(_xml_start(data))
    except EntityProblem:
        message = "The XML declares entities or a document type of its own, which no profile needs; it was not read."
        return _with(result, "PG108", message, _REBUILD)
    except PlistProblem as problem:
        message = f"The file is no property list that could be read. {problem}."
        return _with(result, "PG103" if result.signed else "PG104", message, _REBUILD)
    except XmlProblem as problem:
        return _with(result, *_xml_fault(data, problem), _REBUILD)
    if facts.root != "plist":
        rule = "PG103" if result.signed else "PG101"
        return _with(result, rule, "The XML is something else than a property list.", _REBUILD)
    return _keep(content, replace(result, facts=facts))


def _read_binary(data: bytes, result: ReadResult) -> ReadResult:
    if result.format is Format.BPLIST:
        message = "The profile is a binary property list; devices expect XML."
        result = _with(result, "PG101", message, "Convert it: plutil -convert xml1 FILE.")
    try:
        content = read_binary(data)
    except ValueError:
        message = "The binary property list is damaged or asks for too much memory."
        return _with(result, "PG103" if result.signed else "PG101", message, _REBUILD)
    return _keep(content, result)


def _xml_start(data: bytes) -> bytes:
    """Return the XML from its first byte on; blanks before it are a finding of the linter, not a reason to stop."""
    return formats.strip_mark(data).lstrip(b" \t\r\n")


def _xml_fault(data: bytes, problem: XmlProblem) -> tuple[str, str]:
    looks_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:2]
    if not looks_utf16 and (_FORBIDDEN_BYTES.search(data) or _FORBIDDEN_REFERENCE.search(data)):
        return "PG105", "A text holds a character that XML forbids, so no device can read the profile."
    return "PG104", f"{problem}."


def _keep(content: object, result: ReadResult) -> ReadResult:
    if not isinstance(content, dict):
        return _with(result, "PG103" if result.signed else "PG101", "The property list is no dictionary.", _REBUILD)
    if not is_bounded(content):
        return _with(result, "PG101", "The property list is nested too deeply or has too many parts.", _REBUILD)
    encrypted = content.get("IsEncrypted") is True or "EncryptedPayloadContent" in content
    result = replace(result, content=content, encrypted=encrypted)
    for path in unusable_texts(content):
        message = "This text holds a control character, which a property list in XML cannot carry unchanged."
        result = _with(result, "PG105", message, "Remove the invisible character.", path)
    return result


def _refused(kind: Format, rule: str, message: str, hint: str) -> ReadResult:
    return _with(ReadResult(format=kind), rule, message, hint)


def _with(result: ReadResult, rule: str, message: str, hint: str, path: str = "") -> ReadResult:
    finding = LintFinding(rule=rule, severity=Severity.ERROR, path=path, message=message, hint=hint)
    return replace(result, findings=(*result.findings, finding))
