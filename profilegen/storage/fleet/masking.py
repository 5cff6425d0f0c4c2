"""Taking a person's names out of what MDMs report and out of settings; names are compared case-folded."""

from collections.abc import Collection
from dataclasses import replace

from profilegen.address import Address
from profilegen.fleet.seen import Enrollment, Inventory, MailOnDevice
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import Server
from profilegen.storage.fleet.values import fold


def _without_words(texts: tuple[str, ...], words: Collection[str]) -> tuple[str, ...]:
    """Return the texts that are none of the words."""
    return tuple(text for text in texts if fold(text) not in words)


def masked_enrollment(enrollment: Enrollment, words: Collection[str]) -> Enrollment:
    """Return an enrollment that no longer says whose it is."""
    name = enrollment.full_name
    return replace(
        enrollment,
        emails=_without_words(enrollment.emails, words),
        sign_ins=_without_words(enrollment.sign_ins, words),
        full_name=None if name is not None and fold(name) in words else name,
    )


def masked_inventory(inventory: Inventory, words: Collection[str]) -> Inventory:
    """Return an inventory whose accounts no longer say whose they are."""
    if inventory.mail is None:
        return inventory
    return replace(inventory, mail=tuple(_masked_account(account, words) for account in inventory.mail))


def _masked_account(account: MailOnDevice, words: Collection[str]) -> MailOnDevice:
    is_theirs = account.username is not None and fold(account.username) in words
    return replace(account, username=None) if is_theirs else account


def masked_document(document: SettingsDocument, words: Collection[str], pseudonym: str) -> SettingsDocument:
    """Return the same settings for an address that is nobody's; user names made from the address follow it."""
    aliases = tuple(alias for alias in document.aliases if alias.account.casefold() not in words)
    if document.address.account.casefold() not in words:
        return replace(document, aliases=aliases)
    address = Address(local=pseudonym, domain=document.address.domain)
    return replace(
        document,
        address=address,
        name=None,
        aliases=aliases,
        incoming=_masked_server(document.incoming, document.address, address),
        outgoing=_masked_server(document.outgoing, document.address, address),
    )


def _masked_server(server: Server | None, old: Address, new: Address) -> Server | None:
    if server is None:
        return None
    forms = {str(old): str(new), old.account: new.account, old.local: new.local, old.local.lower(): new.local}
    return replace(server, username=forms.get(server.username, server.username))
