"""Every fault `providers check` knows is provoked by one bad file, and by nothing else."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from profilegen.catalogue.check import CatalogueFinding, check_files, check_text
from profilegen.catalogue.rules import Rule
from profilegen.catalogue.writer import to_toml
from profilegen.errors import InputProblem
from profilegen.profile.findings import Severity

TODAY = date(2026, 11, 23)
GOOD: dict[str, Any] = tomllib.loads("""
id = "good"
name = "Good Mail"
status = "ok"
checked = 2026-11-23
domains = ["a.example", "b.example"]
mx = ["mx.good.example"]
imap = [{host = "imap.good.example", port = 993, security = "tls", auth = ["password"], username = "%EMAILADDRESS%"}]
smtp = [{host = "s.good.example", port = 587, security = "starttls", auth = ["password"], username = "%EMAILADDRESS%"}]
sources = [{name = "review", date = "2026-11-23"}]
""")
RELAY = {**GOOD, "kind": "relay", "domains": [], "mx": [], "imap": [],
         "smtp": [{key: value for key, value in GOOD["smtp"][0].items() if key != "username"}]}  # fmt: skip


def imap(**changes: object) -> list[dict[str, object]]:
    return [{**GOOD["imap"][0], **changes}]


def smtp(**changes: object) -> list[dict[str, object]]:
    return [{**GOOD["smtp"][0], **changes}]


def brief(findings: tuple[CatalogueFinding, ...]) -> list[tuple[Rule, str]]:
    return [(finding.rule, finding.key) for finding in findings]


def check(name: str, provider: dict[str, Any]) -> list[tuple[Rule, str]]:
    return brief(check_text(name, to_toml(provider), today=TODAY))


@pytest.mark.parametrize("provider", [GOOD, RELAY], ids=["mailbox", "relay"])
def test_a_good_file_has_no_findings(provider: dict[str, Any]) -> None:
    assert check("good.toml", provider) == []


BAD: list[tuple[dict[str, Any], Rule, str]] = [
    ({**GOOD, "id": "other"}, Rule.ID, "id"),
    ({**GOOD, "id": "Not An Id"}, Rule.SCHEMA, "id"),
    ({**GOOD, "status": "fine"}, Rule.SCHEMA, "status"),
    ({**GOOD, "status": "refused"}, Rule.SCHEMA, "status"),
    ({**GOOD, "kind": "server"}, Rule.SCHEMA, "kind"),
    ({**GOOD, "payload": "com.apple.mail.managed"}, Rule.SCHEMA, "payload"),
    ({**GOOD, "name": "two\nlines"}, Rule.SCHEMA, "name"),
    ({**GOOD, "max_size": 0}, Rule.SCHEMA, "max_size"),
    ({**GOOD, "support": "http://good.example"}, Rule.SCHEMA, "support"),
    ({**GOOD, "checked": '"2026-11-23"'}, Rule.SCHEMA, "checked"),
    ({**GOOD, "sources": []}, Rule.SCHEMA, "sources"),
    ({**GOOD, "sources": [{"name": "x", "date": "May 2024"}]}, Rule.SCHEMA, "sources[0].date"),
    ({**GOOD, "notices": [{"code": "Bad Code", "text": "x"}]}, Rule.SCHEMA, "notices[0].code"),
    ({**GOOD, "imap": imap(port=70000)}, Rule.SCHEMA, "imap[0].port"),
    ({**GOOD, "imap": imap(port="993")}, Rule.SCHEMA, "imap[0].port"),
    ({**GOOD, "imap": imap(security="none")}, Rule.SCHEMA, "imap[0].security"),
    ({**GOOD, "imap": imap(auth=["none"])}, Rule.SCHEMA, "imap[0].auth[0]"),
    ({**GOOD, "imap": imap(auth=None)}, Rule.SCHEMA, "imap[0].auth"),
    ({**GOOD, "imap": imap(host=None)}, Rule.SCHEMA, "imap[0].host"),
    ({**GOOD, "domains": ["A.example"]}, Rule.DOMAIN, "domains[0]"),
    ({**GOOD, "domains": ["bücher.example"]}, Rule.DOMAIN, "domains[0]"),
    ({**GOOD, "domains": ["localhost"]}, Rule.DOMAIN, "domains[0]"),
    ({**GOOD, "domains": ["*.*.example"]}, Rule.DOMAIN, "domains[0]"),
    ({**GOOD, "mx": [r"mx\.good\.example"]}, Rule.DOMAIN, "mx[0]"),
    ({**GOOD, "mx": ["*.good.example"]}, Rule.DOMAIN, "mx[0]"),
    ({**GOOD, "mx_except": ["example"]}, Rule.DOMAIN, "mx_except[0]"),
    ({**GOOD, "domains": ["b.example", "a.example"]}, Rule.UNSORTED_DOMAINS, "domains"),
    ({**GOOD, "domains": ["a.example", "a.example"]}, Rule.UNSORTED_DOMAINS, "domains"),
    ({**GOOD, "mx": ["b.example", "a.example"]}, Rule.UNSORTED_DOMAINS, "mx"),
    ({**GOOD, "mx": ["a.example", "mx.a.example"]}, Rule.MX_OVERLAP, "mx"),
    ({**GOOD, "imap": imap(host="https://imap.good.example")}, Rule.HOST, "imap[0].host"),
    ({**GOOD, "imap": imap(host="IMAP.good.example")}, Rule.HOST, "imap[0].host"),
    ({**GOOD, "imap": imap(host="imap")}, Rule.HOST, "imap[0].host"),
    ({**GOOD, "imap": imap(security="starttls")}, Rule.PORT_SECURITY, "imap[0].security"),
    ({**GOOD, "smtp": smtp(security="tls")}, Rule.PORT_SECURITY, "smtp[0].security"),
    ({**GOOD, "imap": imap(port=587, security="starttls")}, Rule.PORT_SECURITY, "imap[0].port"),
    ({**GOOD, "pop": imap()}, Rule.PORT_SECURITY, "pop[0].port"),
    ({**GOOD, "smtp": smtp(port=25)}, Rule.PORT_25, "smtp[0].port"),
    ({**GOOD, "imap": imap(username="%EMAILADDRESS")}, Rule.PLACEHOLDER, "imap[0].username"),
    ({**GOOD, "imap": imap(username="%REALNAME%")}, Rule.PLACEHOLDER, "imap[0].username"),
    ({**GOOD, "imap": imap(host="mail.%EMAILDOMAIN")}, Rule.PLACEHOLDER, "imap[0].host"),
    ({**GOOD, "imap": imap(username=None)}, Rule.USERNAME, "imap[0].username"),
    ({**RELAY, "smtp": smtp()}, Rule.USERNAME, "smtp[0].username"),
    ({**GOOD, "imap": []}, Rule.MISSING_DIRECTION, "imap"),
    ({**GOOD, "smtp": []}, Rule.MISSING_DIRECTION, "smtp"),
    ({**RELAY, "smtp": []}, Rule.MISSING_DIRECTION, "smtp"),
    ({**RELAY, "imap": imap(username=None)}, Rule.UNUSED_SERVER, "imap"),
    ({**GOOD, "domains": [], "mx": []}, Rule.UNREACHABLE, "domains"),
    ({**RELAY, "domains": ["a.example"]}, Rule.UNREACHABLE, "domains"),
    ({**GOOD, "status": "app_password"}, Rule.MISSING_NOTICE, "notices"),
    ({**GOOD, "checked": date(2025, 5, 1)}, Rule.STALE, "checked"),
    ({**GOOD, "checked": date(2026, 11, 24)}, Rule.STALE, "checked"),
]


@pytest.mark.parametrize(
    ("provider", "rule", "key"), BAD, ids=[f"{rule}-{place}" for place, (_, rule, _) in enumerate(BAD)]
)
def test_a_bad_file_is_named_with_rule_and_key(tmp_path: Path, provider: dict[str, Any], rule: Rule, key: str) -> None:
    path = tmp_path / "good.toml"
    path.write_text(to_toml(provider), encoding="utf-8")
    findings = check_files([path], today=TODAY)
    assert brief(findings) == [(rule, key)]
    assert findings[0].file == "good.toml" and findings[0].message
    assert findings[0].severity is (Severity.WARNING if rule is Rule.STALE else Severity.ERROR)


def test_providers_without_servers_must_not_list_any() -> None:
    notices = [{"code": "dead", "text": "Gone."}]
    gone = {**GOOD, "status": "dead", "notices": notices}
    assert check("good.toml", gone) == [(Rule.UNUSED_SERVER, "imap"), (Rule.UNUSED_SERVER, "smtp")]
    assert check("good.toml", {**gone, "imap": [], "smtp": []}) == []
    sends = {**GOOD, "status": "send_only", "notices": notices}
    assert check("good.toml", sends) == [(Rule.UNUSED_SERVER, "imap")]
    assert check("good.toml", {**sends, "imap": []}) == []


def test_an_incomplete_file_may_lack_a_direction() -> None:
    assert check("good.toml", {**GOOD, "incomplete": True, "imap": []}) == []


def test_pop_is_an_incoming_direction() -> None:
    pop = [{**GOOD["imap"][0], "port": 995}]
    assert check("good.toml", {**GOOD, "imap": [], "pop": pop}) == []


@pytest.mark.parametrize("raw", [b"id = ", b'id = "\xff"', b'id = "a"\nid = "b"'])
def test_what_is_no_toml_is_one_finding(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(raw)
    assert brief(check_files([path], today=TODAY)) == [(Rule.SYNTAX, "")]


def test_an_unknown_key_is_named() -> None:
    text = to_toml(GOOD).replace("[[imap]]", "[[imap]]\ncolour = 1")
    assert brief(check_text("good.toml", 'tpyo = "x"\n' + text, today=TODAY)) == [
        (Rule.SCHEMA, "imap[0].colour"),
        (Rule.SCHEMA, "tpyo"),
    ]


def write(folder: Path, name: str, provider: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(to_toml(provider), encoding="utf-8")
    return path


def test_two_files_must_not_share_a_domain(tmp_path: Path) -> None:
    first = write(tmp_path, "good.toml", {**GOOD, "mx": []})
    second = write(tmp_path, "other.toml", {**GOOD, "id": "other", "mx": [], "domains": ["b.example", "c.example"]})
    findings = check_files([first, second], today=TODAY)
    assert brief(findings) == [(Rule.DUPLICATE_DOMAIN, "domains[0]")]
    assert (findings[0].file, findings[0].message) == ("other.toml", '"b.example" stands in good.toml too')


def test_two_files_must_not_share_an_id(tmp_path: Path) -> None:
    first = write(tmp_path / "one", "good.toml", {**GOOD, "mx": []})
    second = write(tmp_path / "two", "good.toml", {**GOOD, "mx": [], "domains": ["c.example"]})
    assert brief(check_files([first, second], today=TODAY)) == [(Rule.DUPLICATE_ID, "id")]


@pytest.mark.parametrize(
    ("mx", "found"),
    [("mx.good.example", 1), ("sub.mx.good.example", 1), ("good.example", 1), ("notmx.good.example", 0)],
)
def test_mx_names_of_two_files_must_not_overlap(tmp_path: Path, mx: str, found: int) -> None:
    first = write(tmp_path, "good.toml", GOOD)
    second = write(tmp_path, "other.toml", {**GOOD, "id": "other", "domains": ["c.example"], "mx": [mx]})
    assert brief(check_files([first, second], today=TODAY)) == [(Rule.MX_OVERLAP, "mx")] * found


def test_an_overlap_that_is_meant_is_named_in_the_wider_file(tmp_path: Path) -> None:
    first = write(tmp_path, "good.toml", {**GOOD, "mx_except": ["sub.mx.good.example"]})
    other = {**GOOD, "id": "other", "domains": ["c.example"], "mx": ["sub.mx.good.example"]}
    assert check_files([first, write(tmp_path, "other.toml", other)], today=TODAY) == ()


def test_a_missing_file_is_an_input_problem(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=r"nothing\.toml"):
        check_files([tmp_path / "nothing.toml"], today=TODAY)


def test_every_rule_is_provoked_above() -> None:
    elsewhere = {Rule.SYNTAX, Rule.DUPLICATE_DOMAIN, Rule.DUPLICATE_ID}
    assert {rule for _, rule, _ in BAD} | elsewhere == set(Rule)
