"""PG1xx: the file itself. What makes it unreadable is found while reading; the rest is judged here."""

from collections.abc import Iterator

from profilegen.address import shorten
from profilegen.profile.findings import Severity
from profilegen.profile.formats import Format, has_mark
from profilegen.profile.lint.rule import Fault, Rule, Subject

_LARGE = 1024 * 1024
_MANY_CERTIFICATES = 10
_REBUILD = "Write the profile as UTF-8 XML with the usual first lines."


def repeated_key(subject: Subject) -> Iterator[Fault]:
    """PG107: readers silently take the last of two values."""
    facts = subject.result.facts
    for key, line in () if facts is None else facts.duplicates:
        yield Fault(
            path="",
            message=f"The key {shorten(key)} stands twice in one dictionary (line {line}); devices take one of them.",
            hint="Keep the one that is meant.",
        )


def unusual_encoding(subject: Subject) -> Iterator[Fault]:
    """PG108: what Apple's tools write is UTF-8 with a DOCTYPE and nothing before it."""
    facts, data = subject.result.facts, subject.result.xml
    if facts is None:
        return
    if has_mark(data):
        yield Fault(path="", message="The XML starts with a byte order mark.", hint=_REBUILD)
    elif not data.startswith(b"<"):
        yield Fault(path="", message="Blanks stand before the XML.", hint=_REBUILD)
    if facts.encoding not in ("utf-8", "utf8", "us-ascii"):
        yield Fault(path="", message="The XML is not in UTF-8.", hint=_REBUILD)
    if not facts.has_doctype:
        yield Fault(path="", message="The XML has no DOCTYPE line for property lists.", hint=_REBUILD)


def converted_line_ends(subject: Subject) -> Iterator[Fault]:
    """PG109: a signing tool in text mode turns every LF into CRLF and with it the bytes that were built."""
    if subject.result.signed and subject.result.format is not Format.UNKNOWN and b"\r\n" in subject.result.xml:
        yield Fault(
            path="",
            message="The signed profile has CRLF line ends: it was changed while it was signed.",
            hint="Sign in binary mode (openssl: -binary).",
        )


def swallowed_return(subject: Subject) -> Iterator[Fault]:
    """PG106: XML readers turn a raw carriage return into a line feed, and the password is another one."""
    facts = subject.result.facts
    for key, line in () if facts is None else facts.returns:
        if "password" in key.lower() or "passcode" in key.lower():
            yield Fault(
                path="",
                message=f"{shorten(key)} holds a raw carriage return (line {line}); devices read another password.",
                hint="Write it as &#13;, or choose a password without it.",
            )


def bulky(subject: Subject) -> Iterator[Fault]:
    """PG110: signing tools that pass a whole CA bundle along, and profiles for everything at once."""
    data = subject.result.signed_data
    size = len(subject.result.xml) + sum(map(len, data.certificates)) if data else len(subject.result.xml)
    if size > _LARGE:
        message = f"The profile is large: {size >> 10} KiB."
        yield Fault(path="", message=message, hint="Leave out what the account does not need.")
    if data is not None and len(data.certificates) > _MANY_CERTIFICATES:
        message = f"The signature carries {len(data.certificates)} certificates; a chain has two or three."
        yield Fault(path="", message=message, hint="Sign with the intermediates of the signer alone.")
    if subject.unjudged:
        message = f"The profile has more than {len(subject.payloads)} payloads; the rest was not judged."
        yield Fault(path="PayloadContent", message=message, hint="Make several profiles.")


RULES = (
    Rule(id="PG101", severity=Severity.ERROR, summary="The file is neither an XML profile nor a signed one in DER."),
    Rule(id="PG102", severity=Severity.ERROR, summary="The signature is detached, so the file holds no profile."),
    Rule(id="PG103", severity=Severity.ERROR, summary="What is signed is no profile, or is signed itself."),
    Rule(id="PG104", severity=Severity.ERROR, summary="The XML is not well-formed."),
    Rule(id="PG105", severity=Severity.ERROR, summary="A text holds a character that XML forbids."),
    Rule(id="PG106", severity=Severity.ERROR, summary="A password with a raw line end.", check=swallowed_return),
    Rule(id="PG107", severity=Severity.WARNING, summary="A dictionary has the same key twice.", check=repeated_key),
    Rule(
        id="PG108",
        severity=Severity.WARNING,
        summary="The XML is not plain UTF-8 with a DOCTYPE, or declares entities.",
        check=unusual_encoding,
    ),
    Rule(
        id="PG109",
        severity=Severity.WARNING,
        summary="Signing changed the line ends of the profile.",
        check=converted_line_ends,
    ),
    Rule(id="PG110", severity=Severity.WARNING, summary="The file is unusually large.", check=bulky),
)
