"""What all hosted connectors and the folder do alike, against replay servers built from public documentation."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from profilegen.address import Address
from profilegen.delivery.files import FileDrop
from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.fleet.capabilities import Scope, Signed
from profilegen.fleet.drift import State, judge
from profilegen.fleet.evidence import Moment
from profilegen.fleet.seat import Effective, Mailbox, Seat, SecretRoute, Wanted
from profilegen.fleet.seen import CommandState, Enrollment, Inventory, Sight
from profilegen.fleet.variables import INTUNE
from profilegen.mdm.client import FixedKey, Patience, basic, bearer
from profilegen.mdm.fleetdm import FleetDm
from profilegen.mdm.folder import FolderMdm
from profilegen.mdm.intune import SCOPE, Intune, token_path
from profilegen.mdm.jamf import TOKEN_PATH, JamfPro
from profilegen.mdm.reading import text
from profilegen.mdm.simplemdm import SimpleMdm
from profilegen.mdm.tokens import ClientCredentials, NoKey
from profilegen.ports.mdm import InstallOrder, LookOrder, MdmConnector, Receipt, RemoveOrder
from profilegen.profile.types import Platform
from profilegen.secret import Secret
from tests.lab.mdm.httpd import Response
from tests.lab.mdm.replay import Fault, Replay, as_json, serving
from tests.lab.mdm.replay import fleetdm as fleet
from tests.lab.mdm.replay import intune as graph
from tests.lab.mdm.replay import jamf as pro
from tests.lab.mdm.replay import simplemdm as simple
from tests.mdm.hosting import NOW, Clockwork, client, enrolled, install, listed

WRONG = "a-wrong-key"
PATIENCE = Patience(attempts=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One server, how to make a connector to it, and two of its devices."""

    server: Replay
    make: Callable[[str | None], MdmConnector]
    devices: tuple[Enrollment, Enrollment]

    def order(self, number: int, **changes: Any) -> InstallOrder:
        """Return an order for one of the devices, as this kind of server can take it."""
        made = install(self.devices[number], f"user{number}@example.com", **changes)
        if self.make(None).capabilities.scope is Scope.DEVICE:
            return made
        return replace(made, unsigned=made.unsigned.replace(f"user{number}@example.com".encode(), b"{{mail}}"))


def _tokens(base: str, clock: Clockwork, path: str, secret: str, scope: str | None = None) -> ClientCredentials:
    return ClientCredentials(
        client=client(base, NoKey(), clock, patience=PATIENCE),
        path=path,
        client_id="client-1",
        secret=Secret(text=secret),
        timing=clock.timing,
        scope=scope,
    )


def _jamf(stack: ExitStack, _: Path) -> Place:
    server, clock = pro.JamfReplay(mobiles=[pro.mobile(34), pro.mobile(35)]), Clockwork()
    base = stack.enter_context(serving(server))

    def make(key: str | None) -> MdmConnector:
        tokens = _tokens(base, clock, TOKEN_PATH, key or pro.SECRET)
        asking = client(base, tokens, clock, patience=PATIENCE)
        return JamfPro(name="office", client=asking, tokens=tokens, clock=clock, timing=clock.timing)

    return Place(server=server, make=make, devices=(enrolled("mobile:34"), enrolled("mobile:35")))


def _fleet(stack: ExitStack, _: Path) -> Place:
    server, clock = fleet.FleetReplay(hosts=[fleet.host(1), fleet.host(2)]), Clockwork()
    base = stack.enter_context(serving(server))

    def make(key: str | None) -> MdmConnector:
        credentials = FixedKey(bearer(Secret(text=key or fleet.TOKEN)))
        asking = client(base, credentials, clock, patience=PATIENCE)
        return FleetDm(name="office", client=asking, clock=clock, timing=clock.timing)

    return Place(server=server, make=make, devices=(enrolled("1:UDID-00000001"), enrolled("2:UDID-00000002")))


def _simple(stack: ExitStack, _: Path) -> Place:
    server, clock = simple.SimpleReplay(devices=[simple.device(7), simple.device(8)]), Clockwork()
    base = stack.enter_context(serving(server))

    def make(key: str | None) -> MdmConnector:
        credentials = FixedKey(basic(key or simple.KEY, Secret(text="")))
        return SimpleMdm(
            name="office", client=client(f"{base}/api/v1", credentials, clock, patience=PATIENCE), clock=clock
        )

    return Place(server=server, make=make, devices=(enrolled("7"), enrolled("8")))


def _intune(stack: ExitStack, _: Path) -> Place:
    server, clock = graph.IntuneReplay(devices=[graph.device(1), graph.device(2)]), Clockwork()
    base = stack.enter_context(serving(server))
    server.elsewhere = stack.enter_context(serving(server.storage))

    def make(key: str | None) -> MdmConnector:
        tokens = _tokens(base, clock, token_path(graph.TENANT), key or graph.SECRET, SCOPE)
        asking = client(base, tokens, clock, patience=PATIENCE)
        return Intune(name="office", client=asking, tokens=tokens, clock=clock, timing=clock.timing, group="g")

    return Place(server=server, make=make, devices=(enrolled(graph.guid(1)), enrolled(graph.guid(2))))


def _folder(_: ExitStack, folder: Path) -> Place:
    (folder / "devices.csv").write_text("udid,serial\nUDID-1,S1\nUDID-2,S2\n")

    def make(_key: str | None) -> MdmConnector:
        return FolderMdm(name="office", folder=folder, drop=FileDrop(), clock=Clockwork())

    return Place(server=Replay(), make=make, devices=(enrolled("UDID-1"), enrolled("UDID-2")))


PLACES = {"jamf": _jamf, "fleet": _fleet, "simplemdm": _simple, "intune": _intune, "folder": _folder}
SERVERS = [name for name in PLACES if name != "folder"]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        yield PLACES[request.param](stack, tmp_path)


everywhere = pytest.mark.parametrize("place", PLACES, indirect=True)
on_servers = pytest.mark.parametrize("place", SERVERS, indirect=True)


def within(place: Place, body: Callable[[MdmConnector], Awaitable[Any]], key: str | None = None) -> Any:
    async def run() -> Any:
        connector = place.make(key)
        try:
            return await body(connector)
        finally:
            await connector.close()
            await connector.close()  # twice does no harm

    return asyncio.run(run())


@everywhere
def test_receipts_come_in_the_order_of_the_orders_and_promise_nothing_more_than_queued(place: Place) -> None:
    orders = [place.order(1), place.order(0)]

    receipts = within(place, lambda connector: connector.install(orders))

    assert [one.command for one in receipts] == [one.command for one in orders]
    assert {one.state for one in receipts} == {CommandState.QUEUED}


@on_servers
def test_an_impossible_device_leaves_the_others_of_its_batch_alone(place: Place) -> None:
    good = place.order(0)
    bad = replace(place.order(1), enrollment=enrolled("no such thing,at/all"), command="BAD")

    receipts = within(place, lambda connector: connector.install([bad, good]))

    assert [one.state for one in receipts] == [CommandState.FAILED, CommandState.QUEUED]
    assert receipts[0].errors[0].text


@on_servers
def test_a_device_that_is_none_is_said_to_be_unknown_and_the_others_are_looked_at(place: Place) -> None:
    nobody = enrolled("no such thing,at/all")
    orders = [LookOrder(command="L1", enrollment=nobody), LookOrder(command="L2", enrollment=place.devices[0])]

    async def body(connector: MdmConnector) -> None:
        one, two = await connector.look(orders)
        assert isinstance(one, Receipt)
        assert (one.command, one.state) == ("L1", CommandState.FAILED)
        assert isinstance(two, Inventory)
        assert nobody.id in await connector.wake([nobody, place.devices[0]])

    within(place, body)


@everywhere
def test_the_same_order_in_another_run_makes_nothing_twice(place: Place) -> None:
    order = place.order(0)
    (first,) = within(place, lambda connector: connector.install([order]))
    place.server.asked.clear()

    (again,) = within(place, lambda connector: connector.install([order]))

    assert (first.already, again.already) == (False, True)
    made = [one for one in place.server.calls() if one.startswith(("POST", "PUT", "PATCH", "DELETE"))]
    assert not [one for one in made if one.split()[1].endswith(("/id/0", "/run", "profiles", "Configurations"))]


@on_servers
def test_a_wrong_key_is_a_fault_of_the_configuration_and_shown_nowhere(place: Place) -> None:
    async def body(connector: MdmConnector) -> None:
        with pytest.raises(ConfigProblem) as caught:
            await connector.install([place.order(0)])
        assert caught.value.code == "key_refused"
        assert WRONG not in "".join(traceback.format_exception(caught.value)) + caught.value.hint
        assert WRONG not in repr(vars(connector))

    within(place, body, key=WRONG)


@on_servers
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_stays_overloaded_is_left_alone_after_a_while(place: Place, status: int) -> None:
    for method in ("GET", "POST", "PUT", "PATCH"):
        place.server.faults.append(Fault(method=method, path="/", response=Response(status=status), times=10**6))

    async def body(connector: MdmConnector) -> None:
        with pytest.raises(NetworkProblem) as caught:
            await connector.install([place.order(0)])
        assert caught.value.code in ("overloaded", "server_error")
        assert caught.value.retryable

    within(place, body)
    assert len(place.server.asked) <= 4


@on_servers
def test_html_where_json_belongs_is_an_error_and_no_empty_fleet(place: Place) -> None:
    place.server.faults.append(
        Fault(method="GET", path="/", response=Response(body=b"<html>Sign in</html>"), times=10**6)
    )

    with pytest.raises(NetworkProblem) as caught:
        within(place, listed)
    assert caught.value.code == "bad_answer"


@on_servers
def test_an_empty_fleet_is_empty(place: Place) -> None:
    empty = {"results": [], "totalCount": 0, "hosts": [], "data": [], "has_more": False, "value": []}
    if not isinstance(place.server, pro.JamfReplay | graph.IntuneReplay):
        place.server.faults.append(Fault(method="GET", path="/", response=as_json(empty), times=10**6))
        assert within(place, listed) == []
        return
    vars_of = ("mobiles", "computers") if isinstance(place.server, pro.JamfReplay) else ("devices",)
    for name in vars_of:
        setattr(place.server, name, [])
    assert within(place, listed) == []


def test_what_a_server_says_is_one_bounded_line_that_no_terminal_acts_on() -> None:
    assert text("\x1b[2JAnn\r\n\u202e B") == "[2JAnn B"
    assert len(text("x" * 10**6) or "") == 4096
    nothing: tuple[object, ...] = (None, True, " ", {}, [])
    assert [text(value) for value in nothing] == [None] * 5
    assert text(7) == "7"


@everywhere
def test_nothing_asked_is_nothing_done(place: Place) -> None:
    async def body(connector: MdmConnector) -> tuple[Any, ...]:
        return (
            await connector.install([]),
            await connector.remove([]),
            await connector.look([]),
            await connector.wake([]),
            await connector.touched_by([]),
        )

    assert within(place, body) == ((), (), (), (), 0)
    assert [one for one in place.server.calls() if not one.endswith("/token")] == []


@everywhere
def test_the_devices_an_install_names_are_touched_at_least(place: Place) -> None:
    orders = [place.order(0), place.order(1)]

    assert within(place, lambda connector: connector.touched_by(orders)) == 2


@everywhere
def test_only_a_record_that_says_so_gives_complete_inventories(place: Place) -> None:
    orders = [LookOrder(command="LOOK", enrollment=place.devices[0])]

    async def body(connector: MdmConnector) -> None:
        (answer,) = await connector.look(orders)
        if isinstance(answer, Inventory) and answer.complete:
            assert connector.capabilities.proves_version

    within(place, body)


@everywhere
def test_a_seat_is_called_right_only_where_the_record_says_that_versions_are_shown(place: Place) -> None:
    """Installed, listed, and told by the server: still no proof where it cannot show which revision it is."""
    order = place.order(0)
    look = LookOrder(command="LOOK", enrollment=order.enrollment)

    async def body(connector: MdmConnector) -> None:
        (receipt,) = await connector.install([order])
        if isinstance(place.server, pro.JamfReplay):
            placed = place.server.placed["mobiledeviceconfigurationprofiles"][11]
            shown = {
                "displayName": placed.general["name"],
                "identifier": receipt.effective and receipt.effective.identifier,
            }
            place.server.mobiles[0]["profiles"] = [shown]
        (inventory,) = await connector.look([look])
        assert isinstance(inventory, Inventory)
        moment = Moment(now=NOW, proof_since=NOW - timedelta(days=1))
        right = judge(_seat(order, receipt.effective), _sight(order, inventory), moment)
        newer = replace(order, revision="ffffffff", uuid="FFFFFFFF-0000-5000-8000-000000000000")
        stale = judge(_seat(newer, receipt.effective), _sight(order, inventory), moment)
        if connector.capabilities.proves_version:
            assert (right.state, stale.state) == (State.OK, State.STALE)
        else:
            assert {right.state, stale.state} == {State.UNKNOWN}

    within(place, body)


def _seat(order: InstallOrder, effective: Effective | None) -> Seat:
    """Return the seat an order was for, wanting what it carries."""
    return Seat(
        key="seat",
        profile="mailbox:user0@example.com",
        person="user0@example.com",
        mailboxes=(Mailbox(address=Address.parse("user0@example.com")),),
        mdm="office",
        channel=order.enrollment.channel,
        platform=Platform.IOS,
        route=SecretRoute.OAUTH,
        identifier=order.identifier,
        wanted=Wanted(uuid=order.uuid, revision=order.revision, basis="", settings_version=1),
        effective=effective,
    )


def _sight(order: InstallOrder, inventory: Inventory) -> Sight:
    known = replace(order.enrollment, emails=("user0@example.com",))
    return Sight(enrollment=known, candidates=1, inventory=inventory)


@everywhere
def test_a_removal_is_answered_one_way_or_the_other(place: Place) -> None:
    order = RemoveOrder(command="REMOVE", enrollment=place.devices[0], identifier="com.example.mail")

    async def body(connector: MdmConnector) -> None:
        (receipt,) = await connector.remove([order])
        assert receipt.command == "REMOVE"
        if receipt.state is CommandState.FAILED:
            assert receipt.errors[0].text
        if not connector.capabilities.removes:
            assert receipt.state is not CommandState.ACKNOWLEDGED

    within(place, body)


@everywhere
def test_signed_bytes_go_only_where_signatures_are_kept_or_a_person_decides(place: Place) -> None:
    order = place.order(0)
    within(place, lambda connector: connector.install([order]))

    sent = b"".join(one.body for one in place.server.asked)
    signed = place.make(None).capabilities.signed
    if signed is not Signed.KEPT:
        assert b"a signature around" not in sent
    assert INTUNE.misspelt_in(order.unsigned) == ()
