"""A canary whose outgoing server has a login of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli
from tests.cli.test_canary_lab import no_keyring
from tests.cli.test_fix_lab import ALICE
from tests.lab.dns import ServeZones
from tests.lab.exim import EximLab
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.zone import zone

__all__ = ["no_keyring"]  # the fixture

pytestmark = pytest.mark.servers


@pytest.fixture
def canary(
    cli: Cli,
    mail_lab: MailLab,
    exim_lab: EximLab,
    serve_zones: ServeZones,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Cli:
    """The command line, and settings with alice for what comes in and bob for what goes out, through Exim."""
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({DOMAIN: zone(mail_lab, exim_lab.zone)}))
    (tmp_path / "ca.pem").write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(tmp_path / "ca.pem"))
    for user in ("alice", "bob"):
        monkeypatch.setenv(user.upper(), password_of(user))
    incoming = {"protocol": "imap", "host": f"good.{DOMAIN}", "port": 993, "security": "tls"}
    outgoing = {"protocol": "smtp", "host": f"exim.{DOMAIN}", "port": 587, "security": "starttls"}
    servers = {"incoming": incoming, "outgoing": outgoing | {"username": f"bob@{DOMAIN}"}}
    Path("settings.json").write_text(json.dumps({"address": ALICE} | servers))
    return cli


def add(canary: Cli, *passwords: str) -> Answer:
    return canary("canary", "add", DOMAIN, "--address", ALICE, "--settings", "settings.json", *passwords, "--json")


def run(canary: Cli) -> dict[str, Any]:
    [ran] = canary("canary", "run", "--json").document["canaries"]
    return dict(ran)


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "home/canaries").iterdir())


def test_each_server_gets_its_own_password(canary: Cli, tmp_path: Path) -> None:
    added = add(canary, "--password-env", "ALICE", "--outgoing-password-env", "BOB")
    ran = run(canary)

    assert added.status == 0, added.out
    assert (ran["ok"], ran["level"]) == (True, 4)
    assert kept(tmp_path) == [f"{DOMAIN}+outgoing.password", f"{DOMAIN}.password"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "home/canaries").iterdir())


def test_a_canary_that_is_added_anew_keeps_no_password_of_the_old_one(canary: Cli, tmp_path: Path) -> None:
    add(canary, "--password-env", "ALICE", "--outgoing-password-env", "BOB")
    add(canary, "--password-env", "ALICE")

    ran = run(canary)

    assert kept(tmp_path) == [f"{DOMAIN}.password"]
    assert (ran["ok"], ran["level"]) == (False, 1)


def test_a_canary_that_is_removed_leaves_no_password(canary: Cli, tmp_path: Path) -> None:
    add(canary, "--password-env", "ALICE", "--outgoing-password-env", "BOB")

    assert canary("canary", "remove", DOMAIN).status == 0
    assert kept(tmp_path) == []
