"""PG5xx: who signed the profile, and whether a device will believe it."""

from collections.abc import Iterator
from datetime import timedelta

from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, Rule, Subject
from profilegen.profile.signature import Signature, Verdict, further_verdicts
from profilegen.profile.types import Delivery

_SOON = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(minutes=10)
_SHORTEST_RSA = 2048
_GOOD_DIGESTS = ("sha256", "sha384", "sha512")
_APPLE_DEVELOPMENT = ("iPhone Developer", "iPhone Distribution", "Apple Development", "Apple Distribution")
_RENEW = "Renew the certificate with the same private key and sign again."


def unsigned(subject: Subject) -> Iterator[Fault]:
    """PG501: devices show unsigned profiles as such, in red."""
    if subject.result.content is not None and not subject.result.signed:
        yield Fault(path="", message='The profile is not signed; devices show "Not Signed".', hint="Sign it.")


def signer_dates(subject: Subject) -> Iterator[Fault]:
    """PG502: an expired signer is as good as none at install."""
    signature = subject.signature
    if signature is None:
        return
    signer = signature.signer
    if subject.now > signer.not_after:
        yield Fault(path="", message=f"The signer expired on {signer.not_after:%Y-%m-%d}.", hint=_RENEW)
    elif subject.now < signer.not_before:
        message = f"The signer is valid only from {signer.not_before:%Y-%m-%d} on."
        yield Fault(path="", message=message, hint="Sign again later, or check the clock.")
    elif signer.not_after - subject.now < _SOON:
        message = f"The signer expires soon, on {signer.not_after:%Y-%m-%d}."
        yield Fault(path="", message=message, hint=_RENEW, severity=Severity.WARNING)


def incomplete_chain(subject: Subject) -> Iterator[Fault]:
    """PG503: devices do not fetch intermediates; they must be inside the signature."""
    signature = subject.signature
    if signature is not None and not signature.chain.complete:
        yield Fault(
            path="",
            message=f"The chain of the signer is incomplete: {signature.chain.last_issuer} is missing.",
            hint="Sign with all intermediate certificates; name a private root with --ca.",
        )


def unknown_root(subject: Subject) -> Iterator[Fault]:
    """PG504: a device says "Not Verified" until it trusts the root."""
    signature = subject.signature
    if signature is None:
        return
    subject_name, chain = signature.signer.subject, signature.chain
    if any(f"CN={name}" in subject_name for name in _APPLE_DEVELOPMENT):
        message = 'The signer is an Apple developer certificate; devices show "Not Verified" for those.'
        yield Fault(path="", message=message, hint="Sign with a certificate of a public CA.")
    elif chain.problem:
        message = f'The chain of the signer is not valid ({chain.problem}); devices show "Not Verified".'
        yield Fault(path="", message=message, hint="Sign with a certificate whose whole chain is valid.")
    elif chain.complete and not chain.trusted:
        who = "is self-signed" if signature.signer.self_signed else "leads to a root that is not trusted here"
        yield Fault(
            path="",
            message=f'The signer {who}; devices show "Not Verified" until they trust it.',
            hint="Sign with a certificate of a public CA, or bring the root to the devices first.",
        )


def changed_signer(subject: Subject) -> Iterator[Fault]:
    """PG505: outside MDM a device takes a replacement only from the identity that signed what it holds."""
    signature, known = subject.signature, subject.issued_signers
    if signature is None or not known or subject.delivery is Delivery.MDM:
        return
    if signature.signer.spki_sha256 not in known:
        yield Fault(
            path="",
            message="The signer's key is not the one that signed the issue devices hold; they refuse this replacement.",
            hint="Sign with that key, or have the old profile removed first, or deliver over MDM.",
        )


def signing_time(subject: Subject) -> Iterator[Fault]:
    """PG508: the time of signing lies in the past and in the life of the certificate."""
    signature = subject.signature
    if signature is None or signature.signing_time is None:
        return
    time, signer = signature.signing_time, signature.signer
    hint = "Set the clock of the signing machine, and sign again."
    if time > subject.now + _CLOCKS_DIFFER:
        yield Fault(path="", message=f"The profile says it was signed in the future, on {time:%Y-%m-%d}.", hint=hint)
    elif not signer.not_before <= time <= signer.not_after:
        message = f"The profile was signed on {time:%Y-%m-%d}, when the signer's certificate was not valid."
        yield Fault(path="", message=message, hint=hint)


def weak_algorithm(subject: Subject) -> Iterator[Fault]:
    """PG506: RSA from 2048 bits or P-256, with SHA-2; and the algorithm must be that of the key."""
    signature = subject.signature
    if signature is None:
        return
    hint = "Sign with RSA (2048 bits or more) or P-256, and SHA-256."
    if signature.digest not in _GOOD_DIGESTS:
        yield Fault(path="", message=f"The signature uses {signature.digest.upper()}.", hint=hint)
    if signature.key_type == "rsa" and signature.key_bits < _SHORTEST_RSA:
        yield Fault(path="", message=f"The signer's RSA key has only {signature.key_bits} bits.", hint=hint)
    if signature.named_digest not in ("", signature.digest):
        named, used = signature.named_digest.upper(), signature.digest.upper()
        yield Fault(path="", message=f"The signature names {named}, but was made with {used}.", hint=hint)
    yield from _algorithm_faults(signature, hint)


def _algorithm_faults(signature: Signature, hint: str) -> Iterator[Fault]:
    if signature.algorithm in ("rsa-pss", "ed25519"):
        yield Fault(path="", message=f"Devices may not know {signature.algorithm.upper()} signatures.", hint=hint)
    elif signature.algorithm != signature.key_type:
        yield Fault(
            path="",
            message=f"The signature says {signature.algorithm.upper()}, but the key is {signature.key_type.upper()}.",
            hint="The signing tool is at fault; sign with another one.",
            severity=Severity.ERROR,
        )


def invalid_signature(subject: Subject) -> Iterator[Fault]:
    """PG507: the signature must be one, and it must fit the content."""
    data, signature = subject.result.signed_data, subject.signature
    if data is None:
        return
    again = "Fetch the original again, or sign it again."
    if not data.signers:
        yield Fault(path="", message="Nobody signed: the signature holds no signer.", hint=again)
    elif signature is None:
        yield Fault(path="", message="The signer's certificate is not in the file.", hint=again)
    elif signature.verdict is Verdict.INVALID:
        message = "The signature does not fit the content: the file was changed after it was signed."
        yield Fault(path="", message=message, hint=again)
    if Verdict.INVALID in further_verdicts(data):
        yield Fault(path="", message="A further signature does not fit the content.", hint=again)
    if len(data.signers) > 1:
        message = f"{len(data.signers)} signers signed the profile; devices expect one."
        yield Fault(path="", message=message, hint="Sign once.", severity=Severity.WARNING)


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(id="PG501", severity=_WARNING, summary="The profile is not signed.", check=unsigned),
    Rule(
        id="PG502",
        severity=_ERROR,
        summary="The signer's certificate is not valid now, or not for long.",
        check=signer_dates,
    ),
    Rule(id="PG503", severity=_ERROR, summary="Intermediate certificates are missing.", check=incomplete_chain),
    Rule(id="PG504", severity=_WARNING, summary="The signer's root is not trusted.", check=unknown_root),
    Rule(
        id="PG505",
        severity=_ERROR,
        summary="The signer's key is not that of the issue before.",
        check=changed_signer,
    ),
    Rule(id="PG506", severity=_WARNING, summary="A weak or unusual signature algorithm.", check=weak_algorithm),
    Rule(id="PG507", severity=_ERROR, summary="The signature does not fit, or has no signer.", check=invalid_signature),
    Rule(
        id="PG508",
        severity=_WARNING,
        summary="The time of signing does not fit the certificate or the clock.",
        check=signing_time,
    ),
)
