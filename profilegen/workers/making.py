"""Whether this machine makes the same profiles as the one that planned; if not, it refuses."""

from dataclasses import dataclass, field

from profilegen import __version__
from profilegen.errors import ConfigProblem, KeyProblem
from profilegen.ports import Signer
from profilegen.wiring.fleet import signer_mark
from profilegen.wiring.house import House
from profilegen.workers.batches import Makings, SignerPrint


def makings_of(house: House, signer: Signer | None) -> Makings:
    """Return what profiles made here with this signer are made of."""
    config, mark = house.loaded.config, signer_mark(signer)
    fingerprint = None
    if signer is not None and mark is not None:
        fingerprint = SignerPrint(spki_sha256=signer.facts.spki_sha256, certificate_sha256=mark.sha256)
    return Makings(
        release=__version__,
        identifier_prefix=config.identifier_prefix,
        organization=config.organization,
        signer=fingerprint,
    )


def refuse_other_makings(asked: Makings, here: Makings) -> None:
    """Raise ConfigProblem `other_makings` where profiles made here would differ; the signer is looked for apart."""
    pairs = (
        ("the release of profilegen", asked.release, here.release),
        ("identifier_prefix", asked.identifier_prefix, here.identifier_prefix),
        ("organization", asked.organization, here.organization),
    )
    for name, wanted, found in pairs:
        if wanted != found:
            raise ConfigProblem(
                f'The plan was made with {name} "{wanted or ""}", and this worker has "{found or ""}".',
                hint="Give every machine the same release and the same configuration, then run fleet apply again.",
                code="other_makings",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRing:
    """The signing keys of this home, found by what they are instead of what they are called."""

    house: House
    _found: dict[SignerPrint, Signer] = field(default_factory=dict)

    def get(self, asked: SignerPrint | None) -> Signer | None:
        """
        Return the signer a plan asks for, None for unsigned profiles.

        Raises KeyProblem: `other_signer` where no key here is that one, `other_certificate` where the key is here with
        another certificate.
        """
        if asked is None:
            return None
        if asked not in self._found:
            self._found[asked] = self._look_for(asked)
        return self._found[asked]

    def _look_for(self, asked: SignerPrint) -> Signer:
        same_key = False
        for name in self.house.keystore.names():
            try:
                signer = self.house.signer(name)
            except KeyProblem:
                continue  # one that is broken is not the one asked for
            mark = signer_mark(signer)
            same_key = same_key or signer.facts.spki_sha256 == asked.spki_sha256
            if signer.facts.spki_sha256 == asked.spki_sha256 and mark and mark.sha256 == asked.certificate_sha256:
                return signer
        raise _other_certificate() if same_key else _other_signer(asked)


def _other_signer(asked: SignerPrint) -> KeyProblem:
    return KeyProblem(
        f"The plan is signed with the key {asked.spki_sha256[:16]}…, which this worker does not have.",
        hint="Bring it here: key export NAME --p12 FILE on the planning machine, key import NAME --p12 FILE here.",
        code="other_signer",
    )


def _other_certificate() -> KeyProblem:
    return KeyProblem(
        "This worker has the plan's signing key with another certificate.",
        hint="Renew it here too: key renew NAME --cert FILE.",
        code="other_certificate",
    )
