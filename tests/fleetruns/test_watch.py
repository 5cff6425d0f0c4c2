"""`fleet watch`: webhooks shorten the wait, rounds find the truth, and people are told once what is new."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.flow.fleet.watching import MOST_WAITING, Concerned
from profilegen.ports.fleet import BATCH
from tests.cli.test_fix_lab import lab_cli
from tests.cli.test_send_lab import BOB, arrived
from tests.fleetruns.conftest import FRESH, Organisation
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import Asked, Reply, ServeHttps
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.mdm.httpd import Response

__all__ = ["lab_cli"]  # the fixture

COMMON = ("--offline", "--allow-unverified", "a test", "--allow-self-signed", "--patience", "20s", "--json")
NEVER = ("--interval", "600s")
"""No second round comes while a test lasts."""
LONGEST_WAIT = 60.0
REFUSAL = [{"ErrorCode": 4001, "ErrorDomain": "MCInstallationErrorDomain", "USEnglishDescription": "no"}]


@dataclass(slots=True)
class Watching:
    """A watch in a process of its own, and everything it said so far."""

    process: "subprocess.Popen[str]"
    news: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def titles(self) -> list[str]:
        return [str(one.get("title", one)) for one in self.news]

    def wait_for(self, title: str, times: int = 1) -> None:
        self.until(lambda: sum(title in one for one in self.titles()) >= times, f"{times} × {title}")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + LONGEST_WAIT
        while not holds():
            if time.monotonic() > end or self.process.poll() is not None:
                pytest.fail(f"waited in vain for {what}: {self.news} {self.complaints}")
            time.sleep(0.05)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def watching(*arguments: str) -> Iterator[Watching]:
    process = subprocess.Popen(
        [sys.executable, "-m", "profilegen", "fleet", "watch", *COMMON, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
        text=True,
    )
    watch = Watching(process=process)
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout, process.stderr
    readers = [
        threading.Thread(target=lambda: watch.news.extend(json.loads(line) for line in out)),
        threading.Thread(target=lambda: watch.complaints.extend(err)),
    ]
    for reader in readers:
        reader.start()
    try:
        yield watch
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        out.close()
        err.close()


def _once(organisation: Organisation, *arguments: str) -> list[dict[str, Any]]:
    answer = organisation.run("watch", *COMMON, "--rounds", "1", *arguments)
    assert answer.status == 0, answer.err
    return answer.documents


def test_what_a_webhook_tells_is_mended_without_waiting_for_the_next_round(organisation: Organisation) -> None:
    organisation.hire(2)
    with watching(*NEVER) as watch:
        watch.wait_for("2 of 2 seats are not right")  # the end of the first round: nobody is known to send
        phone = organisation.phones[0]
        phone.restore()
        watch.until(lambda: bool(phone.installed()), "the profile to come back")
        assert watch.stop() == 130
    assert organisation.installs().count(phone.udid) == 2


def test_a_webhook_that_was_lost_is_made_up_for_by_the_next_round(organisation: Organisation) -> None:
    organisation.hire(2)
    with watching("--interval", "2s", *FRESH) as watch:
        watch.wait_for("2 of 2 seats are not right")
        assert organisation.server.webhook is not None
        faults, phone = organisation.server.webhook.faults, organisation.phones[0]
        faults.lose = 1.0
        phone.restore()
        faults.lose = 0.0
        watch.until(lambda: bool(phone.installed()), "the profile to come back")
        watch.stop()
    assert {event["topic"] for event in organisation.server.webhook.lost} >= {"mdm.Authenticate", "mdm.TokenUpdate"}


def test_a_server_that_is_gone_is_told_once_and_once_more_when_it_is_back(organisation: Organisation) -> None:
    organisation.hire(1)
    gone, back = "An MDM cannot be reached", "The MDM answers again"
    with watching("--interval", "1s", *FRESH) as watch:
        watch.wait_for("1 of 1 seats are not right")
        organisation.server.faults.statuses = Always()
        watch.wait_for(gone)
        calls = Always.calls
        watch.until(lambda: Always.calls > calls + 2, "a few more calls")
        organisation.server.faults.statuses = []
        watch.wait_for(back)
        status = watch.stop()
    assert status == 130, "".join(watch.complaints)
    assert [title for title in watch.titles() if title in (gone, back)] == [gone, back]


class Always(list[Response]):
    """Faults that never end: every call is refused."""

    calls = 0

    def __bool__(self) -> bool:
        return True

    def pop(self, _place: Any = -1) -> Response:
        type(self).calls += 1
        return Response(status=503, body=b"")


def test_a_failure_is_told_when_it_is_new_and_not_again(organisation: Organisation) -> None:
    organisation.hire(3)
    organisation.apply("--allow-self-signed")
    first, second = organisation.phones[:2]
    with watching("--interval", "1s", *FRESH, "--canary", "0", "--max-failures", "100") as watch:
        watch.wait_for("seats are not right")
        for number, phone in enumerate((first, second), start=1):
            phone.fail_install = REFUSAL
            phone.lose(next(iter(phone.installed())))
            _wait_for_text(watch, f"{number} failed (before: {number - 1})")
        rounds = _rounds(organisation)
        watch.until(lambda: _rounds(organisation) > rounds + 3, "three more rounds")
        watch.stop()
    assert sum("failed" in one["text"] for one in watch.news) == 2
    named = next(one for one in watch.news if "1 failed" in one["text"])
    assert "p0@example.com" in named["text"]
    assert named["bad"] is True


def _wait_for_text(watch: Watching, text: str) -> None:
    watch.until(lambda: any(text in str(one.get("text")) for one in watch.news), text)


def _rounds(organisation: Organisation) -> int:
    return len(organisation.run("report", "--offline", "--json").document["course"])


def test_where_nothing_is_new_a_sign_of_life_is(organisation: Organisation) -> None:
    organisation.hire(1)
    organisation.apply("--allow-self-signed")
    organisation.run("confirm", "p0@example.com", "said so", "--offline")
    with watching("--interval", "1s", "--alive", "2s") as watch:
        watch.wait_for("is alive", times=2)
        watch.stop()
    assert {one["bad"] for one in watch.news} == {False}
    assert watch.news[0]["text"] == "1 ok"


def test_stopped_by_ctrl_c_it_says_so_and_leaves_nothing_half_done(organisation: Organisation) -> None:
    organisation.hire(2)
    with watching(*NEVER) as watch:
        watch.until(lambda: len(organisation.installs()) >= 1, "the first push")
        assert watch.stop() == 130
    assert any("interrupted" in line for line in watch.complaints)
    assert not any("Traceback" in line for line in watch.complaints)
    organisation.look_again()
    assert organisation.apply("--allow-self-signed")["states"] == {"password_unknown": 2}
    assert len(organisation.installs()) == 2


def test_what_needs_somebody_is_told_once(organisation: Organisation) -> None:
    organisation.hire(1)
    arguments = [word for word in COMMON if word not in ("--allow-unverified", "a test")]
    answer = organisation.run("watch", *arguments, "--interval", "1s", "--rounds", "3")
    assert answer.status == 1  # nothing was done, and a script has to hear it
    needs = [one for one in answer.documents if one["title"] == "profilegen fleet watch needs you"]
    assert len(needs) == 1
    assert "canary" in needs[0]["text"]
    assert not organisation.phones[0].installed()


def test_an_https_url_is_told_and_one_that_refuses_stops_nothing(
    organisation: Organisation,
    serve_https: ServeHttps,
    serve_zones: ServeZones,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def site(asked: Asked) -> Reply:
        return Reply(status=204 if asked.path == "/hook" else 500)

    server = serve_https(authority.issue("ops.example.test"), site)
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({"example.test": f"ops A {server.address}\n"}))
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority.pem)
    organisation.hire(1)
    url = "https://ops.example.test"
    answer = organisation.run(
        *(
            "watch",
            *COMMON,
            "--rounds",
            "1",
            "--ca",
            str(anchors),
            "--notify",
            f"{url}/broken",
            "--notify",
            f"{url}/hook",
        )
    )
    assert answer.status == 0
    assert [(asked.method, asked.path) for asked in server.asked] == [("POST", "/broken"), ("POST", "/hook")]
    told = json.loads(server.asked[1].body)
    assert told == answer.document
    assert told["title"] == "1 of 1 seats are not right"
    assert "p0@example.com" in told["text"]
    assert "status 500" in answer.err


def test_nobody_is_told_over_http_without_encryption(organisation: Organisation) -> None:
    answer = organisation.run("watch", "--rounds", "1", "--offline", "--notify", "http://ops.example.test/", "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_notify")


@pytest.mark.servers
def test_a_mailbox_is_told_through_the_submission_server(
    organisation: Organisation, lab_cli: object, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {"SERVER": f"good.{DOMAIN}", "PORT": "587", "FROM": BOB}.items():
        monkeypatch.setenv(f"PROFILEGEN_SEND__{key}", value)
    monkeypatch.setenv("BOB", password_of("bob"))
    organisation.hire(1)
    mail_lab.empty("alice")
    news = _once(organisation, "--notify", f"mailto:alice@{DOMAIN}", "--password-env", "BOB")
    assert mail_lab.wait_for_messages("alice", 1) == 1
    message = arrived(mail_lab, "alice")
    assert message["Subject"] == f"[!] {news[0]['title']}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert news[0]["text"] in message.get_content()


@given(st.lists(st.lists(st.integers(0, 3 * MOST_WAITING).map(str), max_size=50), max_size=20), st.integers(0, 30_000))
def test_what_waits_is_bounded_and_each_device_is_taken_once(some: list[list[str]], flood: int) -> None:
    concerned = Concerned()
    for names in [[f"flood {number}" for number in range(flood)], *some]:
        concerned.add(names)
        assert len(concerned.devices) <= MOST_WAITING
    waiting, taken = list(concerned.devices), list[str]()
    assert concerned.pulse.is_set() == bool(waiting)
    while concerned.pulse.is_set():
        part = concerned.take()
        assert 0 < len(part) <= BATCH
        taken += part
    assert taken == waiting
