"""From the MX records of a domain to the catalogue: who receives its mail usually also offers its mailboxes."""

from profilegen.address import Address
from profilegen.discovery.gateways import gateway
from profilegen.ports import Catalogue, Clock, MxRecord, ProviderAnswer, Records, Resolver
from profilegen.settings.candidates import Answer, Candidate, Notice, Source, Tier
from profilegen.settings.verdict import NULL_MX

Match = tuple[MxRecord, ProviderAnswer]


class MxSource:
    """Implements `ports.SettingsSource` over all MX records by ascending preference (tier 3)."""

    kind = "mx"

    def __init__(self, *, resolver: Resolver, catalogue: Catalogue, clock: Clock) -> None:
        self._resolver = resolver
        self._catalogue = catalogue
        self._clock = clock

    async def find(self, address: Address) -> Answer:
        """
        Return the servers of every matching provider and the advice of the first.

        A null MX and a mail filter are notices: neither says where mailboxes are.
        """
        answer = await self._resolver.mx(address.domain)
        hosts = [record for record in answer.records if record.host]
        if answer.records and not hosts:
            return Answer(kind=self.kind, notices=(_null_mx(address.domain),))
        filters = _filters(hosts)
        matches = await self._matches(address, [record for record in hosts if gateway(record.host) is None])
        if not matches:
            return Answer(kind=self.kind, notices=filters)
        candidates = tuple(
            Candidate(server=server, sources=(source,), tier=Tier.T3, order=rank * 100 + order)
            for rank, match in enumerate(matches)
            for source in [self._source(match, answer)]
            for order, server in enumerate(match[1].servers)
        )
        notices = (*filters, *([_ambiguous(matches)] if len(matches) > 1 else []))
        return Answer(kind=self.kind, candidates=candidates, advice=matches[0][1].advice, notices=notices)

    async def _matches(self, address: Address, records: list[MxRecord]) -> list[Match]:
        """The first record of each provider, in the order of the records."""
        matches: dict[str, Match] = {}
        for record in records:
            provider = await self._catalogue.by_mx(address, record.host)
            if provider is not None:
                matches.setdefault(provider.provider, (record, provider))
        return list(matches.values())

    def _source(self, match: Match, answer: Records[MxRecord]) -> Source:
        record, provider = match
        return Source(
            kind=self.kind,
            detail=f"MX {record.preference} {record.host} matches {provider.pattern}: {provider.name}",
            fetched=self._clock.now(),
            sha256=provider.sha256,
            dnssec=answer.authenticated,
            ttl=answer.ttl,
        )


def _null_mx(domain: str) -> Notice:
    return Notice(code=NULL_MX, text=f"{domain} declares that it receives no mail (null MX, RFC 7505).")


def _filters(records: list[MxRecord]) -> tuple[Notice, ...]:
    names = dict.fromkeys(name for record in records if (name := gateway(record.host)) is not None)
    text = "Mail passes a filter first ({}), so its MX does not tell where the mailboxes are."
    return tuple(Notice(code="mx_filter", text=text.format(name)) for name in names)


def _ambiguous(matches: list[Match]) -> Notice:
    names = " and ".join(provider.name for _, provider in matches)
    return Notice(code="mx_ambiguous", text=f"The MX records lead to more than one provider: {names}.")
