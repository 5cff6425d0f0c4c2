"""Which kind of account an answer allows: servers with a password, a sign-in on the device, or none at all."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.errors import NotPossible, ProfilegenError, UsageProblem, WorldProblem
from profilegen.profile.order import Account, OAuthAccount, PasswordAccount
from profilegen.profile.types import Platform
from profilegen.secret import Secret
from profilegen.settings.candidates import AccountPayload, Status
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import MailSettings, Server


class AccountType(StrEnum):
    """How the account signs in."""

    PASSWORD = "password"  # noqa: S105 - a kind of account
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """
    What is asked for beside the settings.

    `wanted` None: OAuth where the provider has a payload for it, else password. `relay_server` is the outgoing server
    of the relay service `relay` and replaces the provider's. The passwords are those that shall travel inside.
    """

    platform: Platform
    wanted: AccountType | None = None
    relay: str | None = None
    relay_server: Server | None = None
    incoming_password: Secret | None = None
    outgoing_password: Secret | None = None


_NO_ACCOUNT: dict[Status, tuple[str, str]] = {
    Status.NO_IMAP: (
        "its provider offers neither IMAP nor POP, so Apple Mail cannot reach it",
        "Use the provider's own app.",
    ),
    Status.SEND_ONLY: (
        "its servers only send mail; there is no mailbox to read",
        "Name the mailbox provider's address.",
    ),
    Status.DEAD: ("its provider has closed down", "Ask the person for an address that still works."),
    Status.UNTRUSTED: (
        "nobody trustworthy says which servers it has",
        "Look at the alternatives with lookup --all, then give the right ones with --settings FILE.",
    ),
    Status.REFUSED: ("its domain is no place where mail settings may be looked up", "Give them with --settings FILE."),
    Status.NOT_FOUND: ("no source knows its mail servers", "Ask the provider, then give them with --settings FILE."),
    Status.INVALID: ("it is no mail address", "Write it like you@example.com."),
}


def choose_account(found: SettingsDocument, choice: AccountChoice) -> Account:
    """
    Return the account to build.

    Raises NotPossible with the advice for a provider that cannot work, WorldProblem if the answer is only missing,
    UsageProblem for a wish that contradicts itself.
    """
    if _wanted(found, choice) is AccountType.OAUTH:
        return _oauth_account(found, choice)
    if found.status is Status.OAUTH_ONLY:
        raise _no(
            found, "it only signs in with OAuth, which Apple's mail payload cannot do", "Use --account-type oauth."
        )
    return _password_account(found, choice)


def _wanted(found: SettingsDocument, choice: AccountChoice) -> AccountType:
    if found.status in _NO_ACCOUNT or found.status is Status.UNREACHABLE:
        raise _refusal(found)
    if choice.wanted is not None:
        return choice.wanted
    google_on_a_mac = found.payload is AccountPayload.GOOGLE and choice.platform is Platform.MACOS
    if found.payload is None or google_on_a_mac or (choice.relay and found.status is not Status.OAUTH_ONLY):
        return AccountType.PASSWORD
    return AccountType.OAUTH


def _oauth_account(found: SettingsDocument, choice: AccountChoice) -> OAuthAccount:
    if found.payload is None:
        raise _no(found, "Apple has no OAuth payload for its provider", "Use --account-type password.")
    if choice.relay:
        raise _no(
            found,
            "an OAuth account sends through its own provider, so a relay service cannot be part of it",
            "Leave --outgoing out, or use --account-type password where the provider allows it.",
        )
    return OAuthAccount(address=found.address, payload=found.payload, display_name=found.name)


def _password_account(found: SettingsDocument, choice: AccountChoice) -> PasswordAccount:
    outgoing = choice.relay_server or found.outgoing
    if found.incoming is None or outgoing is None:
        direction = "incoming" if found.incoming is None else "outgoing"
        raise _no(found, f"no {direction} server is known", "Give both directions with --settings FILE or --set.")
    settings = MailSettings(
        address=found.address,
        display_name=found.name,
        incoming=found.incoming,
        outgoing=outgoing,
        relay=choice.relay,
        aliases=found.aliases,
        caldav=found.caldav,
        carddav=found.carddav,
    )
    return PasswordAccount(
        settings=settings, incoming_password=choice.incoming_password, outgoing_password=choice.outgoing_password
    )


def _refusal(found: SettingsDocument) -> ProfilegenError:
    if found.status is Status.UNREACHABLE:
        return WorldProblem(
            f"The settings of {found.address.display} could not be asked for just now.",
            hint="Try again when the network works, or give them with --settings FILE.",
            code="unreachable",
        )
    reason, hint = _NO_ACCOUNT[found.status]
    if found.status is Status.INVALID:
        return UsageProblem(f"{found.address.display}: {reason}.", hint=hint, code="invalid_address")
    return _no(found, reason, hint)


def _no(found: SettingsDocument, reason: str, hint: str) -> NotPossible:
    advice = next((f"{notice.text} {notice.url or ''}".strip() for notice in found.notices), hint)
    code = found.status.value if found.status in _NO_ACCOUNT else "no_such_account"
    return NotPossible(f"No profile can be made for {found.address.display}: {reason}.", hint=advice, code=code)
