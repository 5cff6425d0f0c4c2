"""PG315: whose login opens the mailbox; and what we build at any hoster gives no warning."""

import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import AddressProblem
from profilegen.profile.envelope import build_profile
from profilegen.profile.findings import Severity
from profilegen.settings.servers import Protocol
from tests.profile.orders import order, password_account, server
from tests.profile.test_lint import OUT, P0, XML, Tree, brief, judge, mail

HOSTED = {"OutgoingMailServerHostName": "smtp.hoster.example", "OutgoingMailServerUsername": "box7@hoster.example"}
LOGINS: list[tuple[Tree, set[str]]] = [
    ({OUT + "Username": "YOU@EXAMPLE.COM"}, set()),
    ({OUT + "Username": "apikey"}, set()),
    ({OUT + "Username": "you@example.com*master"}, set()),
    ({OUT + "Username": "box7@bücher.example", "EmailAddress": "you@xn--bcher-kva.example"}, set()),
    ({OUT + "Username": "info@example.net", "EmailAddress": "you@example.com,info@example.net"}, set()),
    ({OUT + "Username": "you@example.net", "EmailAddress": "no address"}, set()),
    (HOSTED, {"info"}),
    (HOSTED | {OUT + "HostName": "Hoster.Example"}, {"info"}),
    (HOSTED | {OUT + "HostName": "smtp.nothoster.example"}, {"warning"}),
    (HOSTED | {OUT + "HostName": "smtp.example.com"}, {"warning"}),
    (HOSTED | {OUT + "HostName": None}, {"warning"}),
    (HOSTED | {OUT + "Username": "box7@example"}, {"warning"}),
    (HOSTED | {"EmailAddress": "you@smtp.hoster.example"}, {"warning"}),
]


@pytest.mark.parametrize(("keys", "expected"), LOGINS)
def test_a_user_name_of_another_domain_is_a_warning_unless_it_is_the_hosters(keys: Tree, expected: set[str]) -> None:
    tree = plistlib.loads(XML)
    mail(IncomingMailServerUsername="you", **keys)(tree)
    found = [one for one in brief(judge(plistlib.dumps(tree))) if one[0] == "PG315" and one[2] == P0 + OUT + "Username"]
    assert {severity for _, severity, _ in found} == expected


@given(
    mailbox=st.emails(),
    hoster=st.sampled_from(["hoster.example", "hoster.co.uk", "xn--bcher-kva.example"]),
    hosted=st.booleans(),
    organization=st.none() | st.just("Example"),
)
def test_a_mailbox_of_ours_at_any_hoster_gives_no_warning_but_that_it_is_not_signed(
    mailbox: str, hoster: str, hosted: bool, organization: str | None
) -> None:
    try:
        address = Address.parse(mailbox)
    except AddressProblem:
        return
    login = f"box7@{hoster}" if hosted else str(address)
    servers = {
        "incoming": server(Protocol.IMAP, f"imap.{hoster}", 993, login),
        "outgoing": server(Protocol.SMTP, f"smtp.{hoster}", 587, login),
    }
    built = build_profile(order(password_account(str(address), **servers), organization=organization))
    found = {(one.rule, one.severity) for one in judge(built.content)}
    assert {rule for rule, severity in found if severity is not Severity.INFO} == {"PG501"}
    assert "PG211" not in {rule for rule, _ in found}
    assert (("PG315", Severity.INFO) in found) == hosted
