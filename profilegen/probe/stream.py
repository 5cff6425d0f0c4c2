"""A connection that speaks in lines, bounded in length and time, and can become encrypted."""

import asyncio
import ssl
from enum import StrEnum
from typing import cast

from profilegen.net.dial import Dialled

MAX_LINE = 8 * 1024
MAX_BUFFER = 128 * 1024


class Trouble(StrEnum):
    """How a conversation can break off."""

    CLOSED = "closed"
    SILENT = "silent"
    TOO_LONG = "too-long"
    INJECTED = "injected"


class ConversationBroken(Exception):
    """The other side hung up, fell silent, talked without end, or talked before TLS began; never leaves the probe."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class LineStream(asyncio.Protocol):
    """
    Lines over one TCP connection.

    A protocol of its own rather than an `asyncio.StreamReader`: only so can it be known that nothing was received in
    clear text between the answer to STARTTLS and the handshake (RFC 3207 section 4.2, RFC 8314 section 3).
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def over(cls, dialled: Dialled) -> "LineStream":
        """Return a stream that owns the dialled socket."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(cls, sock=dialled.socket)
        return stream

    # --- what asyncio calls -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called again when TLS has begun."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Buffer what arrives; a flood ends the connection."""
        self._buffer += data
        if len(self._buffer) > MAX_BUFFER:
            self.abort()
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits for a line that will never come."""
        del exc
        self._gone.set()
        self._arrived.set()

    # --- what the probe calls ---------------------------------------------------------------------------

    async def line(self) -> str:
        """Return the next line without its end; raises ConversationBroken when there will be none."""
        while (end := self._buffer.find(b"\n")) < 0:
            await self._more()
        if end > MAX_LINE:
            raise ConversationBroken(Trouble.TOO_LONG, "the server sent a line that is longer than 8 KiB")
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return _printable(raw.rstrip(b"\r").decode("utf-8", "backslashreplace"))

    def send(self, line: str) -> None:
        """Send one line."""
        if self._transport is None or self._transport.is_closing():
            raise ConversationBroken(Trouble.CLOSED, "the server closed the connection")
        self._transport.write(line.encode("utf-8", "replace") + b"\r\n")

    async def start_tls(self, context: ssl.SSLContext, host: str, *, seconds: float) -> None:
        """
        Encrypt from here on, checking the certificate against `host` where the context verifies.

        Raises ConversationBroken if anything was received in clear text already, ssl.SSLError or another OSError if the
        handshake fails or takes too long.
        """
        if self._buffer:
            raise ConversationBroken(
                Trouble.INJECTED, "something was sent in clear text after STARTTLS and before encryption began"
            )
        transport = cast(asyncio.Transport, self._transport)
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
            )
        except BaseException:
            transport.abort()
            self._gone.set()
            raise
        self._transport = cast(asyncio.Transport, encrypted)

    @property
    def certificate(self) -> bytes | None:
        """The server's own certificate in DER form, None before TLS."""
        tls = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        return None if tls is None else cast("bytes | None", tls.getpeercert(binary_form=True))

    @property
    def tls_version(self) -> str | None:
        """The negotiated version such as "TLSv1.3", None before TLS."""
        tls = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        return None if tls is None else cast("str | None", tls.version())

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Drop the connection and wait until the socket is closed."""
        self.abort()
        await self._gone.wait()

    async def _more(self) -> None:
        if self._gone.is_set():
            raise ConversationBroken(Trouble.CLOSED, "the server closed the connection")
        if len(self._buffer) > MAX_LINE:
            raise ConversationBroken(Trouble.TOO_LONG, "the server sent a line that is longer than 8 KiB")
        self._arrived.clear()
        await self._arrived.wait()


def _printable(text: str) -> str:
    """Take out what a hostile server could use to write all over a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
