"""The linter: every rule has one profile that breaks it and nothing else, and what we build breaks none."""

import plistlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import TextProblem
from profilegen.profile.document import check_document
from profilegen.profile.envelope import build_profile
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import lint, rules
from profilegen.profile.order import Account
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.servers import DavServer, Protocol
from tests.profile.orders import NOW, ROOT_CA, exchange, golden_orders, google, order, password_account, server

Tree = dict[str, Any]
DAV = DavServer(host="dav.example.com", username="you@example.com")
GOOD = order(password_account(caldav=DAV, carddav=DAV), organization="Example")
XML = build_profile(GOOD).content


def judge(data: bytes, *, anchors: tuple[bytes, ...] = (), **how: Any) -> tuple[LintFinding, ...]:
    chosen = {"delivery": Delivery.INTERACTIVE, "platform": Platform.IOS} | how
    return lint(read(data), now=NOW, anchors=anchors, **chosen)


def brief(findings: tuple[LintFinding, ...]) -> list[tuple[str, str, str]]:
    """
    Return rule, severity and path of the findings, without the one every unsigned profile has and without that about
    the time of signing: OpenSSL signs today, and the tests judge as of a fixed day.
    """
    return [(one.rule, str(one.severity), one.path) for one in findings if one.rule not in ("PG501", "PG508")]


def top(**keys: object) -> Callable[[Tree], None]:
    """Change keys of the profile; None removes one."""
    return lambda tree: change(tree, keys)


def mail(**keys: object) -> Callable[[Tree], None]:
    """Change keys of the mail payload; None removes one."""
    return lambda tree: change(tree["PayloadContent"][0], keys)


def dav(**keys: object) -> Callable[[Tree], None]:
    """Change keys of the calendar payload; None removes one."""
    return lambda tree: change(tree["PayloadContent"][1], keys)


def change(target: Tree, keys: dict[str, object]) -> None:
    target.update(keys)
    for key in [key for key, value in keys.items() if value is None]:
        del target[key]


def same_uuid(tree: Tree) -> None:
    tree["PayloadContent"][1]["PayloadUUID"] = tree["PayloadContent"][0]["PayloadUUID"].lower()


def same_uuid_as_top(tree: Tree) -> None:
    tree["PayloadContent"][0]["PayloadUUID"] = tree["PayloadUUID"]


def same_identifier(tree: Tree) -> None:
    tree["PayloadContent"][1]["PayloadIdentifier"] = tree["PayloadContent"][0]["PayloadIdentifier"]


def same_identifier_as_top(tree: Tree) -> None:
    tree["PayloadContent"][0]["PayloadIdentifier"] = tree["PayloadIdentifier"]


OUT, IN, P0, P1 = "OutgoingMailServer", "IncomingMailServer", "PayloadContent[0].", "PayloadContent[1]."
BROKEN: list[tuple[Callable[[Tree], None], str, str, str]] = [
    (top(PayloadType="Config"), "PG201", "error", "PayloadType"),
    (top(PayloadIdentifier=""), "PG202", "error", "PayloadIdentifier"),
    (top(PayloadVersion=None), "PG202", "error", "PayloadVersion"),
    (mail(PayloadUUID=None), "PG202", "error", P0 + "PayloadUUID"),
    (mail(PayloadVersion=2), "PG203", "error", P0 + "PayloadVersion"),
    (mail(PayloadVersion=1.0), "PG203", "warning", P0 + "PayloadVersion"),
    (mail(PayloadVersion="1"), "PG203", "warning", P0 + "PayloadVersion"),
    (mail(PayloadVersion=True), "PG203", "error", P0 + "PayloadVersion"),
    (same_uuid_as_top, "PG204", "error", P0 + "PayloadUUID"),
    (same_identifier, "PG205", "error", P1 + "PayloadIdentifier"),
    (same_identifier_as_top, "PG205", "warning", P0 + "PayloadIdentifier"),
    (mail(PayloadUUID="GGGGGGGG-0000-0000-0000-000000000000"), "PG209", "warning", P0 + "PayloadUUID"),
    (mail(PayloadUUID="aAAAAAAA-0000-0000-0000-000000000000"), "PG209", "warning", P0 + "PayloadUUID"),
    (mail(PayloadUUID=7), "PG209", "warning", P0 + "PayloadUUID"),
    (top(PayloadIdentifier="E-Mail Account"), "PG210", "warning", "PayloadIdentifier"),
    (top(PayloadDisplayName=None), "PG211", "warning", "PayloadDisplayName"),
    (top(PayloadOrganization=""), "PG211", "info", "PayloadOrganization"),
    (top(PayloadDescription=None), "PG211", "info", "PayloadDescription"),
    (top(PayloadUuid="x"), "PG212", "warning", "PayloadUuid"),
    (top(PayloadEnabled=True), "PG212", "info", "PayloadEnabled"),
    (top(IsEncrypted=True), "PG213", "error", "PayloadContent"),
    (top(PayloadContent="none"), "PG213", "error", "PayloadContent"),
    (mail(EmailAccountType=None), "PG301", "error", P0 + "EmailAccountType"),
    (mail(EmailAccountType="emailtypeimap"), "PG301", "error", P0 + "EmailAccountType"),
    (mail(OutgoingMailServerAuthentication="Password"), "PG301", "error", P0 + OUT + "Authentication"),
    (mail(OutgoingMailServerHostName=None), "PG302", "error", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="smtp://x.example"), "PG302", "error", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="smtp.x.example:587"), "PG302", "error", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="smtp.x.example."), "PG302", "error", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="192.0.2.1"), "PG302", "warning", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="mail"), "PG302", "warning", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerHostName="bücher.example"), "PG302", "warning", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerPortNumber=None), "PG303", "warning", P0 + OUT + "PortNumber"),
    (mail(IncomingMailServerPortNumber=None), "PG303", "warning", P0 + IN + "PortNumber"),
    (mail(OutgoingMailServerPortNumber=587.0), "PG304", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerPortNumber="587"), "PG304", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerPortNumber=True), "PG304", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerPortNumber=0), "PG304", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerPortNumber=65536), "PG304", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerUseSSL=False), "PG305", "error", P0 + OUT + "UseSSL"),
    (mail(IncomingMailServerUseSSL=False), "PG306", "error", P0 + IN + "UseSSL"),
    (mail(OutgoingMailServerPortNumber=465, OutgoingMailServerUseSSL=False), "PG306", "error", P0 + OUT + "UseSSL"),
    (mail(OutgoingMailServerPortNumber=25), "PG306", "error", P0 + OUT + "PortNumber"),
    (mail(OutgoingMailServerPortNumber=2525), "PG306", "warning", P0 + OUT + "PortNumber"),
    (mail(IncomingMailServerPortNumber=143), "PG306", "warning", P0 + IN + "PortNumber"),
    (mail(IncomingMailServerPortNumber=143, IncomingMailServerUseSSL=False), "PG306", "error", P0 + IN + "UseSSL"),
    (mail(OutgoingMailServerPortNumber=2525, OutgoingMailServerUseSSL=None), "PG307", "warning", P0 + OUT + "UseSSL"),
    (mail(OutgoingMailServerAuthentication="EmailAuthNone"), "PG308", "error", P0 + OUT + "Authentication"),
    (mail(OutgoingMailServerUsername=None), "PG309", "warning", P0 + OUT + "Username"),
    (mail(IncomingMailServerUsername=""), "PG309", "warning", P0 + IN + "Username"),
    (mail(IncomingPassword="geheim"), "PG313", "error", P0 + "IncomingPassword"),
    (dav(CalDAVPassword="geheim"), "PG313", "error", P1 + "CalDAVPassword"),
    (mail(EmailAddress="you at example.com"), "PG315", "error", P0 + "EmailAddress"),
    (mail(EmailAddress=7), "PG315", "error", P0 + "EmailAddress"),
    (mail(EmailAddress="you@example.com,info@example.com"), "PG315", "info", P0 + "EmailAddress"),
    (mail(IncomingMailServerUsername="you@example.net"), "PG315", "warning", P0 + IN + "Username"),
    (mail(OutgoingMailServerUsername="you"), "PG316", "warning", P0 + OUT + "Username"),
    (mail(OutgoingMailServerHostName="smtp.gmail.com"), "PG324", "warning", P0 + OUT + "HostName"),
    (mail(OutgoingMailServerUseTLS=True), "PG327", "warning", P0 + OUT + "UseTLS"),
    (mail(IdentificationUUID="x"), "PG327", "info", P0 + "IdentificationUUID"),
    (dav(CalDAVPort=443.0), "PG401", "error", P1 + "CalDAVPort"),
    (dav(CalDAVUseSSL=False), "PG401", "warning", P1 + "CalDAVUseSSL"),
]


@pytest.mark.parametrize("row", BROKEN, ids=[f"{number}-{row[1]}-{row[3]}" for number, row in enumerate(BROKEN)])
def test_a_broken_profile_breaks_its_rule(row: tuple[Callable[[Tree], None], str, str, str]) -> None:
    breaking, rule, severity, path = row
    tree = plistlib.loads(XML)
    breaking(tree)
    found = brief(judge(plistlib.dumps(tree)))
    # An unusual port is a finding of its own where a missing UseSSL is to be seen alone.
    assert [one for one in found if one != ("PG306", "warning", P0 + OUT + "PortNumber") or rule == "PG306"] == [
        (rule, severity, path)
    ]


def test_the_unbroken_profile_breaks_no_rule() -> None:
    assert brief(judge(XML)) == []


def test_uuids_are_compared_without_case() -> None:
    tree = plistlib.loads(XML)
    same_uuid(tree)
    assert brief(judge(plistlib.dumps(tree))) == [("PG204", "error", P1 + "PayloadUUID")]


SAME = "OutgoingPasswordSameAsIncomingPassword"
PASSWORDS: list[tuple[Tree, list[tuple[str, str, str]]]] = [
    ({}, [("PG310", "error", P0 + SAME)]),
    ({"OutgoingPassword": "one"}, [("PG311", "warning", P0 + SAME)]),
    ({"OutgoingPassword": "one", "IncomingPassword": "one"}, [("PG311", "warning", P0 + SAME)]),
    ({"OutgoingPassword": "one", "IncomingPassword": "two"}, [("PG311", "error", P0 + SAME)]),
    ({"OutgoingPassword": "one", "IncomingPassword": "two", SAME: None}, []),
]


@pytest.mark.parametrize(("keys", "expected"), PASSWORDS)
def test_over_mdm_the_outgoing_password_must_be_there_once(keys: Tree, expected: list[tuple[str, str, str]]) -> None:
    tree = plistlib.loads(XML)
    change(tree["PayloadContent"][0], keys)
    found = brief(judge(plistlib.dumps(tree), delivery=Delivery.MDM))
    assert [one for one in found if one[0] != "PG313"] == expected


def test_over_mdm_a_missing_user_name_is_an_error() -> None:
    tree = plistlib.loads(XML)
    mail(OutgoingMailServerUsername=None, **{SAME: None})(tree)
    assert brief(judge(plistlib.dumps(tree), delivery=Delivery.MDM)) == [
        ("PG309", "error", P0 + OUT + "Username"),
        ("PG328", "warning", P0 + "OutgoingPassword"),
    ]


def test_payloads_that_stand_there_encrypted_and_in_the_clear_are_an_error() -> None:
    tree = plistlib.loads(XML) | {"EncryptedPayloadContent": b"x"}
    assert ("PG213", "error", "PayloadContent") in brief(judge(plistlib.dumps(tree)))


def test_a_mac_takes_no_mail_account_in_the_system_scope() -> None:
    tree = plistlib.loads(build_profile(order(platform=Platform.MACOS, organization="Example")).content)
    assert brief(judge(plistlib.dumps(tree), platform=Platform.MACOS)) == []
    tree["PayloadScope"] = "System"
    assert brief(judge(plistlib.dumps(tree), platform=Platform.MACOS)) == [("PG218", "error", "PayloadScope")]


@pytest.mark.parametrize(
    ("account", "keys", "path"),
    [
        (google(), {"Password": "one"}, "Password"),
        (exchange(), {"Password": "one"}, "Password"),
        (exchange(), {"OAuthSignInURL": "https://x.example/", "Host": None}, "Host"),
    ],
)
def test_oauth_and_passwords_exclude_each_other(account: Account, keys: Tree, path: str) -> None:
    tree = plistlib.loads(build_profile(order(account, organization="Example")).content)
    assert brief(judge(plistlib.dumps(tree))) == []
    change(tree["PayloadContent"][0], keys)
    found = [one for one in brief(judge(plistlib.dumps(tree))) if one[0] not in ("PG313", "PG327")]
    assert found == [("PG406", "error", P0 + path)]


DEVICE_TYPE = b"<key>TargetDeviceType</key>"
FILES: list[tuple[str, bytes]] = [
    ("PG107", XML.replace(DEVICE_TYPE, DEVICE_TYPE + b"<integer>0</integer>" + DEVICE_TYPE)),
    ("PG108", b"\xef\xbb\xbf" + XML),
    ("PG108", b"\n" + XML),
    ("PG108", XML[: XML.index(b"<!DOCTYPE")] + XML[XML.index(b"<plist") :]),
    ("PG108", XML.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1", "xmlcharrefreplace")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "data"), FILES)
def test_an_unusual_file_is_read_with_a_warning(rule: str, data: bytes) -> None:
    assert brief(judge(data)) == [(rule, "warning", "")]


def test_an_unsigned_profile_is_a_warning() -> None:
    assert [(one.rule, one.severity) for one in judge(XML)] == [("PG501", Severity.WARNING)]


def test_every_rule_has_an_id_of_its_own_and_one_line() -> None:
    ids = [rule.id for rule in rules()]
    assert ids == sorted(set(ids))
    assert all("\n" not in rule.summary and rule.summary.endswith(".") for rule in rules())


def test_every_finding_names_a_listed_rule() -> None:
    known = {rule.id for rule in rules()}
    assert {row[1] for row in BROKEN} | {rule for rule, _ in FILES} <= known
    assert {"PG101", "PG102", "PG103", "PG104", "PG105", "PG108", "PG507"} <= known


@pytest.mark.parametrize("name", golden_orders())
def test_what_we_build_breaks_no_rule(name: str) -> None:
    wanted = golden_orders()[name]
    found = judge(build_profile(wanted).content, delivery=wanted.delivery, platform=wanted.platform)
    errors = {one.rule for one in found if one.severity is Severity.ERROR}
    assert errors == ({"PG313"} if name == "mdm-with-passwords" else set())


@given(
    local=st.from_regex(r"[a-zA-Z0-9+_'-]{1,8}(\.[a-zA-Z0-9+_'-]{1,8})?", fullmatch=True),
    name=st.text(max_size=20),
    port=st.sampled_from([465, 587, 2525]),
    delivery=st.sampled_from(Delivery),
    platform=st.sampled_from(Platform),
    password=st.none() | st.text(min_size=1, max_size=9),
    extras=st.booleans(),
)
def test_whatever_we_are_asked_to_build_has_no_errors(
    local: str, name: str, port: int, delivery: Delivery, platform: Platform, password: str | None, extras: bool
) -> None:
    mailbox = f"{local}@example.com"
    account = password_account(
        mailbox,
        display_name=name,
        outgoing=server(Protocol.SMTP, "smtp.example.com", port, mailbox),
        incoming_password=None if password is None else Secret(text=password),
        aliases=(Address.parse("info@example.com"),) if extras else (),
        caldav=DAV if extras else None,
    )
    certificates = (ROOT_CA,) if extras else ()
    try:
        built = build_profile(order(account, delivery=delivery, platform=platform, certificates=certificates))
    except TextProblem:
        return
    found = judge(built.content, delivery=delivery, platform=platform)
    assert {one.rule for one in found if one.severity is Severity.ERROR} <= ({"PG313"} if password else set())


def test_no_finding_shows_a_password() -> None:
    wanted = order(password_account(incoming_password=Secret(text="hunter2"), outgoing_password=Secret(text="hunter3")))
    tree = plistlib.loads(build_profile(wanted).content)
    tree["PayloadContent"][0] |= {SAME: True, "OutgoingMailServerHostName": "https://you:hunter2@smtp.example.com"}
    result = read(plistlib.dumps(tree))
    found = lint(result, delivery=Delivery.MDM, platform=Platform.IOS, now=NOW)
    assert {"PG302", "PG311", "PG313"} <= {one.rule for one in found}
    assert "hunter" not in repr(check_document(result, found, "x", now=NOW)) + repr(result)
