"""Where a person reads mail now: the usual case is a phone that receives and cannot send."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from profilegen.address import Address
from profilegen.mailing.people import Person


class RecipientKind(StrEnum):
    """Why mail goes to an address: it is the mailbox itself, the person's other address, or the operator's word."""

    MAILBOX = "mailbox"
    RECOVERY = "recovery"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where the mail to one person goes, and why there."""

    address: Address
    kind: RecipientKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """
    What the operator says about recipients.

    `always` is for one person and wins over everything; `otherwise` is for people who cannot be reached at all.
    """

    always: Address | None = None
    otherwise: Address | None = None


def choose_recipient(person: Person, *, working: Collection[str], elsewhere: Elsewhere) -> Recipient | None:
    """
    Return where to write to, None if there is no such place.

    `working` are the accounts (`Address.account`) whose incoming server was proved lately: what arrives there is read.
    """
    if elsewhere.always is not None:
        return Recipient(address=elsewhere.always, kind=RecipientKind.GIVEN)
    for account in person.accounts:
        if account.account in working:
            return Recipient(address=account, kind=RecipientKind.MAILBOX)
    if person.recovery is not None:
        return Recipient(address=person.recovery, kind=RecipientKind.RECOVERY)
    if elsewhere.otherwise is not None:
        return Recipient(address=elsewhere.otherwise, kind=RecipientKind.GIVEN)
    return None
