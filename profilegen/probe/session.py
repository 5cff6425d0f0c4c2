"""A conversation in one dialect over a line stream: say something, hear the whole answer."""

import asyncio
from dataclasses import dataclass

from profilegen.net.dial import CONNECT_TIMEOUT, Dialled
from profilegen.probe.dialects import Command, Dialect, Reply
from profilegen.probe.stream import ConversationBroken, LineStream, Trouble

MAX_REPLY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """
    How long to wait, in seconds.

    `greeting` is long because servers delay their banner against spammers, `login` because they delay the answer after
    failed logins; `detect` is how soon a server that speaks first has spoken; a greeting later than `tarpit` is
    held back on purpose.
    """

    connect: float = CONNECT_TIMEOUT
    detect: float = 2.0
    greeting: float = 20.0
    tarpit: float = 5.0
    reply: float = 20.0
    handshake: float = 10.0
    login: float = 40.0
    data: float = 60.0
    arrival: float = 60.0
    examination: float = 60.0
    whole: float = 150.0


class Session:
    """One connection before any login."""

    def __init__(self, stream: LineStream, dialect: Dialect, name: str) -> None:
        self.stream = stream
        self.dialect = dialect
        self._name = name

    @classmethod
    async def over(cls, dialled: Dialled, dialect: Dialect) -> "Session":
        """Return a session that owns the dialled socket and calls itself by its own address."""
        name = dialled.local_literal
        return cls(await LineStream.over(dialled), dialect, name)

    async def greeting(self, *, seconds: float) -> Reply:
        """Return what the server says first."""
        return await self.ask(self.dialect.greeting, seconds=seconds)

    async def hello(self, *, seconds: float) -> Reply:
        """Ask for the capabilities."""
        return await self.ask(self.dialect.hello(self._name), seconds=seconds)

    async def ask(self, command: Command, *, seconds: float) -> Reply:
        """Say a command and return the whole reply; raises ConversationBroken when there is none within `seconds`."""
        if command.line is not None:
            self.stream.send(command.line)
        try:
            async with asyncio.timeout(seconds):
                return command.read(await self._lines(command))
        except TimeoutError:
            raise ConversationBroken(Trouble.SILENT, f"the server did not answer within {seconds:g} s") from None

    async def _lines(self, command: Command) -> list[str]:
        lines: list[str] = []
        size = 0
        while not lines or not command.complete(lines):
            lines.append(await self.stream.line())
            size += len(lines[-1]) + 2
            if size > MAX_REPLY:
                raise ConversationBroken(Trouble.TOO_LONG, "the server sent a reply that is longer than 64 KiB")
        return lines

    async def leave(self) -> None:
        """Say goodbye and close, whatever the server answers."""
        try:
            await self.ask(self.dialect.quit, seconds=1.0)
        except ConversationBroken:
            pass  # it is gone already, which is what was wanted
        finally:
            await self.stream.close()
