"""What a person is told: the facts of one page; words and menus are data under `templates/`."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.errors import SettingsProblem
from profilegen.mailing.brand import Brand
from profilegen.profile.types import Platform


class Occasion(StrEnum):
    """Why somebody gets a page."""

    INSTALL = "install"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - an occasion, not a password
    BEFORE_RESTORE = "before-restore"
    NOT_VERIFIED = "not-verified"
    START_OVER = "start-over"
    ENTER_PASSWORD = "enter-password"  # noqa: S105 - an occasion, not a password

    @property
    def carries_profile(self) -> bool:
        """Whether the person needs the profile itself beside the page."""
        return self in (Occasion.INSTALL, Occasion.START_OVER)

    @property
    def names_signer(self) -> bool:
        """Whether the page may ask the person to compare who signed the profile."""
        return self.carries_profile or self is Occasion.NOT_VERIFIED


class PasswordKind(StrEnum):
    """Which password the device will ask for."""

    MAILBOX = "mailbox"
    APP = "app"
    SIGN_IN = "sign-in"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideAccount:
    """
    One account on the page, as Settings shows it: `outgoing` is "smtp.example.com, port 587, SSL on".

    `password_url` is the web page where an app password is made; raises SettingsProblem if it is no web address.
    """

    address: str
    outgoing: str | None
    password: PasswordKind = PasswordKind.MAILBOX
    password_url: str | None = None

    def __post_init__(self) -> None:
        _check_link(self.password_url, "https:", "http:")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideOrder:
    """
    The facts of one page.

    `language` is a BCP 47 tag; `device` a row of `templates/steps` (None: the newest of the platform); `file_name` the
    profile as attached or beside the page; `url` where it can be fetched instead; `signer` the name Settings shows,
    `trusted` whether it shows it as verified; `organization` the one the profile names (None: the brand's name);
    `proof` the `mailto:` URL that proves the device sends. Raises SettingsProblem for links of any other kind.
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
    organization: str | None = None
    signer: str | None = None
    trusted: bool = False
    revision: str | None = None
    proof: str | None = None

    def __post_init__(self) -> None:
        _check_link(self.url, "https:", "http:")
        _check_link(self.proof, "mailto:")


def _check_link(url: str | None, *schemes: str) -> None:
    if url is not None and not url.lower().startswith(schemes):
        raise SettingsProblem(
            f'"{url[:80]}" cannot be a link on a page for people.',
            hint=f"Use an address that begins with {' or '.join(schemes)}",
            code="unusable_link",
        )
