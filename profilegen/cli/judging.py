"""What `check` needs around the linter: the facts of this machine, the choice of rules, and words for people."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from profilegen.cli.output import note, print_json, say, table
from profilegen.cli.session import run_async
from profilegen.errors import MachineProblem, UsageProblem
from profilegen.profile.document import check_document
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.found import found_accounts
from profilegen.profile.lint import lint, rules
from profilegen.profile.lint.fleet import Member, fleet_member
from profilegen.profile.read import ReadResult, read
from profilegen.profile.types import Delivery, Platform
from profilegen.wiring import House, read_file

_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}
_MOST_ACCOUNTS = 20


@dataclass(kw_only=True)  # the roots are read when the first signed profile needs them
class Judge:
    """Judges files one by one; `key` is the content of a device's key file, to look into what is encrypted."""

    house: House
    delivery: Delivery
    platform: Platform
    key: bytes | None = field(default=None, repr=False)

    @cached_property
    def _roots(self) -> tuple[bytes, ...]:
        return self.house.trusted_roots

    def look_at(self, path: Path) -> tuple[dict[str, Any], Member, tuple[LintFinding, ...]]:
        """Return a file's document, its place in a fleet and its findings; raises InputProblem if it cannot be read."""
        result = read(read_file(path))
        roots = self._roots if result.signed else ()
        now = self.house.clock.now()
        findings = lint(
            result,
            delivery=self.delivery,
            platform=self.platform,
            now=now,
            anchors=roots,
            issued_signers=self._issued_signers(result) if result.signed else frozenset(),
            decrypted=self._decrypted(result),
        )
        document = check_document(result, findings, str(path), now=now, anchors=roots)
        return document, fleet_member(result, str(path)), findings

    def _issued_signers(self, result: ReadResult) -> frozenset[str]:
        """Return who signed the newest issue of this profile, as far as this home remembers it."""
        log = self.house.issue_log
        content = result.content
        if log is None or content is None:
            return frozenset()
        found = set[str]()
        try:
            for account in found_accounts(content)[:_MOST_ACCOUNTS]:
                last = None if account.address is None else run_async(log.last(account.address.account))
                same = last is not None and last.identifier == content.get("PayloadIdentifier")
                if last is not None and same and last.signer_spki_sha256 is not None:
                    found.add(last.signer_spki_sha256)
        except MachineProblem as problem:
            note(f"profilegen: who signed before is not known: {problem.message}")
        return frozenset(found)

    def _decrypted(self, result: ReadResult) -> bytes | None:
        envelope = (result.content or {}).get("EncryptedPayloadContent")
        if self.key is None or not isinstance(envelope, bytes):
            return None
        from profilegen.errors import InputProblem
        from profilegen.signing.opening import open_envelope

        try:
            return open_envelope(envelope, self.key)
        except InputProblem:
            return None  # an envelope no device opens is what the rules are about


def wanted_rules(select: list[str], ignore: list[str]) -> frozenset[str]:
    """Return the ids of the rules to apply; raises UsageProblem for a name that no rule has or begins with."""
    known = [rule.id for rule in rules()]
    for name in (*select, *ignore):
        if not any(rule.startswith(name) for rule in known):
            raise UsageProblem(
                f'There is no rule "{name}".', hint="See profilegen check --list-rules.", code="unknown_rule"
            )
    chosen = (rule for rule in known if not select or rule.startswith(tuple(select)))
    return frozenset(rule for rule in chosen if not rule.startswith(tuple(ignore)))


def list_rules(*, as_json: bool) -> None:
    """Print every rule."""
    from profilegen.cli.output import print_table

    if as_json:
        listed = [{"rule": rule.id, "severity": str(rule.severity), "summary": rule.summary} for rule in rules()]
        print_json({"rules": listed})
        return
    rows = table("rule", "severity", "what it finds")
    for rule in rules():
        rows.add_row(rule.id, str(rule.severity), rule.summary)
    print_table(rows)


def show_verdict(document: dict[str, Any], findings: tuple[LintFinding, ...]) -> None:
    """Print the verdict on one file for people."""
    signer = document["signer"]
    signed = f"signed by {signer['subject']}" if signer else "signed" if document["signed"] else "not signed"
    say(f"{document['file']}: {document['format']}, {signed}")
    for finding in findings:
        say(f"  {_MARKS[finding.severity]} {finding.rule} {finding.path or 'file'}: {finding.message}")
        if finding.hint:
            say(f"      → {finding.hint}")
    if not findings:
        say("  ✓ no rule objects")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        note(f"profilegen: {errors} error{'s' * (errors > 1)} in {document['file']}")


def relative_name(path: Path, folder: Path) -> str:
    """Return a file's name as seen from a folder, with / on every system; absolute where there is no way."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()
