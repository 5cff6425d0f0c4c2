"""An example of a rule: a profile that breaks it and one that does not, and what of them the documentation shows."""

import plistlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from profilegen.profile.envelope import build_profile
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import lint
from profilegen.profile.lint.fleet import fleet_member, lint_fleet
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from profilegen.settings.servers import DavServer
from tests.profile.orders import NOW, order, password_account
from tests.profile.signers import issue

Tree = dict[str, Any]
ROOT = issue("Example Root", ca=True)
_DAV = DavServer(host="dav.example.com", username="you@example.com")
_ACCOUNT, _ALONE = password_account(display_name="You", caldav=_DAV, carddav=_DAV), password_account(display_name="You")
BASE = build_profile(order(_ACCOUNT, organization="Example")).content
MAC = build_profile(order(_ALONE, organization="Example", platform=Platform.MACOS)).content


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One side of an example: the files (several for a rule over many), and what the documentation shows of them."""

    shown: str
    files: tuple[bytes, ...]
    issued_signers: frozenset[str] = frozenset()
    decrypted: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """
    A rule with its two sides, judged in the same way; the sides are made when they are asked for.

    `note` is what the documentation says about the rule beyond the example.
    """

    rule: str
    make: Callable[[], tuple[Specimen, Specimen]]
    delivery: Delivery = Delivery.INTERACTIVE
    platform: Platform = Platform.IOS
    language: str = "xml"
    note: str = ""

    def judge(self, specimen: Specimen) -> list[LintFinding]:
        """Return every finding of one side, as the command line would."""
        results = [read(data) for data in specimen.files]
        found = [
            finding
            for result in results
            for finding in lint(
                result,
                delivery=self.delivery,
                platform=self.platform,
                now=NOW,
                anchors=(ROOT.der,),
                issued_signers=specimen.issued_signers,
                decrypted=specimen.decrypted,
            )
        ]
        fleet = lint_fleet([fleet_member(result, f"{number}.mobileconfig") for number, result in enumerate(results, 1)])
        return [*found, *(finding for findings in fleet for finding in findings)]


def top(rule: str, bad: Tree, good: Tree, base: bytes = BASE, **how: Any) -> Example:
    """An example by keys of the profile itself; None removes one."""
    return Example(rule=rule, make=lambda: (_changed(base, None, bad, good), _changed(base, None, good, bad)), **how)


def inner(rule: str, bad: Tree, good: Tree, index: int = 0, base: bytes = BASE, **how: Any) -> Example:
    """An example by keys of one payload."""
    return Example(rule=rule, make=lambda: (_changed(base, index, bad, good), _changed(base, index, good, bad)), **how)


def added(rule: str, bad: list[Tree], good: list[Tree], mail: Tree | None = None, **how: Any) -> Example:
    """An example by payloads that are added, beside keys of the mail payload."""
    return Example(rule=rule, make=lambda: (_added(bad, mail or {}), _added(good, mail or {})), **how)


def bytes_of(rule: str, bad: tuple[str, bytes], good: tuple[str, bytes], **how: Any) -> Example:
    """An example by the bytes of a file, each with what is shown of them."""
    sides = tuple(Specimen(shown=shown, files=(data,)) for shown, data in (bad, good))
    return Example(rule=rule, make=lambda: (sides[0], sides[1]), **how)


def payload(kind: str, number: int = 1, **keys: Any) -> Tree:
    """A payload of a type with all keys that every payload needs."""
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.example.extra.{number}",
        "PayloadUUID": f"00000000-0000-4000-8000-{number:012d}",
        "PayloadDisplayName": "Extra",
        **keys,
    }


def change(target: Tree, keys: Tree) -> None:
    """Set keys; None removes one."""
    for key, value in keys.items():
        target[key] = value
        if value is None:
            del target[key]


def snippet(tree: Tree, keys: list[str]) -> str:
    """Return some keys as they stand in an XML property list; a missing one is said to be."""
    return "\n".join(_lines(key, tree) for key in keys)


def _lines(key: str, tree: Tree) -> str:
    if key not in tree:
        return f"<!-- no {key} -->"
    value = tree[key]
    if isinstance(value, bytes):
        return f"<key>{key}</key>\n<data>…</data>"
    text = plistlib.dumps({key: value}, sort_keys=False).decode()
    inside = text.partition("<dict>\n")[2].rpartition("</dict>")[0]
    return "\n".join(line.removeprefix("\t") for line in inside.rstrip().splitlines()).replace("\t", "  ")


def _changed(base: bytes, index: int | None, keys: Tree, others: Tree) -> Specimen:
    tree = plistlib.loads(base)
    target = tree if index is None else tree["PayloadContent"][index]
    change(target, keys)
    data = plistlib.dumps(tree)
    return Specimen(shown=snippet(target, list(dict.fromkeys([*keys, *others]))), files=(data,))


def _added(payloads: list[Tree], mail: Tree) -> Specimen:
    tree = plistlib.loads(BASE)
    change(tree["PayloadContent"][0], mail)
    tree["PayloadContent"] += payloads
    shown = [snippet(tree["PayloadContent"][0], list(mail))] if mail else []
    for one in payloads:
        common = ("PayloadVersion", "PayloadIdentifier", "PayloadDisplayName")
        shown.append(snippet(one, [key for key in one if key not in common]))
    return Specimen(shown="\n\n".join(shown) or "<!-- no further payload -->", files=(plistlib.dumps(tree),))


def gravest(findings: list[LintFinding]) -> LintFinding:
    """Return the finding that speaks for a rule."""
    order_ = list(Severity)
    return min(findings, key=lambda finding: order_.index(finding.severity))
