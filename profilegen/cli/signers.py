"""Which signer a command uses, and what has to be said about it."""

from dataclasses import dataclass
from datetime import datetime

from profilegen.cli.options import SigningOptions
from profilegen.errors import KeyProblem
from profilegen.ports import Signer
from profilegen.profile.types import SignerFacts
from profilegen.settings.candidates import Notice
from profilegen.wiring import House

SELF_SIGNED_NAME = "self-signed"
SOON_DAYS = 30
"""Days before its expiry from which on a signing certificate is worth a word."""

SELF_SIGNED = Notice(
    code="self_signed",
    text="Signed with a self-made identity: devices will show the profile as not verified. For everyone else import a "
    "certificate they trust with key import.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSigner:
    """A signer, None for unsigned profiles, and what people should know about it."""

    signer: Signer | None
    notices: tuple[Notice, ...] = ()


UNSIGNED = ChosenSigner(
    signer=None,
    notices=(Notice(code="unsigned", text="Not signed: devices will show the profile in red as not signed."),),
)


def choose_signer(house: House, asked: SigningOptions, *, for_many: bool) -> ChosenSigner:
    """
    Return no signer if none is wanted, else the named, configured or first key; without any key a self-made one.

    Raises KeyProblem `self_signed_roster` where many people would get a profile that shows as not verified.
    """
    if asked.unsigned:
        return UNSIGNED
    allowed = asked.allow_self_signed or not for_many
    chosen = asked.key or house.loaded.config.signing_key or house.keystore.default_name()
    made = chosen is None and not house.keystore.names()
    if made and not allowed:
        raise _not_for_many()
    if made:
        house.keystore.create_self_signed(SELF_SIGNED_NAME, common_name="profilegen self-signed", now=house.clock.now())
        chosen = SELF_SIGNED_NAME
    signer = house.signer(chosen)
    if signer.facts.self_signed and not allowed:
        raise _not_for_many()
    notices = (SELF_SIGNED,) if signer.facts.self_signed else ()
    return ChosenSigner(signer=signer, notices=(*notices, *expiry_notices(signer.facts, house.clock.now())))


def expiry_notices(facts: SignerFacts, now: datetime) -> tuple[Notice, ...]:
    """Return a warning for a signing certificate that expires within 30 days."""
    days = facts.days_left(now)
    if days >= SOON_DAYS:
        return ()
    when = f"expires in {days} days, on" if days >= 0 else "expired on"
    text = (
        f"The signing certificate {when} {facts.not_after:%Y-%m-%d}. Installed profiles stay, but new ones count as "
        "unsigned from then on: renew it for the same private key (key renew)."
    )
    return (Notice(code="signer_expires_soon", text=text),)


def _not_for_many() -> KeyProblem:
    return KeyProblem(
        "The only signing key is self-made: every device of the roster would show its profile as not verified.",
        hint="Import a certificate devices trust with key import, or say --allow-self-signed.",
        code="self_signed_roster",
    )
