"""Declarative mail from the order to the server the device really uses, against a test server and test devices."""

import asyncio
import base64
import hashlib
import json
import os
import plistlib
import random
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.mdm.client import FixedKey, basic
from profilegen.mdm.ddmstatus import declaration_states, mail_accounts
from profilegen.mdm.kmfddm import USER, Kmfddm
from profilegen.mdm.kmfddm_names import base_of
from profilegen.ports.mdm import InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.profile.declaration import CredentialReference, Direction, NeededLogin
from profilegen.report import Outcome
from profilegen.secret import Secret
from tests.lab.mdm import kmfddm as lab
from tests.lab.mdm import nano
from tests.lab.mdm.declarative import DeclarativeClient
from tests.lab.mdm.device import Phone
from tests.lab.mdm.httpd import Response, http_service
from tests.lab.mdm.samples import sample
from tests.mdm.worlds import Now, Reply, client_of, closing, say

REAL = os.environ.get("KMFDDM_URL")
ours = pytest.mark.skipif("os.environ.get('KMFDDM_URL')", reason="this reaches into the test server")
PROFILE = sample("ann").identifier


@dataclass(slots=True)
class Logins:
    """A credential host in memory, and what devices fetch from it; `missing` are directions it has no password for."""

    documents: dict[str, Mapping[str, str]] = field(default_factory=dict)
    missing: set[Direction] = field(default_factory=set)
    expired: int = 0

    async def reference(self, order: InstallOrder, login: NeededLogin) -> CredentialReference | None:
        if login.direction in self.missing:
            return None
        document = {"UserName": login.username, "Password": "a password"}
        data = json.dumps(document).encode()
        url = f"https://mdm.example.com/{order.enrollment.id}/{login.account}/{login.direction}"
        self.documents[url] = document
        return CredentialReference(url=url, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def offers(self, enrollment: str, identifier: str) -> bool:
        return any(f"/{enrollment}/{identifier}" in url for url in self.documents)

    async def withdraw(self, enrollment: str, identifier: str) -> None:
        self.documents = {
            url: login for url, login in self.documents.items() if f"/{enrollment}/{identifier}" not in url
        }

    async def expire(self) -> None:
        self.expired += 1

    def fetch(self, url: str) -> Mapping[str, str] | None:
        return self.documents.get(url)


class World:
    """KMFDDM behind a NanoMDM, and phones that know declarations; both are real ones where KMFDDM_URL says so."""

    def __init__(self, stack: ExitStack) -> None:
        self.ddm = lab.Kmfddm()
        self.logins = Logins()
        self.phones: dict[str, Phone] = {}
        self.clients: dict[str, DeclarativeClient] = {}
        if REAL is not None:
            self.url, self.key, self.mdm_url = REAL, os.environ["KMFDDM_API_KEY"], os.environ["NANOMDM_URL"]
            self._first = random.randrange(10**6)  # the server lasts: nobody enrolls there a second time
            return
        mdm = nano.NanoMdm(declarations=self.ddm.device)
        self.ddm.mdm = mdm
        self.key, self._first = lab.API_KEY, 0
        self.mdm_url = stack.enter_context(nano.serving(mdm))
        self.url = stack.enter_context(http_service(self.ddm.answer))

    def enrol(self, number: int) -> Enrollment:
        phone = Phone(self.mdm_url, number=self._first + number)
        client = DeclarativeClient(fetch=self.logins.fetch)
        phone.declarative = client.sync
        phone.enrol()
        self.phones[phone.udid], self.clients[phone.udid] = phone, client
        return Enrollment(mdm="ddm", id=phone.udid, channel=EnrollmentChannel.DEVICE, udid=phone.udid)

    def deliver(self) -> None:
        for phone in self.phones.values():
            phone.poll()

    def connector(self, key: str | None = None) -> Kmfddm:
        client = client_of(self.url, FixedKey(basic(USER, Secret(text=key or self.key))))
        return Kmfddm(name="ddm", client=client, clock=Now(), credentials=self.logins)

    def ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Ask the server without a connector in between."""
        pair = base64.b64encode(f"{USER}:{self.key}".encode()).decode()
        return say(self.url, method, path, body, {"Authorization": f"Basic {pair}"})

    def declared_for(self, enrollment: Enrollment) -> list[str]:
        """Return the declarations the server has for one person's device."""
        content = json.loads(self.ask("GET", "/v1/declarations").body) or []
        return sorted(name for name in content if name.startswith(base_of(PROFILE, enrollment.id)))

    def tokens(self, enrollment: Enrollment) -> dict[str, str]:
        """Return their server tokens."""
        names = self.declared_for(enrollment)
        return {name: self.ask("GET", f"/v1/declarations/{name}").json()["ServerToken"] for name in names}


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


def within(world: World, body: Callable[[Kmfddm], Awaitable[None]], key: str | None = None) -> None:
    async def run() -> None:
        connector = world.connector(key)
        async with closing(connector):
            await body(connector)

    asyncio.run(run())


def profile(*, host: str = "smtp.example.com", accounts: int = 1) -> bytes:
    mails = [
        {
            "PayloadType": "com.apple.mail.managed",
            "PayloadIdentifier": f"{PROFILE}.mail{number}",
            "EmailAccountType": "EmailTypeIMAP",
            "EmailAccountName": "Ann Example",
            "EmailAddress": f"ann{number}@example.com",
            "IncomingMailServerHostName": "imap.example.com",
            "IncomingMailServerPortNumber": 993,
            "IncomingMailServerAuthentication": "EmailAuthPassword",
            "IncomingMailServerUsername": f"ann{number}",
            "OutgoingMailServerHostName": host,
            "OutgoingMailServerPortNumber": 587,
            "OutgoingMailServerAuthentication": "EmailAuthPassword",
            "OutgoingMailServerUsername": f"ann{number}@example.com",
        }
        for number in range(1, accounts + 1)
    ]
    return plistlib.dumps({"PayloadType": "Configuration", "PayloadIdentifier": PROFILE, "PayloadContent": mails})


def install(enrollment: Enrollment, command: str, content: bytes, revision: str = "3f2a01bc") -> InstallOrder:
    return InstallOrder(
        command=command,
        enrollment=enrollment,
        identifier=PROFILE,
        uuid="U",
        revision=revision,
        name="Mail",
        signed=b"",
        unsigned=content,
    )


async def look(connector: Kmfddm, enrollment: Enrollment) -> Inventory:
    (inventory,) = await connector.look([LookOrder(command="look", enrollment=enrollment)])
    assert isinstance(inventory, Inventory)
    return inventory


def test_a_device_uses_the_declared_servers_and_says_so(world: World) -> None:
    ann, ben = world.enrol(1), world.enrol(2)

    async def body(connector: Kmfddm) -> None:
        (receipt,) = await connector.install([install(ann, "c-1", profile())])
        assert (receipt.state, receipt.already) == (CommandState.QUEUED, False)
        before = await look(connector, ann)
        assert (before.complete, before.profiles, before.mail) == (False, (), None)
        world.deliver()
        seen = await look(connector, ann)
        assert seen.complete
        assert [(one.identifier, one.revision) for one in seen.profiles] == [(PROFILE, "3f2a01bc")]
        assert seen.mail is not None
        assert [(one.host, one.port, one.username) for one in seen.mail] == [
            ("imap.example.com", 993, "ann1"),
            ("smtp.example.com", 587, "ann1@example.com"),
        ]
        assert {one.declaration for one in seen.mail} == {f"{base_of(PROFILE, ann.id)}.mail-1"}
        assert world.clients[ben.id].accounts == {}

    within(world, body)


def test_a_change_is_not_there_before_the_device_reported_it(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        await connector.install([install(ann, "c-2", profile(host="relay.example.com"), "aaaaaaaa")])
        stale = await look(connector, ann)
        assert [(one.identifier, one.revision) for one in stale.profiles] == [(PROFILE, None)]
        world.deliver()
        fresh = await look(connector, ann)
        assert [one.revision for one in fresh.profiles] == ["aaaaaaaa"]
        assert fresh.mail is not None
        assert [one.host for one in fresh.mail] == ["imap.example.com", "relay.example.com"]
        assert fresh.collected_at > stale.collected_at

    within(world, body)


@ours
def test_the_same_order_changes_nothing_and_wakes_nobody(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: Kmfddm) -> None:
        order = install(ann, "c-1", profile())
        await connector.install([order])
        world.deliver()
        world.ddm.asked.clear()
        (again,) = await connector.install([order])
        assert again.already
        assert ("POST", "/v1/notify") not in world.ddm.asked
        assert world.ddm.touches == {}

    within(world, body)


def test_an_account_the_person_deleted_is_told_of_and_comes_back_with_the_next_order(world: World) -> None:
    ann = world.enrol(1)
    account = f"{base_of(PROFILE, ann.id)}.mail-1"

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        world.clients[ann.id].lose(account, world.phones[ann.id], world.phones[ann.id].channel)
        gone = await look(connector, ann)
        assert (gone.complete, gone.mail) == (True, ())
        assert [one.revision for one in gone.profiles] == ["3f2a01bc"]  # what it was made from is there still
        before = world.tokens(ann)
        (receipt,) = await connector.install([install(ann, "c-2", profile())])
        assert not receipt.already
        touched = {name for name, token in world.tokens(ann).items() if token != before[name]}
        assert touched - {f"{base_of(PROFILE, ann.id)}.revision"} == {
            account,
            f"{account}.incoming",
            f"{account}.outgoing",
        }
        world.deliver()
        back = await look(connector, ann)
        assert back.mail is not None
        assert [one.port for one in back.mail] == [993, 587]

    within(world, body)


def test_an_account_that_is_no_longer_wanted_leaves_server_and_device(world: World) -> None:
    ann = world.enrol(1)
    base = base_of(PROFILE, ann.id)

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile(accounts=2))])
        world.deliver()
        assert len(world.clients[ann.id].accounts) == 2
        await connector.install([install(ann, "c-2", profile(), "bbbbbbbb")])
        world.deliver()
        assert list(world.clients[ann.id].accounts) == [f"{base}.mail-1"]
        assert not [name for name in world.declared_for(ann) if "mail-2" in name]

    within(world, body)


def test_what_is_removed_is_gone_from_the_device_and_the_server_and_other_people_stay(world: World) -> None:
    ann, ben = world.enrol(1), world.enrol(2)

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(one, f"c-{one.id}", profile()) for one in (ann, ben)])
        world.deliver()
        order = RemoveOrder(command="r-1", enrollment=ann, identifier=PROFILE)
        (receipt,) = await connector.remove([order])
        assert receipt.state is CommandState.QUEUED
        world.deliver()
        assert (world.clients[ann.id].accounts, len(world.clients[ben.id].accounts)) == ({}, 1)
        assert world.declared_for(ann) == []
        (again,) = await connector.remove([order])
        assert again.state is CommandState.ACKNOWLEDGED

    within(world, body)


def test_a_login_without_a_password_is_refused_before_anything_is_sent(world: World) -> None:
    ann = world.enrol(1)
    world.logins.missing = {Direction.OUTGOING}

    async def body(connector: Kmfddm) -> None:
        (receipt,) = await connector.install([install(ann, "c-1", profile())])
        assert receipt.state is CommandState.FAILED
        assert "outgoing server" in receipt.errors[0].text
        (nothing,) = await connector.install([install(ann, "c-2", b"no profile")])
        assert nothing.state is CommandState.FAILED
        assert world.declared_for(ann) == []

    within(world, body)


def test_a_device_that_cannot_fetch_its_login_does_not_count_as_right(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.logins.documents.clear()
        world.deliver()
        seen = await look(connector, ann)
        assert [(one.identifier, one.revision) for one in seen.profiles] == [(PROFILE, None)]
        assert seen.mail == ()

    within(world, body)


@ours
def test_a_change_that_reached_nobody_is_seen_as_not_there_and_waking_mends_it(world: World) -> None:
    ann = world.enrol(1)
    world.ddm.notifies = False

    async def body(connector: Kmfddm) -> None:
        (receipt,) = await connector.install([install(ann, "c-1", profile())])
        assert receipt.state is CommandState.QUEUED
        world.deliver()
        assert not (await look(connector, ann)).complete
        world.ddm.notifies = True
        assert await connector.wake([ann]) == ()
        world.deliver()
        assert (await look(connector, ann)).profiles != ()

    within(world, body)


@ours
def test_a_wrong_key_and_a_failing_server_have_their_own_errors(world: World) -> None:
    ann = world.enrol(1)

    async def refused(connector: Kmfddm) -> None:
        with pytest.raises(ConfigProblem) as caught:
            await connector.install([install(ann, "c-1", profile())])
        assert caught.value.code == "key_refused"
        failed = [one.check for one in await connector.probe() if one.outcome is Outcome.FAIL]
        assert failed == ["mdm.key"]

    async def failing(connector: Kmfddm) -> None:
        world.ddm.statuses = [Response(status=500, body=b"{}")]
        with pytest.raises(NetworkProblem) as caught:
            await connector.install([install(ann, "c-1", profile())])
        assert caught.value.code == "server_error"
        assert {one.outcome for one in await connector.probe()} == {Outcome.PASS}
        with pytest.raises(NotPossible):
            connector.events({}, b"{}")
        with pytest.raises(NotPossible):
            connector.enrollments()
        twice = [
            install(ann, "c-1", profile()),
            install(replace(ann, id=f"{ann.id}:U", parent=ann.id), "c-2", profile()),
        ]
        assert await connector.touched_by(twice) == 1

    within(world, refused, key="a-wrong-key")
    within(world, failing)


@pytest.mark.parametrize(
    "report", [None, [], {}, {"StatusItems": 3}, {"StatusItems": {"account": {"list": {"mail": []}}}}]
)
def test_reports_that_do_not_speak_of_mail_are_no_statement_about_it(report: object) -> None:
    assert mail_accounts([report]) is None


def test_accounts_are_what_the_reports_add_up_to() -> None:
    def report(*items: dict[str, object]) -> object:
        return {"StatusItems": {"account": {"list": {"mail": {"outgoing": list(items)}}}}}

    first = report({"identifier": "a", "hostname": "one", "port": 587}, {"identifier": "b", "port": "odd"}, {"port": 1})
    second = report({"identifier": "a", "_removed": True}, {"identifier": "c", "port": 99999})
    found = mail_accounts([first, {"StatusItems": {}}, second])
    assert found is not None
    assert [(one.identifier, one.host, one.port) for one in found] == [
        ("outgoing b", None, None),
        ("outgoing c", None, None),
    ]
    assert mail_accounts([report()]) == ()


def test_a_declaration_is_right_only_if_it_is_active_valid_and_current() -> None:
    right = {"identifier": "a", "active": True, "valid": "valid", "current": True, "server-token": "t"}
    wrong = [right | change for change in ({"active": False}, {"valid": "unknown"}, {"current": False}, {"current": 1})]
    assert [one.is_right for one in declaration_states([right, *wrong, "x", {}])] == [True, False, False, False, False]
    assert declaration_states({"identifier": "a"}) == ()


def full(*accounts: dict[str, object]) -> object:
    lists = {"incoming": [], "outgoing": list(accounts)}
    return {"StatusItems": {"account": {"list": {"mail": lists}}}, "FullReport": True}


def test_a_full_report_takes_the_place_of_all_before_it() -> None:
    a, b = ({"identifier": name, "declaration-identifier": f"d.{name}", "port": 587} for name in "ab")
    found = mail_accounts([full(a, b), full(b)])
    assert found is not None
    assert [one.identifier for one in found] == ["outgoing d.b"]
    inside = {"StatusItems": {"FullReport": True, "account": {"list": {"mail": {"outgoing": []}}}}}
    assert mail_accounts([full(a), inside]) == ()


def test_what_no_report_within_reach_describes_is_not_called_gone(world: World) -> None:
    ann = world.enrol(1)
    account = f"{base_of(PROFILE, ann.id)}.mail-1"

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        phone = world.phones[ann.id]
        for port in range(1000, 1030):  # what was said of the incoming server lies ever further back
            world.clients[ann.id].change(account, "outgoing", phone, phone.channel, port=port)
        seen = await look(connector, ann)
        assert seen.mail is not None
        assert [(one.identifier, one.port) for one in seen.mail] == [
            (f"outgoing {account}", 1029),
            (f"incoming {account}", None),
        ]

    within(world, body)


def test_a_device_is_made_to_report_once_where_what_it_said_is_too_old(world: World) -> None:
    ann = world.enrol(1)
    revision = f"{base_of(PROFILE, ann.id)}.revision"

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        reports, before = world.clients[ann.id].reports, world.tokens(ann)
        since = (await look(connector, ann)).collected_at + timedelta(microseconds=1)
        order = LookOrder(command="look-1", enrollment=ann, since=since)
        for again in (False, True):
            (receipt,) = await connector.look([replace(order, again=again)])
            assert isinstance(receipt, Receipt)
            assert receipt.state is CommandState.QUEUED
        assert [name for name, token in world.tokens(ann).items() if token != before[name]] == [revision]
        world.deliver()
        assert world.clients[ann.id].reports == reports + 1
        (seen,) = await connector.look([replace(order, again=True)])
        assert isinstance(seen, Inventory)
        assert [one.revision for one in seen.profiles] == ["3f2a01bc"]

    within(world, body)


def test_a_refusal_carries_the_reasons_of_the_device_while_its_login_lies_there(world: World) -> None:
    ann = world.enrol(1)
    fetch = world.clients[ann.id]
    fetch.fetch = lambda _url: None

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        (refused,) = (await look(connector, ann)).profiles
        assert (refused.revision, refused.refusal) == ("3f2a01bc", "An asset cannot be resolved.")
        world.logins.documents.clear()  # it came too late: that is no refusal
        (late,) = (await look(connector, ann)).profiles
        assert (late.revision, late.refusal) == (None, None)

    within(world, body)


@ours
def test_a_device_that_has_nothing_declared_has_no_profile_and_need_not_be_asked(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: Kmfddm) -> None:
        order = LookOrder(command="look-1", enrollment=ann, since=datetime.now(UTC))
        (seen,) = await connector.look([order])
        assert isinstance(seen, Inventory)
        assert (seen.complete, seen.profiles) == (True, ())
        assert ("POST", "/v1/notify") not in world.ddm.asked

    within(world, body)


@ours
def test_an_order_whose_news_never_reached_the_device_is_told_again(world: World) -> None:
    ann = world.enrol(1)
    world.ddm.notifies = False

    async def body(connector: Kmfddm) -> None:
        order = install(ann, "c-1", profile())
        await connector.install([order])
        world.deliver()
        assert world.clients[ann.id].accounts == {}
        world.ddm.notifies = True
        (again,) = await connector.install([order])
        assert again.already
        world.deliver()
        assert len(world.clients[ann.id].accounts) == 1

    within(world, body)


@ours
def test_a_kill_before_the_wish_is_stored_leaves_the_same_order_to_be_carried_out(world: World) -> None:
    ann = world.enrol(1)
    account = f"{base_of(PROFILE, ann.id)}.mail-1"

    async def body(connector: Kmfddm) -> None:
        await connector.install([install(ann, "c-1", profile())])
        world.deliver()
        world.ddm.touches.clear()
        puts = iter(range(100))

        def fail(method: str, path: str) -> None:
            if method == "PUT" and path == "/v1/declarations" and next(puts) == 5:  # the assets, account and activation
                world.ddm.statuses = [Response(status=500, body=b"{}")] * 10

        world.ddm.on_request = fail
        order = install(ann, "c-2", profile())
        with pytest.raises(NetworkProblem):
            await connector.install([order])
        world.ddm.on_request, world.ddm.statuses = None, []
        (receipt,) = await connector.install([order])
        assert not receipt.already
        assert world.ddm.touches[account] >= 1

    within(world, body)


def declaration(name: str, **payload: str) -> bytes:
    kind = "com.apple.configuration.management.test"
    return json.dumps({"Identifier": name, "Type": kind, "Payload": payload}).encode()


def test_the_server_says_what_changed_and_what_it_takes_for_no_declaration(world: World) -> None:
    name = f"com.example.{uuid.uuid4()}"
    put = [world.ask("PUT", "/v1/declarations", declaration(name, Echo=echo)).status for echo in "aab"]
    assert put == [204, 304, 204]
    for nothing in (b"{}", b"garbage"):
        assert world.ask("PUT", "/v1/declarations", nothing).status == 400
    token = world.ask("GET", f"/v1/declarations/{name}").json()["ServerToken"]
    assert world.ask("POST", f"/v1/declarations/{name}/touch").status == 204
    assert world.ask("PUT", "/v1/declarations", declaration(name, Echo="b")).status == 304
    assert world.ask("GET", f"/v1/declarations/{name}").json()["ServerToken"] != token
    assert [world.ask("DELETE", f"/v1/declarations/{name}").status for _ in range(2)] == [204, 304]
    assert world.ask("GET", f"/v1/declarations/{name}").status == 404
    assert world.ask("POST", f"/v1/declarations/{name}/touch").status == 404


def test_a_declaration_is_kept_by_another_whose_name_goes_on_with_a_dot(world: World) -> None:
    name = f"com.example.{uuid.uuid4()}"
    for one in (name, f"{name}.incoming"):
        world.ask("PUT", "/v1/declarations", declaration(one, Echo="a"))
        assert world.ask("PUT", f"/v1/set-declarations/{name}?declaration={one}&nonotify=1").status == 204
    assert world.ask("DELETE", f"/v1/set-declarations/{name}?declaration={name}&nonotify=1").status == 204
    refused = world.ask("DELETE", f"/v1/declarations/{name}")
    assert refused.status == 500
    assert refused.json() == {"error": "txn rolled back: declaration is referenced by 1 sets"}
    assert world.ask("DELETE", f"/v1/set-declarations/{name}?declaration={name}.incoming&nonotify=1").status == 204
    assert world.ask("DELETE", f"/v1/declarations/{name}").status == 204
    assert world.ask("PUT", f"/v1/set-declarations/{name}?declaration={name}").json() == {
        "error": "declaration not found"
    }


def test_a_device_is_told_no_in_a_500_for_what_is_not_its_own(world: World) -> None:
    ann = world.enrol(1)
    phone = world.phones[ann.id]
    tokens = json.loads(phone.check_in_declarative(phone.channel, "tokens"))
    items = json.loads(phone.check_in_declarative(phone.channel, "declaration-items"))
    assert tokens["SyncTokens"]["DeclarationsToken"] == items["DeclarationsToken"]
    assert items["Declarations"].keys() == {"Activations", "Assets", "Configurations", "Management"}
    for endpoint in ("declaration/configuration/none", "nonsense"):
        with pytest.raises(AssertionError, match="answered 500"):
            phone.check_in_declarative(phone.channel, endpoint)
    assert world.ask("GET", f"/v1/status-report/{ann.id}?index=0").status == 500
    assert world.ask("GET", f"/v1/declaration-status/{ann.id}").json() == {}
