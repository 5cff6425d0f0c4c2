"""What the doctor has to say about one complaint, to each of three people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from profilegen.config.resources import find_resources
from profilegen.delivery.doctor import WrittenCure, read_cures
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.clues import NETWORK_CAUSES
from profilegen.diagnosis.doctor.cures import Cure, cured_outside
from profilegen.diagnosis.doctor.diagnosis import Diagnosis
from profilegen.diagnosis.remedies import remedy_of
from profilegen.flow.doctor import Examined
from profilegen.profile.types import Platform
from profilegen.settings.candidates import Status
from profilegen.settings.servers import Protocol, Server

SHOWN_TO_PEOPLE = 3
_OUTAGE = NETWORK_CAUSES | {Cause.SERVER_TEMP_FAILURE, Cause.AUTH_TEMP_FAILURE, Cause.TLS_SERVER_PROBLEM}
_IN_THE_WAY = frozenset({Cause.CONNECT_TIMEOUT, Cause.CONNECT_REFUSED, Cause.PROXY_INTERFERENCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything the doctor has to say about one complaint; `provider` is the catalogue's record of it."""

    examined: Examined
    diagnosis: Diagnosis
    cures: tuple[WrittenCure, ...]
    provider: Mapping[str, Any] | None = None

    @property
    def command(self) -> str:
        """The command that makes the profile."""
        return fix_command(self.examined)


def answer_of(
    examined: Examined,
    diagnosis: Diagnosis,
    *,
    platform: Platform,
    device: str | None,
    provider: Mapping[str, Any] | None = None,
) -> Answer:
    """Return the answer, its remedies in the words of the person's device; raises UsageProblem for an unknown one."""
    right, other = examined.case.right, other_port(examined, diagnosis)
    values = {
        "address": str(examined.case.address),
        "host": right.outgoing.host if right.outgoing else "the server your provider names",
        "port": right.outgoing.port if right.outgoing else 587,
        "username": right.outgoing.username if right.outgoing else "your whole mail address",
        "password": "app password" if examined.case.status is Status.APP_PASSWORD else "password of the mailbox",
        "pop": right.incoming is not None and right.incoming.protocol is Protocol.POP,
        "profile": Cure.PROFILE in diagnosis.cures,
        "command": fix_command(examined),
        "other_port": other.port if other is not None else None,
        "sign_in": right.sign_in,
        "provider": (provider or {}).get("name", "its provider"),
    }
    book = read_cures(find_resources().templates / "doctor" / "en.toml")
    cures = book.written(diagnosis.cures, platform=platform, device=device, values=values)
    return Answer(
        examined=examined, diagnosis=diagnosis, cures=tuple(_with_outside(cures, diagnosis)), provider=provider
    )


def fix_command(examined: Examined) -> str:
    """Return the command line that makes the profile this person needs."""
    signs_in = examined.resolution is not None and examined.resolution.payload is not None
    ask = "" if signs_in or examined.case.right.sign_in else " --ask-password"
    return f"profilegen fix {quote(str(examined.case.address))}{ask}"


def voices(answer: Answer) -> dict[str, list[str]]:
    """Return what each of three people does about the causes, best first."""
    remedies = [remedy_of(found.cause) for found in answer.diagnosis.causes[:SHOWN_TO_PEOPLE]]
    admin = [remedy.admin for remedy in remedies if remedy.admin]
    outage = (answer.provider or {}).get("status_page")
    if outage and _OUTAGE.intersection(found.cause for found in answer.diagnosis.causes):
        admin.append(f"See whether the provider reports an outage: {outage}")
    if other := other_port(answer.examined, answer.diagnosis):
        options = f"--set outgoing.port={other.port} --set outgoing.security={other.security}"
        admin.append(f"{other.host} also takes mail on port {other.port}: {answer.command} {options}")
    if Cure.PROFILE in answer.diagnosis.cures:
        admin.append(f"Make the profile: {answer.command}")
        only = f"--only {quote(str(answer.examined.case.address))}"
        admin.append(f"On managed devices: profilegen fleet plan {only}, then profilegen fleet apply {only}")
        admin.append("For several people with the same trouble: profilegen build --roster people.csv -o profiles/")
    return {
        "person": [step for cure in answer.cures for step in cure.steps],
        "admin": list(dict.fromkeys(admin)),
        "server": list(dict.fromkeys(remedy.server for remedy in remedies if remedy.server)),
    }


def other_port(examined: Examined, diagnosis: Diagnosis) -> Server | None:
    """Return a further port of the right server, where the network seems to be in the way of the one in use."""
    case = examined.case
    right, current = case.right.outgoing, case.current
    if right is None or not _IN_THE_WAY.intersection(found.cause for found in diagnosis.causes):
        return None
    used = {right.port, current.outgoing.port if current is not None else None}
    return next((one for one in case.right.others if one.host == right.host and one.port not in used), None)


def _with_outside(cures: Iterable[WrittenCure], diagnosis: Diagnosis) -> Iterator[WrittenCure]:
    """The steps away from the device depend on the causes, not on the device."""
    causes = cured_outside([found.cause for found in diagnosis.causes])
    for cure in cures:
        if cure.cure is Cure.OUTSIDE:
            steps = tuple(dict.fromkeys(remedy_of(cause).user for cause in causes if remedy_of(cause).user))
            yield WrittenCure(cure=cure.cure, title=cure.title, steps=steps, loses=cure.loses, outbox=cure.outbox)
        else:
            yield cure
