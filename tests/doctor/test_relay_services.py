"""A device that sends through somebody else's relay service instead of the account's own server."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Cli, cli

__all__ = ["cli"]  # the fixture


def test_the_relay_service_a_device_uses_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    host = "email-smtp.xx-nowhere-9.amazonaws.com"
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", "127.0.0.1:9")
    Path("settings.json").write_text(json.dumps(SETTINGS))

    answer = cli(
        "doctor", SETTINGS["address"], "--settings", "settings.json", "--current", f"outgoing.host={host}", "--json"
    )

    [wrong] = [cause for cause in answer.document["causes"] if cause["cause"] == "wrong_server_host"]
    told = " ".join(clue["detail"] for clue in wrong["evidence"])
    assert f"{host} belongs to the relay service Amazon SES" in told
    assert "without a login of theirs" in told
