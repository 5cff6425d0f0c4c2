"""Relay services: asked for by id, with the customer's own user name."""

import asyncio

import pytest

from profilegen.catalogue.lookup import FileCatalogue
from profilegen.settings.servers import Auth, Protocol


def test_a_relay_gets_the_customer_user_name(catalogue: FileCatalogue) -> None:
    relay = asyncio.run(catalogue.relay("smtp2go", "customer"))
    assert relay is not None
    assert relay.outgoing[0].endpoint == "mail.smtp2go.com:587/starttls"
    assert {server.username for server in relay.outgoing} == {"customer"}
    assert (relay.spf, relay.outgoing[0].auth) == ("spf.smtp2go.com", (Auth.PASSWORD,))


def test_a_user_name_the_relay_fixes_beats_the_one_given(catalogue: FileCatalogue) -> None:
    relay = asyncio.run(catalogue.relay("sendgrid", "customer"))
    assert relay is not None and {server.username for server in relay.outgoing} == {"apikey"}


@pytest.mark.parametrize("name", ["gmail", "nothing", ""])
def test_a_mailbox_provider_is_no_relay(catalogue: FileCatalogue, name: str) -> None:
    assert asyncio.run(catalogue.relay(name, "customer")) is None


def test_every_relay_of_the_catalogue_can_be_used(catalogue: FileCatalogue) -> None:
    relays = [record for record in catalogue.records() if record.get("kind") == "relay"]
    assert len(relays) > 40
    for record in relays:
        relay = asyncio.run(catalogue.relay(record["id"], "customer"))
        assert relay is not None and all(server.protocol is Protocol.SMTP for server in relay.outgoing)
        assert relay.outgoing and all(server.port != 25 for server in relay.outgoing)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.sendgrid.net", "SendGrid"),
        ("SMTP.Mailgun.org.", "Mailgun"),
        ("smtp.eu.mailgun.org", "Mailgun"),
        ("mail.smtp2go.com", "SMTP2GO"),
        ("email-smtp.eu-central-1.amazonaws.com", "Amazon SES (eu-central-1)"),
        ("email-smtp.xx-nowhere-9.amazonaws.com", "Amazon SES"),
    ],
)
def test_a_host_leads_to_the_relay_service_behind_it(catalogue: FileCatalogue, host: str, name: str) -> None:
    relay = asyncio.run(catalogue.relay_by_host(host, "customer"))
    assert relay is not None and name in relay.name
    assert host.lower().rstrip(".") in {server.host for server in relay.outgoing}


@pytest.mark.parametrize(
    "host",
    ["smtp.gmail.com", "amazonaws.com", "s3.eu-central-1.amazonaws.com", "smtp.sendgrid.net.evil.example", "", "."],
)
def test_a_host_of_nobody_or_of_a_mailbox_provider_is_no_relay(catalogue: FileCatalogue, host: str) -> None:
    assert asyncio.run(catalogue.relay_by_host(host, "customer")) is None


def test_every_host_of_every_relay_leads_back_to_one(catalogue: FileCatalogue) -> None:
    hosts = {
        entry["host"] for record in catalogue.records() if record.get("kind") == "relay" for entry in record["smtp"]
    }
    for host in hosts:
        assert asyncio.run(catalogue.relay_by_host(host, "customer")) is not None, host
