"""
The table of docs/mdm.md, made of the connectors' own records.

`python -m tests.mdm.capability_table` writes it into the page.
"""

from pathlib import Path

from profilegen.config.mdm import MdmKind
from profilegen.fleet.capabilities import Capabilities
from profilegen.wiring.mdm import capabilities

PAGE = Path(__file__).parents[2] / "docs" / "mdm.md"
BEGIN, END = "<!-- capabilities: begin -->", "<!-- capabilities: end -->"
_TITLES = {
    MdmKind.NANOMDM: "NanoMDM, NanoHUB",
    MdmKind.MICROMDM: "MicroMDM",
    MdmKind.KMFDDM: "KMFDDM",
    MdmKind.JAMF: "Jamf Pro",
    MdmKind.FLEET: "Fleet",
    MdmKind.SIMPLEMDM: "SimpleMDM",
    MdmKind.INTUNE: "Intune",
    MdmKind.FOLDER: "folder",
}
_COLUMNS = (
    *("", "lists devices", "knows people", "installs on", "signature", "answers", "users of Macs"),
    *("own identifiers", "shows versions", "shows signer", "shows settings", "removes", "after updates", "pace"),
)


def capability_table() -> str:
    """Return the table, one row per kind of MDM."""
    lines = [" | ".join(_COLUMNS), "|".join("---" for _ in _COLUMNS)]
    lines += [" | ".join(_row(kind, capabilities(kind))) for kind in MdmKind]
    return "\n".join(f"| {line} |" for line in lines)


def tested_lines() -> str:
    """Return what each connector was tested against."""
    return "\n".join(f"* **{_TITLES[kind]}**: {capabilities(kind).tested_against}." for kind in MdmKind)


def generated() -> str:
    """Return what stands between the marks of the page."""
    return f"{BEGIN}\n{capability_table()}\n\nTested against:\n\n{tested_lines()}\n{END}"


def _row(kind: MdmKind, record: Capabilities) -> list[str]:
    flags = (
        *(record.lists_devices, record.knows_people),
        *(record.user_channel, record.rewrites_identity, record.proves_version, record.reports_signer),
        *(record.reports_settings, record.removes, record.reinstalls_after_update),
    )
    marks = ["yes" if flag else "–" for flag in flags]
    pace = "–" if record.rate is None else f"{record.rate:g}/s"
    words = [f"one {record.scope}", str(record.signed), str(record.answers)]
    return [_TITLES[kind], *marks[:2], *words, *marks[2:], pace]


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + generated() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
