"""
A house: the parts of one run.

A `House` holds the parts of one run; each is made when it is first asked for, so that a command pays only for what it
uses.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen import __version__
from profilegen.config.passwords import token_pin
from profilegen.config.resources import find_resources
from profilegen.config.values import LoadedConfig, load_config
from profilegen.errors import ConfigProblem
from profilegen.ports import (
    Catalogue,
    Clock,
    Drop,
    Encrypter,
    Finder,
    IssueLog,
    Resolver,
    Signer,
    Verifier,
)
from profilegen.secret import Secret
from profilegen.wiring.machine import SystemClock, read_file
from profilegen.wiring.search import Equipment

if TYPE_CHECKING:
    from profilegen.catalogue.lookup import FileCatalogue
    from profilegen.flow.story import Flow
    from profilegen.net.resolver import DnsResolver
    from profilegen.net.tls import TlsContexts
    from profilegen.probe.reputation import BlockLists, Reputation
    from profilegen.probe.review import ServerReviewer
    from profilegen.signing.keystore import Keystore
    from profilegen.storage.home import Home
    from profilegen.storage.state import State
    from profilegen.wiring.finders import Finders
    from profilegen.wiring.proof import Proving


@dataclass(kw_only=True)  # its parts are cached when first made
class House:
    """
    Everything one run needs.

    `extra_anchors` are PEM or DER files' contents beside the system's trust store, `pin` is that of a token.
    """

    loaded: LoadedConfig
    home_path: Path | None
    cache_path: Path
    extra_anchors: tuple[bytes, ...] = ()
    pin: Secret | None = None
    clock: Clock = field(default_factory=SystemClock)
    fixed_resolver: Resolver | None = None

    @cached_property
    def home(self) -> "Home":
        """The home, made if it is missing."""
        from profilegen.storage.home import Home

        return Home.open(self.home_place[0])

    @property
    def home_place(self) -> tuple[Path, str]:
        """Where the home is, and who says so; it need not exist."""
        if self.home_path is not None:
            return self.home_path, "option --home or environment PROFILEGEN_HOME"
        import platformdirs

        return Path(platformdirs.user_data_dir("profilegen", appauthor=False)), "default"

    @cached_property
    def state(self) -> "State":
        """The state file of the home."""
        from profilegen.storage.state import State

        return State(path=self.home.state)

    @property
    def issue_log(self) -> IssueLog | None:
        """What was issued from this home, to be asked only; None where nothing ever was, and no home is made."""
        from profilegen.storage.home import Home
        from profilegen.storage.issues import SqliteIssueLog
        from profilegen.storage.state import State

        path = Home(path=self.home_place[0]).state
        return SqliteIssueLog(state=State(path=path)) if path.is_file() else None

    @cached_property
    def keystore(self) -> "Keystore":
        """The signing identities of the home."""
        from profilegen.signing.keystore import Keystore

        return Keystore(self.home.keys, pin=self._pin)

    def _pin(self, source: Path | None) -> Secret | None:
        return token_pin(source) if self.pin is None else self.pin

    @cached_property
    def catalogue(self) -> "FileCatalogue":
        """The provider catalogue."""
        from profilegen.catalogue.lookup import FileCatalogue

        return FileCatalogue(self.catalogue_index)

    @cached_property
    def catalogue_index(self) -> Path:
        """The catalogue's file: compiled in an installed package, compiled on demand in a checkout."""
        resources = find_resources()
        if resources.catalogue_index is not None:
            return resources.catalogue_index
        from profilegen.catalogue.compile import ensure_index

        return ensure_index(resources.providers, self.cache_path)

    @cached_property
    def resolver(self) -> Resolver:
        """The one resolver of the program."""
        return self._dns if self.fixed_resolver is None else self.fixed_resolver

    @cached_property
    def _dns(self) -> "DnsResolver":
        from profilegen.net.resolver import DnsResolver

        server = self.loaded.config.network_resolver
        return DnsResolver((server,) if server else ())

    @cached_property
    def tls(self) -> "TlsContexts":
        """The TLS contexts, with the configured and given trust anchors."""
        from profilegen.net.tls import tls_contexts

        return tls_contexts(self.anchor_files)

    @cached_property
    def anchor_files(self) -> tuple[bytes, ...]:
        """The contents of all further trust anchor files."""
        configured = self.loaded.config.network_ca
        return (*self.extra_anchors, *([read_file(Path(configured))] if configured else []))

    @property
    def trusted_roots(self) -> tuple[bytes, ...]:
        """DER certificates that a signature may chain to."""
        from profilegen.net.tls import anchors
        from profilegen.profile.pem import split_certificates

        given = (certificate for data in self.anchor_files for certificate in split_certificates(data))
        return (*anchors(), *given)

    @cached_property
    def finders(self) -> "Finders":
        """What looks settings up, for one address or for many."""
        from profilegen.wiring.finders import Finders

        equipment = Equipment(
            catalogue=self.catalogue,
            resolver=self.resolver,
            clock=self.clock,
            overrides=self._override_folders,
            anchors=self.anchor_files,
            ispdb_url=self.loaded.config.discovery_ispdb_url,
        )
        return Finders(
            equipment=equipment,
            home=self.home_place[0],
            open_state=lambda: self.state,
            open_tls=lambda: self.tls,
            world=f"{__version__} {self.loaded.config} {self.catalogue_index}",
        )

    @property
    def _override_folders(self) -> tuple[Path, ...]:
        """The folders of the operator's settings files, the configured one first; raises ConfigProblem."""
        configured = self.loaded.config.discovery_overrides
        if configured is not None and not Path(configured).is_dir():
            raise ConfigProblem(
                f"The folder {configured} of discovery.overrides does not exist.",
                hint="Make it, or take discovery.overrides out of the configuration.",
                code="no_overrides_folder",
            )
        return (*([Path(configured)] if configured else []), self.home_place[0] / "overrides")

    @cached_property
    def proving(self) -> "Proving":
        """What tests, and what remembers what was proved."""
        from profilegen.diagnosis.coverage import Policy
        from profilegen.wiring.proof import Proving

        config = self.loaded.config
        return Proving(
            home=self.home,
            state=self.state,
            clock=self.clock,
            resolver=self.resolver,
            tls=self.tls,
            policy=Policy(min_level=config.policy_min_level, max_age=config.policy_max_age),
        )

    @property
    def verifier(self) -> Verifier:
        """The test-sender."""
        return self.proving.verifier()

    def reviewer(self, lists: "BlockLists") -> "ServerReviewer":
        """Return what reviews a mail server from outside; `lists` are the block lists it asks."""
        from profilegen.wiring.review import make_reviewer

        return make_reviewer(
            resolver=self.resolver, reverse=self._dns, tls=self.tls, clock=self.clock, state=self.state, lists=lists
        )

    @property
    def block_lists(self) -> "Reputation | None":
        """What asks the block lists that the configuration names; None where it names none."""
        from profilegen.probe.reputation import BlockLists, Reputation

        config = self.loaded.config
        lists = BlockLists(addresses=config.review_dnsbl, domains=config.review_rhsbl)
        named = lists.addresses or lists.domains
        return Reputation(resolver=self.resolver, reverse=self._dns, lists=lists) if named else None

    def signer(self, name: str | None) -> Signer:
        """Return the signer of a key, by default the configured or first one; raises KeyProblem."""
        from profilegen.errors import KeyProblem
        from profilegen.signing.cms import CmsSigner

        chosen = name or self.loaded.config.signing_key or self.keystore.default_name()
        if chosen is None:
            raise KeyProblem(
                "There is no signing key yet.", hint="Make one with key new NAME or key import NAME.", code="no_key"
            )
        return CmsSigner(identity=self.keystore.load(chosen), clock=self.clock)

    def encrypter(self, certificate: Path, signer: Signer | None) -> Encrypter:
        """Return the encrypter for the device a certificate file belongs to; raises InputProblem."""
        from profilegen.signing.envelope import DeviceEncrypter

        known = signer.facts.spki_sha256 if signer else None
        return DeviceEncrypter.load(read_file(certificate), signer_spki_sha256=known)

    def flow(self, *, finder: Finder, signer: Signer | None, drop: Drop, encrypter: Encrypter | None = None) -> "Flow":
        """Return the arrow, ready to go; `finder` is one of `finders`."""
        from profilegen.flow.story import Flow
        from profilegen.storage.issues import SqliteIssueLog

        catalogue: Catalogue = self.catalogue
        return Flow(
            finder=finder,
            catalogue=catalogue,
            resolver=self.resolver,
            verifier=self.verifier,
            canaries=self.proving.canaries(finder),
            signer=signer,
            encrypter=encrypter,
            log=SqliteIssueLog(state=self.state),
            drop=drop,
            clock=self.clock,
            digest=lambda data: hashlib.sha256(data).hexdigest(),
            seal=self.home.seal,
        )


def open_house(
    *,
    environ: Mapping[str, str],
    home: Path | None = None,
    config_file: Path | None = None,
    anchor_files: Iterable[Path] = (),
) -> House:
    """Read the configuration and return the house of this run; nothing else is opened yet."""
    import platformdirs

    folders = (Path.cwd(), Path(platformdirs.user_config_dir("profilegen", appauthor=False)))
    return House(
        loaded=load_config(environ=environ, config_file=config_file, folders=folders),
        home_path=home,
        cache_path=Path(platformdirs.user_cache_dir("profilegen", appauthor=False)),
        extra_anchors=tuple(read_file(path) for path in anchor_files),
    )
