"""
The identity of a profile made by another tool, taken over so that a device replaces it instead of adding a twin.

The top-level PayloadIdentifier decides that; accounts inside are updated in place only where PayloadIdentifier and
PayloadUUID both stay (Apple: TopLevel.yaml, CommonPayloadKeys.yaml).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedPayload:
    """One payload of the other profile; `account` is `Address.account`, "" where it names nobody."""

    payload_type: str
    account: str
    identifier: str
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The identifier of the other profile and the identities of its payloads."""

    identifier: str
    payloads: tuple[AdoptedPayload, ...] = ()

    def payload_for(self, payload_type: str, account: str) -> AdoptedPayload | None:
        """Return the identity of this account's payload: by its address, or the only one of its type if nameless."""
        alike = [payload for payload in self.payloads if payload.payload_type == payload_type]
        named = next((payload for payload in alike if payload.account == account), None)
        if named is not None:
            return named
        return alike[0] if len(alike) == 1 and not alike[0].account else None

    def left_out(self, identifiers: Iterable[str]) -> tuple[AdoptedPayload, ...]:
        """Return the payloads that have no successor among these identifiers; a device removes them."""
        kept = set(identifiers)
        return tuple(payload for payload in self.payloads if payload.identifier not in kept)
