"""Many people by mail: waves, refusals, a server that hangs up, a run that is killed; a fake relay counts."""

import asyncio
import email
import email.policy
import hashlib
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.flow.batch import Rehearsals
from profilegen.mailing.people import person_of_address
from profilegen.settings.servers import Auth, FoundServer, Protocol
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.home import Home
from profilegen.storage.sendings import SqliteRehearsalLog
from profilegen.storage.state import State
from tests.cli.conftest import Answer, Cli
from tests.cli.test_send_lab import no_keyring
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.fake_relay import PASSWORD, FakeRelay, Manners, fake_relay
from tests.lab.signals import interruptible_profilegen

__all__ = ["no_keyring"]  # the fixture

pytestmark = pytest.mark.servers
DOMAIN = "people.test"

Start = Callable[..., AbstractContextManager[FakeRelay]]
SERVERS: dict[str, Any] = {
    "incoming": {"protocol": "imap", "host": f"imap.{DOMAIN}", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": f"smtp.{DOMAIN}", "port": 587, "security": "starttls"},
}


def person(number: int) -> str:
    return f"person{number}@{DOMAIN}"


def roster(*lines: str, header: str = "address") -> Path:
    path = Path("people.csv")
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.fixture
def batch(
    cli: Cli, authority: Authority, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Cli:
    """The command line of somebody whose people's servers are known and proved, and whose relay is the fake one."""
    overrides = overrides_of(DOMAIN, tmp_path)
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)
    for key, value in {
        "DISCOVERY__OVERRIDES": str(overrides),
        "NETWORK__RESOLVER": serve_zones({"lab.test": "relay A 127.0.0.1\n"}),
        "NETWORK__CA": str(ca),
        "ORGANIZATION": "Example Works",
        "SEND__SERVER": "relay.lab.test",
        "SEND__FROM": "helpdesk@lab.test",
    }.items():
        monkeypatch.setenv(f"PROFILEGEN_{key}", value)
    monkeypatch.setenv("RELAY", PASSWORD)
    prove(tmp_path / "home")
    return cli


def overrides_of(domain: str, folder: Path) -> Path:
    """Write down the servers of everybody at a domain; return the folder where that lies."""
    overrides = folder / "overrides"
    overrides.mkdir()
    (overrides / f"{domain}.json").write_text(json.dumps({"address": f"%EMAILLOCALPART%@{domain}", **SERVERS}))
    return overrides


def prove(home: Path) -> None:
    """Record that the people's servers were found sound just now."""
    found = {
        direction: FoundServer(
            protocol=Protocol(fields["protocol"]),
            host=fields["host"],
            port=fields["port"],
            use_ssl=True,
            auth=Auth.PASSWORD,
            username=person(1),
        )
        for direction, fields in SERVERS.items()
    }
    pair = EndpointPair.of(Address.parse(person(1)), incoming=found["incoming"], outgoing=found["outgoing"])
    evidence = Evidence(pair=pair, level=1, level_asked=1, tested_at=datetime.now(UTC))
    asyncio.run(SqliteEvidenceLog(state=State(path=Home.open(home).state)).record(evidence))


@pytest.fixture
def start(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return what starts the fake relay; its port is the configured one from then on."""

    @contextmanager
    def starting(manners: Manners | None = None) -> Iterator[FakeRelay]:
        with fake_relay(authority.issue("relay.lab.test"), tmp_path / "relay", manners) as relay:
            monkeypatch.setenv("PROFILEGEN_SEND__PORT", str(relay.port))
            yield relay

    return starting


def mail(cli: Cli, *arguments: object) -> Answer:
    return cli(
        "send", "--via", "email", "--password-env", "RELAY", "--no-probe", "--allow-self-signed", "--json", *arguments
    )


def states(answer: Answer) -> Counter[str]:
    """How many lines say what, the summary aside."""
    return Counter(line["state"] for line in answer.documents if "summary" not in line)


def summary(answer: Answer) -> dict[str, Any]:
    found = answer.documents[-1]["summary"]
    assert isinstance(found, dict)
    return found


def rehearsed(numbers: Iterable[int], home: Path) -> None:
    """Remember that these people were in a rehearsal."""
    log = SqliteRehearsalLog(state=State(path=Home.open(home).state))
    rehearsals = Rehearsals(log=log, digest=lambda data: hashlib.sha256(data).hexdigest())
    people = [person_of_address(Address.parse(person(number))) for number in numbers]
    asyncio.run(rehearsals.note(people, "email", datetime.now(UTC)))


def test_a_refused_mailbox_and_a_bad_row_leave_everybody_else_served(batch: Cli, start: Start) -> None:
    path = roster(person(1), person(2), "not an address", person(3), person(1).upper())
    with start(Manners(answers={person(2): f"550 5.1.1 <{person(2)}>: User unknown"})) as relay:
        first = mail(batch, "--roster", path)
        again = mail(batch, "--roster", path)

        assert relay.accepted == [person(1), person(3)]
    assert (first.status, states(first)) == (1, Counter(delivered=2, refused=1, unfit=2))
    [refused] = [line for line in first.documents if line.get("state") == "refused"]
    assert (refused["person"], refused["cause"], refused["row"]) == (person(2), "recipient_unknown", 3)
    assert "550 5.1.1" in refused["detail"]
    assert refused["remedy"]
    bad = [line for line in first.documents if line.get("state") == "unfit"]
    assert [(line["row"], line["error"]["code"]) for line in bad] == [(4, "invalid_address"), (6, "duplicate_address")]
    assert (again.status, states(again)) == (1, Counter(already=2, refused=1, unfit=2))


def test_people_see_a_table_with_cause_and_cure(batch: Cli, start: Start) -> None:
    path = roster(person(1), person(2), "nobody")
    with start(Manners(answers={person(2): f"552 5.2.2 <{person(2)}>: Mailbox full"})):
        answer = batch(
            "send", "--via", "email", "--password-env", "RELAY", "--no-probe", "--allow-self-signed", "--roster", path
        )

    assert answer.status == 1
    lines = answer.out.splitlines()
    assert any(line.startswith("✓  person1@people.test") and "delivered" in line for line in lines)
    assert any("person2@people.test" in line and "recipient_mailbox_full" in line for line in lines)
    assert any(line.startswith("✗  row 4") for line in lines)
    assert lines[-1] == "2 people: 1 delivered, 1 refused, 1 row that cannot be used."
    assert "→" in answer.err


def test_one_person_gets_one_mail_about_all_accounts(batch: Cli, start: Start) -> None:
    path = roster(f"{person(1)},jd,Jane", f"{person(2)},jd,", f"{person(3)},,", header="address,person,name")
    with start() as relay:
        answer = mail(batch, "--roster", path)

        assert relay.accepted == [person(1), person(3)]
        message = email.message_from_bytes(relay.message(0), policy=email.policy.default)
    [jane, other] = answer.documents[:-1]
    assert (jane["person"], jane["accounts"], jane["row"]) == ("jd", [person(1), person(2)], 2)
    assert other["person"] == person(3)
    body = message.get_body(("plain",))
    assert body is not None
    assert "Hello Jane," in body.get_content()


def test_without_proof_mail_goes_to_the_recovery_address_or_nowhere(batch: Cli, start: Start) -> None:
    path = roster(
        "a@elsewhere.test,home@private.test",
        "b@elsewhere.test,",
        "c@elsewhere.test,home@private.test",
        header="address,recovery_email",
    )
    given = ("--set", "incoming.host=imap.x.test", "--set", "outgoing.host=smtp.x.test")
    Path("all.json").write_text(
        "\n".join(json.dumps({"address": f"{name}@elsewhere.test", **SERVERS}) for name in "abc")
    )
    with start() as relay:
        unproved = mail(batch, "--roster", path, "--settings", "all.json", *given)
        words = ("--allow-unverified", "server moved today")
        answer = mail(batch, "--roster", path, "--settings", "all.json", *given, *words)

        assert relay.accepted == ["home@private.test"] * 2
    assert {line["error"]["code"] for line in unproved.documents[:-1]} == {"unverified"}
    first, second, third = answer.documents[:-1]
    assert (first["recipient_is"], first["verified"], first["allowed_because"]) == (
        "recovery",
        False,
        "server moved today",
    )
    assert (second["state"], second["error"]["code"]) == ("unfit", "no_recipient")
    assert third["state"] == "delivered"
    assert summary(answer)["shared_recovery"] == [
        {"address": "home@private.test", "people": ["a@elsewhere.test", "c@elsewhere.test"]}
    ]
    assert "home@private.test is the recovery address of 2 people" in answer.err


def test_more_than_a_few_people_need_a_rehearsal_of_the_same_people(batch: Cli, start: Start) -> None:
    path = roster(*(person(number) for number in range(25)))
    with start() as relay:
        early = mail(batch, "--roster", path)
        rehearsal = mail(batch, "--roster", path, "--rehearse", "--to-operator", "ops@lab.test", "-o", "rehearsal")
        only_operator = relay.accepted
        sent = mail(batch, "--roster", path)
        others = mail(batch, "--roster", roster(*(person(number) for number in range(30, 55))))

        assert (early.status, early.document["error"]["code"]) == (2, "rehearse_first")
        assert (rehearsal.status, states(rehearsal)) == (0, Counter(rehearsed=25))
        assert only_operator == ["ops@lab.test"]
        assert sorted(Path("rehearsal").iterdir()) == sorted(
            Path("rehearsal", f"{person(number)}.eml") for number in range(25)
        )
        assert (sent.status, states(sent)) == (0, Counter(delivered=25))
        assert sorted(relay.accepted[1:]) == sorted(person(number) for number in range(25))
        assert others.document["error"]["code"] == "rehearse_first"


def test_a_batch_stops_at_the_canary_and_goes_on_without_it(batch: Cli, start: Start, tmp_path: Path) -> None:
    rehearsed(range(40), tmp_path / "home")
    path = roster(*(person(number) for number in range(40)))
    with start(Manners(answers={person(1): "550 5.7.1 Blocked"})) as relay:
        first = mail(batch, "--roster", path, "--canary", "3")
        so_far = relay.accepted
        second = mail(batch, "--roster", path, "--canary", "3")

        assert so_far == [person(0)]
        assert (first.status, states(first)) == (1, Counter(delivered=1, refused=1, not_sent=38))
        assert summary(first)["stopped"]["code"] == "too_many_refusals"
        assert states(second) == Counter(already=1, delivered=38, refused=1)
        assert len(relay.accepted) == len(set(relay.accepted)) == 39
        assert second.documents[-2]["person"] == person(1)  # the unlucky one came last


def test_a_server_that_hangs_up_in_the_middle_serves_everybody_once(batch: Cli, start: Start) -> None:
    path = roster(*(person(number) for number in range(20)))
    with start(Manners(hang_up_after=3)) as relay:
        answer = mail(batch, "--roster", path)

        assert (answer.status, states(answer)) == (0, Counter(delivered=20))
        assert relay.accepted == [person(number) for number in range(20)]


def test_what_may_have_arrived_is_repeated_only_where_somebody_says_so(batch: Cli, start: Start) -> None:
    path = roster(person(1), person(2))
    with start(Manners(vanish_for=(person(1),))) as relay:
        first = mail(batch, "--roster", path)
        second = mail(batch, "--roster", path)

        assert states(first) == states(second) + Counter(delivered=1) - Counter(already=1)
        assert (second.status, states(second)) == (1, Counter(uncertain=1, already=1))
        assert "--again" in second.documents[0]["detail"]
        assert relay.accepted == [person(2)]
    with start() as relay:
        third = mail(batch, "--roster", path, "--again")

        assert (third.status, states(third)) == (0, Counter(delivered=1, already=1))
        assert relay.accepted == [person(2), person(1)]


def test_what_is_in_doubt_from_before_does_not_stop_a_batch(batch: Cli, start: Start, tmp_path: Path) -> None:
    rehearsed(range(30), tmp_path / "home")
    with start(Manners(vanish_for=(person(1),))):
        mail(batch, "--roster", roster(person(1)))
    with start():
        answer = mail(batch, "--roster", roster(*(person(number) for number in range(30))))

    assert states(answer) == Counter(delivered=29, uncertain=1)


def test_a_relay_with_another_password_or_certificate_gets_no_mail(
    batch: Cli, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(Manners(login="535 5.7.8 Error: authentication failed")) as relay:
        answer = mail(batch, person(1))

        assert (answer.status, answer.document["error"]["code"]) == (1, "submission_failed")
        assert "outgoing.auth" in answer.document["error"]["message"]
        assert relay.accepted == []
    monkeypatch.setenv("PROFILEGEN_SEND__PORT", "9")
    gone = mail(batch, person(1))
    assert (gone.status, gone.document["error"]["code"]) == (1, "submission_failed")
    assert "outgoing.connect" in gone.document["error"]["message"]


def test_the_relay_is_tested_once_and_then_believed(batch: Cli, start: Start) -> None:
    with start() as relay:
        first = mail(batch, person(1))
        logins = relay.sessions
        second = mail(batch, person(2))

        assert (first.status, second.status) == (0, 0)
        assert (logins, relay.sessions) == (2, 3)  # the test and the mail; then the mail alone


def test_a_password_inside_is_never_mailed(batch: Cli, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "in-the-Profile")
    built = batch(
        *("build", person(1), "--no-probe", "--password-env", "SECRET", "--allow-cleartext-password"),
        *("-o", "with.mobileconfig"),
    )
    assert built.status == 0, built.err
    with start() as relay:
        answer = mail(batch, "with.mobileconfig")

        assert (answer.status, answer.document["error"]["code"]) == (1, "password_in_profile")
        assert relay.accepted == []


def test_a_file_goes_as_it_lies_there(batch: Cli, start: Start) -> None:
    batch("build", person(1), "--no-probe", "-o", "one.mobileconfig")
    batch("build", person(2), "--no-probe", "--unsigned", "-o", "plain.mobileconfig")
    with start() as relay:
        answer = mail(batch, "one.mobileconfig")
        again = mail(batch, "one.mobileconfig")
        unsigned = mail(batch, "plain.mobileconfig")

        assert (answer.status, answer.document["state"], again.document["state"]) == (0, "delivered", "already")
        assert relay.accepted == [person(1)]
        message = email.message_from_bytes(relay.message(0), policy=email.policy.default)
    [attachment] = list(message.iter_attachments())
    assert attachment.get_content() == Path("one.mobileconfig").read_bytes()
    assert unsigned.document["error"]["code"] == "unsigned"


def command(path: Path) -> list[str]:
    options = ("--via", "email", "--password-env", "RELAY", "--no-probe", "--allow-self-signed", "--json")
    return [*interruptible_profilegen(), "send", "--roster", str(path), *options]


@contextmanager
def under_way(path: Path, relay: FakeRelay, mails: int) -> Iterator["subprocess.Popen[str]"]:
    """Yield a run of its own once so many mails have been accepted."""
    with subprocess.Popen(command(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while len(relay.accepted) < mails and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield process
        finally:
            process.kill()


def test_after_kill_9_in_the_middle_the_rest_is_served_and_nobody_twice(batch: Cli, start: Start) -> None:
    path = roster(*(person(number) for number in range(20)))
    with start(Manners(seconds=0.1)) as relay:
        with under_way(path, relay, 4) as process:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        killed_at = len(relay.accepted)
        second = mail(batch, "--roster", path)
        third = mail(batch, "--roster", path, "--again")

        assert 4 <= killed_at < 20
        assert states(second)["uncertain"] <= 1
        assert states(second)["delivered"] + states(second)["already"] + states(second)["uncertain"] == 20
        counts = Counter(relay.accepted)
        assert set(counts) == {person(number) for number in range(20)}
        twice = [address for address, times in counts.items() if times > 1]
        in_doubt = [line["person"] for line in second.documents[:-1] if line["state"] == "uncertain"]
        assert set(twice) <= set(in_doubt)  # only what somebody asked to repeat
    assert third.status == 0


def test_ctrl_c_lets_the_mail_under_way_end_and_leaves_no_doubt(batch: Cli, start: Start) -> None:
    path = roster(*(person(number) for number in range(20)))
    with start(Manners(seconds=0.2)) as relay:
        with under_way(path, relay, 2) as process:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        second = mail(batch, "--roster", path)

        assert states(second)["uncertain"] == 0
        assert sorted(relay.accepted) == sorted(person(number) for number in range(20))


def test_a_thousand_people_with_two_bad_rows(batch: Cli, start: Start, tmp_path: Path) -> None:
    rehearsed(range(1_000), tmp_path / "home")
    path = roster(*(person(number) for number in range(1_000)), "not an address", person(5))
    with start() as relay:
        answer = mail(batch, "--roster", path)

        assert (answer.status, states(answer)) == (1, Counter(delivered=1_000, unfit=2))
        assert [line["row"] for line in answer.documents if line.get("state") == "unfit"] == [1_002, 1_003]
        assert sorted(relay.accepted) == sorted(person(number) for number in range(1_000))
        assert len(set(relay.message_ids)) == 1_000
        assert relay.sessions == 2  # the test of the server, and all the mail


def test_once_the_bad_rows_are_mended_running_again_serves_just_them(batch: Cli, start: Start, tmp_path: Path) -> None:
    rehearsed(range(100), tmp_path / "home")
    good = [person(number) for number in range(100)]
    with start() as relay:
        mail(batch, "--roster", roster(*good, "not an address", person(5)))
        answer = mail(batch, "--roster", roster(*good, person(200), person(201)))

        assert (answer.status, states(answer)) == (0, Counter(already=100, delivered=2))
        assert relay.accepted[100:] == [person(200), person(201)]
