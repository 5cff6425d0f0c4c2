"""Whose server a device uses, and what the admin is offered."""

import pytest

from tests.cli.conftest import Cli, cli

__all__ = ["cli"]  # the fixture


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.sendgrid.net", "Twilio SendGrid"),
        ("email-smtp.eu-west-1.amazonaws.com", "Amazon SES (eu-west-1)"),
        ("email-smtp.xx-nowhere-9.amazonaws.com", "Amazon SES"),
        ("smtp.mailgun.org", "Mailgun (United States)"),
    ],
)
def test_the_relay_service_a_device_uses_is_named(cli: Cli, host: str, name: str) -> None:
    answer = cli("doctor", "you@gmx.de", "--offline", "--level", "1", "--current", f"outgoing.host={host}", "--json")

    [wrong] = [cause for cause in answer.document["causes"] if cause["cause"] == "wrong_server_host"]
    assert f"{host} belongs to the relay service {name};" in wrong["evidence"][0]["detail"]


def test_the_admin_is_offered_the_profile_and_the_fleet(cli: Cli) -> None:
    answer = cli("doctor", "o'neil@gmx.de", "--offline", "--error", "does not allow relaying", "--json")

    admin = answer.document["voices"]["admin"]
    only = "--only 'o'\"'\"'neil@gmx.de'"
    assert "Make the profile: profilegen fix 'o'\"'\"'neil@gmx.de' --ask-password" in admin
    assert f"On managed devices: profilegen fleet plan {only}, then profilegen fleet apply {only}" in admin


def test_where_no_profile_helps_none_is_offered(cli: Cli) -> None:
    answer = cli("doctor", "you@gmx.de", "--offline", "--error", "552 5.3.4 Message size exceeds fixed limit", "--json")

    assert answer.document["causes"][0]["cause"] == "message_too_big"
    assert not any("fleet" in line or "profilegen fix" in line for line in answer.document["voices"]["admin"])


def test_where_a_network_is_in_the_way_the_providers_other_port_is_offered(cli: Cli) -> None:
    blocked = ("--error", "The connection to the outgoing server timed out", "--mobile-data", "works")

    answer = cli("doctor", "you@gmx.de", "--offline", *blocked, "--json")
    elsewhere = cli("doctor", "you@gmx.de", "--offline", "--error", "does not allow relaying", "--json")
    already = cli("doctor", "you@gmx.de", "--offline", *blocked, "--current", "outgoing.port=465", "--json")

    assert answer.document["causes"][0]["cause"] == "connect_timeout"
    steps, admin = answer.document["voices"]["person"], answer.document["voices"]["admin"]
    assert any("Server Port 587 - or 465, where a network blocks 587" in step for step in steps)
    assert any(line.endswith("--set outgoing.port=465 --set outgoing.security=tls") for line in admin)
    for other in (elsewhere, already):
        assert not any("or 465" in step for step in other.document["voices"]["person"])
        assert not any("outgoing.port=465" in line for line in other.document["voices"]["admin"])
