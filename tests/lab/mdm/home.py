"""How a home is configured for one NanoMDM that tells us by webhook: the environment of the command line."""

from collections.abc import Mapping
from pathlib import Path

from tests.lab.mdm import nano

HMAC_KEY = "nanomdm-test-hmac"
ANSWERING: Mapping[str, str] = {"FLEET__ANSWER_WITHIN": "1s"}


def environment_of(
    folder: Path, url: str, port: int, settings: Mapping[str, str] = ANSWERING, *, key: str = nano.API_KEY
) -> dict[str, str]:
    """Return the variables of an organisation "acme" with its overrides in `folder`, and further settings by name."""
    configured = {
        "DISCOVERY__OVERRIDES": str(folder / "overrides"),
        "MDM__ACME__KIND": "nanomdm",
        "MDM__ACME__URL": url,
        "MDM__ACME__KEY_ENV": "NANO_KEY",
        "MDM__ACME__WEBHOOK_KEY_ENV": "HOOK_KEY",
        "MDM__ACME__LISTEN": f"127.0.0.1:{port}",
        **settings,
    }
    return {f"PROFILEGEN_{name}": value for name, value in configured.items()} | {"NANO_KEY": key, "HOOK_KEY": HMAC_KEY}
