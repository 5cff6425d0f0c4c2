"""`profilegen show`: what a profile does, in words; or the property list itself."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.address import shorten
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Authorities, Json, OnePassword
from profilegen.cli.output import print_json, say
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import session_of
from profilegen.errors import UsageProblem
from profilegen.profile.document import check_document
from profilegen.profile.encryption import as_xml, with_decrypted
from profilegen.profile.masked import masked
from profilegen.profile.read import ReadResult
from profilegen.profile.rebuilt import revision_in
from profilegen.profile.summary import AccountSummary, Connection, PasswordSource, Summary, summarise
from profilegen.wiring import read_file

_SECURITY = {"tls": "TLS", "starttls": "STARTTLS", "ssl": "SSL", "none": "no encryption"}
_PASSWORD = {
    PasswordSource.NONE: "no login",
    PasswordSource.PROFILE: "password in the profile",
    PasswordSource.SAME_AS_INCOMING: "same password",
    PasswordSource.ASKED: "password not in the profile",
    PasswordSource.SIGN_IN: "signs in with OAuth",
}


@grouped
def show(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    passwords: OnePassword,
    xml: Annotated[bool, typer.Option("--xml", help="The property list itself, with every password in it.")] = False,
    decrypt: Annotated[
        Path | None,
        typer.Option("--decrypt", metavar="KEY", help="The device's private key (PEM or PKCS#12), for testing."),
    ] = None,
    ca: Authorities = None,
    as_json: Json = False,
) -> None:
    """
    Show what a profile does: who, which servers, and what is asked on installation. Passwords are masked.

    Example: profilegen show you@example.com.mobileconfig
    """
    if xml and as_json:
        raise UsageProblem("--xml and --json are two answers.", hint="Ask for one of them.", code="two_answers")
    house = session_of(context).house(ca)
    result = read_profile(source)
    if decrypt is not None:
        result = _decrypted(result, decrypt, passwords)
    if xml:
        sys.stdout.buffer.write(result.xml if result.xml.lstrip().startswith(b"<") else as_xml(result.content or {}))
        sys.stdout.buffer.flush()
        return
    roots = house.trusted_roots if result.signed else ()
    document = show_document(result, check_document(result, (), str(source), now=house.clock.now(), anchors=roots))
    if as_json:
        print_json(document)
    else:
        _show(document, summarise(result.content or {}))


def show_document(result: ReadResult, checked: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object of `show`: what `check` says of the file, its accounts, and its masked content."""
    content = result.content or {}
    summary = summarise(content)
    return {
        **{key: value for key, value in checked.items() if key != "findings"},
        "revision": revision_in(content),
        "name": _text(content.get("PayloadDisplayName")),
        "organization": _text(content.get("PayloadOrganization")),
        "accounts": [asdict(account) for account in summary.accounts],
        "others": [asdict(other) for other in summary.others],
        "content": masked(content),
    }


def _decrypted(result: ReadResult, key_file: Path, passwords: OnePassword) -> ReadResult:
    from profilegen.signing.opening import open_envelope

    content = result.content or {}
    envelope = content.get("EncryptedPayloadContent")
    if not isinstance(envelope, bytes):
        raise UsageProblem(
            "The profile is not encrypted.", hint="Leave --decrypt out to see what it holds.", code="not_encrypted"
        )
    opened = with_decrypted(content, open_envelope(envelope, read_file(key_file), passwords.given()))
    return replace(result, content=opened, xml=as_xml(opened))


def _show(document: dict[str, Any], summary: Summary) -> None:
    say(f"{document['file']}: {_words(document['name']) or 'a profile without a name'}")
    if document["encrypted"] and not (summary.accounts or summary.others):
        say("Encrypted for one device: the accounts inside can be seen with its private key only (--decrypt).")
    for account in summary.accounts:
        _show_account(account)
    for other in summary.others:
        say(f"{_words(other.payload_type)}: {_words(other.name) or 'without a name'}")
    say("The profile:")
    say(f"  signed by   {_signer_words(document)}")
    say(f"  revision    {_words(document['revision']) or 'unknown'}")
    say(f"  identifier  {_words(document['identifier']) or 'missing'}")
    if document["organization"]:
        say(f"  from        {_words(document['organization'])}")


def _signer_words(document: dict[str, Any]) -> str:
    signer = document["signer"]
    if not signer:
        return "somebody whose certificate is missing" if document["signed"] else "nobody"
    trust = "trusted on this machine" if signer["trusted"] else "not trusted on this machine"
    return f"{_words(signer['subject'])}, valid until {signer['not_after'][:10]}, {trust}"


def _show_account(account: AccountSummary) -> None:
    name = f' as "{_words(account.name)}"' if account.name else ""
    say(f"{account.kind}: {_words(account.address) or 'nobody named'}{name}")
    for connection in account.connections:
        say(f"  {connection.role:<10}  {_connection_words(connection)}")
    say(f"  asked       {', '.join(account.asked) or 'nothing'}")


def _connection_words(connection: Connection) -> str:
    login = [] if connection.auth in (None, "password", "none", "oauth2") else [str(connection.auth)]
    parts = [
        f"{_words(connection.host) or 'no host'}:{connection.port or 'no port'}",
        _SECURITY[connection.security],
        *([_words(connection.username)] if connection.username else []),
        *login,
        _PASSWORD[connection.password],
    ]
    return "  ".join(parts)


def _words(text: object) -> str:
    return shorten(text, 200) if isinstance(text, str) else ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
