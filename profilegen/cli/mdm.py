"""`profilegen mdm`: talk to one configured device management server, reading only."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from profilegen.cli.mdmview import (
    capability_document,
    enrollment_document,
    inventory_document,
    show_enrollments,
    show_inventory,
    show_servers,
)
from profilegen.cli.options import Json
from profilegen.cli.output import print_json, progress_line, say
from profilegen.cli.render import finding_document, show_findings
from profilegen.cli.session import run_async, session_of
from profilegen.errors import UsageProblem
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment, Inventory
from profilegen.ports.mdm import LookOrder, MdmConnector, Receipt
from profilegen.report import Outcome
from profilegen.wiring.house import House
from profilegen.wiring.mdm import capabilities, connector

app = typer.Typer(help="Look at a device management server, reading only.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The name in the configuration.")]
ResultT = TypeVar("ResultT")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """
    List the configured servers and what each can do.

    Example: profilegen mdm list
    """
    configured = [(config, capabilities(config.kind)) for config in session_of(context).house().loaded.mdm.values()]
    if as_json:
        servers = [
            {
                "name": config.name,
                "kind": config.kind,
                "url": config.get("url"),
                "capabilities": capability_document(record),
            }
            for config, record in configured
        ]
        print_json({"mdms": servers})
    elif configured:
        show_servers([(config.name, config.kind, record) for config, record in configured])
    else:
        say('There is none. Write [mdm.NAME] with kind = "…" into profilegen.toml; docs/mdm.md says how.')


@app.command()
def probe(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """
    Try what works with this server and this key, changing nothing; exits 1 if something does not.

    Example: profilegen mdm probe office
    """
    findings = _with(session_of(context).house(), name, lambda mdm: mdm.probe())
    ok = not any(finding.outcome is Outcome.FAIL for finding in findings)
    if as_json:
        print_json({"name": name, "ok": ok, "findings": [finding_document(finding) for finding in findings]})
    else:
        show_findings(findings)
    raise typer.Exit(0 if ok else 1)


@app.command()
def devices(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """
    List the devices a server knows, and whose they are by its own record.

    Example: profilegen mdm devices office
    """

    async def listed(mdm: MdmConnector) -> list[Enrollment]:
        return [enrollment async for enrollment in mdm.enrollments()]

    found = _with(session_of(context).house(), name, listed)
    if as_json:
        print_json({"name": name, "devices": [enrollment_document(one) for one in found]})
    else:
        show_enrollments(found)


@app.command()
def profiles(
    context: typer.Context,
    name: Name,
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", show_default=False, help="Its UDID, serial number or id in the MDM.")
    ],
    as_json: Json = False,
) -> None:
    """
    Show what a server says a device has; where the device itself is asked, the answer comes by webhook.

    Example: profilegen mdm profiles office C02XK1ZZJGH5
    """
    house = session_of(context).house()
    now = house.clock.now()

    async def looked(mdm: MdmConnector) -> list[tuple[Enrollment, Inventory | Receipt]]:
        chosen = await _chosen(mdm, device)
        orders = [LookOrder(command=f"PROFILEGEN-LOOK-{now:%Y%m%d%H%M%S%f}-{at}", enrollment=one) for at, one in chosen]
        return list(zip((one for _, one in chosen), await mdm.look(orders), strict=True))

    answers = _with(house, name, looked)
    if as_json:
        found = [{"enrollment": one.id, **inventory_document(answer)} for one, answer in answers]
        print_json({"name": name, "device": device, "answers": found})
    else:
        for one, answer in answers:
            show_inventory(one, answer)
    raise typer.Exit(0 if all(isinstance(answer, Inventory) for _, answer in answers) else 1)


async def _chosen(mdm: MdmConnector, device: str) -> list[tuple[int, Enrollment]]:
    """Return the enrollments a word means; where the server has no list, the word is the id."""
    if not mdm.capabilities.lists_devices:
        return [(0, Enrollment(mdm=mdm.name, id=device, channel=EnrollmentChannel.DEVICE, udid=device.upper()))]
    wanted = device.casefold()
    found = [
        one
        async for one in mdm.enrollments()
        if wanted in {text.casefold() for text in (one.id, one.udid, one.serial) if text is not None}
    ]
    if not found:
        raise UsageProblem(
            f'{mdm.name} knows no device "{device[:80]}".',
            hint=f"See profilegen mdm devices {mdm.name}.",
            code="no_such_device",
        )
    return list(enumerate(found))


def _with(house: House, name: str, ask: Callable[[MdmConnector], Awaitable[ResultT]]) -> ResultT:
    async def run() -> Any:
        mdm = await connector(house, name)
        try:
            return await ask(mdm)
        finally:
            await mdm.close()

    with progress_line() as progress:
        progress(f"asking {name}")
        answer: ResultT = run_async(run())
    return answer
