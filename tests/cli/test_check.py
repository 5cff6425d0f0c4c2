"""check as continuous integration uses it: chosen rules, baselines, SARIF, folders, hooks; and what a home knows."""

import json
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from profilegen.profile.lint import rules
from tests.cli.conftest import Cli
from tests.profile.examples.signatures import DEVICE, array, encrypted, envelope
from tests.profile.examples.specimen import BASE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "check-in-ci"
DEFECT = BASE.replace(b"<integer>587</integer>", b"<integer>25</integer>")


def write(name: str, data: bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def rules_of(document: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in document["findings"]]


def test_rules_are_chosen_by_name_or_by_how_they_begin(cli: Cli) -> None:
    write("x.mobileconfig", DEFECT)
    assert rules_of(cli("check", "x.mobileconfig", "--json").document) == ["PG306", "PG501"]
    assert rules_of(cli("check", "x.mobileconfig", "--json", "--select", "PG5").document) == ["PG501"]
    chosen = cli("check", "x.mobileconfig", "--json", "--select", "PG3", "--ignore", "PG306")
    assert (chosen.status, rules_of(chosen.document)) == (0, [])


def test_a_rule_that_does_not_exist_is_wrong_usage(cli: Cli) -> None:
    write("x.mobileconfig", BASE)
    answer = cli("check", "x.mobileconfig", "--select", "PG999", "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, "unknown_rule")


def test_every_rule_is_listed(cli: Cli) -> None:
    listed = cli("check", "--list-rules", "--json").document["rules"]
    assert [one["rule"] for one in listed] == [rule.id for rule in rules()]
    assert all(one["severity"] in ("error", "warning", "info") for one in listed)


def test_a_baseline_silences_what_is_known_and_nothing_else(cli: Cli) -> None:
    path = write("profiles/x.mobileconfig", DEFECT)
    written = cli("check", "profiles", "--baseline", "known.json", "--write-baseline")
    silent = cli("check", "profiles", "--baseline", "known.json", "--json")
    path.write_bytes(DEFECT.replace(b"<string>EmailTypeIMAP", b"<string>IMAP"))
    loud = cli("check", "profiles", "--baseline", "known.json", "--json")

    assert written.status == 0
    assert json.loads(Path("known.json").read_text())["known"] == [
        {"file": "profiles/x.mobileconfig", "rule": "PG306", "path": "PayloadContent[0].OutgoingMailServerPortNumber"},
        {"file": "profiles/x.mobileconfig", "rule": "PG501", "path": ""},
    ]
    assert (silent.status, rules_of(silent.document)) == (0, [])
    assert (loud.status, rules_of(loud.document)) == (1, ["PG301"])


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "known": []}', '{"version": 1, "known": [7]}', "[" * 9999])
def test_a_damaged_baseline_is_wrong_usage(cli: Cli, text: str) -> None:
    write("x.mobileconfig", BASE)
    Path("known.json").write_text(text)
    answer = cli("check", "x.mobileconfig", "--baseline", "known.json", "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_baseline")


def test_options_that_contradict_each_other_are_wrong_usage(cli: Cli) -> None:
    write("x.mobileconfig", BASE)
    assert cli("check", "x.mobileconfig", "--write-baseline", "--json").document["error"]["code"] == "no_baseline_file"
    assert cli("check", "x.mobileconfig", "--sarif", "--json").document["error"]["code"] == "two_formats"


def test_sarif_has_what_its_schema_requires(cli: Cli) -> None:
    write("profiles/a b.mobileconfig", DEFECT)
    write("profiles/c.mobileconfig", b"<html>")
    answer = cli("check", "profiles", "--sarif")
    log = answer.document
    [run] = log["runs"]
    known = run["tool"]["driver"]["rules"]

    assert (answer.status, log["version"]) == (1, "2.1.0")
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    assert run["tool"]["driver"]["name"] == "profilegen"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", run["tool"]["driver"]["version"])
    assert [rule["id"] for rule in known] == [rule.id for rule in rules()]
    assert all(rule["shortDescription"]["text"] for rule in known)
    assert {rule["defaultConfiguration"]["level"] for rule in known} == {"error", "warning", "note"}
    for result in run["results"]:
        assert set(result) == {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"}
        assert known[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        [location] = result["locations"]
        assert location["physicalLocation"]["region"] == {"startLine": 1}
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert places == ["profiles/a%20b.mobileconfig"] * 2 + ["profiles/c.mobileconfig"]
    assert run["results"][0]["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "PayloadContent[0].OutgoingMailServerPortNumber"}
    ]


def test_a_folder_is_judged_side_by_side(cli: Cli) -> None:
    tree = plistlib.loads(BASE)
    write("fleet/a.mobileconfig", BASE)
    tree["PayloadContent"][0]["EmailAddress"] = "bob@example.com"
    write("fleet/b.mobileconfig", plistlib.dumps(tree))

    first, second = cli("check", "fleet", "--json").documents

    assert "PG206" not in rules_of(first)
    assert [one["severity"] for one in second["findings"] if one["rule"] == "PG206"] == ["error"]
    assert "fleet/a.mobileconfig" in next(one["message"] for one in second["findings"] if one["rule"] == "PG206")


def test_one_file_that_is_missing_does_not_hide_the_others(cli: Cli) -> None:
    write("x.mobileconfig", DEFECT)
    answer = cli("check", "missing.mobileconfig", "x.mobileconfig", "--json")
    assert answer.status == 2
    assert rules_of(answer.document) == ["PG306", "PG501"]
    assert "missing.mobileconfig cannot be read" in answer.err


def test_what_is_encrypted_is_judged_with_the_devices_key(cli: Cli) -> None:
    Path("device.pem").write_bytes(DEVICE.key_pem)
    write("good.mobileconfig", encrypted(envelope(DEVICE, "-aes-128-cbc", content=array())))
    write("bad.mobileconfig", encrypted(envelope(DEVICE, "-aes-128-cbc", content=BASE)))
    good = cli("check", "good.mobileconfig", "--decrypt", "device.pem", "--json")
    bad = cli("check", "bad.mobileconfig", "--decrypt", "device.pem", "--json")
    assert (good.status, rules_of(good.document)) == (0, ["PG501"])
    assert (bad.status, rules_of(bad.document)) == (1, ["PG501", "PG604"])


def test_a_home_remembers_who_signed_the_issue_before(cli: Cli, settings: Path) -> None:
    for key in ("first", "second"):
        cli("key", "new", key)
    build = ("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")
    cli(*build, "--key", "first")
    assert "PG505" not in rules_of(cli("check", "x.mobileconfig", "--json").document)
    signed = cli("sign", "x.mobileconfig", "-o", "other.mobileconfig", "--key", "second")

    answer = cli("check", "other.mobileconfig", "--json")

    assert signed.status == 0
    assert (answer.status, "PG505" in rules_of(answer.document)) == (1, True)
    assert "PG505" not in rules_of(cli("check", "other.mobileconfig", "--delivery", "mdm", "--json").document)


def test_checking_makes_no_home(cli: Cli, tmp_path: Path) -> None:
    write("x.mobileconfig", BASE)
    cli("check", "x.mobileconfig")
    assert not (tmp_path / "home").exists()


def hook() -> dict[str, str]:
    """The hook's definition, which is as simple as YAML can be."""
    lines = (EXAMPLES / "pre-commit-hooks.yaml").read_text().splitlines()
    pairs = (re.match(r"[- ]+(\w+): (.+)", line) for line in lines if not line.startswith("#"))
    return {pair[1]: pair[2] for pair in pairs if pair}


@pytest.mark.parametrize(("data", "status"), [(BASE, 0), (DEFECT, 1)])
def test_the_pre_commit_hook_runs_and_decides(data: bytes, status: int, tmp_path: Path) -> None:
    definition = hook()
    path = tmp_path / "x.mobileconfig"
    path.write_bytes(data)
    shutil.copy(EXAMPLES / "profiles.baseline.json", tmp_path)
    program, *arguments = definition["entry"].split()
    command = [sys.executable, "-m", program, *arguments, path.name]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert re.search(definition["files"], path.name)
    assert done.returncode == status, done.stdout + done.stderr


def test_the_workflow_runs_a_command_that_exists(cli: Cli) -> None:
    workflow = (EXAMPLES / "github-actions.yml").read_text()
    [line] = re.findall(r"run: profilegen (.+) >", workflow)
    write("profiles/x.mobileconfig", BASE)
    answer = cli(*line.split())
    assert (answer.status, answer.document["version"]) == (0, "2.1.0")
