"""The options of the commands, in groups that belong together: called and explained the same everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from profilegen.address import a_label, shorten
from profilegen.config import passwords
from profilegen.errors import AddressProblem, UsageProblem
from profilegen.ports import Finder
from profilegen.profile.account import AccountType
from profilegen.profile.types import Delivery, Platform
from profilegen.profile.wish import LookupWish
from profilegen.secret import Secret
from profilegen.wiring import House
from profilegen.wiring.search import ON_REQUEST, OVER_HTTP, SOURCES

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, all else on stderr.")]
Authorities = Annotated[
    list[Path] | None, typer.Option("--ca", metavar="FILE", help="Further trust anchors (PEM or DER). Repeatable.")
]
DeliveryKind = Annotated[Delivery, typer.Option("--delivery", help="Installed by a person, or silently by MDM.")]
PlatformKind = Annotated[Platform, typer.Option("--platform", help="The devices it is for.")]
Output = Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="The file to write, or - for stdout.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Do not sign.")]
KeyName = Annotated[str | None, typer.Option("--key", metavar="NAME", help="Sign with this key, not the default.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupOptions:
    """How settings are found."""

    offline: Annotated[bool, typer.Option("--offline", help="Ask the catalogue only; no network at all.")] = False
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Ask only this source. Repeatable.")
    ] = None
    trust: Annotated[
        list[str] | None,
        typer.Option(
            "--trust", metavar="DOMAIN", help="The mail really is with this provider; remembered for the mail domain."
        ),
    ] = None
    no_probe: Annotated[bool, typer.Option("--no-probe", help="Do not look at the servers found.")] = False
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Ask without encryption too; such an answer is never trusted.")
    ] = False
    ca: Authorities = None

    def finder(self, house: House) -> Finder:
        """Return what looks one address up."""
        return house.finders.offline if self.offline else house.finders.one

    def wish(self) -> LookupWish:
        """Return the options as a wish; raises UsageProblem for a source there is not and a domain nobody can own."""
        known = (*SOURCES, *ON_REQUEST)
        for name in self.source or ():
            if name not in known:
                raise UsageProblem(
                    f'There is no source "{name}".',
                    hint=f"The sources are: {', '.join(known)}.",
                    code="unknown_source",
                )
            if name in OVER_HTTP and not self.allow_http:
                raise UsageProblem(
                    f'The source "{name}" speaks without encryption.',
                    hint="Add --allow-http if you mean it.",
                    code="http_not_allowed",
                )
        return LookupWish(
            offline=self.offline,
            probe=not self.no_probe,
            sources=tuple(self.source) if self.source else None,
            trust=tuple(sorted({provider_domain(text) for text in self.trust or ()})),
            allow_http=self.allow_http,
        )


def provider_domain(text: str) -> str:
    """Return a provider's domain as `--trust` takes it; raises UsageProblem if nobody can own such a name."""
    from profilegen.net.domains import registrable_domain

    try:
        domain = a_label(text.strip())
    except AddressProblem as problem:
        raise UsageProblem(
            f'"{shorten(text)}" is not a domain.', hint="Write it like --trust hoster.com.", code="bad_trust"
        ) from problem
    owned = registrable_domain(domain)
    if owned != domain:
        hint = f"Write --trust {owned}." if owned else "Name the domain of the provider itself."
        raise UsageProblem(f"{domain} is not the domain of a provider.", hint=hint, code="bad_trust")
    return domain


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePassword:
    """Where the password of a file, or the PIN of a token, comes from; never the command line itself."""

    password_env: Annotated[
        str | None, typer.Option("--password-env", metavar="NAME", help="The password is in this environment variable.")
    ] = None
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="The password is this file's first line.")
    ] = None
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="The password is the next line of standard input.")
    ] = False

    def given(self) -> Secret | None:
        """Return the password, None if no place is named."""
        return _read_password(self.password_env, self.password_file, stdin=self.password_stdin)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordOptions(OnePassword):
    """Where the passwords of a mailbox come from."""

    outgoing_password_env: Annotated[
        str | None, typer.Option("--outgoing-password-env", metavar="NAME", help="The same for the outgoing server.")
    ] = None
    outgoing_password_file: Annotated[
        Path | None, typer.Option("--outgoing-password-file", metavar="FILE", help="The same for the outgoing server.")
    ] = None
    outgoing_password_stdin: Annotated[
        bool, typer.Option("--outgoing-password-stdin", help="The same for the outgoing server.")
    ] = False

    def incoming(self) -> Secret | None:
        """Return the incoming server's password, None if no place is named."""
        return self.given()

    def outgoing(self) -> Secret | None:
        """Return the outgoing server's own password, None if no place is named."""
        return _read_password(
            self.outgoing_password_env, self.outgoing_password_file, stdin=self.outgoing_password_stdin
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptions:
    """What the profile shall be."""

    delivery: DeliveryKind = Delivery.INTERACTIVE
    platform: PlatformKind = Platform.IOS
    account_type: Annotated[
        AccountType | None,
        typer.Option("--account-type", help="How the account signs in; oauth where the provider has a payload for it."),
    ] = None
    name: Annotated[str | None, typer.Option("--name", help="The person's name, as mail shows it.")] = None
    username: Annotated[str | None, typer.Option("--username", help="User name, if it is not the found one.")] = None
    outgoing_username: Annotated[
        str | None, typer.Option("--outgoing-username", help="User name of the outgoing server, if it differs.")
    ] = None
    settings: Annotated[
        Path | None,
        typer.Option("--settings", metavar="FILE", help="Settings as lookup prints them; skips the lookup."),
    ] = None
    outgoing: Annotated[
        str | None, typer.Option("--outgoing", metavar="PROVIDER_ID", help="Send through this relay service.")
    ] = None
    override: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace one field, like outgoing.port=587.")
    ] = None
    aliases: Annotated[
        str | None, typer.Option("--aliases", metavar="LIST", help="Further sender addresses, comma separated.")
    ] = None
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DATE", help="When devices remove the profile by themselves.")
    ] = None
    include_ca: Annotated[
        list[Path] | None,
        typer.Option("--include-ca", metavar="FILE", help="A CA certificate to put into the profile."),
    ] = None
    allow_cleartext_password: Annotated[
        bool, typer.Option("--allow-cleartext-password", help="Put the password into the profile, readable by anyone.")
    ] = False

    encrypt_to: Annotated[
        Path | None,
        typer.Option("--encrypt-to", metavar="CERT", help="Encrypt for the one device with this certificate."),
    ] = None

    replaces: Annotated[
        Path | None,
        typer.Option("--replaces", metavar="FILE", help="Take over the identity of this profile of another tool."),
    ] = None
    new_identity: Annotated[
        bool, typer.Option("--new-identity", help="Let an account get a second identifier (devices add it).")
    ] = False

    def overrides(self) -> Mapping[str, str]:
        """Return the `--set` options as a mapping; raises UsageProblem for one without "="."""
        pairs = [pair.partition("=") for pair in self.override or ()]
        for key, equals, _ in pairs:
            if not equals or not key:
                raise UsageProblem(f'"{key}" is not KEY=VALUE.', hint="Write --set outgoing.port=587.", code="bad_set")
        return {key: value for key, _, value in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOptions:
    """Who signs."""

    unsigned: Unsigned = False
    key: KeyName = None
    allow_self_signed: Annotated[
        bool, typer.Option("--allow-self-signed", help="Sign a whole roster with a self-made key.")
    ] = False


def _read_password(env: str | None, file: Path | None, *, stdin: bool) -> Secret | None:
    if sum((env is not None, file is not None, stdin)) > 1:
        raise UsageProblem(
            "The password is to come from more than one place.",
            hint="Keep one of the three: environment, file or standard input.",
            code="several_passwords",
        )
    if env is not None:
        return passwords.from_environment(env)
    if file is not None:
        return passwords.from_file(file)
    return passwords.from_stdin() if stdin else None
