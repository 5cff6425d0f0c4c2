"""Rules whose verdict depends on delivery, platform or a second key: every branch once, beside its example pair."""

from datetime import datetime
from typing import Any

import pytest

from profilegen.profile.lint import MOST_FINDINGS
from profilegen.profile.types import Delivery, Platform
from tests.profile.examples.specimen import Tree, payload
from tests.profile.test_correct_profiles import EAS, FOR_MACS, MAIL, POP, REMOVAL, profile
from tests.profile.test_lint import judge

MDM, MAC = {"delivery": Delivery.MDM}, {"platform": Platform.MACOS}
HAND: dict[str, Any] = {}
LOCKED: Tree = {"PayloadRemovalDisallowed": True}
VPN = "6B1B4B2E-94E7-4C55-8BF1-5F9E3F3B7D11"
PAST, SOON, LATER = (datetime.fromisoformat(day) for day in ("2026-02-01", "2026-03-04", "2026-05-01"))
ENCRYPTING = {"SMIMEEncryptByDefault": True}

VARIANTS: list[tuple[str, bytes, dict[str, Any], set[str]]] = [
    ("PG211", profile(MAIL), HAND, set()),
    ("PG211", profile(MAIL, PayloadDisplayName=" "), HAND, {"warning"}),
    ("PG211", profile(MAIL, PayloadOrganization=""), HAND, {"info"}),
    ("PG211", profile(MAIL, PayloadDescription=7), HAND, {"info"}),
    ("PG214", profile(MAIL, **LOCKED), HAND, {"error"}),
    ("PG214", profile(MAIL, REMOVAL, **LOCKED), HAND, {"error"}),
    ("PG214", profile(MAIL, **LOCKED), MDM, {"warning"}),
    ("PG214", profile(MAIL, **LOCKED), MAC, {"warning"}),
    ("PG214", profile(MAIL, REMOVAL, **LOCKED), MAC, set()),
    ("PG215", profile(MAIL, RemovalDate=PAST), HAND, {"warning"}),
    ("PG215", profile(MAIL, PayloadExpirationDate=SOON), HAND, {"warning"}),
    ("PG215", profile(MAIL, RemovalDate=LATER), HAND, set()),
    ("PG215", profile(MAIL, RemovalDate="2027"), HAND, {"warning"}),
    ("PG215", profile(MAIL, DurationUntilRemoval=604800), HAND, {"warning"}),
    ("PG215", profile(MAIL, DurationUntilRemoval=604800.0), HAND, set()),
    ("PG215", profile(MAIL, DurationUntilRemoval=604800.0, RemovalDate=LATER), HAND, {"warning"}),
    ("PG216", profile(MAIL, ConsentText="Yes?"), HAND, {"warning"}),
    ("PG216", profile(MAIL, ConsentText={"default": " "}), HAND, {"warning"}),
    ("PG216", profile(MAIL, ConsentText={"default": "Yes?", "7": "?"}), HAND, {"warning"}),
    ("PG217", profile(MAIL), HAND, {"info"}),
    ("PG217", profile(MAIL), MDM, set()),
    ("PG217", profile(MAIL), MAC, set()),
    ("PG217", profile(MAIL, TargetDeviceType=True), MDM, {"error"}),
    ("PG314", profile(EAS | {"OAuth": False, "Password": "secret "}), HAND, {"warning"}),
    ("PG317", profile(MAIL | POP), MDM, {"warning"}),
    ("PG317", profile(MAIL | POP), HAND, set()),
    ("PG321", profile(MAIL | ENCRYPTING), HAND, {"warning"}),
    ("PG322", profile(MAIL | {"VPNUUID": VPN}), HAND, {"error"}),
    ("PG322", profile(MAIL | {"VPNUUID": VPN}), MDM, {"warning"}),
    ("PG322", profile(MAIL | {"VPNUUID": VPN}, payload("com.apple.vpn.managed.applayer", VPNUUID="x")), MDM, {"error"}),
    ("PG323", profile(MAIL | {"PreventAppSheet": True}), HAND, {"warning"}),
    ("PG323", profile(MAIL), MAC, {"info"}),
    ("PG323", profile(FOR_MACS), MAC, set()),
    ("PG326", profile(MAIL | {"EmailAccountName": ""}), MDM, {"warning"}),
    ("PG326", profile(MAIL | {"EmailAccountName": ""}), HAND, set()),
    ("PG326", profile(MAIL | {"EmailAccountName": "ann@example.com"}), HAND, {"warning"}),
    ("PG328", profile(MAIL), MDM, {"warning"}),
    ("PG328", profile(MAIL), HAND, set()),
    ("PG328", profile(MAIL | {"OutgoingPasswordSameAsIncomingPassword": True}), MDM, set()),
    ("PG509", profile(MAIL, payload("com.example.tool", Note="-----BEGIN PRIVATE KEY-----\nMII")), HAND, {"error"}),
    ("PG509", profile(MAIL, payload("com.example.tool", Note="-----BEGIN CERTIFICATE-----")), HAND, set()),
]


@pytest.mark.parametrize(
    ("rule", "data", "how", "expected"), VARIANTS, ids=[f"{number}-{row[0]}" for number, row in enumerate(VARIANTS)]
)
def test_a_rule_judges_by_delivery_platform_and_company(
    rule: str, data: bytes, how: dict[str, Any], expected: set[str]
) -> None:
    assert {str(one.severity) for one in judge(data, **how) if one.rule == rule} == expected


def test_a_mistake_made_a_thousand_times_is_told_a_thousand_times_at_most() -> None:
    broken = MAIL | {"OutgoingMailServerUseSSL": False, "OutgoingMailServerPortNumber": 25.0}
    found = judge(profile(*[broken] * 600))
    assert len(found) == MOST_FINDINGS
    assert {"PG304"} <= {one.rule for one in found}
