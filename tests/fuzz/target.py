"""What is fuzzed: everything that `check` does with the bytes of a file, and the profiles to start from."""

import plistlib
from collections.abc import Iterator

from profilegen.profile.ber import CmsProblem
from profilegen.profile.document import check_document
from profilegen.profile.enveloped import look_at_envelope
from profilegen.profile.lint import MOST_FINDINGS, lint, rules
from profilegen.profile.lint.fleet import fleet_member, lint_fleet
from profilegen.profile.pkcs12 import examine_container
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from tests.profile.examples import EXAMPLES
from tests.profile.examples.files import MODERN_CONTAINER, OLD_CONTAINER
from tests.profile.examples.signatures import DEVICE, envelope, signed
from tests.profile.examples.specimen import ROOT
from tests.profile.orders import NOW

KNOWN = frozenset(rule.id for rule in rules())


def judge_bytes(data: bytes) -> None:
    """Judge bytes in every way; any exception is a fault of ours, and so is a finding nobody listed."""
    result = read(data)
    for delivery in Delivery:
        for platform in Platform:
            findings = lint(
                result,
                delivery=delivery,
                platform=platform,
                now=NOW,
                anchors=(ROOT.der,),
                issued_signers=frozenset({"0" * 64}),
                decrypted=data,
            )
            assert len(findings) <= MOST_FINDINGS
            assert {finding.rule for finding in findings} <= KNOWN
            assert all("\n" not in finding.message for finding in findings)
    check_document(result, (), "x", now=NOW)
    lint_fleet([fleet_member(result, name) for name in ("one", "two")])
    for look in (examine_container, lambda der: look_at_envelope(der, "1.2.840.113549.1.7.3")):
        try:
            look(data)
        except CmsProblem:
            continue


def seeds() -> Iterator[bytes]:
    """Yield what to start from: every example of a rule that is small enough to be changed usefully."""
    for example in EXAMPLES:
        for specimen in example.make():
            yield from (data for data in specimen.files if len(data) < 20_000)
    yield plistlib.dumps(plistlib.loads(EXAMPLES[0].make()[1].files[0]), fmt=plistlib.FMT_BINARY)
    yield from (OLD_CONTAINER, MODERN_CONTAINER, envelope(DEVICE, "-aes-128-cbc"), signed())
