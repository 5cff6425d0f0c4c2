"""The device a profile is encrypted for."""

from profilegen.cli.options import ProfileOptions
from profilegen.errors import UsageProblem
from profilegen.ports import Encrypter, Signer
from profilegen.wiring import House


def device_encrypter(house: House, profile: ProfileOptions, signer: Signer | None, *, many: bool) -> Encrypter | None:
    """Return the encrypter of `--encrypt-to`, None without it; raises UsageProblem where many people share a device."""
    if profile.encrypt_to is None:
        return None
    if many:
        raise UsageProblem(
            "A profile is encrypted for one device, and several profiles were asked for.",
            hint="Build one address at a time, each with the certificate of its device.",
            code="one_device",
        )
    return house.encrypter(profile.encrypt_to, signer)
