"""The next steps for a person's device, out of the data in `templates/steps/`."""

from pathlib import PurePath

from profilegen.config.resources import find_resources
from profilegen.delivery.steps import DeviceSteps, read_steps, steps_for
from profilegen.flow.values import Draft
from profilegen.profile.order import OAuthAccount, PasswordAccount
from profilegen.profile.types import Delivery, Platform

_TYPED = "Type the password of the mailbox when asked; if it is asked for twice, the second is for sending."
_INSIDE = "The password is in the profile."
_SIGN_IN = "Then open Mail and sign in when asked."
_MDM = "MDM asks nothing: afterwards type the password in the account's settings, also under SMTP."


def device_steps(platform: Platform, device: str | None) -> DeviceSteps:
    """Return the steps of a device, by default the newest of the platform; raises UsageProblem for an unknown one."""
    return steps_for(read_steps(find_resources().templates / "steps" / "en.toml"), platform, device)


def next_steps(draft: Draft, path: PurePath, device: str | None) -> tuple[str, ...]:
    """Return what the person does with this profile, one sentence per step."""
    account = draft.order.accounts[0]
    outgoing = account.settings.outgoing.endpoint if isinstance(account, PasswordAccount) else "its provider"
    return device_steps(draft.order.platform, device).filled(
        file=path.name, address=str(account.address), outgoing=outgoing, password=_password_words(draft)
    )


def _password_words(draft: Draft) -> str:
    if isinstance(draft.order.accounts[0], OAuthAccount):
        return _SIGN_IN
    if draft.profile.has_secrets:
        return _INSIDE
    return _MDM if draft.order.delivery is Delivery.MDM else _TYPED
