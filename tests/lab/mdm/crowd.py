"""Many devices at once: what APNs and a few thousand pockets do, on four threads."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.mdm.device import Device

WORKERS = 4


class Crowd:
    """Wakes devices that are pushed; one device is never polled twice at the same time."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self._queue: queue.Queue[Device | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._run) for _ in range(WORKERS)]
        self.broken: list[BaseException] = []

    def add(self, *devices: Device) -> None:
        """Let devices take part."""
        self.devices |= {device.udid: device for device in devices}

    def wake(self, enrollment: str) -> None:
        """Push one enrollment: what a server's `on_push` is set to."""
        device = self.devices.get(enrollment.partition(":")[0])
        if device is not None and not device.offline:
            self._queue.put(device)

    def poll_all(self) -> None:
        """Let every device check in by itself, and wait for it."""
        for device in self.devices.values():
            self._queue.put(device)
        self.settle()

    def settle(self) -> None:
        """Wait until every push was followed."""
        self._queue.join()
        if self.broken:
            raise self.broken[0]

    def start(self) -> None:
        """Begin to follow pushes."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Follow what was pushed, then end."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (device := self._queue.get()) is not None:
            try:
                device.poll()
            except BaseException as exc:  # noqa: BLE001 - told to the test by `settle`
                self.broken.append(exc)
            finally:
                self._queue.task_done()
        self._queue.task_done()


@contextmanager
def crowd() -> Iterator[Crowd]:
    """Yield a crowd that follows pushes until the block ends."""
    people = Crowd()
    people.start()
    try:
        yield people
    finally:
        people.stop()
