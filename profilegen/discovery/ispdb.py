"""The central database of the Thunderbird project (draft-ietf-mailmaint-autoconfig, location 2.1)."""

from profilegen.address import Address
from profilegen.discovery.configfile import ConfigFiles, Place
from profilegen.errors import ConfigProblem
from profilegen.ports import Clock, Http
from profilegen.settings.candidates import Answer, Tier

DEFAULT_URL = "https://v1.ispdb.net/"
"""The base URL the draft names."""


class IspdbSource:
    """
    Implements `ports.SettingsSource` over one database; asked only when somebody names it.

    Tier 3. The question tells the database which mail domain is looked up; it never carries the address. Raises
    ConfigProblem for a base URL that is not https.
    """

    kind = "ispdb"

    def __init__(self, *, http: Http, clock: Clock, url: str = DEFAULT_URL) -> None:
        if not url.startswith("https://"):
            raise ConfigProblem(
                f'The ISPDB cannot be asked at "{url[:80]}": only https URLs are asked.',
                hint=f'Write discovery.ispdb_url = "{DEFAULT_URL}".',
            )
        self._url = url if url.endswith("/") else f"{url}/"
        self._files = ConfigFiles(kind=self.kind, http=http, clock=clock)

    async def find(self, address: Address) -> Answer:
        """Return the servers of the database's file on this domain; raises WorldProblem if it could not be asked."""
        place = Place(first=self._url + address.domain, tier=Tier.T3, says=f"in the database {self._url}")
        return await self._files.answer([place], address)
