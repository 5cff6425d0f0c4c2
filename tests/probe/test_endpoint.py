"""Examining real servers without a credential: every check's failing variant, and which check it is that fails."""

import pytest

from profilegen.diagnosis.levels import ENDPOINT_CHECKS
from profilegen.report import Report
from profilegen.settings.servers import Auth, Protocol, Security, Server
from tests.lab.mail import DOMAIN, MailLab
from tests.probe.world import examine, failures, only

pytestmark = pytest.mark.servers


def server(host: str, port: int, protocol: Protocol, auth: Auth = Auth.PASSWORD) -> Server:
    """Return a server of the lab with the TLS mode of its port."""
    security = Security.TLS if port in (465, 993, 995) else Security.STARTTLS
    return Server(
        protocol=protocol,
        host=f"{host}.{DOMAIN}",
        port=port,
        security=security,
        auth=(auth,),
        username=f"alice@{DOMAIN}",
    )


def examined(lab: MailLab, host: str, port: int = 587, protocol: Protocol = Protocol.SMTP) -> Report:
    """Examine a host of the lab, its authority trusted."""
    return examine(server(host, port, protocol), lab.hosts, lab.ca_pem)


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        (587, Protocol.SMTP),
        (465, Protocol.SMTP),
        (143, Protocol.IMAP),
        (993, Protocol.IMAP),
        (110, Protocol.POP),
        (995, Protocol.POP),
    ],
)
def test_a_sound_server_passes_every_check_in_every_dialect(mail_lab: MailLab, port: int, protocol: Protocol) -> None:
    report = examined(mail_lab, "good", port, protocol)
    assert failures(report) == {}
    assert report.ok
    assert tuple(finding.check for finding in report.findings) == ENDPOINT_CHECKS


@pytest.mark.parametrize(
    ("host", "check", "cause"),
    [
        ("wronghost", "tls.hostname", "tls_hostname_mismatch"),
        ("expired", "tls.dates", "tls_cert_expired"),
        ("untrusted", "tls.chain", "tls_untrusted"),
        ("longlived", "tls.lifetime", "tls_untrusted"),
        ("plain", "starttls", "starttls_not_offered"),
        ("nologin", "capabilities_tls", "auth_not_offered"),
        ("cram", "capabilities_tls", "auth_mech_unsupported"),
        ("nowhere", "dns", "dns_failure"),
    ],
)
def test_each_fault_fails_its_own_check_and_no_other(mail_lab: MailLab, host: str, check: str, cause: str) -> None:
    assert failures(examined(mail_lab, host)) == {check: cause}


@pytest.mark.parametrize(("port", "protocol"), [(993, Protocol.IMAP), (143, Protocol.IMAP), (995, Protocol.POP)])
def test_certificate_faults_are_told_apart_on_incoming_servers_too(
    mail_lab: MailLab, port: int, protocol: Protocol
) -> None:
    assert failures(examined(mail_lab, "wronghost", port, protocol)) == {"tls.hostname": "tls_hostname_mismatch"}
    assert failures(examined(mail_lab, "expired", port, protocol)) == {"tls.dates": "tls_cert_expired"}


def test_without_its_authority_the_good_server_is_untrusted_and_only_that(mail_lab: MailLab) -> None:
    report = examine(server("good", 587, Protocol.SMTP), mail_lab.hosts)
    assert failures(report) == {"tls.chain": "tls_untrusted"}
    assert only(report, "tls.hostname").outcome == "pass"


def test_nothing_listening_is_a_refused_connection_and_blocks_the_rest(mail_lab: MailLab) -> None:
    report = examined(mail_lab, "plain", 993, Protocol.IMAP)
    assert failures(report) == {"connect": "connect_refused"}
    assert only(report, "tls.chain").outcome == "skip"
    assert only(report, "tls.chain").detail == "Not reached because of connect."


def test_tls_from_the_first_byte_on_a_starttls_port_is_a_mode_mismatch(mail_lab: MailLab) -> None:
    # an unknown port may have either mode; the pair below is wrong for the server behind it
    tls_on_six = Server(
        protocol=Protocol.SMTP,
        host=f"six.{DOMAIN}",
        port=mail_lab.six["submission"],
        security=Security.TLS,
        auth=(Auth.PASSWORD,),
        username="x",
    )
    assert failures(examine(tls_on_six, mail_lab.hosts, mail_lab.ca_pem)) == {"starttls": "tls_mode_mismatch"}


def test_starttls_on_a_port_with_tls_from_the_first_byte_is_a_mode_mismatch(mail_lab: MailLab) -> None:
    starttls_on_six = Server(
        protocol=Protocol.IMAP,
        host=f"six.{DOMAIN}",
        port=mail_lab.six["imaps"],
        security=Security.STARTTLS,
        auth=(Auth.PASSWORD,),
        username="x",
    )
    assert failures(examine(starttls_on_six, mail_lab.hosts, mail_lab.ca_pem)) == {"banner": "tls_mode_mismatch"}
