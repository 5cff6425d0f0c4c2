"""The command line in this process, with a home and a working directory of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from profilegen.cli.app import run

SETTINGS: dict[str, Any] = {
    "address": "you@example.com",
    "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
}

CLIENT_CONFIG = """<clientConfig version="1.1"><emailProvider id="lab.test"><domain>lab.test</domain>
<incomingServer type="imap"><hostname>good.lab.test</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>good.lab.test</hostname><port>587</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out + self.err
        document = json.loads(lines[0])
        assert isinstance(document, dict)
        return document

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Answer]

SILENT = "127.0.0.1:9"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("PROFILEGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def call(*arguments: object) -> Answer:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Answer(status=status, out=out, err=err)

    return call


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name server that never answers, waited for a tenth of a second instead of two."""
    monkeypatch.setattr("profilegen.net.resolver.TRY_SECONDS", 0.1)
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", SILENT)
    return SILENT


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(SETTINGS))
    return path
