"""What every test shares: hypothesis profiles and the fixtures that start real servers."""

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("default")

pytest_plugins: list[str] = [
    "tests.lab.certificates",
    "tests.lab.dns",
    "tests.lab.https",
    "tests.lab.mail",
    "tests.lab.webservers",
    "tests.lab.browser",
    "tests.lab.exim",
    "tests.lab.netns",
    "tests.lab.disk",
    "tests.lab.token",
    "tests.lab.postgres",
]

LONGEST = (
    "test_workers.py",
    "test_repairs.py",
    "test_report.py",
    "test_hosted.py",
    "test_watch.py",
    "test_filtered.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
