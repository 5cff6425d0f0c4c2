"""What the mail domain publishes without encryption (draft-ietf-mailmaint-autoconfig, location 1.3)."""

from profilegen.address import Address
from profilegen.discovery.configfile import PATH, ConfigFiles, Place
from profilegen.ports import Clock, Http
from profilegen.settings.candidates import Answer, Tier


class PlainAutoconfigSource:
    """
    Implements `ports.SettingsSource` over http; asked only with `--allow-http`.

    Tier 5, whatever it leads to: anybody on the way may have written the answer, so no notice and no advice of it is
    passed on, and the question does not carry the address. `http` must be a client that may speak without encryption.
    """

    kind = "plain-autoconfig"

    def __init__(self, *, http: Http, clock: Clock) -> None:
        self._files = ConfigFiles(kind=self.kind, http=http, clock=clock)

    async def find(self, address: Address) -> Answer:
        """Return the servers of the file; raises WorldProblem if the place could not be asked."""
        url = f"http://autoconfig.{address.domain}{PATH}"
        return await self._files.answer([Place(first=url, tier=Tier.T5, says="published without encryption")], address)
