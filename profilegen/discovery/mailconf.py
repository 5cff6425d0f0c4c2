"""A TXT record of the mail domain that says where its clientConfig file lies: `mailconf=https://…`."""

from profilegen.address import Address
from profilegen.discovery.configfile import ConfigFiles, Place
from profilegen.ports import Clock, Http, Resolver
from profilegen.settings.candidates import Answer, Tier

MAX_RECORDS = 3
_PREFIX = "mailconf="


class MailconfSource:
    """
    Implements `ports.SettingsSource` over the TXT records of the mail domain.

    Tier 4: the answer need not have come from the domain's own name server. Any URL that is not https is a notice.
    """

    kind = "mailconf"

    def __init__(self, *, resolver: Resolver, http: Http, clock: Clock) -> None:
        self._resolver = resolver
        self._files = ConfigFiles(kind=self.kind, http=http, clock=clock)

    async def find(self, address: Address) -> Answer:
        """Return the servers of the files; raises WorldProblem if the records or every file could not be had."""
        answer = await self._resolver.txt(address.domain)
        urls = {text.removeprefix(_PREFIX).strip() for text in answer.records if text.startswith(_PREFIX)}
        places = [
            Place(
                first=url,
                tier=Tier.T4,
                says=f"named by a TXT record of {address.domain}",
                dnssec=answer.authenticated,
            )
            for url in sorted(urls)[:MAX_RECORDS]
        ]
        return await self._files.answer(places, address)
