"""Reading log files of any kind, size and content."""

import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.maillog.line import LONGEST_LINE
from profilegen.errors import InputProblem
from profilegen.review.logfiles import log_lines, with_rotated
from profilegen.review.mailenable import MailEnablePlace
from profilegen.review.tail import Tail

MEGABYTES = 150
"""More than a reader of a million lines may ever need: Python itself takes about 40."""

_COUNT_A_MILLION = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from profilegen.diagnosis.maillog.line import Stamps
from profilegen.diagnosis.maillog.people import Ours
from profilegen.diagnosis.maillog.postfix import PostfixLog
from profilegen.review.logfiles import localise
from profilegen.review.reading import ServerFiles, read_log

reader = PostfixLog(Stamps(now=datetime(2031, 3, 1, 12, tzinfo=UTC), localise=localise))
files = ServerFiles(product="postfix", reader=reader, logs=(Path(sys.argv[1]),), live=None)
story = read_log(files, Ours(domains=frozenset({"lab.test"})), since=None, progress=lambda words: None)
# not ru_maxrss: that remembers how large the process was from which this one was started
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(story.lines, story.left_out, int(peak) // 1024)
"""


def test_rotated_and_packed_files_are_read_oldest_first(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text("four\n")
    (tmp_path / "mail.log.1").write_text("three\n")
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(b"two\n"))
    (tmp_path / "mail.log.10.gz").write_bytes(gzip.compress(b"one\n"))
    (tmp_path / "mail.log.save").write_text("another's\n")

    assert list(log_lines(with_rotated(tmp_path / "mail.log"))) == ["one", "two", "three", "four"]


def test_files_named_by_their_day_are_known_too(tmp_path: Path) -> None:
    for name, text in (("maillog-20310101", "one"), ("maillog-20310201.gz", "two"), ("maillog", "three")):
        data = f"{text}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    assert list(log_lines(with_rotated(tmp_path / "maillog"))) == ["one", "two", "three"]


def test_files_from_before_the_time_asked_for_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text("new\n")
    old = tmp_path / "mail.log.1"
    old.write_text("old\n")
    os.utime(old, (1, 1))

    assert with_rotated(tmp_path / "mail.log", since=datetime.now(UTC) - timedelta(days=7)) == [tmp_path / "mail.log"]


def test_a_line_without_end_and_bytes_that_are_no_text_are_survived(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\xff\xfe\n" + b"x" * 40 * LONGEST_LINE + b"\nlast\r\n")

    lines = list(log_lines([tmp_path / "log"]))

    assert lines[0] == "a\ufffd\ufffd"
    assert len(lines[1]) == LONGEST_LINE
    assert lines[2:] == ["last"]


@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_an_error_with_words(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("log", "log.gz"):
            path = Path(folder) / name
            path.write_bytes(data)
            try:
                lines = list(log_lines([path]))
            except InputProblem as problem:
                assert name == "log.gz"
                assert problem.code == "unreadable_log"
            else:
                assert all("\n" not in line for line in lines)


def test_a_missing_log_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="cannot be read"):
        list(log_lines([tmp_path / "none"]))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_million_lines_of_a_spammer_stay_within_bounded_memory(tmp_path: Path) -> None:
    """Every session has a sender, a client and a queue id of its own: whatever is kept per name would show."""
    log = tmp_path / "mail.log"
    head = "Mar  1 10:00:00 mail postfix/smtpd[{pid}]: "
    with log.open("w") as file:
        for number in range(125_000):
            at = head.format(pid=number)
            client = f"unknown[10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}]"
            reply = "554 5.7.1 <x@example.org>: Relay access denied"
            envelope = f"from=<n{number}@lab.test> to=<x@example.org> proto=ESMTP helo=<h{number}>"
            file.write(
                f"{at}connect from {client}\n"
                f"{at}NOQUEUE: reject: RCPT from {client}: {reply}; {envelope}\n"
                f"{at}A{number:X}: client={client}, sasl_method=PLAIN, sasl_username=u{number}@lab.test\n"
                f"{at}disconnect from {client} ehlo=1 mail=1 rcpt=0/1 commands=2/3\n"
                + f"Mar  1 10:00:00 mail postfix/cleanup[9]: A{number:X}: message-id=<{number}@lab.test>\n"
                * 4
            )

    done = subprocess.run(
        [sys.executable, "-c", _COUNT_A_MILLION, str(log)], capture_output=True, text=True, check=True, timeout=300
    )

    lines, left_out, megabytes = map(int, done.stdout.split())
    assert lines == 1_000_000
    assert left_out > 0
    assert megabytes < MEGABYTES


# --- following -------------------------------------------------------------------------------------------


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_is_new_is_told_and_only_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")
    with Tail(path) as tail:
        append(path, "one\ntw")
        assert tail.new_lines() == ["one"]
        append(path, "o\n")
        assert tail.new_lines() == ["two"]
        assert tail.new_lines() == []


def test_a_rotated_log_is_followed_to_its_end_and_then_in_its_new_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("")
    with Tail(path) as tail:
        append(path, "before\n")
        path.rename(tmp_path / "log.1")
        append(tmp_path / "log.1", "late\n")
        assert tail.new_lines() == ["before", "late"]
        assert tail.new_lines() == []  # between the two there is no file
        append(path, "after\n")
        assert tail.new_lines() == ["after"]


def test_a_log_that_is_cut_back_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a long line\n")
    with Tail(path) as tail:
        path.write_text("new\n")
        assert tail.new_lines() == ["new"]


def test_a_log_with_a_new_name_every_day_is_followed_over_midnight(tmp_path: Path) -> None:
    folder = tmp_path / "Logging/SMTP"
    folder.mkdir(parents=True)
    today, tomorrow = folder / "SMTP-Activity-261231.log", folder / "SMTP-Activity-270101.log"
    (folder / "SMTP-Debug-270102.log").touch()
    today.write_text("old\n")
    with Tail(today, MailEnablePlace(path=tmp_path).newest_log) as tail:
        append(today, "before\n")
        append(tomorrow, "after\n")
        assert tail.new_lines() == ["before"]
        assert tail.new_lines() == ["after"]
        append(tomorrow, "later\n")
        assert tail.new_lines() == ["later"]
        assert tail.new_lines() == []
