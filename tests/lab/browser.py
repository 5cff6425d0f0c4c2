"""A real Chromium, the system's own: headless, with a profile of its own, and without a way out to the network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = which("chromium") or "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",  # tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTEFACTS = Path(__file__).parents[2] / ".artefacts"
"""Where pictures are kept for people to look at; ignored by git."""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium without a sandbox and without network services of its own, closed when the module is done."""
    with chromium_running() as chromium:
        yield chromium


@contextmanager
def chromium_running() -> "Iterator[Browser]":
    """Yield Chromium; while it runs, nothing else may run an event loop in this thread."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()
