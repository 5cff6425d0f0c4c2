"""The gate before a fleet: what was proved of a domain's servers says nothing of others an account really uses."""

import asyncio
from datetime import UTC, datetime

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.settings.servers import Auth, FoundServer, Protocol
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.home import Home
from profilegen.storage.state import State
from tests.fleetruns.conftest import DOMAIN, SERVERS, Organisation
from tests.lab.mdm.device import Phone

STRICT = ("apply", "--patience", "20s", "--offline", "--allow-self-signed", "--json")


def _prove(organisation: Organisation) -> None:
    """Record that the servers of the domain were found sound just now."""
    address = Address.parse(f"p0@{DOMAIN}")
    incoming, outgoing = (
        FoundServer(
            protocol=Protocol(fields["protocol"]),
            host=fields["host"],
            port=fields["port"],
            use_ssl=True,
            auth=Auth.PASSWORD,
            username=str(address),
        )
        for fields in (SERVERS["incoming"], SERVERS["outgoing"])
    )
    pair = EndpointPair.of(address, incoming=incoming, outgoing=outgoing)
    evidence = Evidence(pair=pair, level=1, level_asked=1, tested_at=datetime.now(UTC))
    state = State(path=Home.open(organisation.folder / "home").state)
    asyncio.run(SqliteEvidenceLog(state=state).record(evidence))


def _import(organisation: Organisation, header: str, *rows: str) -> None:
    roster = organisation.folder / "people.csv"
    roster.write_text("\n".join([header, *rows]) + "\n")
    assert organisation.run("import", str(roster), "--trust-roster", "the list of the day").status == 0


def test_proved_servers_open_the_gate_and_a_relay_nobody_proved_stays_shut(organisation: Organisation) -> None:
    phones = [Phone(organisation.url, number=number) for number in range(2)]
    for phone in phones:
        phone.enrol()
    organisation.people.add(*phones)
    _prove(organisation)
    own, relayed = phones
    _import(
        organisation,
        "address,udid,mdm,outgoing,outgoing_username",
        f"p0@{DOMAIN},{own.udid},acme,,",
        f"p1@{DOMAIN},{relayed.udid},acme,sendgrid,apikey",
    )

    outcome = organisation.run(*STRICT).document

    assert outcome["pushed"] == 1
    assert own.installed()
    assert not relayed.installed()
    assert outcome["refused"] == 1
    assert outcome["not_given_out"][0]["seat"].startswith(f"mailbox:p1@{DOMAIN}")
    assert "is not proved" in outcome["not_given_out"][0]["why"]
    again = organisation.run(*STRICT[:-1], "--allow-unverified", "the relay is new", "--json").document
    assert again["pushed"] == 1
    assert relayed.installed()
