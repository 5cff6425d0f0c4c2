"""What the mail domain itself publishes over https (draft-ietf-mailmaint-autoconfig, locations 1.1 and 1.2)."""

from profilegen.address import Address
from profilegen.discovery.configfile import PATH, ConfigFiles, Place, with_address
from profilegen.ports import Clock, Http
from profilegen.settings.candidates import Answer, Tier

_SAYS = "published by the domain over https"


class AutoconfigSource:
    """
    Implements `ports.SettingsSource` over both https places of the draft, asked at once.

    Tier 2, or tier 4 if the answer came from another registrable domain.
    """

    kind = "autoconfig"

    def __init__(self, *, http: Http, clock: Clock) -> None:
        self._files = ConfigFiles(kind=self.kind, http=http, clock=clock)

    async def find(self, address: Address) -> Answer:
        """Return the servers of both files; raises WorldProblem if there is none and a place could not be asked."""
        return await self._files.answer(_places(address), address)


def _places(address: Address) -> tuple[Place, Place]:
    own_host = f"https://autoconfig.{address.domain}{PATH}"
    well_known = f"https://{address.domain}/.well-known/autoconfig{PATH}"
    return (
        Place(
            first=with_address(own_host, address),
            second=own_host,
            refusals=range(400, 429),
            tier=Tier.T2,
            says=_SAYS,
        ),
        Place(
            first=well_known,
            second=with_address(well_known, address),
            refusals=range(400, 401),
            tier=Tier.T2,
            says=_SAYS,
        ),
    )
