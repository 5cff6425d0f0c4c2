"""Which addresses and which transports may be used: decided after resolution, per connection, on every redirect."""

import ipaddress
from enum import Enum

from profilegen.ports import MxRecord, Records, Resolver, SrvRecord

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TUNNELS = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))  # Teredo and 6to4 hide IPv4
_TRANSLATED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))  # mapped; NAT64, RFC 6052


class AddressPolicy(Enum):
    """
    Which addresses may be connected to.

    `ANY` is for a person at their own machine, whose mail server may well stand in the same room. `PUBLIC` is for
    questions that strangers ask through us: nothing private, loopback, link-local, multicast, reserved or
    documentation, whether written as IPv4 or inside IPv6.
    """

    ANY = "any"
    PUBLIC = "public"

    def allows(self, address: str) -> bool:
        """Return True if an IP literal, with or without a zone, may be connected to."""
        return self is AddressPolicy.ANY or _is_public(ipaddress.ip_address(address))


class Encryption(Enum):
    """`REQUIRED` is https alone; `OPTIONAL` begins with http where a URL says so, and never goes back from https."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class PublicAddresses:
    """Implements `ports.Resolver` over another one: an address strangers may not reach is as good as not there."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the public addresses of a host."""
        return tuple(
            address for address in await self._resolver.addresses(host) if AddressPolicy.PUBLIC.allows(address)
        )

    async def mx(self, domain: str) -> Records[MxRecord]:
        """Return the MX records."""
        return await self._resolver.mx(domain)

    async def srv(self, name: str) -> Records[SrvRecord]:
        """Return the SRV records."""
        return await self._resolver.srv(name)

    async def txt(self, name: str) -> Records[str]:
        """Return the TXT records."""
        return await self._resolver.txt(name)

    async def cname(self, name: str) -> str | None:
        """Return where a CNAME record points."""
        return await self._resolver.cname(name)


def permitted(resolver: Resolver, policy: AddressPolicy) -> Resolver:
    """Return the resolver for everything that connects to servers by what it answers."""
    return resolver if policy is AddressPolicy.ANY else PublicAddresses(resolver)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    if any(address in network for network in _TRANSLATED):
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    hidden = address.scope_id is not None or any(address in network for network in _TUNNELS)
    return address in _GLOBAL_UNICAST and address.is_global and not hidden
