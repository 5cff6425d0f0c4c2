"""What an account was issued before decides what may be issued now."""

from collections.abc import Iterable, Iterator

from profilegen.address import Address, shorten
from profilegen.errors import NotPossible
from profilegen.ports import Issued, IssueLog
from profilegen.profile.adopted import Adopted
from profilegen.profile.adoption import identifiers_in
from profilegen.profile.identity import mailbox_key, top_identifier
from profilegen.profile.order import ProfileOrder
from profilegen.profile.types import Profile, SignerFacts
from profilegen.profile.wish import Identity, ProfileWish, Replaced
from profilegen.settings.candidates import Notice

_OTHER_SIGNER = (
    "The profile to be replaced is signed by {}, with another key. Outside MDM a device refuses the replacement: "
    "remove the old profile first, then install this one. MDM replaces it in place."
)
_UNSIGNED_BEFORE = (
    "The profile to be replaced is not signed and this one is; Apple does not say whether a device replaces it then. "
    "Try it on one device first."
)
_ENCRYPTED_BEFORE = (
    "The payloads of the profile to be replaced are encrypted, so their identities could not be taken over: a device "
    "replaces the profile and makes its accounts anew."
)


def refuse_second_identifier(profile: Profile, issued: Iterable[Issued]) -> None:
    """Raise NotPossible if an account would get a second identifier: a device would add it instead of replacing."""
    for record in issued:
        if record.identifier != profile.identifier:
            raise NotPossible(
                f"{record.accounts[0]} already has a profile under another identifier ({shorten(record.identifier)}); "
                "a second one would add the account again instead of replacing it.",
                hint="Restore the earlier identifier_prefix or person, or say --new-identity and have the old profile "
                "removed.",
                code="identity_changed",
            )


def identity_to_keep(wish: ProfileWish, issued: Iterable[Issued]) -> Adopted | None:
    """Return the identity taken over from another tool: from the profile to be replaced, or once taken over before."""
    if wish.replaces is not None:
        return wish.replaces.adopted
    if wish.identity is Identity.NEW:
        return None
    return next((record.adopted for record in issued if record.adopted is not None), None)


def replaced_notices(replaced: Replaced, signer: SignerFacts | None, profile: Profile) -> Iterator[Notice]:
    """Yield what is to be known before `profile`, signed by `signer`, replaces one of another tool."""
    before = replaced.signer
    same_key = before is not None and signer is not None and before.spki_sha256 == signer.spki_sha256
    if replaced.signed and not same_key:
        name = "somebody unknown" if before is None else shorten(before.subject)
        yield Notice(code="replaces_other_signer", text=_OTHER_SIGNER.format(name))
    elif not replaced.signed and signer is not None:
        yield Notice(code="replaces_unsigned", text=_UNSIGNED_BEFORE)
    if replaced.encrypted:
        yield Notice(code="replaces_encrypted", text=_ENCRYPTED_BEFORE)
    for payload in replaced.adopted.left_out(identifiers_in(profile)):
        what = shorten(f"{payload.payload_type} {payload.account}".strip())
        yield Notice(
            code="payload_left_out", text=f"The profile to be replaced also holds {what}; a device removes it."
        )


async def rename_notices(log: IssueLog, wish: ProfileWish, order: ProfileOrder, profile: Profile) -> tuple[Notice, ...]:
    """Return for every account that had another address what becomes of the account under that one."""
    notices = []
    for account in wish.accounts:
        if account.previous is not None and account.previous.account != account.address.account:
            last = await log.last(account.previous.account)
            assumed = top_identifier(order.identifier_prefix, mailbox_key(account.previous))
            notices.append(_rename_notice(account.address, account.previous, last, profile.identifier, assumed))
    return tuple(notices)


def _rename_notice(address: Address, previous: Address, last: Issued | None, new: str, assumed: str) -> Notice:
    if last is not None and last.identifier == new:
        text = f"{address} takes the place of {previous} in the same profile: installing it removes the old account."
        return Notice(code="renamed_in_place", text=text)
    known = shorten(last.identifier) if last is not None else assumed
    text = (
        f"{address} is a new account beside {previous}. Install it, then remove the old profile from the device: its "
        f"identifier is {known}."
    )
    if last is None:
        text += " It is not recorded here; that identifier is the one it would have had."
    return Notice(code="remove_previous", text=text)


def rotation_notices(profiles: int) -> tuple[Notice, ...]:
    """Return what devices will do with a new signing key; `profiles` is how many were last issued with another one."""
    if not profiles:
        return ()
    which = "1 profile was" if profiles == 1 else f"{profiles} profiles were"
    text = (
        f"{which} last signed with another key. Outside MDM a device that has one refuses a replacement that is not "
        "signed with that same key: remove the old profile there, then install the new one. MDM replaces as before. A "
        "renewed certificate for the same key avoids this (key renew)."
    )
    return (Notice(code="signer_rotation", text=text),)


def signer_notice(last: Issued, profile: Profile, signer: SignerFacts | None) -> Notice | None:
    """Return a notice if the profile issued before was signed with another key; a renewed certificate keeps its key."""
    if last.signer_spki_sha256 is None or last.identifier != profile.identifier:
        return None
    if signer is not None and signer.spki_sha256 == last.signer_spki_sha256:
        return None
    return Notice(
        code="signer_changed",
        text="The signing key differs from that of the profile issued before. Outside MDM a device refuses the "
        "replacement: remove the old profile first, then install this one.",
    )
