"""`profilegen person`: everything that is known about one person."""

from typing import Annotated, Any

import typer

from profilegen.address import Address
from profilegen.cli.fleetview import seat_document, show_seats
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import error_document, note, print_json, print_table, say, table
from profilegen.cli.policy import allowed
from profilegen.cli.session import run_async, session_of
from profilegen.flow.person import PersonFile, Servers
from profilegen.ports import Issued
from profilegen.ports.fleet import HistoryLine
from profilegen.ports.sending import Sending
from profilegen.settings.document import settings_document
from profilegen.wiring.person import about


@grouped
def person(
    context: typer.Context,
    how: LookupOptions,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Show everything known about one person: devices, profiles, deliveries, proofs, and what was done when and why.

    Exits 1 if nothing is remembered of them. Nobody is asked but, where the fleet follows no settings, a lookup.

    Example: profilegen person you@example.com
    """
    house = session_of(context).house(how.ca)
    whom = Address.parse(address)
    allowed(whom, house.loaded.config)
    found = run_async(about(house, whom, finder=how.finder(house), lookup=how.wish()))
    if as_json:
        print_json(_document(found))
    else:
        _show(found)
    raise typer.Exit(0 if found.is_known else 1)


def _document(found: PersonFile) -> dict[str, Any]:
    return {
        "address": str(found.address),
        "known": found.is_known,
        "seats": [seat_document(judged) for judged in found.seats],
        "issued": [_issued_document(issued) for issued in found.issued],
        "deliveries": [_delivery_document(line) for line in found.sendings],
        "proofs": [
            {"seen_at": proof.seen_at.isoformat(), "kind": proof.kind, "detail": proof.detail} for proof in found.proofs
        ],
        "servers": _servers_document(found.servers),
        "allowances": [
            {"at": one.allowed_at.isoformat(), "level": one.level, "reason": one.reason} for one in found.allowances
        ],
        "history": [_line_document(line) for line in found.history],
    }


def _issued_document(issued: Issued) -> dict[str, Any]:
    return {
        "at": issued.issued_at.isoformat(),
        "accounts": list(issued.accounts),
        "identifier": issued.identifier,
        "uuid": issued.uuid,
        "revision": issued.revision,
        "sha256": issued.sha256,
        "level": issued.level,
        "allowed_because": issued.allowed_because,
    }


def _delivery_document(line: Sending) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "person": line.person,
        "channel": line.channel,
        "revision": line.revision,
        "recipient": line.recipient,
        "state": str(line.state),
        "detail": line.detail,
    }


def _line_document(line: HistoryLine) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "actor": line.actor,
        "kind": str(line.kind),
        "why": line.why,
        "outcome": line.outcome,
        "plan": line.plan,
        "mdm": line.mdm,
    }


def _servers_document(servers: Servers) -> dict[str, Any]:
    admission = servers.admission
    return {
        "settings": settings_document(servers.settings) if servers.settings is not None else None,
        "followed": servers.followed,
        "verified_level": admission.level if admission is not None else None,
        "needed_level": admission.needed if admission is not None else None,
        "evidence": [
            {
                "at": one.tested_at.isoformat(),
                "level": one.level,
                "level_asked": one.level_asked,
                "canary": one.canary,
                "failures": [{"check": failure.check, "cause": failure.cause} for failure in one.failures],
            }
            for one in servers.evidence
        ],
        "error": error_document(servers.problem) if servers.problem is not None else None,
    }


def _show(found: PersonFile) -> None:
    if not found.is_known:
        note(f"profilegen: nothing is remembered about {found.address}.")
    if found.seats:
        say("Devices")
        show_seats(found.seats)
        say()
    _show_servers(found.servers)
    _show_table(
        "Issued profiles",
        ("when", "revision", "identifier", "proved", "in whose words"),
        [
            (f"{one.issued_at:%Y-%m-%d %H:%M}", one.revision, one.identifier, _level(one.level), one.allowed_because)
            for one in found.issued
        ],
    )
    _show_table(
        "Deliveries",
        ("when", "way", "to", "what became of it", ""),
        [
            (f"{one.at:%Y-%m-%d %H:%M}", one.channel, one.recipient, str(one.state), one.detail)
            for one in found.sendings
        ],
    )
    _show_table(
        "Proofs that a device sends",
        ("when", "kind", "detail"),
        [(f"{one.seen_at:%Y-%m-%d %H:%M}", one.kind, one.detail) for one in found.proofs],
    )
    _show_table(
        "Delivered without proof",
        ("when", "level", "because"),
        [(f"{one.allowed_at:%Y-%m-%d %H:%M}", str(one.level), one.reason) for one in found.allowances],
    )
    _show_table(
        "History",
        ("when", "who", "what", "why", "outcome"),
        [(f"{line.at:%Y-%m-%d %H:%M}", line.actor, str(line.kind), line.why, line.outcome) for line in found.history],
    )


def _show_servers(servers: Servers) -> None:
    if servers.problem is not None:
        note(f"profilegen: the settings are not known: {servers.problem.message}\n  → {servers.problem.hint}")
        return
    settings, admission = servers.settings, servers.admission
    if settings is None or admission is None:
        return
    say("Servers" + (", as the fleet follows them" if servers.followed else ""))
    for server in (settings.incoming, settings.outgoing):
        if server is not None:
            say(f"  {server.endpoint}")
    if servers.pair is None:
        say("  The person signs in on the device.")
    else:
        mark = "✓" if admission.verified else "✗"
        say(f"  {mark} proved to level {admission.level}, {admission.needed} is needed")
    for one in servers.evidence[:3]:
        failed = "".join(f"; {failure.check} ({failure.cause})" for failure in one.failures)
        say(f"    {one.tested_at:%Y-%m-%d %H:%M} level {one.level} of {one.level_asked}{failed}")
    say()


def _show_table(title: str, columns: tuple[str, ...], lines: list[tuple[str | None, ...]]) -> None:
    if not lines:
        return
    rows = table(*columns)
    for line in lines:
        rows.add_row(*(cell or "" for cell in line))
    say(title)
    print_table(rows)
    say()


def _level(level: int | None) -> str:
    return "nothing" if not level else f"level {level}"
