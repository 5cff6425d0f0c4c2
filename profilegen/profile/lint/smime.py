"""PG319-PG323: S/MIME, per-app VPN and the switches only some devices know."""

from collections.abc import Iterator, Mapping

from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.schema import payload_keys
from profilegen.profile.types import Delivery, Platform

IDENTITIES = (
    "com.apple.security.pkcs12",
    "com.apple.security.scep",
    "com.apple.security.acme",
    "com.apple.ADCertificate.managed",
)
"""Payload types that bring a certificate with its private key."""

APP_VPN = "com.apple.vpn.managed.applayer"
_REPLACED = {
    "SMIMEEnabled": "SMIMESigningEnabled",
    "SMIMEEnablePerMessageSwitch": "SMIMEEnableEncryptionPerMessageSwitch",
    "SMIMEEncryptionEnabled": "SMIMEEncryptByDefault",
}
_CERTIFICATE_KEYS = ("SMIMESigningCertificateUUID", "SMIMEEncryptionCertificateUUID", "PayloadCertificateUUID")
_NEEDS_CERTIFICATE = {
    "SMIMESigningEnabled": ("SMIMESigningCertificateUUID", "SMIMESigningCertificateUUIDUserOverrideable"),
    "SMIMEEncryptByDefault": ("SMIMEEncryptionCertificateUUID", "SMIMEEncryptionCertificateUUIDUserOverrideable"),
}


def replaced_key(subject: Subject) -> Iterator[Fault]:
    """PG319: S/MIME switches that devices ignore since iOS 10 and 12."""
    for payload in subject.of_type(MAIL, EXCHANGE_IOS):
        for key, successor in _REPLACED.items():
            if key in payload.keys:
                message = f"{key} is deprecated; devices ignore it."
                yield Fault(path=payload.at(key), message=message, hint=f"Use {successor}.")


def missing_identity(subject: Subject) -> Iterator[Fault]:
    """PG320: the certificate is named by the PayloadUUID of an identity payload of the same profile."""
    for payload in subject.of_type(MAIL, EXCHANGE_IOS, EXCHANGE_MACOS):
        for key in _CERTIFICATE_KEYS:
            wanted = payload.keys.get(key)
            if wanted not in (None, ""):
                yield from _identity_faults(subject, payload.at(key), key, wanted)


def smime_without_certificate(subject: Subject) -> Iterator[Fault]:
    """PG321: signing and encrypting need a certificate, or a person who may choose one."""
    for payload in subject.of_type(MAIL, EXCHANGE_IOS):
        for switch, ways in _NEEDS_CERTIFICATE.items():
            if payload.keys.get(switch) is True and not any(payload.keys.get(key) for key in ways):
                message = f"{switch} is true, but there is no certificate, and the person cannot choose one."
                yield Fault(path=payload.at(switch), message=message, hint=f"Write {ways[0]}, or set {ways[1]}.")


def unknown_vpn(subject: Subject) -> Iterator[Fault]:
    """PG322: VPNUUID is the VPNUUID of a per-app VPN payload; over MDM that may stand in another profile."""
    tunnels = {text_of(vpn.keys, "VPNUUID") for vpn in subject.of_type(APP_VPN)}
    elsewhere = subject.delivery is Delivery.MDM and not tunnels
    for payload in subject.payloads:
        wanted = payload.keys.get("VPNUUID")
        if payload.type == APP_VPN or not payload_keys(payload.type) or wanted in (None, *tunnels):
            continue
        message = "VPNUUID is not that of a per-app VPN payload in this profile."
        hint = f"Write the VPNUUID (not the PayloadUUID) of the {APP_VPN} payload."
        severity = Severity.WARNING if elsewhere else None
        yield Fault(path=payload.at("VPNUUID"), message=message, hint=hint, severity=severity)


def without_effect(subject: Subject) -> Iterator[Fault]:
    """PG323: keys a Mac does not know, and one that keeps other apps on an iPhone from sending."""
    for payload in subject.of_type(MAIL):
        if subject.platform is Platform.MACOS:
            yield from _ignored_on_macs(payload)
        elif payload.keys.get("PreventAppSheet") is True:
            yield Fault(
                path=payload.at("PreventAppSheet"),
                message="PreventAppSheet is true: no app but Mail can send from this account.",
                hint="Remove it, unless that is meant.",
                severity=Severity.WARNING,
            )


def _ignored_on_macs(payload: PayloadView) -> Iterator[Fault]:
    for key, facts in payload_keys(payload.type).items():
        if key in payload.keys and facts.macos is None:
            yield Fault(path=payload.at(key), message=f"{key} has no effect on a Mac.", hint="Leave it out for Macs.")


def _identity_faults(subject: Subject, path: str, key: str, wanted: object) -> Iterator[Fault]:
    owners = _owners(subject)
    owner = owners.get(wanted) if isinstance(wanted, str) else None
    if owner is None and isinstance(wanted, str):
        folded = next((kind for uuid, kind in owners.items() if uuid.upper() == wanted.upper()), None)
        if folded in IDENTITIES:
            message = f"{key} differs from the PayloadUUID it names in upper and lower case."
            yield Fault(path=path, message=message, hint="Write both alike.", severity=Severity.WARNING)
            return
    if owner in IDENTITIES:
        return
    what = "no payload of this profile" if owner is None else f"a {owner} payload, which has no private key"
    hint = "Write the PayloadUUID of a pkcs12, scep or acme payload of this profile."
    yield Fault(path=path, message=f"{key} names {what}.", hint=hint)


def _owners(subject: Subject) -> Mapping[str, str]:
    return {text_of(payload.keys, "PayloadUUID"): payload.type for payload in subject.payloads}


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
RULES = (
    Rule(id="PG319", severity=_WARNING, summary="An S/MIME key that devices ignore.", check=replaced_key),
    Rule(id="PG320", severity=_ERROR, summary="A certificate UUID names no identity here.", check=missing_identity),
    Rule(id="PG321", severity=_WARNING, summary="S/MIME without a certificate.", check=smime_without_certificate),
    Rule(id="PG322", severity=_ERROR, summary="VPNUUID names no per-app VPN.", check=unknown_vpn),
    Rule(id="PG323", severity=_INFO, summary="A key without effect, or with one too many.", check=without_effect),
)
