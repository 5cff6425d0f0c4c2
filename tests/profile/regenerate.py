"""
Write the golden files anew: `python -m tests.profile.regenerate`.

Do this only for a change of the profiles that is meant: every change here is a new revision on every device.
"""

from pathlib import Path

from profilegen.profile.envelope import build_profile
from tests.profile.orders import golden_orders

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    for name, order in golden_orders().items():
        (GOLDEN / f"{name}.mobileconfig").write_bytes(build_profile(order).content)


if __name__ == "__main__":
    main()
