"""
The parts of a lookup put together.

A new source is one line in `SOURCES` or `ON_REQUEST`, and one in `_network`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.net.policy import AddressPolicy, Encryption, permitted
from profilegen.ports import Catalogue, Clock, Finder, Http, Resolver, SettingsSource

if TYPE_CHECKING:
    from profilegen.net.tls import TlsContexts

SOURCES = (
    "override",
    "catalogue",
    "pacc",
    "autoconfig",
    "srv",
    "mx",
    "mx-autoconfig",
    "autodiscover",
    "mailconf",
    "hint",
    "guess",
    "plain-autoconfig",
)
"""The sources a lookup asks where none is named, in the order of `--source`."""

ON_REQUEST = ("ispdb",)
"""The sources that are asked only where they are named."""

OVER_HTTP = ("plain-autoconfig",)
"""The sources among them that are asked only with `--allow-http`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """
    What a lookup is made of.

    `overrides` are the folders of the operator's own files, `anchors` trust anchors, `ispdb_url` None the usual one.
    `policy` says where a connection may go.
    """

    catalogue: Catalogue
    resolver: Resolver
    clock: Clock
    overrides: Sequence[Path] = ()
    anchors: tuple[bytes, ...] = ()
    ispdb_url: str | None = None
    policy: AddressPolicy = AddressPolicy.ANY


def make_finder(equipment: Equipment, tls: "TlsContexts") -> Finder:
    """Return the search over every source."""
    from profilegen.discovery.engine import Discovery, Means
    from profilegen.discovery.guess import GuessSource
    from profilegen.probe.prober import ServerProber

    resolver, clock = permitted(equipment.resolver, equipment.policy), equipment.clock
    prober = ServerProber(resolver=resolver, tls=tls, clock=clock)
    means = Means(
        resolver=resolver,
        prober=prober,
        catalogue=equipment.catalogue,
        guesser=GuessSource(resolver=resolver, prober=prober, clock=clock, label=_random_label),
        label=_random_label,
    )
    return Discovery(sources=(*_offline(equipment), *_network(equipment)), means=means, on_request=ON_REQUEST)


def make_offline_finder(equipment: Equipment) -> Finder:
    """Return the search over the operator's files and the catalogue: nothing in it can reach a network."""
    from profilegen.discovery.engine import Discovery

    return Discovery(sources=_offline(equipment), means=None)


def _offline(equipment: Equipment) -> tuple[SettingsSource, ...]:
    from profilegen.discovery.catalogue import CatalogueSource
    from profilegen.discovery.override import OverrideSource

    return OverrideSource(folders=equipment.overrides), CatalogueSource(catalogue=equipment.catalogue)


def _network(equipment: Equipment) -> tuple[SettingsSource, ...]:
    from profilegen.discovery.autoconfig import AutoconfigSource
    from profilegen.discovery.autodiscover import AutodiscoverSource
    from profilegen.discovery.hint import HintSource
    from profilegen.discovery.ispdb import DEFAULT_URL, IspdbSource
    from profilegen.discovery.mailconf import MailconfSource
    from profilegen.discovery.mx import MxSource
    from profilegen.discovery.mx_autoconfig import MxAutoconfigSource
    from profilegen.discovery.pacc import PaccSource
    from profilegen.discovery.plain_autoconfig import PlainAutoconfigSource
    from profilegen.discovery.srv import SrvSource

    catalogue, resolver, clock = equipment.catalogue, equipment.resolver, equipment.clock
    http, plain_http = _http(equipment, Encryption.REQUIRED), _http(equipment, Encryption.OPTIONAL)
    return (
        PaccSource(http=http, resolver=resolver, clock=clock),
        AutoconfigSource(http=http, clock=clock),
        IspdbSource(http=http, clock=clock, url=equipment.ispdb_url or DEFAULT_URL),
        SrvSource(resolver=resolver, clock=clock),
        MxSource(resolver=resolver, catalogue=catalogue, clock=clock),
        MxAutoconfigSource(resolver=resolver, http=http, clock=clock),
        AutodiscoverSource(http=http, resolver=resolver, clock=clock),
        MailconfSource(resolver=resolver, http=http, clock=clock),
        HintSource(resolver=resolver, catalogue=catalogue, clock=clock),
        PlainAutoconfigSource(http=plain_http, clock=clock),
    )


def _http(equipment: Equipment, encryption: Encryption) -> Http:
    from profilegen.net.http import HttpsClient
    from profilegen.net.tls import verified_context

    return HttpsClient(
        resolver=equipment.resolver,
        trust=lambda: verified_context(equipment.anchors),
        policy=equipment.policy,
        encryption=encryption,
    )


def _random_label() -> str:
    return secrets.token_hex(8)
