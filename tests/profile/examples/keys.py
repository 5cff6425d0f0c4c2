"""Examples that are a matter of keys: PG2xx, PG3xx and what of PG4xx needs no certificate."""

import plistlib
from datetime import datetime
from typing import Any

from profilegen.profile.envelope import build_profile
from profilegen.profile.types import Delivery, Platform
from tests.profile.examples.specimen import BASE, MAC, Example, Tree, added, inner, payload, top
from tests.profile.orders import exchange, order

MDM: dict[str, Any] = {"delivery": Delivery.MDM}
OUT, IN = "OutgoingMailServer", "IncomingMailServer"
SAME = "OutgoingPasswordSameAsIncomingPassword"
_TREE = plistlib.loads(BASE)
_MAIL: Tree = _TREE["PayloadContent"][0]
_CALDAV: Tree = _TREE["PayloadContent"][1]
_OAUTH = build_profile(order(exchange(), organization="Example")).content
SOON, LATER = (datetime.fromisoformat(day) for day in ("2026-03-04", "2027-01-31"))
_ENGLISH = "We manage this account."

TOP = [
    top("PG201", {"PayloadType": "Config"}, {"PayloadType": "Configuration"}),
    top("PG202", {"PayloadIdentifier": ""}, {"PayloadIdentifier": "com.example.mail.you"}),
    top("PG203", {"PayloadVersion": 2}, {"PayloadVersion": 1}),
    inner("PG204", {"PayloadUUID": _TREE["PayloadUUID"]}, {"PayloadUUID": _MAIL["PayloadUUID"]}),
    inner(
        "PG205",
        {"PayloadIdentifier": _MAIL["PayloadIdentifier"]},
        {"PayloadIdentifier": _CALDAV["PayloadIdentifier"]},
        index=1,
    ),
    inner(
        "PG209",
        {"PayloadUUID": "GGGGGGGG-0000-0000-0000-000000000000"},
        {"PayloadUUID": "0F8BE2A4-6E1B-4C5C-9C7C-2B5A3C1D9E10"},
    ),
    top("PG210", {"PayloadIdentifier": "E-Mail Account"}, {"PayloadIdentifier": "com.example.mail.you"}),
    top(
        "PG211",
        {"PayloadDisplayName": None, "PayloadOrganization": "", "PayloadDescription": None},
        {
            "PayloadDisplayName": "Mail you@example.com",
            "PayloadOrganization": "Example",
            "PayloadDescription": "Mail settings for you@example.com.",
        },
        note="A missing organisation or description is an info only: many correct profiles have none.",
    ),
    top(
        "PG212",
        {"PayloadOrganisation": "Example", "PayloadOrganization": None},
        {"PayloadOrganization": "Example"},
    ),
    top("PG213", {"IsEncrypted": True}, {"IsEncrypted": False}),
    top("PG214", {"PayloadRemovalDisallowed": True}, {"PayloadRemovalDisallowed": False}),
    top("PG215", {"RemovalDate": SOON}, {"RemovalDate": LATER}),
    top("PG216", {"ConsentText": {"en": _ENGLISH}}, {"ConsentText": {"default": _ENGLISH, "en": _ENGLISH}}),
    top("PG217", {"TargetDeviceType": 9}, {"TargetDeviceType": 1}),
    top("PG218", {"PayloadScope": "System"}, {"PayloadScope": "User"}, base=MAC, platform=Platform.MACOS),
]
MAIL = [
    inner("PG301", {"EmailAccountType": "IMAP"}, {"EmailAccountType": "EmailTypeIMAP"}),
    inner("PG302", {OUT + "HostName": "smtp.example.com:587"}, {OUT + "HostName": "smtp.example.com"}),
    inner("PG303", {OUT + "PortNumber": None}, {OUT + "PortNumber": 587}),
    inner("PG304", {OUT + "PortNumber": 587.0}, {OUT + "PortNumber": 587}),
    inner("PG305", {OUT + "PortNumber": 587, OUT + "UseSSL": False}, {OUT + "PortNumber": 587, OUT + "UseSSL": True}),
    inner("PG306", {OUT + "PortNumber": 25}, {OUT + "PortNumber": 465, OUT + "UseSSL": True}),
    inner("PG307", {IN + "UseSSL": None}, {IN + "UseSSL": True}),
    inner("PG308", {OUT + "Authentication": "EmailAuthNone"}, {OUT + "Authentication": "EmailAuthPassword"}),
    inner(
        "PG309",
        {OUT + "Username": None, "OutgoingPassword": "…", SAME: None},
        {OUT + "Username": "you@example.com", "OutgoingPassword": None, SAME: None},
        **MDM,
    ),
    inner("PG310", {SAME: True}, {SAME: None}, **MDM),
    inner(
        "PG311",
        {SAME: True, "IncomingPassword": "one", "OutgoingPassword": "two"},
        {SAME: True, "IncomingPassword": None, "OutgoingPassword": None},
    ),
    inner(
        "PG312",
        {
            OUT + "HostName": "mail.smtp2go.com",
            OUT + "Username": "office",
            SAME: None,
            "IncomingPassword": "of you",
            "OutgoingPassword": "of you",
        },
        {
            OUT + "HostName": "mail.smtp2go.com",
            OUT + "Username": "office",
            SAME: None,
            "IncomingPassword": None,
            "OutgoingPassword": None,
        },
    ),
    inner("PG313", {"IncomingPassword": "in the clear"}, {"IncomingPassword": None}),
    inner("PG314", {"IncomingPassword": "secret "}, {"IncomingPassword": None}),
    inner(
        "PG315",
        {"EmailAddress": "you at example.com"},
        {"EmailAddress": "you@example.com"},
        note="A user name that is an address in another domain than EmailAddress is a warning; an info where the "
        "server is of the user name's domain and not of the address's, as with hosters and shared mailboxes.",
    ),
    inner("PG316", {OUT + "Username": "you"}, {OUT + "Username": "you@example.com"}),
    inner(
        "PG317",
        {"EmailAccountType": "EmailTypePOP", IN + "IMAPPathPrefix": "INBOX", IN + "PortNumber": 995},
        {"EmailAccountType": "EmailTypeIMAP", IN + "IMAPPathPrefix": "INBOX", IN + "PortNumber": 993},
    ),
    inner("PG318", {OUT + "Authentication": "EmailAuthNTLM"}, {OUT + "Authentication": "EmailAuthPassword"}),
    inner("PG319", {"SMIMEEnabled": True}, {"SMIMESigningUserOverrideable": True}),
    inner(
        "PG321",
        {"SMIMESigningEnabled": True},
        {"SMIMESigningEnabled": True, "SMIMESigningCertificateUUIDUserOverrideable": True},
    ),
    inner("PG323", {"PreventMove": True}, {"PreventMove": None}, base=MAC, platform=Platform.MACOS),
    inner("PG324", {OUT + "HostName": "smtp.gmail.com"}, {OUT + "HostName": "smtp.example.com"}),
    added("PG325", [_MAIL | payload(_MAIL["PayloadType"])], []),
    inner("PG326", {"EmailAccountName": "imap.example.com"}, {"EmailAccountName": "You"}),
    inner("PG327", {OUT + "UseTLS": True}, {OUT + "UseSSL": True}),
    inner("PG328", {"OutgoingPassword": None, SAME: None}, {"OutgoingPassword": "…", SAME: None}, **MDM),
]
IDENTITY_UUID = "00000000-0000-4000-8000-000000000001"
VPN_UUID = "6B1B4B2E-94E7-4C55-8BF1-5F9E3F3B7D11"
SIBLINGS = [
    added(
        "PG320",
        [payload("com.apple.security.scep", 2)],
        [payload("com.apple.security.scep", 1)],
        mail={"SMIMESigningEnabled": True, "SMIMESigningCertificateUUID": IDENTITY_UUID},
    ),
    added(
        "PG322",
        [payload("com.apple.vpn.managed.applayer", VPNUUID="11111111-0000-4000-8000-000000000000")],
        [payload("com.apple.vpn.managed.applayer", VPNUUID=VPN_UUID)],
        mail={"VPNUUID": VPN_UUID},
    ),
    inner("PG401", {"CalDAVPort": 443.0}, {"CalDAVPort": 443}, index=1),
    inner(
        "PG402",
        {"CardDAVPrincipalURL": "/dav/you/"},
        {"CardDAVPrincipalURL": "https://dav.example.com/dav/you/"},
        index=2,
    ),
    inner("PG406", {"OAuth": True, "Password": "secret"}, {"OAuth": True, "Password": None}, base=_OAUTH),
]
EXAMPLES: list[Example] = [*TOP, *MAIL, *SIBLINGS]
