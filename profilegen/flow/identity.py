"""What an account was issued before decides what may be issued now."""

from collections.abc import Iterable

from profilegen.errors import NotPossible
from profilegen.ports import Issued
from profilegen.profile.types import Profile, SignerFacts
from profilegen.settings.candidates import Notice


def refuse_second_identifier(profile: Profile, issued: Iterable[Issued]) -> None:
    """Raise NotPossible if an account would get a second identifier: a device would add it instead of replacing."""
    for record in issued:
        if record.identifier != profile.identifier:
            raise NotPossible(
                f"{record.accounts[0]} already has a profile under another identifier ({record.identifier}); a second "
                "one would add the account again instead of replacing it.",
                hint="Restore the earlier identifier_prefix or person, or say --new-identity and have the old profile "
                "removed.",
                code="identity_changed",
            )


def rotation_notices(profiles: int) -> tuple[Notice, ...]:
    """Return what devices will do with a new signing key; `profiles` is how many were last issued with another one."""
    if not profiles:
        return ()
    which = "1 profile was" if profiles == 1 else f"{profiles} profiles were"
    text = (
        f"{which} last signed with another key. Outside MDM a device that has one refuses a replacement "
        "signed with this key: remove the old profile there, then install the new one. MDM replaces as before. To "
        "avoid this, renew the certificate for the key you have (key renew)."
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
