"""`profilegen doctor`: why a device cannot send, and the cure that loses least."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from profilegen.address import Address
from profilegen.cli.doctoranswer import Answer, answer_of
from profilegen.cli.doctorview import answer_document, page_values, show_answer
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions
from profilegen.cli.output import note, print_json, progress_line, say
from profilegen.cli.session import run_async, session_of
from profilegen.cli.steps import device_steps
from profilegen.cli.target import Target
from profilegen.cli.wishes import wish_maker
from profilegen.config.passwords import ask
from profilegen.config.resources import find_resources
from profilegen.delivery import doctor as words
from profilegen.diagnosis.codes import LARGEST
from profilegen.diagnosis.doctor.current import Current, current_of, merged, pair
from profilegen.diagnosis.doctor.diagnosis import Diagnosis, diagnose
from profilegen.diagnosis.doctor.pasted import words_of
from profilegen.diagnosis.doctor.questions import QUESTION_WORDS, Question
from profilegen.diagnosis.unwrap import read_bytes
from profilegen.errors import UsageProblem, WorldProblem
from profilegen.flow.doctor import Complaint, Doctor, Examined, account_in, current_in
from profilegen.flow.values import Asked
from profilegen.secret import Login, Secret, scrub
from profilegen.settings.candidates import Status
from profilegen.wiring import House, read_file

LONGEST_ERROR = 4000
"""Characters of what a device shows; more is cut off."""


class OnMobileData(StrEnum):
    """What a person says about another network."""

    WORKS = "works"
    FAILS = "fails"


_OTHER_NETWORK = {OnMobileData.WORKS: True, OnMobileData.FAILS: False, None: None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOptions:
    """What is known of the device."""

    error: Annotated[str | None, typer.Option("--error", metavar="TEXT", help="What the device shows.")] = None
    current: Annotated[
        list[str] | None,
        typer.Option(
            "--current",
            metavar="FILE|KEY=VALUE…",
            help="What the device has: a file of lines as Settings shows them, or like outgoing.port=25.",
        ),
    ] = None
    mobile_data: Annotated[
        OnMobileData | None, typer.Option("--mobile-data", help="Whether sending works with Wi-Fi off.")
    ] = None
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="The person's device, like ios-18 or macos-15.")
    ] = None

    def shown(self) -> Current | None:
        """Return what the device has, as far as somebody wrote it down; raises UsageProblem for what is nothing."""
        gathered: dict[str, str] = {}
        for text in self.current or ():
            gathered.update(_words(text))
        return current_of(gathered) if gathered else None


class Command(TyperCommand):
    """Lets several pairs stand after one `--current`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments once every pair has its option."""
        return super().parse_args(ctx, with_current_before_each(args))


def with_current_before_each(arguments: list[str]) -> list[str]:
    """Return the arguments with `--current` before each pair that follows one: `--current a.b=1 c.d=2`."""
    spelled: list[str] = []
    follows = False
    for word in arguments:
        option = word.startswith("-")
        if follows and not option and spelled[-1] != "--current":
            if "=" in word and word.startswith(("outgoing.", "incoming.", "account.")):
                spelled.append("--current")
            else:
                follows = False
        elif option:
            follows = word == "--current"
        spelled.append(word)
    return spelled


@grouped
def doctor(
    context: typer.Context,
    told: DeviceOptions,
    wanted: ProfileOptions,
    how: LookupOptions,
    passwords: PasswordOptions,
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", show_default=False)] = None,
    profile_file: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", help="A profile the device has, or was given.")
    ] = None,
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for the person's password.")] = False,
    level: Annotated[int | None, typer.Option("--level", min=1, max=4, help="How far to test.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write one page to attach to a ticket.")
    ] = None,
    letter: Annotated[bool, typer.Option("--letter", help="Write the mail to the provider's support.")] = False,
    as_json: Json = False,
) -> None:
    """
    Say why a device cannot send mail, and what cures it.

    Compares what the device has with what is right, tests the servers, and ranks the causes by their evidence.

    Example: profilegen doctor you@example.com --error "does not allow relaying" --current outgoing.port=25
    """
    device_steps(wanted.platform, told.device)
    house = session_of(context).house(how.ca)
    complaint = _complaint(house, address, profile_file, told, (wanted, how, passwords), ask_password=ask_password)
    complaint = replace(complaint, asked=Asked(level=level))
    may_ask = not as_json and not letter and sys.stdin.isatty() and sys.stderr.isatty()
    if may_ask:
        complaint = _asked_before(complaint)
    flow = house.flow(finder=how.finder(house), signer=None, drop=Target(path=".", many=False).drop)
    with progress_line() as progress:
        examined = run_async(Doctor(flow=flow, lists=house.block_lists).examine(complaint, progress))
    examined, diagnosis = _asked_after(examined) if may_ask else (examined, diagnose(examined.case))
    _refuse_empty_answer(examined, diagnosis)
    provider = run_async(_provider(house, examined))
    answer = answer_of(examined, diagnosis, platform=wanted.platform, device=told.device, provider=provider)
    _hand_over(house, answer, report, letter=letter, as_json=as_json)
    raise typer.Exit(0 if diagnosis.healthy else 1)


def _complaint(
    house: House,
    address: str | None,
    profile_file: Path | None,
    told: DeviceOptions,
    options: tuple[ProfileOptions, LookupOptions, PasswordOptions],
    *,
    ask_password: bool,
) -> Complaint:
    data = None if profile_file is None else read_file(profile_file)
    wanted = None if address is None else Address.parse(address)
    found = None if data is None else account_in(data, wanted)
    if address is None and found is None:
        raise UsageProblem(
            "There is nobody to examine.", hint="Write an address, or --profile FILE.", code="nobody_to_examine"
        )
    maker = wish_maker(house.loaded.config, *options)
    who = address if address is not None else str(found[1]) if found is not None else ""
    if ask_password and maker.incoming_password is None:
        maker = replace(maker, incoming_password=ask(f"Password of {who}: "))
    elif found is not None and maker.incoming_password is None:
        maker = replace(maker, incoming_password=found[0].incoming_password)
    wish = maker.for_address(who).wish
    held = None if found is None else current_in(found[0])
    logins = _logins(who, maker.incoming_password, maker.outgoing_password, found)
    return Complaint(
        wish=wish,
        error=None if told.error is None else scrub(read_bytes(told.error.encode()[:LARGEST])[:LONGEST_ERROR], logins),
        current=merged(held, told.shown()),
        profile=data,
        other_network=_OTHER_NETWORK[told.mobile_data],
    )


def _logins(who: str, incoming: Secret | None, outgoing: Secret | None, found: Any) -> list[Login]:
    inside = (found[0].incoming_password, found[0].outgoing_password) if found is not None else ()
    return [Login(username=who, password=one) for one in (incoming, outgoing, *inside) if one is not None]


def _words(text: str) -> Mapping[str, str]:
    if "\n" in text or text.lstrip().startswith("{"):
        return words_of(text)
    if "=" in text and not Path(text).is_file():
        return dict([pair(text)])
    if text == "-":
        return words_of(read_bytes(sys.stdin.buffer.read(LARGEST)))
    if " " in text.strip() and not Path(text).exists():  # one line as Settings shows it
        return words_of(text)
    return words_of(read_bytes(read_file(Path(text))[:LARGEST]))


def _asked_before(complaint: Complaint) -> Complaint:
    """Ask for the one thing that helps most and cannot be found out: what the device says."""
    if complaint.error is not None or complaint.current is not None:
        return complaint
    return replace(complaint, error=_line(QUESTION_WORDS[Question.ERROR]) or None)


def _asked_after(examined: Examined) -> tuple[Examined, Diagnosis]:
    """Ask whether another network helps, where the answer would change anything."""
    diagnosis = diagnose(examined.case)
    if Question.MOBILE_DATA not in diagnosis.open_questions:
        return examined, diagnosis
    said = _line(f"{QUESTION_WORDS[Question.MOBILE_DATA]} [yes/no]").casefold()[:1]
    works = {"y": True, "j": True, "n": False}.get(said)
    examined = replace(examined, case=replace(examined.case, other_network=works))
    return examined, diagnose(examined.case)


def _line(question: str) -> str:
    note(f"{question} (Enter to skip)")
    return sys.stdin.readline(LONGEST_ERROR).strip()


def _refuse_empty_answer(examined: Examined, diagnosis: Diagnosis) -> None:
    """With nothing found out and nothing told there is no answer, and "nothing wrong" would be a lie."""
    if not diagnosis.healthy or examined.proof is not None:
        return
    if examined.problem is not None:
        raise examined.problem
    if examined.case.status is Status.UNREACHABLE:
        raise WorldProblem("The settings could not be asked for just now.", hint="Try again.", code="unreachable")


def _hand_over(house: House, answer: Answer, report: Path | None, *, letter: bool, as_json: bool) -> None:
    values = page_values(answer, house.clock.now())
    templates = find_resources().templates / "doctor"
    written = _letter(answer, values, templates) if letter else None
    if report is not None:
        run_async(_write(report, words.page(templates / "report.html.j2", values)))
    if as_json:
        extra = {"report": str(report) if report is not None else None, "letter": written}
        print_json({**answer_document(answer), **extra})
    elif written is not None:
        say(written.rstrip())
    else:
        show_answer(answer)
        if report is not None:
            say(f"\nReport: {report}")


async def _write(path: Path, data: bytes) -> None:
    staged = await Target(path=str(path), many=False).drop.stage(path, data, private=True)
    await staged.commit()


def _letter(answer: Answer, values: Mapping[str, Any], templates: Path) -> str:
    known = answer.provider or {}
    limits = [
        f"{known['max_size'] / 1_000_000:g} MB a message" if known.get("max_size") else "",
        f"{known['max_per_day']} messages a day" if known.get("max_per_day") else "",
    ]
    more = {"support": known.get("support"), "limits": ", ".join(filter(None, limits))}
    return words.letter(templates / "letter.en.txt.j2", {**values, **more})


async def _provider(house: House, examined: Examined) -> Mapping[str, Any] | None:
    """Return the catalogue's record of the account's provider, None if it knows none."""
    address, outgoing = examined.case.address, examined.case.right.outgoing
    found = await house.catalogue.by_domain(address)
    if found is None and outgoing is not None:
        found = await house.catalogue.by_host(address, outgoing.host)
    return None if found is None else house.catalogue.record(found.provider)
