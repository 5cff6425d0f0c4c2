"""
Writes docs/rules.md: every rule with a bad and a good example, both run, and what other checks see of the bad ones.

Run it with `python -m tests.profile.rules_page`; a test asserts that the page is what this would write.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from profilegen.profile.lint import rules
from profilegen.profile.lint.fleet import FleetRule
from profilegen.profile.lint.rule import Rule
from profilegen.profile.types import Delivery, Platform
from tests.profile.examples import EXAMPLES
from tests.profile.examples.signatures import MIDDLE, SIGNER
from tests.profile.examples.specimen import ROOT, Example, Specimen, gravest
from tests.profile.orders import NOW
from tests.profile.schema_check import schema_faults
from tests.profile.signers import openssl_sign

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
INTRODUCTION = """\
# The rules of `profilegen check`

Written by `python -m tests.profile.rules_page`; do not edit.

A rule is an **error** where a profile will not install or makes a wrong account, a **warning** where it works but
bites, an **info** where it is good to know. A rule can be graver or milder in a single case than its row says.
`--select` and `--ignore` take a rule (`PG305`) or the beginning of some (`PG5`).

## What finds what

For every rule the bad and the good example below were given to three checks. A check sees a fault if it objects to the
bad example and not to the good one.

* `openssl`: `openssl cms -verify -inform DER -purpose any` with the right root. Where the example is not about
  signing, the files were signed properly first, so that only the fault itself is in question.
* schema: keys, types, required keys and ranges of Apple's own tables, as editors driven by manifests check them.
* profilegen: this linter.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def page() -> str:
    """Return the whole page."""
    sides = {example.rule: example.make() for example in EXAMPLES}
    facts = {rule.id: rule for rule in rules()}
    rows = [_row(facts[example.rule], example, *sides[example.rule]) for example in EXAMPLES]
    counts = [sum(row[column] == "✓" for row in rows) for column in (3, 4, 5)]
    table = ["| rule | severity | what it finds | openssl | schema | profilegen |", "|---|---|---|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    table.append(f"| {len(rows)} rules | | seen | {counts[0]} | {counts[1]} | {counts[2]} |")
    sections = [_section(facts[example.rule], example, *sides[example.rule]) for example in EXAMPLES]
    return "\n".join([INTRODUCTION, *table, "", *sections])


def _row(rule: Rule | FleetRule, example: Example, bad: Specimen, good: Specimen) -> tuple[str, ...]:
    ours = any(finding.rule == rule.id for finding in example.judge(bad))
    seen = (_openssl_sees(bad, good), _schema_sees(bad, good), ours)
    link = f"[{rule.id}](#{rule.id.lower()})"
    return link, str(rule.severity), rule.summary.rstrip("."), *("✓" if one else "–" for one in seen)


def _openssl_sees(bad: Specimen, good: Specimen) -> bool:
    about_signing = all(data.startswith(b"\x30") for data in good.files)
    bad_files, good_files = (one.files if about_signing else tuple(map(_signed, one.files)) for one in (bad, good))
    return not all(map(_openssl_passes, bad_files)) and all(map(_openssl_passes, good_files))


def _signed(content: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return openssl_sign(content, SIGNER, Path(folder), chain=(MIDDLE,))


def _openssl_passes(data: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "root.pem").write_bytes(ROOT.pem)
        command = ["openssl", "cms", "-verify", "-inform", "DER", "-purpose", "any", "-CAfile", "root.pem"]
        command += ["-attime", str(int(NOW.timestamp())), "-out", "content"]
        done = subprocess.run(command, cwd=folder, input=data, capture_output=True, timeout=30)
    return done.returncode == 0


def _schema_sees(bad: Specimen, good: Specimen) -> bool:
    return _schema_objects(bad) and not _schema_objects(good)


def _schema_objects(specimen: Specimen) -> bool:
    """A schema check reads what is inside a signature; where there is nothing inside, it has nothing to read."""
    return any(schema_faults(data) for data in map(_content, specimen.files))


def _content(data: bytes) -> bytes:
    if not data.startswith(b"\x30"):
        return data
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-noverify", "-nosigs"]
    return subprocess.run(command, input=data, capture_output=True, timeout=30).stdout


def _section(rule: Rule | FleetRule, example: Example, bad: Specimen, good: Specimen) -> str:
    finding = gravest([finding for finding in example.judge(bad) if finding.rule == rule.id])
    where = f" at `{finding.path}`" if finding.path else ""
    return "\n".join(
        [
            f'<a id="{rule.id.lower()}"></a>',
            f"### {rule.id}: {rule.summary}",
            "",
            f"{str(rule.severity).capitalize()}{''.join(_how(example))}. {example.note}".rstrip() + " Bad:",
            "",
            f"```{example.language}",
            bad.shown,
            "```",
            "",
            f"> {finding.severity}{where}: {finding.message}",
            f"> → {finding.hint}",
            "",
            "Good:",
            "",
            f"```{example.language}",
            good.shown,
            "```",
            "",
        ]
    )


def _how(example: Example) -> Iterator[str]:
    if example.delivery is not Delivery.INTERACTIVE:
        yield f", with `--delivery {example.delivery}`"
    if example.platform is not Platform.IOS:
        yield f", with `--platform {example.platform}`"


if __name__ == "__main__":
    main()
