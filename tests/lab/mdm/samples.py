"""Small signed mail profiles for tests of device management."""

import plistlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from profilegen.signing.identity import SigningIdentity, sign_sha256, signing_key
from profilegen.signing.selfsigned import make_self_signed
from profilegen.signing.signed_data import SignedDataForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One mail profile; `version` other than before gives the same identifier and another UUID and revision."""

    identifier: str
    uuid: str
    revision: str
    mail_uuid: str
    signed: bytes = field(repr=False)
    unsigned: bytes = field(repr=False)


def sample(person: str, *, version: int = 1, host: str = "mail.example.com") -> Sample:
    """Return the signed mail profile of `person`@example.com."""
    identifier = f"com.example.profile.{person}"
    uuid_ = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{identifier} {version} {host}")).upper()
    mail_uuid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{identifier} mail")).upper()
    mail = {
        "PayloadType": "com.apple.mail.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.mail",
        "PayloadUUID": mail_uuid,
        "PayloadDisplayName": f"Mail {person}",
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": f"{person}@example.com",
        "IncomingMailServerHostName": host,
        "OutgoingMailServerHostName": host,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": uuid_,
        "PayloadDisplayName": f"Mail {person}@example.com",
        "PayloadDescription": f"Mail settings for {person}@example.com. Revision {uuid_[:8].lower()}.",
        "PayloadContent": [mail],
    }
    content = plistlib.dumps(profile)
    return Sample(
        identifier=identifier,
        uuid=uuid_,
        revision=uuid_[:8].lower(),
        mail_uuid=mail_uuid,
        signed=signed(content),
        unsigned=content,
    )


def signed(content: bytes, signer: SigningIdentity | None = None) -> bytes:
    """Return a profile inside CMS SignedData."""
    identity = signer or signer_of_tests()
    form = SignedDataForm(identity.certificate, identity.chain)
    attributes = form.attributes(content, datetime.now(UTC))
    return form.filled(content, attributes, sign_sha256(signing_key(identity), attributes))


@cache
def signer_of_tests() -> SigningIdentity:
    """The identity that signs samples."""
    return make_self_signed(common_name="Mail Profiles", organization="Example", now=datetime.now(UTC))


def signer_expiring(days: int) -> SigningIdentity:
    """Return an identity whose certificate expires in so many days."""
    return make_self_signed(
        common_name="Old Mail Profiles", organization="Example", now=datetime.now(UTC) - timedelta(days=398 - days)
    )
