"""An IMAP mailbox in which our own message is looked for by its token, and deleted again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from profilegen.diagnosis.causes import Cause
from profilegen.errors import NetworkProblem
from profilegen.net.imap import BoundedImap, ImapEndpoint, ImapSession, junk_folders, quoted
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.connect import dial_again
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.message import TOKEN_HEADER
from profilegen.probe.target import Encryption
from profilegen.secret import Login
from profilegen.settings.servers import Security

MAX_HEADERS = 16 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message found by its token: the folder, its UIDs there, and its trace headers as text."""

    folder: str
    uids: tuple[str, ...]
    headers: str


class ImapMailbox:
    """One IMAP session, from login to clean-up; every method raises CheckFailed."""

    def __init__(self, session: ImapSession) -> None:
        self._session = session

    @classmethod
    async def open(cls, examined: Examined, tools: Tools) -> "ImapMailbox":
        """Connect, greet and encrypt, the certificate verified for the server's name."""
        if examined.encryption is Encryption.NONE:
            raise CheckFailed(Cause.AUTH_REQUIRES_TLS, "The session is not encrypted; no password is sent.")
        endpoint = ImapEndpoint(
            host=examined.target.host,
            port=examined.target.port,
            security=Security(examined.encryption),
            seconds=tools.patience.login,
        )
        dialled = await dial_again(examined, tools)
        with _failing_check():
            return cls(await ImapSession.over(dialled.socket, endpoint, tools.tls.verified))

    async def log_in(self, login: Login) -> str:
        """Present the login once and return the way it was done."""
        with _failing_check():
            presented = await self._session.present(login)
        if presented.refusal is None:
            return presented.mechanism
        reply = f"NO {presented.refusal}"
        cause = presented.cause or Cause.AUTH_BAD_CREDENTIALS
        raise CheckFailed(Cause(cause), f"The server refuses: {reply}", reply=reply)

    async def find(self, token: str) -> Arrived | None:
        """Return the message with this token from INBOX or the junk folder, None if it is in neither."""
        return await self._run(lambda client: _find(client, token))

    async def remove(self, arrived: Arrived) -> bool:
        """Delete exactly this message; False: marked as deleted only, because others wait to be expunged as well."""
        return await self._run(lambda client: _remove(client, arrived))

    async def close(self) -> None:
        """Log out and close, whatever the server answers."""
        await self._session.close()

    async def _run(self, work: Callable[[BoundedImap], T]) -> T:
        with _failing_check():
            return await self._session.run(work)


@contextmanager
def _failing_check() -> Iterator[None]:
    try:
        yield
    except NetworkProblem as problem:
        raise CheckFailed(Cause(problem.code), problem.message) from problem


def _find(client: BoundedImap, token: str) -> Arrived | None:
    for folder in ("INBOX", *junk_folders(client)):
        if client.select(quoted(folder), readonly=True)[0] != "OK":
            continue
        uids = _search(client, "OR", "HEADER", TOKEN_HEADER, token, "HEADER", "Message-ID", token)
        if uids:
            return Arrived(folder=folder, uids=uids, headers=_trace_headers(client, uids[0]))
    return None


def _search(client: BoundedImap, *criteria: str) -> tuple[str, ...]:
    _, data = client.uid("SEARCH", *criteria)
    return tuple(data[0].decode("ascii", "replace").split()) if data and isinstance(data[0], bytes) else ()


def _trace_headers(client: BoundedImap, uid: str) -> str:
    wanted = f"(BODY.PEEK[HEADER.FIELDS (RECEIVED AUTHENTICATION-RESULTS)]<0.{MAX_HEADERS}>)"
    _, data = client.uid("FETCH", uid, wanted)
    return b"".join(part[1] for part in data if isinstance(part, tuple)).decode("utf-8", "replace")


def _remove(client: BoundedImap, arrived: Arrived) -> bool:
    client.select(quoted(arrived.folder))
    uids = ",".join(arrived.uids)
    client.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
    if "UIDPLUS" in _capabilities(client):
        client.uid("EXPUNGE", uids)
        return True
    if set(_search(client, "DELETED")) == set(arrived.uids):
        client.expunge()
        return True
    return False


def _capabilities(client: BoundedImap) -> set[str]:
    _, data = client.capability()
    return set(data[-1].decode("ascii", "replace").upper().split()) if data and data[-1] else set()
