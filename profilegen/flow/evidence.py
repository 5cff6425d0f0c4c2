"""Every test-send leaves its evidence behind, whoever asked for it."""

from dataclasses import dataclass

from profilegen.diagnosis.evidence import EndpointPair, evidence_of
from profilegen.ports import Clock, EvidenceLog, Progress, Trial, Verifier
from profilegen.profile.order import Account, OAuthAccount
from profilegen.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingVerifier:
    """
    A `ports.Verifier` that records what another one found, before anybody acts on it.

    `canary` is the domain of the canary whose mailbox is used, None for a person's. A run that is cut off before the
    record is written proved nothing.
    """

    verifier: Verifier
    log: EvidenceLog
    clock: Clock
    canary: str | None = None

    async def verify(self, trial: Trial, progress: Progress) -> Report:
        """Return the report, its evidence durable; raises what the verifier and the log raise."""
        report = await self.verifier.verify(trial, progress)
        evidence = evidence_of(
            report,
            pair=pair_of(trial),
            level_asked=trial.level,
            tested_at=self.clock.now(),
            canary=self.canary,
        )
        await self.log.record(evidence)
        return report


def pair_of_account(account: Account) -> EndpointPair | None:
    """Return the servers an account of a profile really uses, None if it signs in on the device."""
    if isinstance(account, OAuthAccount):
        return None
    settings = account.settings
    return EndpointPair.of(settings.address, incoming=settings.incoming.found, outgoing=settings.outgoing.found)


def pair_of(trial: Trial) -> EndpointPair:
    """Return the endpoints a test-send is about."""
    return EndpointPair.of(trial.address, incoming=trial.incoming, outgoing=trial.outgoing)
