"""
A fake submission server (RFC 6409, RFC 4954) for what real ones do not do on demand: hang up, vanish, be very fast.

It is a process of its own, so that it takes no time from the program under test. It offers STARTTLS and AUTH PLAIN,
relays nothing without a login, and writes one line per accepted message into a file: recipient and Message-ID.
"""

import asyncio
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.lab.certificates import IssuedCertificate

PASSWORD = "fake-relay-Passw0rd"
_ADDRESS = re.compile(rb"<([^>]*)>")


@dataclass(frozen=True, kw_only=True)
class Manners:
    """
    How the fake behaves.

    It hangs up at the MAIL after every `hang_up_after` accepted messages, saying 421 first if `says_so`. It vanishes
    without an answer after having read the messages for `vanish_for`; for `vanish_early` it does so at RCPT. `answers`
    maps a recipient to the reply to RCPT. `seconds` is how long it thinks before it accepts a message. `login` is the
    reply to AUTH.
    """

    hang_up_after: int | None = None
    says_so: bool = False
    vanish_for: tuple[str, ...] = ()
    vanish_early: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    login: str = "235 2.7.0 Authentication successful"


@dataclass(frozen=True, kw_only=True)
class FakeRelay:
    """The running fake; `messages` holds every accepted message, one file each, if the fake was asked to keep them."""

    port: int
    folder: Path

    @property
    def accepted(self) -> list[str]:
        """The recipients of all accepted messages, in order."""
        return [line.split()[0] for line in (self.folder / "accepted").read_text().splitlines()]

    @property
    def message_ids(self) -> list[str]:
        """The Message-IDs of all accepted messages, in order."""
        return [line.split()[1] for line in (self.folder / "accepted").read_text().splitlines()]

    @property
    def sessions(self) -> int:
        """How many sessions have logged in."""
        return len((self.folder / "logins").read_text().splitlines())

    def message(self, number: int) -> bytes:
        """Return an accepted message."""
        return (self.folder / f"{number}.eml").read_bytes()


@contextmanager
def fake_relay(
    certificate: IssuedCertificate, folder: Path, manners: Manners | None = None, *, keep: int = 10
) -> Iterator[FakeRelay]:
    """Run the fake on a free port of 127.0.0.1 until the block ends; the first `keep` messages are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("accepted", "logins"):
        (folder / name).touch()
    chain, key = certificate.write(folder)
    wanted = {**asdict(manners or Manners()), "chain": str(chain), "key": str(key), "keep": keep}
    command = [sys.executable, "-m", "tests.lab.fake_relay", str(folder), json.dumps(wanted)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield FakeRelay(port=int(process.stdout.readline()), folder=folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


class _Fake:
    def __init__(self, folder: Path, wanted: dict[str, object]) -> None:
        self.folder = folder
        self.keep = int(str(wanted.pop("keep")))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(str(wanted.pop("chain")), str(wanted.pop("key")))
        self.manners = Manners(**wanted)  # type: ignore[arg-type] # made from a Manners
        self.accepted = 0

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**22)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer).converse()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone
        finally:
            writer.transport.abort()


class _Session:
    def __init__(self, fake: _Fake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._fake, self._reader, self._writer = fake, reader, writer
        self._logged_in = False
        self._recipient = ""
        self._served = 0

    async def converse(self) -> None:
        self._say("220 relay.lab.test ESMTP fake")
        while line := await self._reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 2.0.0 Bye")
                await self._writer.drain()
                return
            if not await self._answer(verb, line):
                return

    async def _answer(self, verb: bytes, line: bytes) -> bool:
        match verb:
            case b"EHLO":
                words = "AUTH PLAIN" if self._writer.get_extra_info("ssl_object") else "STARTTLS"
                self._say(f"250-relay.lab.test\r\n250-SIZE 10000000\r\n250-ENHANCEDSTATUSCODES\r\n250 {words}")
            case b"STAR":
                self._say("220 2.0.0 Ready")
                await self._writer.drain()
                await self._writer.start_tls(self._fake.context)
            case b"AUTH":
                self._log_in()
            case b"MAIL":
                return self._mail()
            case b"RCPT":
                return self._rcpt(line)
            case b"DATA":
                return await self._data()
            case _:
                self._say("250 2.0.0 Ok")
        return True

    def _log_in(self) -> None:
        reply = self._fake.manners.login
        self._logged_in = reply.startswith("235")
        with (self._fake.folder / "logins").open("a") as file:
            file.write("login\n")
        self._say(reply)

    def _mail(self) -> bool:
        manners = self._fake.manners
        if manners.hang_up_after is not None and self._served >= manners.hang_up_after:
            if manners.says_so:
                self._say("421 4.7.0 relay.lab.test Error: too many messages in one session")
            return False
        self._say("250 2.1.0 Ok")
        return True

    def _rcpt(self, line: bytes) -> bool:
        found = _ADDRESS.search(line)
        self._recipient = found[1].decode() if found else ""
        if self._recipient in self._fake.manners.vanish_early:
            return False
        if not self._logged_in:
            self._say(f"554 5.7.1 <{self._recipient}>: Relay access denied")
        else:
            self._say(self._fake.manners.answers.get(self._recipient, "250 2.1.5 Ok"))
        return True

    async def _data(self) -> bool:
        self._say("354 End data with <CR><LF>.<CR><LF>")
        message = await self._reader.readuntil(b"\r\n.\r\n")
        if self._recipient in self._fake.manners.vanish_for:
            return False
        await asyncio.sleep(self._fake.manners.seconds)
        self._accept(message[: -len(b".\r\n")])
        self._say("250 2.0.0 Ok: queued as FAKE")
        return True

    def _accept(self, message: bytes) -> None:
        found = re.search(rb"^Message-ID: (\S+)", message, re.MULTILINE)
        with (self._fake.folder / "accepted").open("a") as file:
            file.write(f"{self._recipient} {found[1].decode() if found else '-'}\n")
        if self._fake.accepted < self._fake.keep:
            unstuffed = re.sub(rb"^\.\.", b".", message, flags=re.MULTILINE)
            (self._fake.folder / f"{self._fake.accepted}.eml").write_bytes(unstuffed)
        self._fake.accepted += 1
        self._served += 1

    def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())


if __name__ == "__main__":
    asyncio.run(_Fake(Path(sys.argv[1]), json.loads(sys.argv[2])).serve())
