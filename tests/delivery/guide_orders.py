"""Orders for the pages people get: one of every kind."""

from collections.abc import Iterator
from dataclasses import replace

from profilegen.address import Address
from profilegen.config.resources import find_resources
from profilegen.delivery.guide_devices import read_devices
from profilegen.mailing.brand import Brand, Logo
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion, PasswordKind
from profilegen.profile.types import Platform

TEMPLATES = find_resources().templates
DEVICES = read_devices(TEMPLATES / "steps" / "devices.toml")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="10" fill="#0a7d5c"/>'
    b'<path d="M9 14l11 8 11-8v14H9z" fill="#fff"/></svg>'
)
BRAND = Brand(
    name="Example Works",
    logo=Logo(data=SVG, media_type="image/svg+xml"),
    support_phone="+49 30 1234567",
    support_email=Address.parse("help@example.com"),
    support_hours="Mo–Fr 8–18",
)
PROOF = "mailto:check@example.com?subject=Proof%20PG-0123456789abcdef&body=Please%20send%20as%20it%20is."
ORDER = GuideOrder(
    occasion=Occasion.INSTALL,
    brand=BRAND,
    language="en",
    platform=Platform.IOS,
    person="Jane Doe",
    accounts=(GuideAccount(address="jane.doe@example.com", outgoing="smtp.example.com, port 587, SSL on"),),
    profile_name="Example mail",
    file_name="jane.doe@example.com.mobileconfig",
    signer="Example Works Profile Signing",
    trusted=True,
    revision="1a2b3c4d",
    proof=PROOF,
)


def with_password(order: GuideOrder, *kinds: PasswordKind) -> GuideOrder:
    """The same order with one account of every kind of password."""
    accounts = tuple(
        GuideAccount(
            address=f"{kind}@example.com",
            outgoing=None,
            password=kind,
            password_url="https://example.com/app-passwords" if kind is PasswordKind.APP else None,
        )
        for kind in kinds
    )
    return replace(order, accounts=accounts)


def every_page(language: str) -> Iterator[GuideOrder]:
    """Every occasion on every device, with what may be known or not."""
    for row in DEVICES.rows:
        for occasion in Occasion:
            order = replace(ORDER, language=language, occasion=occasion, platform=row.platform, device=row.id)
            yield order
            yield from variants(order)


def variants(order: GuideOrder) -> Iterator[GuideOrder]:
    """The same page with less known, other passwords and other ways to the profile."""
    bare = Brand(name="Example Works")
    yield replace(order, brand=bare, person=None, signer=None, revision=None, profile_name=None, proof=None)
    yield replace(order, file_name=None, url="https://mail.example.com/profiles/jane", trusted=False)
    yield replace(order, file_name=None)
    for kind in PasswordKind:
        yield with_password(order, kind)
    yield with_password(order, *PasswordKind)
