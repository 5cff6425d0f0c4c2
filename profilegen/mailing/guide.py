"""What a person is told: the facts of one page; words and menus are data under `templates/`."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.mailing.brand import Brand
from profilegen.profile.types import Platform


class Occasion(StrEnum):
    """Why somebody gets a page."""

    INSTALL = "install"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - an occasion, not a password
    BEFORE_RESTORE = "before-restore"
    NOT_VERIFIED = "not-verified"
    START_OVER = "start-over"


class PasswordKind(StrEnum):
    """Which password the device will ask for."""

    MAILBOX = "mailbox"
    APP = "app"
    SIGN_IN = "sign-in"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideAccount:
    """One account on the page, as Settings shows it: `outgoing` is "smtp.example.com, port 587, SSL on"."""

    address: str
    outgoing: str | None
    password: PasswordKind = PasswordKind.MAILBOX
    password_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideOrder:
    """
    The facts of one page.

    `language` is a BCP 47 tag; `device` a row of `templates/steps` (None: the newest of the platform); `file_name` the
    profile as attached or beside the page; `url` where it can be fetched instead; `signer` the name Settings shows,
    `trusted` whether it shows it as verified; `proof` the `mailto:` URL that proves the device sends.
    """

    occasion: Occasion
    brand: Brand
    language: str
    platform: Platform
    person: str | None
    accounts: tuple[GuideAccount, ...]
    device: str | None = None
    profile_name: str | None = None
    file_name: str | None = None
    url: str | None = None
    signer: str | None = None
    trusted: bool = False
    revision: str | None = None
    proof: str | None = None
