"""Networks that stand in the way: ports that are dropped or refused, and others who answer in place of the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli, cli
from tests.cli.test_fix_lab import ALICE, given
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.mail import DOMAIN, password_of
from tests.lab.netns import Network
from tests.lab.zone import SRV, zone
from tests.probe.fake_server import FakeServer, Manners, fake_server
from tests.probe.test_misbehaviour import tls_context

__all__ = ["cli"]  # the fixture

pytestmark = pytest.mark.servers


@pytest.fixture
def here(cli: Cli, network: Network, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """The command line, with the name server of the other network."""
    with network.entered():
        monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({DOMAIN: zone(network.lab, SRV)}))
    (tmp_path / "ca.pem").write_bytes(network.lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("ALICE", password_of("alice"))
    return cli


def first(answer: Answer) -> str:
    assert answer.document["causes"], answer.out
    return str(answer.document["causes"][0]["cause"])


def evidence(answer: Answer) -> str:
    return " ".join(clue["detail"] for clue in answer.document["causes"][0]["evidence"])


def device(port: int) -> tuple[str, ...]:
    """Return the options for a device that is set up as it should be."""
    return (
        "--current", f"outgoing.host=good.{DOMAIN}", f"outgoing.port={port}", "outgoing.use_ssl=on",
        f"outgoing.username={ALICE}", "outgoing.password=set",
    )  # fmt: skip


REFUSALS = ["drop", "reject with tcp reset", "reject with icmpx admin-prohibited"]


@pytest.mark.parametrize("how", REFUSALS)
def test_a_device_on_a_filtered_port_is_told_which_port_is_open(here: Cli, network: Network, how: str) -> None:
    with network.wall(f"tcp dport {{25, 587}} {how}"):
        answer = here("doctor", ALICE, *device(587), "--json")

    assert (answer.status, first(answer)) == (1, "connect_timeout")
    assert "Port 465 answers" in evidence(answer)
    assert "the phone's may differ" in evidence(answer)
    assert answer.document["causes"][0]["evidence"][0]["vantage"] == "here"
    assert [row["port"] for row in answer.document["right"]] == [465, 993]
    assert any("Server Port 465" in step for step in answer.document["voices"]["person"])
    assert answer.document["remedies"][0]["cure"] == "outside"
    assert "mobile_data" in [question["question"] for question in answer.document["questions"]]


@pytest.mark.parametrize(
    ("how", "cause"),
    [(REFUSALS[0], "connect_timeout"), (REFUSALS[1], "connect_refused"), (REFUSALS[2], "connect_timeout")],
)
def test_settings_on_a_filtered_port_fail_with_the_ports_that_are_open(
    here: Cli, network: Network, how: str, cause: str
) -> None:
    with network.wall(f"tcp dport {{25, 587}} {how}", detour="tcp dport 2525 dnat to :465"):
        answer = here("test", ALICE, *given(), "--json")

    [failed] = [one for one in answer.document["findings"] if one["outcome"] == "fail"]
    assert (failed["check"], failed["cause"]) == ("outgoing.connect", cause)
    assert "Port 465, 2525 answers, so it is port 587 alone" in failed["detail"]


def test_a_network_that_blocks_every_mail_port_is_told_from_one_port(here: Cli, network: Network) -> None:
    with network.wall("tcp dport {25, 465, 587, 2525} drop"):
        answer = here("doctor", ALICE, *given(), "--json")

    assert first(answer) == "connect_timeout"
    assert "No other submission port answers either" in evidence(answer)


def test_the_profile_takes_the_port_that_is_open(here: Cli, network: Network) -> None:
    with network.wall("tcp dport {25, 587} reject with tcp reset"):
        answer = here("fix", ALICE, "--password-env", "ALICE", "-o", "out/", "--json")

    assert (answer.status, answer.document["verified"]) == (0, True)
    assert answer.document["settings"]["outgoing"]["port"] == 465


def test_the_review_says_nothing_about_ports_that_do_not_answer_from_here(here: Cli, network: Network) -> None:
    with network.wall("tcp dport 25 drop", "tcp dport 587 reject with tcp reset"):
        answer = here("relay", f"good.{DOMAIN}", "--json")

    found = {one["check"]: one["outcome"] for one in answer.document["findings"]}
    assert (found["25.connect"], found["587.connect"], found["465.connect"]) == ("skip", "skip", "pass")


# --- somebody else answers -------------------------------------------------------------------------------


@contextmanager
def answering_for(network: Network, port: int, manners: Manners) -> Iterator[FakeServer]:
    """Let a fake answer whatever is sent to a port, as a transparent proxy does."""
    with (
        network.entered(),
        fake_server(manners) as fake,
        network.wall(detour=f"tcp dport {port} redirect to :{fake.port}"),
    ):
        yield fake


def test_a_firewall_that_overwrites_what_the_server_says_is_named(here: Cli, network: Network) -> None:
    stars = Manners(
        greeting=b"220 ***************************************\r\n",
        answers={"EHLO": b"250-mail.lab.test\r\n250-XXXXXXXA\r\n250 AUTH PLAIN LOGIN\r\n", "MAIL": b"530 no\r\n"},
    )

    with answering_for(network, 587, stars) as fake:
        answer = here("doctor", ALICE, *given(), "--password-env", "ALICE", "--json")

    assert first(answer) == "proxy_interference"
    assert "hides the server's banner" in evidence(answer)
    assert "AUTH" not in {line.partition(" ")[0] for line in fake.heard}
    assert answer.document["remedies"][0]["cure"] == "outside"


def test_a_certificate_of_somebody_else_on_one_port_is_a_proxy_and_gets_no_password(
    here: Cli, network: Network, stranger: Authority, tmp_path: Path
) -> None:
    scanner = Manners(context=tls_context(stranger, tmp_path), implicit=True, answers={"EHLO": b"250 AUTH PLAIN\r\n"})

    with answering_for(network, 465, scanner) as fake:
        answer = here("doctor", ALICE, *device(465), "--password-env", "ALICE", "--json")

    assert first(answer) == "proxy_interference"
    assert "its port 587 is sound here" in evidence(answer)
    assert answer.document["tested"]["level"] == 4
    assert all(not line.startswith("AUTH") for line in fake.heard)


def test_a_sign_in_page_in_place_of_every_mail_server_is_not_a_mail_server(here: Cli, network: Network) -> None:
    portal = Manners(greeting=b"HTTP/1.1 302 Found\r\nLocation: http://wifi.example/\r\n\r\n")

    with answering_for(network, 587, portal):
        answer = here("doctor", ALICE, *given(), "--json")

    assert first(answer) == "proxy_interference"
