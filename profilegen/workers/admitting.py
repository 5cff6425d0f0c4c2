"""
Settings and proof on their way to a worker.

The planning machine asked the providers and its evidence. A worker asks neither: it takes the settings from the shared
memory, only in the version the plan names, and the admission from the job, as long as the proof behind it is young.
"""

from datetime import datetime

from profilegen.diagnosis.coverage import Cover, Policy, is_fresh
from profilegen.diagnosis.evidence import Evidence
from profilegen.errors import NotPossible
from profilegen.flow.fleet.planning import DomainPlan, Survey, endpoints_of
from profilegen.flow.fleet.settlement import Domain
from profilegen.flow.fleet.tailor import Pattern
from profilegen.flow.gate import Admission
from profilegen.ports.fleet import FleetStore, SettingsVersion
from profilegen.workers.batches import Admitted, Batch


def admitted_of(survey: Survey, names: set[str]) -> tuple[Admitted, ...]:
    """Return what a job says of these mail domains; those nothing is known of are left out."""
    plans = (plan for plan in survey.domains if plan.domain.name in names)
    return tuple(_admitted(plan, plan.pattern.settings) for plan in plans if plan.pattern is not None)


async def survey_of(batch: Batch, store: FleetStore, policy: Policy, now: datetime) -> Survey:
    """Return the mail domains of a batch as the plan has them; raises NotPossible `settings_moved`."""
    plans = tuple([await _domain_plan(admitted, store, policy, now) for admitted in batch.domains])
    return Survey(domains=plans, patterns={plan.domain.name: plan.pattern for plan in plans if plan.pattern})


def _admitted(plan: DomainPlan, settings: SettingsVersion) -> Admitted:
    admission = plan.admission
    cover = None if admission is None else admission.cover
    tests = [] if cover is None else [test.tested_at for test in (cover.evidence, cover.incoming) if test is not None]
    return Admitted(
        domain=settings.domain,
        version=settings.version,
        needed=0 if admission is None else admission.needed,
        level=0 if admission is None else admission.level,
        tested_at=min(tests, default=None),
        allowed_because=None if admission is None else admission.allowed_because,
    )


async def _domain_plan(admitted: Admitted, store: FleetStore, policy: Policy, now: datetime) -> DomainPlan:
    settings = await store.settings_version(admitted.domain)
    if settings is None or settings.version != admitted.version:
        raise NotPossible(
            f"The settings of {admitted.domain} moved after this was planned.",
            hint="Run fleet apply again.",
            code="settings_moved",
        )
    return DomainPlan(
        domain=Domain(name=admitted.domain, seats=0, followed=settings, found=None),
        pattern=Pattern.of(settings),
        accepted=False,
        admission=_admission(admitted, settings, policy, now),
    )


def _admission(admitted: Admitted, settings: SettingsVersion, policy: Policy, now: datetime) -> Admission:
    """Return the admission of the planning machine, never milder than this machine's own policy."""
    pair, cover = endpoints_of(settings), None
    if pair is not None and admitted.tested_at is not None:
        evidence = Evidence(pair=pair, level=admitted.level, level_asked=admitted.level, tested_at=admitted.tested_at)
        if is_fresh(evidence, max_age=policy.max_age, now=now):
            cover = Cover(evidence=evidence, level=admitted.level)
    return Admission(
        account=f"@{admitted.domain}",
        needed=0 if pair is None else max(admitted.needed, policy.min_level),
        cover=cover,
        allowed_because=admitted.allowed_because,
    )
