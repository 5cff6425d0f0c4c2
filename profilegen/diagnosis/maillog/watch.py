"""What one person's devices do, picked out of a log while it is written."""

from profilegen.address import Address
from profilegen.diagnosis.maillog.event import Happened, LogEvent

MOST_CLIENTS = 64

_NAMELESS = frozenset({Happened.TLS_FAILED, Happened.LEFT, Happened.RATE_LIMITED})
_DULL = frozenset({Happened.SENT, Happened.DEFERRED})


class Watch:
    """
    Follows one address; `clients` are the network addresses it was seen at, newest last.

    What happens without a name, such as a TLS handshake that fails, is taken for this person's if it comes from there.
    """

    def __init__(self, address: Address) -> None:
        self._names = frozenset({address.account, address.local.lower()})
        self.clients: dict[str, None] = {}

    def concerns(self, event: LogEvent) -> bool:
        """Return whether an event is this person's, and remember where it came from."""
        if event.what in _DULL:
            return False
        if self._names.isdisjoint((event.address.lower(), event.sender.lower())):
            return event.what in _NAMELESS and event.client in self.clients
        if event.client:
            self.clients.pop(event.client, None)
            self.clients[event.client] = None
            if len(self.clients) > MOST_CLIENTS:
                del self.clients[next(iter(self.clients))]
        return True
