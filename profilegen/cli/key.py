"""`profilegen key`: signing identities."""

from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, PasswordOptions
from profilegen.cli.output import print_json, print_table, say, table
from profilegen.cli.session import session_of
from profilegen.cli.signers import SELF_SIGNED
from profilegen.errors import UsageProblem
from profilegen.profile.types import SignerFacts
from profilegen.wiring import House, read_file

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
    passwords: PasswordOptions,
    cert: Annotated[Path | None, typer.Option("--cert", metavar="FILE", help="Certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Private key, PEM.")] = None,
    chain: Annotated[Path | None, typer.Option("--chain", metavar="FILE", help="Intermediate certificates.")] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Everything in PKCS#12.")] = None,
    as_json: Json = False,
) -> None:
    """
    Keep an identity made elsewhere.

    Example: profilegen key import office --cert fullchain.pem --key privkey.pem
    """
    house = session_of(context).house()
    password = passwords.incoming()
    if p12 is not None and cert is None and key is None:
        identity = house.keystore.import_p12(name, data=read_file(p12), password=password)
    elif p12 is None and cert is not None and key is not None:
        intermediates = read_file(chain) if chain else b""
        identity = house.keystore.import_pem(
            name, cert=read_file(cert), key=read_file(key), chain=intermediates, password=password
        )
    else:
        raise UsageProblem(
            "An identity is a certificate with its key, or one PKCS#12 file.",
            hint="Give --cert FILE --key FILE [--chain FILE], or --p12 FILE.",
            code="key_parts",
        )
    _show_one(house, name, identity.facts, as_json=as_json)


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


def _show_one(house: House, name: str, facts: SignerFacts, *, as_json: bool) -> None:
    document = _document(name, facts, house.keystore.default_name())
    if as_json:
        print_json(document)
        return
    say(f"{name}{' (default)' if document['default'] else ''}")
    say(f"  subject  {facts.subject}")
    say(f"  issuer   {'itself' if facts.self_signed else facts.issuer}")
    say(f"  valid    {facts.not_before:%Y-%m-%d} to {facts.not_after:%Y-%m-%d}")
    say(f"  key      sha256 {facts.spki_sha256}")
    say(f"  chain    {facts.chain} certificate{'s' * (facts.chain != 1)}")


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
