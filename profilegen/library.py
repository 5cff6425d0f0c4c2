"""The lookup for other programs: `from profilegen import lookup`."""

from collections.abc import Iterable
from pathlib import Path

from profilegen.address import Address
from profilegen.config.values import Config, LoadedConfig
from profilegen.ports import Question
from profilegen.settings.candidates import Resolution
from profilegen.wiring import House
from profilegen.wiring.search import Equipment, make_finder, make_offline_finder


async def lookup(
    address: str,
    *,
    offline: bool = False,
    probe: bool = True,
    sources: Iterable[str] | None = None,
    trust: Iterable[str] = (),
    allow_http: bool = False,
    resolver: str | None = None,
    anchors: Iterable[bytes] = (),
    overrides: Path | None = None,
) -> Resolution:
    """
    Find the mail settings of an address, and who says so.

    Does what `profilegen lookup` does, without its configuration and its memory: no file, environment variable or home
    is read, and nothing is remembered. No credential is ever sent; it ends within 25 seconds whatever the world does.

    `offline` asks the catalogue and `overrides` alone and uses no network. `probe` False leaves the servers found
    alone. `sources` are names as for `--source`, None the default ones. `trust` are registrable domains of foreign
    providers that are believed for this address. `allow_http` asks without encryption too, and believes no such answer.
    `resolver` is a name server as "ip" or "ip:port", None the system's. `anchors` are further trust anchors, PEM or DER
    files' contents. `overrides` is a folder of settings files.

    Returns a Resolution; that nothing was found or the world did not answer is its status, not an error. Raises
    AddressProblem for what is no mail address, UsageProblem for a source that does not exist, MachineProblem (or its
    subclass ConfigProblem) for a resolver, override file or catalogue that cannot be used, and InputProblem for an
    anchor that is no certificate.
    """
    house = House(
        loaded=LoadedConfig(config=Config(network_resolver=resolver), origins={}),
        home_path=None,
        cache_path=_cache(),
        extra_anchors=tuple(anchors),
    )
    equipment = Equipment(
        catalogue=house.catalogue,
        resolver=house.resolver,
        clock=house.clock,
        overrides=() if overrides is None else (overrides,),
        anchors=house.anchor_files,
    )
    finder = make_offline_finder(equipment) if offline else make_finder(equipment, house.tls)
    question = Question(
        address=Address.parse(address),
        offline=offline,
        probe=probe,
        sources=None if sources is None else tuple(sources),
        trust=tuple(sorted(set(trust))),
        allow_http=allow_http,
    )
    return await finder.resolve(question)


def _cache() -> Path:
    """Where a checkout keeps its compiled catalogue; an installed package brings it along."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("profilegen", appauthor=False))
