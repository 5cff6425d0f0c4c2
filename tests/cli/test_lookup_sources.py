"""Sources that are asked only when somebody says so, from the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import CLIENT_CONFIG, Cli
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import HttpsServer, Reply, ServeHttp, ServeHttps, always

YOU = "you@lab.test"


@pytest.fixture
def database(
    serve_https: ServeHttps,
    serve_zones: ServeZones,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> HttpsServer:
    """A database of settings that the configuration names, in a world that holds nothing else."""
    server = serve_https(authority.issue("db.test"), always(Reply(body=CLIENT_CONFIG.encode())))
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({".": f"db.test. A {server.address}\n"}))
    monkeypatch.setenv("PROFILEGEN_DISCOVERY__ISPDB_URL", "https://db.test/v1.1/")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(ca))
    return server


@pytest.mark.servers
def test_the_database_learns_of_a_domain_only_when_it_is_named(cli: Cli, database: HttpsServer) -> None:
    assert cli("lookup", YOU, "--no-probe", "--json").document["status"] == "not_found"
    assert database.asked == []
    found = cli("lookup", YOU, "--source", "ispdb", "--no-probe", "--json").document
    assert (found["incoming"]["host"], found["incoming"]["tier"]) == ("good.lab.test", "T3")
    assert [asked.path for asked in database.asked] == ["/v1.1/lab.test"]


def test_a_database_without_https_is_a_configuration_problem(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_DISCOVERY__ISPDB_URL", "http://db.test/")
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", "127.0.0.1:9")
    answer = cli("lookup", YOU, "--source", "ispdb")
    assert (answer.status, "discovery.ispdb_url" in answer.err) == (3, True)


@pytest.mark.servers
def test_port_80_is_asked_only_with_allow_http_and_its_answer_is_not_trusted(
    cli: Cli, serve_http: ServeHttp, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve_http(always(Reply(body=CLIENT_CONFIG.encode())))
    zone = f"autoconfig.lab.test. A {server.address}\n"
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({".": zone}))
    assert cli("lookup", YOU, "--no-probe", "--json").document["status"] == "not_found"
    assert server.asked == []
    found = cli("lookup", YOU, "--allow-http", "--no-probe", "--json").document
    assert (found["status"], found["incoming"]["tier"], found["outgoing"]["tier"]) == ("untrusted", "T5", "T5")
    assert len(server.asked) == 1


def test_a_source_without_encryption_takes_two_words(cli: Cli) -> None:
    answer = cli("lookup", YOU, "--source", "plain-autoconfig")
    assert (answer.status, "Add --allow-http if you mean it." in answer.err) == (2, True)
