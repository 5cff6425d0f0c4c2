"""What is kept of a report, and what is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.diagnosis.evidence import Endpoint, EndpointPair, Failure, UsernameForm, evidence_of, username_form
from profilegen.report import Finding, Outcome, Report
from profilegen.settings.servers import Auth, FoundServer, Protocol, Security
from tests.diagnosis.evidence import NOW, pair

YOU = Address.parse("You@bücher.example")


@pytest.mark.parametrize(
    ("username", "form"),
    [
        ("You@xn--bcher-kva.example", UsernameForm.ADDRESS),
        ("you@BÜCHER.example", UsernameForm.ADDRESS),
        ("you", UsernameForm.LOCAL_PART),
        ("u4711", UsernameForm.OTHER),
        ("other@bücher.example", UsernameForm.OTHER),
        ("you@example.org", UsernameForm.OTHER),
        ("", UsernameForm.OTHER),
    ],
)
def test_the_form_of_a_user_name_follows_from_the_address(username: str, form: UsernameForm) -> None:
    assert username_form(username, YOU) is form


def test_an_endpoint_knows_the_tls_mode_of_a_well_known_port() -> None:
    found = FoundServer(protocol=Protocol.SMTP, host="SMTP.Example.com.", port=587, use_ssl=True, auth=Auth.PASSWORD)
    endpoint = Endpoint.of(found, YOU)
    assert (endpoint.host, endpoint.security, endpoint.complete) == ("smtp.example.com", Security.STARTTLS, True)
    assert str(endpoint) == "smtp.example.com:587/starttls"


@pytest.mark.parametrize(
    "broken",
    [
        {"host": None},
        {"host": "smtp://you:secret@smtp.example.com"},
        {"port": None},
        {"port": 2**70},
        {"port": -1},
        {"use_ssl": False},
        {"auth": None},
    ],
)
def test_what_cannot_be_right_is_not_kept_and_makes_the_endpoint_incomplete(broken: dict[str, object]) -> None:
    found = FoundServer(
        protocol=Protocol.SMTP, host="smtp.example.com", port=587, use_ssl=True, auth=Auth.PASSWORD, username="you"
    )
    endpoint = Endpoint.of(replace(found, **broken), YOU)  # type: ignore[arg-type] # one field at a time
    assert not endpoint.complete
    assert "secret" not in repr(endpoint)


@given(username=st.text(max_size=40), host=st.text(max_size=40), port=st.integers())
def test_no_user_name_and_no_odd_host_ever_gets_in(username: str, host: str, port: int) -> None:
    found = FoundServer(protocol=Protocol.IMAP, host=host, port=port, use_ssl=True, username=username)
    kept = EndpointPair.of(YOU, incoming=found, outgoing=found)
    assert kept.incoming.host is None or kept.incoming.host == kept.incoming.host.lower()
    assert kept.incoming.username in UsernameForm
    assert kept.incoming.port is None or 1 <= kept.incoming.port <= 65535


def test_of_a_finding_only_its_check_and_cause_are_kept() -> None:
    findings = (
        Finding(
            check="outgoing.auth", outcome=Outcome.FAIL, detail="you@example.com: no", cause="auth_bad_credentials"
        ),
        Finding(check="outgoing.data", outcome=Outcome.SKIP, detail="not reached"),
        Finding(check="incoming.auth", outcome=Outcome.WARN, detail="slow"),
    )
    kept = evidence_of(Report((*findings, findings[0])), pair=pair(), level_asked=4, tested_at=NOW)
    assert kept.failures == (Failure(check="outgoing.auth", cause="auth_bad_credentials"),)
    assert (kept.level, kept.level_asked, kept.canary) == (0, 4, None)
    assert "you@" not in repr(kept)
