"""Hostile files: `check` answers with findings, within its memory and long before anybody stops waiting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen.profile.read import read
from tests.profile.hostile import hostile_files, look_alikes
from tests.profile.test_lint import XML, judge

MOST_KIB = 200 * 1024
# Not ru_maxrss: that remembers how large the process was from which this one was started.
RUN_AND_MEASURE = """
import sys
from profilegen.cli.app import run
status = run(sys.argv[1:])
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print("kib", peak, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_hostile_files_are_findings_within_200_megabytes(tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    for name, data in hostile_files():
        (folder / f"{name}.mobileconfig").write_bytes(data)
    command = [sys.executable, "-c", RUN_AND_MEASURE, "--home", str(tmp_path / "home"), "check", str(folder), "--json"]

    # Together they take less than one of them may; the limit is there for what would never end.
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    verdicts = {Path(one["file"]).stem: one["findings"] for one in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1, done.stderr
    assert set(verdicts) == {name for name, _ in hostile_files()}
    assert [name for name, findings in verdicts.items() if "error" not in {one["severity"] for one in findings}] == []
    assert all("\n" not in one["message"] + one["path"] for findings in verdicts.values() for one in findings)
    assert all(len(one["message"]) < 400 for findings in verdicts.values() for one in findings)
    assert int(done.stderr.rpartition("kib ")[2]) < MOST_KIB


def test_a_file_larger_than_20_megabytes_is_refused() -> None:
    assert [finding.rule for finding in read(bytes(20 * 1024 * 1024 + 1)).findings] == ["PG101"]


def test_certificates_that_issue_each_other_lead_nowhere(tmp_path: Path) -> None:
    findings = judge(look_alikes(XML, tmp_path))
    assert {"PG110", "PG504"} <= {finding.rule for finding in findings}
