"""What every test shares: hypothesis profiles and the fixtures that start real servers."""

from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("default")

pytest_plugins: list[str] = [
    "tests.lab.certificates",
    "tests.lab.dns",
    "tests.lab.https",
    "tests.lab.mail",
    "tests.lab.nginx",
    "tests.lab.browser",
    "tests.lab.exim",
    "tests.lab.netns",
    "tests.lab.disk",
    "tests.lab.token",
    "tests.lab.postgres",
]
