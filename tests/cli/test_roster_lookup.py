"""Many addresses: each domain once, rows in order, and going on where a run was cut off."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.lab.counting import Questions, counting
from tests.lab.dns import ServeZones

DOMAINS = 100
PER_SERVICE = 6  # labels of RFC 6186 and RFC 8314
KNOWN = ("gmail.com", "gmx.de", "nobody.example", "icloud.com")


def roster(path: Path, addresses: list[str]) -> Path:
    path.write_text("address\n" + "".join(f"{address}\n" for address in addresses))
    return path


# --- each domain once ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def name_server(serve_zones: ServeZones) -> str:
    zone = "$TTL 3600\n" + "".join(  # a slow machine must not outlive what is remembered
        f"_imaps._tcp.d{number}.test. SRV 0 0 993 imap.d{number}.test.\n"
        f"_submission._tcp.d{number}.test. SRV 0 0 587 smtp.d{number}.test.\n"
        f"d{number}.test. MX 10 mx{number % 3}.hoster.test.\n"
        for number in range(DOMAINS)
    )
    return serve_zones({".": zone})


@pytest.fixture
def questions(name_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Questions]:
    with counting(name_server) as asked:
        monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", asked.server)
        yield asked


@pytest.mark.servers
def test_many_addresses_over_a_hundred_domains_are_a_hundred_discoveries(
    cli: Cli, questions: Questions, tmp_path: Path
) -> None:
    addresses = [f"person{number}@d{number * 7 % DOMAINS}.test" for number in range(2_000)]
    people = roster(tmp_path / "people.csv", addresses)

    first = cli("lookup", "--roster", people, "--source", "srv", "--no-probe", "-o", "first.jsonl")

    assert (first.status, first.out) == (1, ""), first.err
    answers = [json.loads(line) for line in Path("first.jsonl").read_text().splitlines()]
    assert [answer["address"] for answer in answers] == addresses
    assert [answer["incoming"]["username"] for answer in answers] == addresses
    services, exchangers = questions.of_type("SRV"), questions.of_type("MX")
    assert set(exchangers) == {f"d{number}.test" for number in range(DOMAINS)}
    assert len(services) == DOMAINS * PER_SERVICE
    # on a busy machine the resolver may send a question again after 2 s; asking per address would be 20 times as many
    assert services.total() + exchangers.total() <= 1.1 * DOMAINS * (PER_SERVICE + 1)

    questions.asked.clear()
    again = cli("lookup", "--roster", people, "--source", "srv", "--no-probe", "-o", "again.jsonl")

    assert (again.status, questions.asked.total()) == (1, 0)
    assert Path("again.jsonl").read_bytes() == Path("first.jsonl").read_bytes()


@pytest.mark.servers
def test_without_the_cache_every_run_asks_anew_and_keeps_nothing(
    cli: Cli, questions: Questions, tmp_path: Path
) -> None:
    people = roster(tmp_path / "people.csv", ["a@d1.test", "b@d1.test", "c@d2.test"])
    how = ("lookup", "--roster", people, "--source", "srv", "--no-probe", "--json")

    for _ in range(2):
        assert len(cli(*how, "--no-cache").documents) == 3
        assert questions.of_type("SRV").total() == 2 * PER_SERVICE
        questions.asked.clear()

    cli(*how)
    assert questions.of_type("SRV").total() == 2 * PER_SERVICE


@pytest.mark.servers
def test_a_single_address_is_asked_about_by_name_and_anew(cli: Cli, questions: Questions) -> None:
    for _ in range(2):
        cli("lookup", "a@d1.test", "--source", "srv", "--no-probe", "--json")
        assert questions.of_type("SRV").total() == PER_SERVICE
        questions.asked.clear()


# --- going on --------------------------------------------------------------------------------------------


def people(count: int) -> list[str]:
    return [f"person{number}@{KNOWN[number % len(KNOWN)]}" for number in range(count)]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX notion")
def test_a_run_that_was_killed_goes_on_after_its_last_complete_line(cli: Cli, tmp_path: Path) -> None:
    listed = roster(tmp_path / "people.csv", people(8000))
    arguments = ("lookup", "--offline", "--roster", str(listed), "-o")
    command = [sys.executable, "-m", "profilegen", *arguments, "killed.jsonl"]
    file = Path("killed.jsonl")
    with subprocess.Popen(command) as process:
        while process.poll() is None and (not file.exists() or file.stat().st_size < 100_000):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    left = file.read_bytes()
    assert len(left) >= 100_000
    assert left.count(b"\n") < 8000

    assert cli(*arguments, "killed.jsonl").status == 1
    assert cli(*arguments, "whole.jsonl").status == 1
    assert file.read_bytes().startswith(left)
    assert file.read_bytes() == Path("whole.jsonl").read_bytes()


def test_a_line_that_is_cut_off_anywhere_is_written_anew(cli: Cli, tmp_path: Path) -> None:
    arguments = ("lookup", "--offline", "--roster", roster(tmp_path / "people.csv", people(4)), "-o", "answers.jsonl")
    cli(*arguments)
    file = Path("answers.jsonl")
    whole = file.read_bytes()
    second = whole.index(b"\n") + 1
    for cut in (0, 1, second - 1, second, second + 1, second + 12, second + 200, len(whole) - 1, len(whole)):
        file.write_bytes(whole[:cut])
        assert cli(*arguments).status == 1
        assert file.read_bytes() == whole


def test_answers_of_earlier_runs_count_for_the_exit_status(cli: Cli, tmp_path: Path) -> None:
    good = roster(tmp_path / "good.csv", ["a@gmail.com", "b@gmx.de"])
    for _ in range(2):
        assert cli("lookup", "--offline", "--roster", good, "-o", "good.jsonl").status == 0
    mixed = ("c@nobody.example", "no address")
    for _ in range(2):
        assert cli("lookup", "--offline", *mixed, "-o", "mixed.jsonl").status == 2
    assert [json.loads(line)["status"] for line in Path("mixed.jsonl").read_text().splitlines()] == [
        "not_found",
        "invalid",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"a letter to the bank",
        b"a letter\nto the bank\n",
        b'{"other": "json"}\n',
        b'{"address": "x@gmail.com", "status": "ok"}\n',
        b'{"address": "a@gmail.com", "status": "ok"}\n{"address": "b@gmail.com", "status": "ok"}\n',
        b'{"address": "a@gmail.com", "status": "fine"}\n',
        b"\xff\x00" * 600_000,
    ],
    ids=["text", "lines", "other JSON", "other address", "more answers", "unknown status", "bytes"],
)
def test_a_file_that_holds_something_else_is_left_as_it_is(cli: Cli, content: bytes) -> None:
    file = Path("answers.jsonl")
    file.write_bytes(content)
    answer = cli("lookup", "--offline", "a@gmail.com", "-o", file, "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, "foreign_answers")
    assert file.read_bytes() == content


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_answers_are_never_written_through_a_link(cli: Cli) -> None:
    Path("target").write_text("")
    Path("answers.jsonl").symlink_to("target")
    answer = cli("lookup", "--offline", "a@gmail.com", "-o", "answers.jsonl", "--json")
    assert (answer.status, answer.document["error"]["code"]) == (3, "unwritable_output")
    assert Path("target").read_text() == ""


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(cli: Cli, small_disk: Path, tmp_path: Path) -> None:
    arguments = ("lookup", "--offline", "--roster", roster(tmp_path / "people.csv", people(200)), "--json", "-o")
    cli(*arguments, "whole.jsonl")
    ballast, answers = small_disk / "ballast", small_disk / "answers.jsonl"
    ballast.write_bytes(b"x" * 48 * 1024)

    full = cli(*arguments, answers)

    assert (full.status, full.document["error"]["code"]) == (3, "disk_full")
    assert answers.stat().st_size > 0
    kept = answers.read_bytes()
    Path("resumed.jsonl").write_bytes(kept)
    assert cli(*arguments, "resumed.jsonl").status == 1
    assert Path("resumed.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


def test_a_bad_row_is_named_and_the_exit_status_tells(cli: Cli, tmp_path: Path) -> None:
    answer = cli(
        "lookup", "--offline", "--roster", roster(tmp_path / "p.csv", ["a@gmail.com", "b", "a@gmail.com"]), "--json"
    )
    assert (answer.status, len(answer.documents)) == (1, 1)
    assert "row 3" in answer.err
    assert "row 4" in answer.err


@pytest.mark.servers
def test_building_for_a_roster_asks_about_each_domain_once(cli: Cli, questions: Questions, tmp_path: Path) -> None:
    people = roster(tmp_path / "people.csv", [f"person{number}@d{number % 3}.test" for number in range(30)])

    answer = cli("build", "--roster", people, "--source", "srv", "--no-probe", "--unsigned", "-o", "out/", "--json")

    assert len(answer.documents) == 30
    assert questions.of_type("SRV").total() == 3 * PER_SERVICE
