"""What goes wrong between honest servers: stripping, injection, floods, silence, weak keys. The server is a fake."""

import ssl
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from profilegen.address import Address
from profilegen.errors import NetworkProblem
from profilegen.ports import Trial
from profilegen.probe.session import Patience
from profilegen.report import Report
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, FoundServer, Protocol, Security, Server
from tests.diagnosis.certificates import certificate, key_pem, pem
from tests.lab.certificates import Authority
from tests.probe.fake_server import Manners, fake_server
from tests.probe.world import examine, failures, only, run_trial

HOST = "fake.lab.test"
OFFER = b"250-fake.lab.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
QUICK = Patience(connect=2, detect=0.5, greeting=1, reply=1, handshake=2)


def tls_context(authority: Authority, folder: Path) -> ssl.SSLContext:
    """Return the context of a server with a good certificate."""
    chain, key = authority.issue(HOST).write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def examined(
    manners: Manners, *anchors: bytes, security: Security = Security.STARTTLS, patience: Patience = QUICK
) -> tuple[Report, list[str]]:
    """Examine the fake and return the report and what the fake heard."""
    with fake_server(manners) as fake:
        server = Server(
            protocol=Protocol.SMTP, host=HOST, port=fake.port, security=security, auth=(Auth.PASSWORD,), username="x"
        )
        return examine(server, {HOST: ("127.0.0.1",)}, *anchors, patience=patience), fake.heard


def test_a_well_behaved_fake_passes(authority: Authority, tmp_path: Path) -> None:
    manners = Manners(answers={"EHLO": OFFER, "STARTTLS": b"220 go\r\n"}, context=tls_context(authority, tmp_path))
    report, heard = examined(manners, authority.pem)
    assert failures(report) == {}
    assert heard[0] == "EHLO [127.0.0.1]"  # the client's end as an address literal, never this machine's name


def test_clear_text_before_encryption_is_an_injection(authority: Authority, tmp_path: Path) -> None:
    manners = Manners(
        answers={"EHLO": OFFER, "STARTTLS": b"220 go\r\n"},
        context=tls_context(authority, tmp_path),
        after_starttls=b"250-evil\r\n250 AUTH PLAIN\r\n",
    )
    report, _ = examined(manners, authority.pem)
    assert failures(report) == {"starttls": "proxy_interference"}
    assert only(report, "capabilities_tls").outcome == "skip"


def test_starttls_that_vanished_from_the_list_is_not_offered() -> None:
    report, heard = examined(Manners(answers={"EHLO": b"250-fake\r\n250 AUTH PLAIN\r\n"}))
    assert failures(report) == {"starttls": "starttls_not_offered"}
    assert "STARTTLS" not in heard


def test_starttls_that_was_overwritten_is_interference() -> None:
    report, _ = examined(Manners(answers={"EHLO": b"250-fake\r\n250-XXXXXXXA\r\n250 AUTH PLAIN\r\n"}))
    capabilities = only(report, "capabilities")
    assert (capabilities.outcome, capabilities.cause) == ("warn", "proxy_interference")


def test_starttls_that_is_offered_and_refused_is_interference() -> None:
    report, _ = examined(Manners(answers={"EHLO": OFFER, "STARTTLS": b"500 command not recognized\r\n"}))
    assert failures(report) == {"starttls": "proxy_interference"}


def test_a_server_that_cannot_begin_tls_says_so() -> None:
    report, _ = examined(Manners(answers={"EHLO": OFFER, "STARTTLS": b"454 TLS not available\r\n"}))
    assert failures(report) == {"starttls": "tls_server_problem"}


def test_a_refusing_banner_is_read() -> None:
    report, _ = examined(Manners(greeting=b"554 Host network not allowed.\r\n"))
    assert failures(report) == {"banner": "ip_policy_block"}


def test_a_greeting_held_back_is_named_a_tarpit_and_waited_for(authority: Authority, tmp_path: Path) -> None:
    manners = Manners(
        greeting_after=0.3,
        answers={"EHLO": OFFER, "STARTTLS": b"220 go\r\n"},
        context=tls_context(authority, tmp_path),
    )
    report, _ = examined(manners, authority.pem, patience=replace(QUICK, tarpit=0.1))
    banner = only(report, "banner")
    assert banner.outcome == "warn"
    assert "tarpit" in banner.detail
    assert failures(report) == {}


def test_a_silent_server_runs_out_of_patience_not_of_time() -> None:
    report, _ = examined(Manners(greeting=b""))
    assert failures(report) == {"banner": "connect_timeout"}


@pytest.mark.parametrize("flood", [b"220-" + b"x" * 9000, b"220-x\r\n" * 20000])
def test_a_flood_is_cut_off(flood: bytes) -> None:
    report, _ = examined(Manners(greeting=flood))
    assert failures(report) == {"banner": "proxy_interference"}


def test_plain_http_in_place_of_the_server_is_not_a_mail_server() -> None:
    report, _ = examined(Manners(greeting=b"HTTP/1.1 400 Bad Request\r\n"))
    assert "banner" in failures(report)


def test_a_server_that_talks_first_on_an_implicit_port_is_a_mode_mismatch(authority: Authority) -> None:
    report, _ = examined(Manners(), authority.pem, security=Security.TLS)
    assert failures(report) == {"starttls": "tls_mode_mismatch"}


def test_an_old_tls_version_is_named(authority: Authority, tmp_path: Path) -> None:
    context = tls_context(authority, tmp_path)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    report, _ = examined(Manners(context=context, implicit=True), authority.pem, security=Security.TLS)
    assert failures(report) == {"starttls": "tls_version_or_cipher"}


def test_a_key_that_openssl_refuses_is_still_collected_and_named(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 1024)
    leaf = certificate(key=key, names=[x509.DNSName(HOST)], lifetime=timedelta(days=90))
    (tmp_path / "crt").write_bytes(pem(leaf))
    (tmp_path / "key").write_bytes(key_pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    report, _ = examined(Manners(context=context, implicit=True), pem(leaf), security=Security.TLS)
    assert failures(report)["tls.key"] == "tls_untrusted"
    assert "RSA 1024" in only(report, "tls.key").detail


def test_no_route_is_no_fault_of_the_server_and_raises() -> None:
    server = Server(
        protocol=Protocol.SMTP,
        host=HOST,
        port=587,
        security=Security.STARTTLS,
        auth=(Auth.PASSWORD,),
        username="x",
    )
    with pytest.raises(NetworkProblem) as problem:
        examine(server, {HOST: ("255.255.255.255",)}, patience=QUICK)
    assert problem.value.code == "network_unreachable"


def test_a_server_that_drips_is_left_in_the_end(authority: Authority) -> None:
    dripping = replace(QUICK, greeting=5, examination=0.7)
    with fake_server(Manners(greeting=b"220-still\r\n")) as fake:
        server = Server(
            protocol=Protocol.SMTP,
            host=HOST,
            port=fake.port,
            security=Security.STARTTLS,
            auth=(Auth.PASSWORD,),
            username="x",
        )
        report = examine(server, {HOST: ("127.0.0.1",)}, authority.pem, patience=dripping)
    assert failures(report) == {"banner": "connect_timeout"}
    assert "0.7 s" in only(report, "banner").detail


def test_a_banner_cannot_write_on_the_terminal() -> None:
    report, _ = examined(Manners(greeting=b"220 \x1b[2J\x07 hello\r\n", answers={"EHLO": b"250 x\r\n"}))
    assert only(report, "banner").detail == "220  [2J  hello"


def test_a_server_that_echoes_the_password_does_not_get_it_into_the_report(
    authority: Authority, tmp_path: Path
) -> None:
    password = "an-echoed-passw0rd"
    plain = b64encode(f"\0me@{HOST}\0{password}".encode())
    encoded = b64encode(password.encode())
    echo = b"535 you said %s or %s or %s\r\n" % (plain, password.encode(), encoded)
    answers = {"EHLO": OFFER.replace(b"250-STARTTLS\r\n", b""), "AUTH": echo, "MAIL": b"550 log in\r\n"}
    manners = Manners(answers=answers, context=tls_context(authority, tmp_path), implicit=True)
    with fake_server(manners) as fake:
        server = FoundServer(
            protocol=Protocol.SMTP,
            host=HOST,
            port=fake.port,
            use_ssl=True,
            security=Security.TLS,
            auth=Auth.PASSWORD,
            username=f"me@{HOST}",
        )
        wanted = Trial(
            address=Address.parse(f"me@{HOST}"),
            incoming=FoundServer(protocol=Protocol.IMAP),
            outgoing=server,
            level=2,
            outgoing_password=Secret(text=password),
        )
        report = run_trial({HOST: ("127.0.0.1",)}, wanted, authority.pem, patience=QUICK)
        heard = fake.heard
    assert f"AUTH PLAIN {plain.decode()}" in heard  # it was really sent, once
    assert sum(line.startswith("AUTH") for line in heard) == 1
    auth = only(report, "outgoing.auth")
    assert (auth.cause, auth.reply) == ("auth_bad_credentials", "535 you said [secret] or [secret] or [secret]")
    assert password not in repr(report)
    assert encoded.decode() not in repr(report)


def test_an_imap_server_that_breaks_the_grammar_fails_the_login_and_nothing_crashes(
    authority: Authority, tmp_path: Path
) -> None:
    answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN \xff\r\nTAG OK done\r\n"}
    manners = Manners(
        greeting=b"* OK hello\r\n", answers=answers, context=tls_context(authority, tmp_path), implicit=True
    )
    with fake_server(manners) as fake:
        incoming = FoundServer(
            protocol=Protocol.IMAP,
            host=HOST,
            port=fake.port,
            use_ssl=True,
            security=Security.TLS,
            auth=Auth.PASSWORD,
            username="me",
        )
        wanted = Trial(
            address=Address.parse(f"me@{HOST}"),
            incoming=incoming,
            outgoing=FoundServer(protocol=Protocol.SMTP, auth=Auth.PASSWORD, username="me"),
            level=2,
            incoming_password=Secret(text="a-passw0rd"),
        )
        report = run_trial({HOST: ("127.0.0.1",)}, wanted, authority.pem, patience=QUICK)
    assert failures(report) == {"outgoing.dns": "dns_failure", "incoming.auth": "proxy_interference"}
