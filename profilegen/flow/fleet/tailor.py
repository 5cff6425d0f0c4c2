"""A seat's own profile: made of the settings of its domain, and compared without being made again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from profilegen.errors import MachineProblem, ProfilegenError
from profilegen.fleet.capabilities import Capabilities
from profilegen.fleet.installed import expected_mail
from profilegen.fleet.seat import Seat, SecretRoute, Wanted
from profilegen.fleet.seen import Enrollment, MailOnDevice
from profilegen.flow.fleet.encryption import Encryption
from profilegen.flow.story import Flow
from profilegen.flow.values import Draft
from profilegen.ports import Encrypter
from profilegen.ports.fleet import SettingsVersion
from profilegen.profile.read import read
from profilegen.profile.types import Delivery
from profilegen.profile.wish import AccountWish, ProfileWish
from profilegen.settings.document import settings_document
from profilegen.settings.standin import document_for_person

FORM = 1
"""Counted up whenever the same settings give other profiles."""

_FACTS = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The settings a domain follows, with their digest, taken once for all its seats."""

    settings: SettingsVersion
    digest: str

    @classmethod
    def of(cls, settings: SettingsVersion) -> "Pattern":
        """Return the pattern of a settings version."""
        text = json.dumps(settings_document(settings.document), sort_keys=True)
        return cls(settings=settings, digest=hashlib.sha256(text.encode()).hexdigest())


Patterns = Mapping[str, Pattern]
"""Mail domain -> the settings its seats follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailor:
    """Builds profiles for seats; `identifier_prefix` and `organization` are those of the configuration."""

    flow: Flow
    identifier_prefix: str | None
    organization: str | None
    encryption: Encryption = field(default_factory=Encryption)

    async def draft(self, seat: Seat, patterns: Patterns) -> Draft:
        """
        Return the profile of a seat as it would be built now, for MDM: to compare, not to give out.

        A password that cannot be had is missing from it; that is said where it is given out.
        """
        wish = self.wish(seat, patterns)
        if route_of(seat, patterns) is SecretRoute.ENCRYPTED:
            try:
                wish = await self.encryption.with_passwords(wish, seat)
            except MachineProblem:
                raise
            except ProfilegenError:
                pass
        return await self.flow.draft(wish)

    async def finished(
        self, seat: Seat, patterns: Patterns, enrollment: Enrollment, capabilities: Capabilities
    ) -> tuple[Draft, Encrypter | None]:
        """
        Return the profile of a seat to give out, and what encrypts it where passwords are inside.

        Raises what `Encryption` raises where the password or the certificate of the device is not known.
        """
        if route_of(seat, patterns) is not SecretRoute.ENCRYPTED:
            return await self.draft(seat, patterns), None
        encrypter = await self.encryption.encrypter(seat, enrollment, capabilities)
        return await self.flow.draft(await self.encryption.with_passwords(self.wish(seat, patterns), seat)), encrypter

    def wish(self, seat: Seat, patterns: Patterns) -> ProfileWish:
        """Return what the profile of a seat is to be."""
        return ProfileWish(
            accounts=tuple(
                AccountWish(
                    address=mailbox.address,
                    settings=document_for_person(patterns[mailbox.address.domain].settings.document, mailbox.address),
                    name=mailbox.name,
                    username=mailbox.username,
                    outgoing_username=mailbox.outgoing_username,
                    aliases=mailbox.aliases,
                    relay=mailbox.outgoing,
                )
                for mailbox in seat.mailboxes
            ),
            delivery=Delivery.MDM,
            platform=seat.platform,
            person=seat.profile.removeprefix("person:") if seat.profile.startswith("person:") else None,
            identifier_prefix=self.identifier_prefix,
            organization=self.organization,
        )

    def wanted(self, seat: Seat, patterns: Patterns, draft: Draft) -> Wanted:
        """Return what a draft makes the wanted profile of a seat."""
        return Wanted(
            uuid=draft.profile.uuid,
            revision=draft.profile.revision,
            basis=self.basis(seat, patterns),
            settings_version=patterns[seat.domain].settings.version,
        )

    def basis(self, seat: Seat, patterns: Patterns) -> str:
        """Return a digest of everything the profile of a seat is made of: while it is the same, so is the revision."""
        facts = [FORM, self.identifier_prefix, self.organization, seat.profile, seat.platform]
        for box in seat.mailboxes:
            facts += [patterns[box.address.domain].digest, str(box.address), box.name, box.username]
            facts += [box.outgoing_username, box.outgoing, *map(str, box.aliases)]
        facts += ["encrypted"] if route_of(seat, patterns) is SecretRoute.ENCRYPTED else []
        return hashlib.sha256(_FACTS.encode(facts).encode()).hexdigest()[:32]

    def up_to_date(self, seat: Seat, patterns: Patterns) -> Seat:
        """Return the seat with what is wanted of it only if that still holds for these settings."""
        stale = seat.wanted is not None and seat.wanted.basis != self.basis(seat, patterns)
        route = route_of(seat, patterns)
        if not stale and route is seat.route:
            return seat  # nearly always, and a fleet has many
        return replace(seat, wanted=None if stale else seat.wanted, route=route)


def route_of(seat: Seat, patterns: Patterns) -> SecretRoute:
    """Return how the account really gets its password: one that signs in on the device needs none."""
    documents = (patterns[mailbox.address.domain].settings.document for mailbox in seat.mailboxes)
    return SecretRoute.OAUTH if all(document.payload is not None for document in documents) else seat.route


def expected_of(seat: Seat, draft: Draft) -> tuple[MailOnDevice, ...]:
    """Return what a device should say of a profile's accounts; empty where they were never declared."""
    content = read(draft.profile.content).content
    base = seat.effective.remote_id if seat.effective is not None else None
    return () if content is None or base is None else expected_mail(content, base)


def lacks_pattern(seat: Seat, patterns: Patterns) -> str | None:
    """Return the first mail domain of a seat whose settings are not known, None if all are."""
    domains = (mailbox.address.domain for mailbox in seat.mailboxes)
    return next((domain for domain in domains if domain not in patterns), None)
