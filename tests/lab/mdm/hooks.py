"""Both ends of a webhook: an MDM's sender with the faults it has in the wild, and a receiver that keeps everything."""

import base64
import hashlib
import hmac
import http.client
import json
import queue
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.lab.mdm.httpd import Request, Response, http_service


@dataclass(slots=True, kw_only=True)
class WebhookFaults:
    """How often an event is lost, sent twice or overtaken by the next (0 to 1), and how late it leaves (seconds)."""

    lose: float = 0.0
    twice: float = 0.0
    overtaken: float = 0.0
    delay: float = 0.0
    seed: int = 1


class WebhookSender:
    """
    Posts events as NanoMDM does: JSON, `X-Hmac-Signature` over the body, once; a refusal is noted, never repeated.

    A user name and password in the URL are sent as Basic authentication, as Go's HTTP client does.

    `lost` and `refused` tell a test what the receiver cannot know.
    """

    def __init__(self, url: str, *, key: str | None = None, faults: WebhookFaults | None = None) -> None:
        self.faults = faults or WebhookFaults()
        self.sent = 0
        self.lost: list[Mapping[str, Any]] = []
        self.refused: list[int] = []
        self._url = urlsplit(url)
        self._key = key
        self._random = random.Random(self.faults.seed)
        self._held: list[bytes] = []
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def send(self, event: Mapping[str, Any]) -> None:
        """Post an event, as far as the faults let it pass."""
        body = json.dumps(event).encode()
        with self._guard:
            if self._random.random() < self.faults.lose:
                self.lost.append(event)
                return
            if not self._held and self._random.random() < self.faults.overtaken:
                self._held.append(body)
                return
            times = 2 if self._random.random() < self.faults.twice else 1
            for one in [body] * times + self._held:
                self._queue.put(one)
            self._held.clear()

    def settle(self) -> None:
        """Wait until everything was posted, held-back events too."""
        with self._guard:
            for body in self._held:
                self._queue.put(body)
            self._held.clear()
        self._queue.join()

    def close(self) -> None:
        """Post what is left and stop."""
        self.settle()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (body := self._queue.get()) is not None:
            try:
                self._post(body)
            finally:
                self._queue.task_done()
        self._queue.task_done()

    def _post(self, body: bytes) -> None:
        if self.faults.delay:
            time.sleep(self.faults.delay)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._key is not None:
            headers["X-Hmac-Signature"] = signature(body, self._key)
        if self._url.password is not None:
            pair = f"{self._url.username}:{self._url.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=10)
        try:
            connection.request("POST", self._url.path or "/", body, headers)
            status = connection.getresponse().status
        except OSError:
            status = 0
        finally:
            connection.close()
        if status == 200:
            self.sent += 1
        else:
            self.refused.append(status)


def signature(body: bytes, key: str) -> str:
    """Return what `X-Hmac-Signature` says of a body."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode("ascii")


@dataclass(slots=True)
class Received:
    """Everything a receiver was posted: headers (lower-case names) and bodies."""

    url: str
    calls: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    status: int = 200


@contextmanager
def webhook_receiver(port: int = 0) -> Iterator[Received]:
    """Take webhook calls until the block ends; `status` of what is yielded may be changed to refuse them."""
    received = Received(url="")

    def handler(request: Request) -> Response:
        received.calls.append((request.headers, request.body))
        return Response(status=received.status)

    with http_service(handler, port) as url:
        received.url = url + "/"
        yield received
