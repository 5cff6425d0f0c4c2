"""Templates on workers: planned over the whole group, whoever works, and placed once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.fleetruns import hosted
from tests.fleetruns.conftest import Organisation
from tests.lab.mdm.replay import intune as graph
from tests.lab.postgres import PostgresServer
from tests.workers.conftest import Firm, run_firm

pytestmark = pytest.mark.servers

SEVERAL = ("--concurrency", "3")


@pytest.fixture
def office(
    cli: Cli,
    tmp_path: Path,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[hosted.Hosted]:
    monkeypatch.setenv("PROFILEGEN_FLEET__DATABASE", postgres_url)
    with hosted.organisation(hosted.intune, cli, tmp_path, monkeypatch.setenv) as made:
        yield made


@pytest.fixture
def firm(office: hosted.Hosted, postgres: PostgresServer, postgres_url: str) -> Iterator[Firm]:
    unused = Organisation(cli=office.cli, folder=office.folder, server=office.server, url="", people=office.server)
    yield from run_firm(unused, postgres, postgres_url)


def test_two_workers_place_one_template_for_the_whole_group_and_once(office: hosted.Hosted, firm: Firm) -> None:
    assert office.import_()["added"] == 3
    firm.start(SEVERAL, SEVERAL)
    outcome = office.apply("--workers", "--patience", "5s")
    assert (outcome["pushed"], outcome["stopped"], outcome["states"]) == (3, None, {"unknown": 3}), outcome
    assert isinstance(office.server, graph.IntuneReplay)
    assert len(office.server.configurations) == 1
    assert [worker.end() for worker in firm.workers] == [0, 0]
    assert office.apply("--patience", "5s")["pushed"] == 0
    assert len(office.server.configurations) == 1
