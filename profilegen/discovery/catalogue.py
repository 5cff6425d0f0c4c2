"""The provider catalogue, by exact mail domain: offline and the most trusted of the published answers."""

from datetime import UTC, date, datetime

from profilegen.address import Address
from profilegen.ports import Catalogue, ProviderAnswer
from profilegen.settings.candidates import Answer, Candidate, Source, Tier


class CatalogueSource:
    """Implements `ports.SettingsSource` over the catalogue (tier 1)."""

    kind = "catalogue"

    def __init__(self, *, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def find(self, address: Address) -> Answer:
        """Return the provider's servers and advice, or nothing for an unknown domain."""
        provider = await self._catalogue.by_domain(address)
        if provider is None:
            return Answer(kind=self.kind)
        source = Source(
            kind=self.kind,
            detail=f"{provider.name} ({provider.provider})",
            fetched=_checked(provider),
            sha256=provider.sha256,
        )
        candidates = tuple(
            Candidate(server=server, sources=(source,), tier=Tier.T1, order=order)
            for order, server in enumerate(provider.servers)
        )
        both_ways = {candidate.incoming for candidate in candidates} == {True, False}
        # where a direction is missing the advice decides nothing, but what it tells is still worth knowing
        notices = () if both_ways else provider.advice.notices
        return Answer(kind=self.kind, candidates=candidates, advice=provider.advice, notices=notices)


def _checked(provider: ProviderAnswer) -> datetime | None:
    """The day the record was last checked: that is when the catalogue heard it."""
    try:
        day = date.fromisoformat(provider.checked)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
