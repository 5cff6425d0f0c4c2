"""`mdm` against the replay servers, which are built from public documentation and were never a tenant."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from profilegen.config.mdm import MdmKind
from profilegen.wiring.mdm import capabilities
from tests.cli.conftest import Cli
from tests.lab.mdm.replay import fleetdm as fleet
from tests.lab.mdm.replay import intune as graph
from tests.lab.mdm.replay import jamf as pro
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay import simplemdm as simple


class World:
    """All hosted servers at once, and a configuration that names them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.jamf = pro.JamfReplay(mobiles=[pro.mobile(34)], computers=[pro.computer(12, "alice")])
        self.fleet = fleet.FleetReplay(hosts=[fleet.host(1)])
        self.simple = simple.SimpleReplay(devices=[simple.device(7, email="you@example.com")])
        self.intune = graph.IntuneReplay(devices=[graph.device(1)])
        self.folder = folder / "bundle"
        keys = {"jamf": pro.SECRET, "fleet": fleet.TOKEN, "simple": simple.KEY, "intune": graph.SECRET}
        for name, key in keys.items():
            (folder / f"{name}.key").write_text(f"{key}\n")
        urls = {
            "jamf": stack.enter_context(serving(self.jamf)),
            "fleet": stack.enter_context(serving(self.fleet)),
            "simple": stack.enter_context(serving(self.simple)) + "/api/v1",
            "intune": stack.enter_context(serving(self.intune)),
        }
        self.config = folder / "profilegen.toml"
        self.config.write_text(
            f"""
[mdm.acme]
kind = "jamf"
url = "{urls["jamf"]}"
client_id = "{pro.CLIENT}"
key_file = "{folder}/jamf.key"

[mdm.devs]
kind = "fleet"
url = "{urls["fleet"]}"
key_file = "{folder}/fleet.key"

[mdm.small]
kind = "simplemdm"
url = "{urls["simple"]}"
key_file = "{folder}/simple.key"
rate = "1000"

[mdm.office]
kind = "intune"
url = "{urls["intune"]}"
login_url = "{urls["intune"]}"
tenant = "{graph.TENANT}"
client_id = "{graph.CLIENT}"
key_file = "{folder}/intune.key"

[mdm.byhand]
kind = "folder"
folder = "{self.folder}"
"""
        )

    def changed(self) -> list[str]:
        """Return every request that changed something; buying a token changes nothing."""
        asked = [one for server in (self.jamf, self.fleet, self.simple, self.intune) for one in server.calls()]
        return [one for one in asked if not one.endswith("/token")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, tmp_path)


HOSTED = ("acme", "devs", "small", "office")


def test_the_list_shows_every_server_with_its_record(cli: Cli, world: World) -> None:
    document = cli("mdm", "list", "--config", world.config, "--json").document

    by_name = {one["name"]: one for one in document["mdms"]}
    assert set(by_name) == {*HOSTED, "byhand"}
    assert by_name["acme"]["capabilities"]["signed"] == "stripped"
    assert by_name["office"]["capabilities"]["scope"] == "group"
    assert {by_name[name]["capabilities"]["tested_against"] for name in HOSTED} == {
        "replay server built from public documentation"
    }
    assert "acme" in cli("mdm", "list", "--config", world.config).out


@pytest.mark.parametrize("name", HOSTED)
def test_a_probe_changes_nothing_and_passes(cli: Cli, world: World, name: str) -> None:
    answer = cli("mdm", "probe", name, "--config", world.config, "--json")

    assert answer.status == 0, answer.out
    assert answer.document["ok"]
    assert {"mdm.key", "mdm.devices", "mdm.profiles", "mdm.capability"} <= {
        one["check"] for one in answer.document["findings"]
    }
    assert world.changed() == []


@pytest.mark.parametrize("name", HOSTED)
def test_a_probe_with_a_wrong_key_fails_and_shows_no_key(
    cli: Cli, world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "a-wrong-key")
    text = world.config.read_text()
    lines = ['key_env = "WRONG"' if line.startswith("key_file") else line for line in text.splitlines()]
    world.config.write_text("\n".join(lines))

    answer = cli("mdm", "probe", name, "--config", world.config)

    assert answer.status == 1
    assert "✗ mdm.key" in " ".join(answer.out.split())
    assert "a-wrong-key" not in answer.out + answer.err


@pytest.mark.parametrize(
    ("name", "emails"),
    [
        ("acme", ["user34@example.com", "mac12@example.com"]),
        ("devs", ["user1@example.com"]),
        ("small", ["you@example.com"]),
        ("office", ["user1@example.com"]),
    ],
)
def test_devices_are_listed_with_whose_they_are(cli: Cli, world: World, name: str, emails: list[str]) -> None:
    document = cli("mdm", "devices", name, "--config", world.config, "--json").document

    assert list(dict.fromkeys(email for one in document["devices"] for email in one["emails"])) == emails
    assert emails[0] in cli("mdm", "devices", name, "--config", world.config).out
    assert world.changed() == []


def test_the_profiles_of_a_device_are_found_by_serial_number(cli: Cli, world: World) -> None:
    world.jamf.mobiles[0]["profiles"] = [{"displayName": "Mail x [0123abcd]", "identifier": "com.example.mail"}]

    answer = cli("mdm", "profiles", "acme", "serial34", "--config", world.config, "--json")

    (found,) = answer.document["answers"]
    assert answer.status == 0
    assert (found["enrollment"], found["complete"]) == ("mobile:34", True)
    assert found["profiles"] == [
        {"identifier": "com.example.mail", "uuid": None, "revision": "0123abcd", "managed": None}
    ]
    assert world.changed() == []


def test_what_nobody_knows_is_said_plainly(cli: Cli, world: World) -> None:
    unknown = cli("mdm", "profiles", "acme", "nobody", "--config", world.config, "--json")
    nowhere = cli("mdm", "probe", "nowhere", "--config", world.config, "--json")

    assert (unknown.status, unknown.document["error"]["code"]) == (2, "no_such_device")
    assert (nowhere.status, nowhere.document["error"]["code"]) == (2, "no_such_mdm")
    assert "acme" in nowhere.document["error"]["hint"]


def test_a_folder_is_probed_like_a_server(cli: Cli, world: World) -> None:
    answer = cli("mdm", "probe", "byhand", "--config", world.config)

    assert answer.status == 0
    assert "devices.csv" in answer.out
    assert not world.folder.exists()


def test_a_server_that_is_down_can_be_tried_again(cli: Cli, tmp_path: Path, no_names: str) -> None:
    config = tmp_path / "down.toml"
    (tmp_path / "key").write_text("k")
    config.write_text(
        f'[mdm.gone]\nkind = "fleet"\nurl = "https://nowhere.invalid"\nkey_file = "{tmp_path}/key"\n'
        f'[network]\nresolver = "{no_names}"\n'
    )

    answer = cli("mdm", "probe", "gone", "--config", config, "--json")

    assert answer.status == 4
    assert answer.document["error"]["retryable"]


@pytest.mark.parametrize("kind", MdmKind)
def test_every_kind_states_a_record(kind: MdmKind) -> None:
    assert capabilities(kind).tested_against
    json.dumps(capabilities(kind).rate)
