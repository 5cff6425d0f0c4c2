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
