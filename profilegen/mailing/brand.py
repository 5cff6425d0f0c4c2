"""In whose name people are written to."""

from dataclasses import dataclass

from profilegen.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture as it is shown and attached; `media_type` is image/png, image/jpeg or image/svg+xml."""

    data: bytes
    media_type: str

    @property
    def fits_mail(self) -> bool:
        """Whether mail programs show it: hardly any shows SVG."""
        return self.media_type != "image/svg+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """
    The organisation as people know it, all of it from the configuration.

    `language` is the one people are addressed in who have none of their own (BCP 47, like "de"); `check_mailbox`
    receives the message that proves a device sends.
    """

    name: str
    logo: Logo | None = None
    support_phone: str | None = None
    support_email: Address | None = None
    support_hours: str | None = None
    language: str = "en"
    reply_to: Address | None = None
    check_mailbox: Address | None = None
