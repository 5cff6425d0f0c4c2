"""A release of ours must not change a profile by accident: the bytes are compared, wherever they are built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen.profile.envelope import build_profile
from tests.profile.orders import golden_orders

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
PRINT_DIGESTS = """
import hashlib
from profilegen.profile.envelope import build_profile
from tests.profile.orders import golden_orders
for name, order in golden_orders().items():
    print(name, hashlib.sha256(build_profile(order).content).hexdigest())
"""


@pytest.mark.parametrize("name", golden_orders())
def test_a_profile_has_the_same_bytes_as_ever(name: str) -> None:
    assert build_profile(golden_orders()[name]).content == (GOLDEN / f"{name}.mobileconfig").read_bytes()


def test_every_golden_file_has_its_order() -> None:
    assert {path.stem for path in GOLDEN.glob("*.mobileconfig")} == set(golden_orders())


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "4711"},
    ],
)
def test_time_zone_locale_and_hash_seed_change_nothing(surroundings: dict[str, str]) -> None:
    import hashlib

    ran = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS],
        cwd=ROOT,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    expected = {
        name: hashlib.sha256((GOLDEN / f"{name}.mobileconfig").read_bytes()).hexdigest() for name in golden_orders()
    }
    assert dict(line.split() for line in ran.stdout.splitlines()) == expected
