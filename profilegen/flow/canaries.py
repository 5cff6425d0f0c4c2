"""Canaries: mailboxes of our own that prove endpoints, so that nobody's own password is needed for it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from profilegen.diagnosis.coverage import Cover, Policy, best_cover, tells_of
from profilegen.diagnosis.evidence import EndpointPair, UsernameForm
from profilegen.diagnosis.levels import reached_level
from profilegen.errors import MachineProblem, ProfilegenError, WorldProblem
from profilegen.flow.evidence import pair_of
from profilegen.flow.trial import endpoints_of, question_about, trial_of
from profilegen.flow.values import Asked, CanaryRun, StandIn
from profilegen.ports import (
    Canary,
    CanaryStore,
    Clock,
    EvidenceLog,
    Finder,
    PasswordVault,
    Progress,
    Trial,
    Verifier,
)
from profilegen.profile.account import AccountChoice, AccountType, choose_account
from profilegen.profile.types import Platform
from profilegen.profile.wish import AccountWish, LookupWish
from profilegen.report import Finding, Outcome
from profilegen.settings.document import SettingsDocument
from profilegen.settings.resolved import settings_of
from profilegen.settings.servers import Protocol

CHECK = "canary"
"""The check that says what a canary proved in the place of a person."""

_FORMS = {
    UsernameForm.ADDRESS: "the whole address as user name",
    UsernameForm.LOCAL_PART: "the part before the @ as user name",
}


def outgoing_secret(domain: str) -> str:
    """Return the vault's name of the password a canary has for the outgoing server alone; no domain is called so."""
    return f"{domain}+outgoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """All canaries of a home. `verifier_for` returns the test-sender that records in the name of a canary's domain."""

    store: CanaryStore
    vault: PasswordVault
    log: EvidenceLog
    finder: Finder
    verifier_for: Callable[[str], Verifier]
    policy: Policy
    clock: Clock

    async def run(self, canary: Canary, lookup: LookupWish, progress: Progress) -> CanaryRun:
        """
        Prove the canary's servers as far as its protocol allows: level 4, with POP 3.

        Raises MachineProblem `canary_password_missing`, NotPossible for a provider that takes no password, and what
        looking up and testing raise.
        """
        password = await self.vault.recall(canary.domain)
        if password is None:
            raise MachineProblem(
                f"The password of the canary {canary.address} is not on this machine.",
                hint=f"Add it again: profilegen canary add {canary.domain} --address {canary.address}.",
                code="canary_password_missing",
            )
        document = canary.settings or await self._settings(canary, lookup)
        account = choose_account(document, AccountChoice(platform=Platform.IOS, wanted=AccountType.PASSWORD))
        pop = document.incoming is not None and document.incoming.protocol is Protocol.POP
        level = 3 if pop else 4
        outgoing = await self.vault.recall(outgoing_secret(canary.domain))
        wish = AccountWish(address=canary.address, incoming_password=password, outgoing_password=outgoing)
        trial = trial_of(wish, document, account, Asked(level=level))
        assert trial is not None  # noqa: S101 - a password account always has both servers
        report = await self.verifier_for(canary.domain).verify(trial, progress)
        return CanaryRun(
            canary=canary,
            report=report,
            level=reached_level(report),
            level_asked=level,
            endpoints=endpoints_of([trial]),
            tested_at=self.clock.now(),
        )

    async def helpers_for(self, trial: Trial | None, asked: Asked, lookup: LookupWish) -> "Helpers | None":
        """
        Return the canaries with the very same servers and user name form, None if there is none.

        None also where none is needed: there is a password, or no login is asked for.
        """
        if trial is None or trial.incoming_password is not None or asked.level == 1:
            return None
        fit = [await self._same_servers(canary, trial, lookup) for canary in await self.store.all()]
        known = tuple(canary for canary in fit if canary is not None)
        return Helpers(canaries=self, known=known, lookup=lookup) if known else None

    async def cover(self, pair: EndpointPair, canaries: Collection[str]) -> Cover | None:
        """Return the best fresh evidence of these canaries for two servers."""
        now, max_age = self.clock.now(), self.policy.max_age
        known = await self.log.about(pair, now - max_age)
        return best_cover(pair, known, max_age=max_age, now=now, canaries=canaries)

    async def _same_servers(self, canary: Canary, trial: Trial, lookup: LookupWish) -> Canary | None:
        """Return the canary, with its settings if they had to be looked up for this; None if it is about others."""
        pair = pair_of(trial)
        if canary.settings is not None:
            return canary if _would_tell(canary.settings, pair) else None
        last = await self.log.last(canary.domain)
        if last is not None and tells_of(last.pair, pair):
            return canary
        if trial.address.domain not in (canary.domain, canary.address.domain):
            return None
        try:
            found = await self._settings(canary, lookup)
        except WorldProblem:
            return None
        return replace(canary, settings=found) if _would_tell(found, pair) else None

    async def _settings(self, canary: Canary, lookup: LookupWish) -> SettingsDocument:
        return settings_of(await self.finder.resolve(question_about(canary.address, lookup)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """The canaries that can stand in for one person."""

    canaries: Canaries
    known: tuple[Canary, ...]
    lookup: LookupWish

    async def stand_in(self, trial: Trial, progress: Progress) -> StandIn:
        """Return what they prove: fresh evidence is used again; if it does not come as far as asked, they run."""
        pair, domains = pair_of(trial), {canary.domain for canary in self.known}
        cover, findings = await self.canaries.cover(pair, domains), list[Finding]()
        for canary in self.known:
            if cover is not None and cover.level >= trial.level:
                break
            progress(f"Asking the canary {canary.address}")
            findings.append(await self._ask(canary, progress))
            cover = await self.canaries.cover(pair, domains)
        if cover is not None and cover.level >= trial.level:
            findings = [self._passed(cover)]
        return StandIn(cover=cover, findings=tuple(findings))

    async def _ask(self, canary: Canary, progress: Progress) -> Finding:
        try:
            run = await self.canaries.run(canary, self.lookup, progress)
        except ProfilegenError as problem:
            detail = f"The canary {canary.address} could not be asked. {problem.message}"
            return Finding(check=CHECK, outcome=Outcome.FAIL, detail=detail, remedy=problem.hint)
        failure = run.report.first_failure
        if failure is None:
            detail = f"The canary {canary.address} came to level {run.level}, which does not prove enough here."
            return Finding(check=CHECK, outcome=Outcome.FAIL, detail=detail)
        detail = f"The canary {canary.address} failed at {failure.check}: {failure.detail}"
        return Finding(check=CHECK, outcome=Outcome.FAIL, detail=detail, cause=failure.cause, remedy=failure.remedy)

    def _passed(self, cover: Cover) -> Finding:
        evidence = cover.evidence
        address = next(canary.address for canary in self.known if canary.domain == evidence.canary)
        detail = (
            f"{address} proved these servers up to level {cover.level} on {evidence.tested_at:%Y-%m-%d %H:%M} UTC, "
            f"with {_FORMS[evidence.pair.outgoing.username]}."
        )
        return Finding(check=CHECK, outcome=Outcome.PASS, detail=detail)


def _would_tell(document: SettingsDocument, pair: EndpointPair) -> bool:
    if document.incoming is None or document.outgoing is None:
        return False
    own = EndpointPair.of(document.address, incoming=document.incoming.found, outgoing=document.outgoing.found)
    return tells_of(own, pair)
