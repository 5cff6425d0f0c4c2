"""`profilegen key`: signing identities."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, OnePassword
from profilegen.cli.output import note, print_json, print_table, say, table
from profilegen.cli.render import notice_document, show_notices
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import SELF_SIGNED, SOON_DAYS, expiry_notices
from profilegen.delivery.files import FileDrop
from profilegen.errors import UsageProblem
from profilegen.profile.types import SignerFacts
from profilegen.settings.candidates import Notice
from profilegen.wiring import House, read_file

if TYPE_CHECKING:
    from profilegen.signing.identity import SigningIdentity

app = typer.Typer(help="Keep signing identities.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command()
def new(
    context: typer.Context,
    name: Name,
    common_name: Annotated[
        str | None, typer.Option("--common-name", help="What devices show as the signer; by default the name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Make a self-signed identity for trying things out; devices show it as not verified.

    Example: profilegen key new trial
    """
    house = session_of(context).house()
    organization = house.loaded.config.organization
    identity = house.keystore.create_self_signed(
        name, common_name=common_name or name, organization=organization, now=house.clock.now()
    )
    _show_one(house, name, identity.facts, as_json=as_json)
    if not as_json:
        say(f"  ! {SELF_SIGNED.text}")


@app.command("import")
@grouped
def import_(
    context: typer.Context,
    name: Name,
    passwords: OnePassword,
    cert: Annotated[Path | None, typer.Option("--cert", metavar="FILE", help="Certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Private key, PEM.")] = None,
    chain: Annotated[Path | None, typer.Option("--chain", metavar="FILE", help="Intermediate certificates.")] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Everything in PKCS#12.")] = None,
    pkcs11: Annotated[
        str | None, typer.Option("--pkcs11", metavar="URI", help="A key that stays in its token (RFC 7512).")
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Keep an identity made elsewhere. The password is that of the key or PKCS#12 file, or the PIN of the token.

    A PIN is never kept: whoever signs gives it in PROFILEGEN_PIN, or in a file that pin-source in the URI names.

    Example: profilegen key import office --cert fullchain.pem --key privkey.pem
    """
    house = session_of(context).house()
    password = passwords.given()
    pem, intermediates = (read_file(cert) if cert else b""), (read_file(chain) if chain else b"")
    match (p12, key, pkcs11):
        case (Path(), None, None) if cert is None:
            identity = house.keystore.import_p12(name, data=read_file(p12), password=password)
        case (None, Path(), None) if cert is not None:
            identity = house.keystore.import_pem(
                name, cert=pem, key=read_file(key), chain=intermediates, password=password
            )
        case (None, None, str()):
            house.pin = password
            identity = house.keystore.import_token(name, uri=pkcs11, cert=pem, chain=intermediates)
        case _:
            raise UsageProblem(
                "An identity is a certificate with its key, one PKCS#12 file, or a key in a token.",
                hint="Give --cert FILE --key FILE [--chain FILE], or --p12 FILE, or --pkcs11 URI [--cert FILE].",
                code="key_parts",
            )
    _show_one(house, name, identity.facts, as_json=as_json, notices=_chain_notices(house, identity))


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """
    List the identities; the default one is marked.

    Example: profilegen key list
    """
    house = session_of(context).house()
    names, default = house.keystore.names(), house.keystore.default_name()
    if as_json:
        print_json({"keys": [_document(name, house.keystore.load(name).facts, default) for name in names]})
        return
    rows = table("", "name", "subject", "valid until")
    for name in names:
        facts = house.keystore.load(name).facts
        rows.add_row("*" if name == default else "", name, facts.subject, f"{facts.not_after:%Y-%m-%d}")
    if names:
        print_table(rows)
    else:
        say("There is no signing key yet; make one with key new NAME or key import NAME.")


@app.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """
    Show one identity; never its private key.

    Example: profilegen key show office
    """
    house = session_of(context).house()
    _show_one(house, name, house.keystore.load(name).facts, as_json=as_json)


@app.command()
def renew(
    context: typer.Context,
    name: Name,
    cert: Annotated[Path, typer.Option("--cert", metavar="FILE", help="The new certificate, PEM.")],
    chain: Annotated[Path | None, typer.Option("--chain", metavar="FILE", help="Intermediate certificates.")] = None,
    as_json: Json = False,
) -> None:
    """
    Replace the certificate by a renewed one for the same private key, so that devices accept updates as before.

    Example: profilegen key renew office --cert fullchain.pem
    """
    house = session_of(context).house()
    before = house.keystore.load(name).facts
    intermediates = read_file(chain) if chain else b""
    identity = house.keystore.renew(name, cert=read_file(cert), chain=intermediates)
    facts = identity.facts
    notices = [*renewal_notices(before, facts), *expiry_notices(facts, house.clock.now())]
    notices += _chain_notices(house, identity)
    _show_one(house, name, facts, as_json=as_json, notices=notices)


@app.command()
@grouped
def export(
    context: typer.Context,
    name: Name,
    passwords: OnePassword,
    p12: Annotated[Path, typer.Option("--p12", metavar="FILE", help="The file to write, readable by you alone.")],
    as_json: Json = False,
) -> None:
    """
    Write an identity with its private key to a PKCS#12 file, for a backup or another machine.

    It is encrypted with AES-256, which iOS 17 and older cannot open; that matters only for S/MIME identities inside
    profiles, never for a signing identity, which no device ever installs.

    Example: profilegen key export office --p12 office.p12 --password-file password.txt
    """
    house = session_of(context).house()
    password = passwords.given()
    if password is None:
        raise UsageProblem(
            "A private key is exported only under a password.",
            hint="Give --password-env NAME, --password-file FILE or --password-stdin.",
            code="empty_password",
        )
    data = house.keystore.export_p12(name, password=password)
    run_async(_write_private(p12, data))
    if as_json:
        print_json({"name": name, "path": str(p12)})
    else:
        say(f"✓ {name} → {p12}")


@app.command()
def check(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=0, metavar="N", help="Days before expiry to fail.")] = SOON_DAYS,
    as_json: Json = False,
) -> None:
    """
    Exit 1 if a signing certificate has expired or will within N days. Made for cron.

    Example: profilegen key check --days 21
    """
    house = session_of(context).house()
    now = house.clock.now()
    facts = {name: house.keystore.load(name).facts for name in house.keystore.names()}
    due = [name for name in facts if facts[name].days_left(now) < days]
    if as_json:
        default = house.keystore.default_name()
        listed = [
            {**_document(name, one, default), "days_left": one.days_left(now), "due": name in due}
            for name, one in facts.items()
        ]
        print_json({"ok": not due, "days": days, "keys": listed})
    else:
        for name, one in facts.items():
            left = one.days_left(now)
            when = f"{one.not_after:%Y-%m-%d}, in {left} days" if left >= 0 else f"{one.not_after:%Y-%m-%d}: expired"
            say(f"{'✗' if name in due else '✓'} {name} ends {when}")
    if not facts and not as_json:
        say("There is no signing key yet.")
    if due:
        note(
            f"profilegen: {', '.join(due)} must be renewed.\n"
            "  → Get a certificate for the same private key, then: profilegen key renew NAME --cert FILE."
        )
    raise typer.Exit(1 if due else 0)


def renewal_notices(before: SignerFacts, after: SignerFacts) -> tuple[Notice, ...]:
    """Return a warning where a renewed certificate carries another name: Apple asks for the same identity."""
    if (before.subject, before.issuer) == (after.subject, after.issuer):
        return ()
    text = (
        f"The key is the same, but the certificate now says {after.subject} by {after.issuer} instead of "
        f"{before.subject} by {before.issuer}. Apple does not say whether devices compare the name as well: try an "
        "update on one device first."
    )
    return (Notice(code="signer_renamed", text=text),)


def _chain_notices(house: House, identity: "SigningIdentity") -> tuple[Notice, ...]:
    from profilegen.signing.chain import open_end

    issuer = open_end(identity, house.trusted_roots)
    if issuer is None:
        return ()
    text = (
        f"The chain ends at {issuer}, which is no root known to this machine. Unless it is a root the devices trust, "
        "profiles show as not verified: import the intermediate certificates too (--chain FILE)."
    )
    return (Notice(code="chain_incomplete", text=text),)


async def _write_private(path: Path, data: bytes) -> None:
    staged = await FileDrop().stage(path, data, private=True)
    await staged.commit()


def _show_one(house: House, name: str, facts: SignerFacts, *, as_json: bool, notices: Sequence[Notice] = ()) -> None:
    document = _document(name, facts, house.keystore.default_name())
    if as_json:
        print_json({**document, "notices": [notice_document(notice) for notice in notices]})
        return
    say(f"{name}{' (default)' if document['default'] else ''}")
    say(f"  subject  {facts.subject}")
    say(f"  issuer   {'itself' if facts.self_signed else facts.issuer}")
    say(f"  valid    {facts.not_before:%Y-%m-%d} to {facts.not_after:%Y-%m-%d}")
    say(f"  key      sha256 {facts.spki_sha256}")
    say(f"  chain    {facts.chain} certificate{'s' * (facts.chain != 1)}")
    show_notices(notices)


def _document(name: str, facts: SignerFacts, default: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "default": name == default,
        "subject": facts.subject,
        "issuer": facts.issuer,
        "not_before": facts.not_before.isoformat(),
        "not_after": facts.not_after.isoformat(),
        "spki_sha256": facts.spki_sha256,
        "chain": facts.chain,
        "self_signed": facts.self_signed,
    }
