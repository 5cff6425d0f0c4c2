"""`fleet report`: one bad template is one line, installed and sending are two columns, and the page stands alone."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fleetruns.conftest import FRESH, Organisation
from tests.lab.browser import ARTEFACTS, chromium_running

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIGNED = ("--allow-self-signed",)
REFUSAL = [{"ErrorCode": 4001, "ErrorDomain": "MCInstallationErrorDomain", "USEnglishDescription": "<b>no</b> & never"}]


def _report(organisation: Organisation, *arguments: str) -> dict[str, Any]:
    answer = organisation.run("report", "--offline", "--json", *arguments)
    assert answer.status == 0, answer.err
    return answer.document


def _lived(organisation: Organisation) -> dict[str, Any]:
    """Let a fleet be installed, lose a profile, be repaired, and follow its provider; two phones refuse everything."""
    organisation.hire(5)
    for phone in organisation.phones[3:]:
        phone.fail_install = REFUSAL
    organisation.apply(*SIGNED, "--canary", "0", "--max-failures", "100")
    phone = organisation.phones[0]
    phone.lose(next(iter(phone.installed())))
    organisation.look_again()
    organisation.apply(*SIGNED, *FRESH, "--canary", "0", "--max-failures", "100")
    organisation.move_server(port=465, security="tls")
    return organisation.apply(*SIGNED, *FRESH, "--canary", "0", "--max-failures", "100")


def test_the_same_refusal_of_many_devices_is_one_line(organisation: Organisation) -> None:
    _lived(organisation)
    report = _report(organisation)
    assert report["failures"] == [
        {
            "domain": "MCInstallationErrorDomain",
            "code": 4001,
            "text": "<b>no</b> & never",
            "seats": 2,
            "examples": ["p3@example.com", "p4@example.com"],
        }
    ]


def test_installed_and_sending_are_told_apart_and_add_up(organisation: Organisation) -> None:
    _lived(organisation)
    organisation.run("confirm", "p1@example.com", "said so", "--offline")
    report = _report(organisation)
    cells = {(cell["installed"], cell["sends"]): cell["seats"] for cell in report["installed_and_sending"]}
    assert cells == {("yes", "not_known"): 2, ("yes", "yes"): 1, ("not_known", "not_known"): 2}
    assert report["states"] == {"ok": 1, "password_unknown": 2, "failed": 2}
    assert report["history"]["confirmed"] == 1


def test_the_plan_that_moved_settings_is_named_and_can_be_rolled_back(organisation: Organisation) -> None:
    last = _lived(organisation)
    plans = {plan["plan"]: plan for plan in _report(organisation)["plans"]}
    moving = plans[last["plan"]]
    assert moving["rolls_back"] == ["example.com"]
    assert "outgoing.port 587 → 465" in moving["moves"][0]
    assert [plan for plan, line in plans.items() if line["rolls_back"]] == [last["plan"]]
    assert organisation.run("rollback", last["plan"], "--offline").status == 0
    assert not any(plan["rolls_back"] for plan in _report(organisation)["plans"])


def test_the_course_is_what_each_run_over_the_whole_fleet_ended_with(organisation: Organisation) -> None:
    last = _lived(organisation)
    organisation.apply(*SIGNED, "--only", "p0@example.com")  # a part says nothing of the whole
    course = _report(organisation)["course"]
    assert len(course) == 3
    assert course[-1]["states"] == last["states"]
    repaired = sum(line["seats"] for line in _report(organisation)["time_to_fix"])
    assert repaired == 3


def test_nothing_before_the_time_asked_for_is_counted(organisation: Organisation) -> None:
    organisation.hire(1)
    organisation.apply(*SIGNED)
    report = _report(organisation, "--since", (datetime.now(UTC) + timedelta(seconds=1)).isoformat())
    assert report["history"] == {}
    assert report["course"] == report["plans"] == []
    assert report["seats"] == 1


def test_a_spreadsheet_runs_nothing_of_what_the_csv_holds(organisation: Organisation) -> None:
    organisation.hire(1)
    roster = organisation.folder / "evil.csv"
    formula = '=HYPERLINK("https://example.net")'
    quoted = formula.replace('"', '""')
    roster.write_text(f'address,udid,mdm,group,person\nevil@example.com,UDID-1,acme,@SUM(1),"{quoted}"\n')
    assert organisation.run("import", str(roster), "--offline").status == 0
    path = organisation.folder / "seats.csv"
    assert organisation.run("report", "--offline", "--csv", str(path)).status == 0
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    evil = next(row for row in rows if row["address"] == "evil@example.com")
    assert evil["person"] == f"'{formula}"
    assert evil["group"] == "'@SUM(1)"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_terminal_shows_it_and_names_the_way_back(organisation: Organisation) -> None:
    last = _lived(organisation)
    shown = organisation.run("report", "--offline").out
    assert "MCInstallationErrorDomain 4001" in shown
    assert f"fleet rollback {last['plan']}" in shown
    assert "never seen to send" in shown


def test_the_page_shows_its_plots_in_a_browser_and_asks_nobody(organisation: Organisation) -> None:
    _lived(organisation)
    path = organisation.folder / "fleet.html"
    assert organisation.run("report", "--offline", "--html", str(path)).status == 0
    with chromium_running() as browser:
        for scheme in ("light", "dark"):
            _look_at(browser.new_page(color_scheme=scheme), path, scheme)


def _look_at(page: "Page", path: Path, scheme: str) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert complaints == []
    assert page.locator("svg").count() == 3
    assert page.locator("b").count() == 5  # the five sums: what a device says is text, not markup
    drawn = page.locator("svg path.wrong").bounding_box()
    assert drawn is not None
    assert min(drawn["width"], drawn["height"]) > 0
    for width in (320, 900):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"fleet-report-{scheme}.png", full_page=True)
    page.close()


def test_the_history_tells_when_a_fault_began_and_why_and_when_it_was_over(organisation: Organisation) -> None:
    organisation.hire(1)
    organisation.apply("--allow-self-signed")
    organisation.phones[0].restore()
    organisation.look_again()
    organisation.apply("--allow-self-signed", *FRESH)
    organisation.apply("--allow-self-signed", "--only", "p0@example.com", "--again")
    history = organisation.cli("person", "p0@example.com", "--offline", "--json").document["history"]
    told = [(line["kind"], line["outcome"].partition(":")[0]) for line in history if "fault " in line["outcome"]]
    assert told == [
        ("episode", "fault 1 begins"),
        ("fixed", "fault 1 is over"),
        ("episode", "fault 2 begins"),
        ("fixed", "fault 2 is over"),
        ("episode", "fault 3 begins"),
        ("fixed", "fault 3 is over"),
    ]
    reasons = [line["why"] for line in history if line["kind"] == "episode"]
    assert "profile is not in it" in reasons[1], reasons
