"""From a draft, or a profile somebody else made, to the test-send that proves it."""

from collections.abc import Sequence
from dataclasses import replace

from profilegen.address import Address
from profilegen.errors import AddressProblem, InputProblem, NotPossible, ProfilegenError
from profilegen.flow.values import Asked, GivenPasswords
from profilegen.ports import Question, Trial
from profilegen.profile.found import FoundAccount
from profilegen.profile.order import Account, PasswordAccount
from profilegen.profile.read import ReadResult
from profilegen.profile.wish import AccountWish, LookupWish
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import SECURITY_OF_PORT, FoundServer


def question_about(address: Address, wish: LookupWish) -> Question:
    """Return the question of a lookup."""
    return Question(
        address=address,
        offline=wish.offline,
        probe=wish.probe,
        sources=wish.sources,
        trust=wish.trust,
        allow_http=wish.allow_http,
    )


def level_of(wish: AccountWish, account: Account, asked: Asked, *, helped: bool) -> int:
    """Return how far one account's test-send shall go; `helped`: a canary can stand in for a password."""
    oauth = not isinstance(account, PasswordAccount)
    return asked.level_for(password=helped or wish.incoming_password is not None, oauth=oauth)


def trial_of(wish: AccountWish, document: SettingsDocument, account: Account, asked: Asked) -> Trial | None:
    """
    Return the trial of one account, its servers exactly as they stand in the profile.

    An OAuth account signs in on the device, so only its endpoints can be looked at (level 1); None if it has none.
    """
    if isinstance(account, PasswordAccount):
        incoming, outgoing = account.settings.incoming, account.settings.outgoing
    elif document.incoming is None or document.outgoing is None:
        return None
    else:
        incoming, outgoing = document.incoming, document.outgoing
    relayed = isinstance(account, PasswordAccount) and account.settings.relay is not None
    return Trial(
        address=wish.address,
        incoming=incoming.found,
        outgoing=outgoing.found,
        level=asked.level or 1,
        incoming_password=wish.incoming_password,
        outgoing_password=wish.outgoing_password or (None if relayed else wish.incoming_password),
        recipient=asked.recipient,
        aliases=document.aliases,
        through_relay=relayed,
    )


def trial_of_found(found: FoundAccount, given: GivenPasswords, asked: Asked) -> Trial:
    """
    Return the trial of an account as a profile holds it, however broken; passwords given win over those inside.

    Raises NotPossible for a profile that names no mail address anywhere.
    """
    incoming_password = given.incoming or found.incoming_password
    return Trial(
        address=found.address or _address_in_usernames(found),
        incoming=found.incoming,
        outgoing=found.outgoing,
        level=asked.level_for(password=incoming_password is not None, oauth=False),
        incoming_password=incoming_password,
        outgoing_password=given.outgoing or given.incoming or found.outgoing_password,
        recipient=asked.recipient,
        aliases=found.aliases,
        through_relay=not _share_a_domain(found.incoming.host or "", found.outgoing.host or ""),
    )


def nothing_to_try(result: ReadResult) -> ProfilegenError:
    """Return why a file has no account that could be tried."""
    if result.content is None:
        reason = result.findings[0].message if result.findings else "It cannot be read."
        return InputProblem(f"This file cannot be tried out. {reason}", hint="See profilegen check for more.")
    return NotPossible(
        "The profile holds no mail account, so there is nothing to send with.",
        hint="Accounts that sign in with OAuth are tried on the device.",
        code="no_mail_account",
    )


def endpoints_of(trials: Sequence[Trial]) -> dict[str, str]:
    """Return the endpoints of the first trial per direction, as "host:port/security"."""
    if not trials:
        return {}
    return {"outgoing": _endpoint(trials[0].outgoing), "incoming": _endpoint(trials[0].incoming)}


def _share_a_domain(host: str, other: str) -> bool:
    """Return whether two hosts look like one provider's; where not, mail may need the From domain's blessing."""
    return host.lower().split(".")[-2:] == other.lower().split(".")[-2:]


def _endpoint(server: FoundServer) -> str:
    return f"{server.host or '?'}:{server.port or '?'}/{_security_word(server)}"


def _security_word(server: FoundServer) -> str:
    if not server.use_ssl:
        return "none"
    known = server.security or (SECURITY_OF_PORT.get(server.port) if server.port else None)
    return str(known) if known else "ssl"


def _address_in_usernames(found: FoundAccount) -> Address:
    for username in (found.outgoing.username, found.incoming.username):
        try:
            return Address.parse(username or "")
        except AddressProblem:
            continue
    raise NotPossible(
        "The profile names no mail address, so there is nobody to send a test message to.",
        hint="Add EmailAddress to its mail payload.",
        code="no_address_in_profile",
    )


def with_usernames(document: SettingsDocument, wish: AccountWish) -> SettingsDocument:
    """Return the settings with the user names the wish insists on."""
    incoming, outgoing = document.incoming, document.outgoing
    username, outgoing_username = wish.username, wish.outgoing_username or wish.username
    return replace(
        document,
        incoming=replace(incoming, username=username) if incoming and username else incoming,
        outgoing=replace(outgoing, username=outgoing_username) if outgoing and outgoing_username else outgoing,
    )
