"""Programs that hear Ctrl-C, whoever runs the tests."""

import sys

_PROGRAM = (
    "import signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from profilegen.__main__ import main\n"
    "sys.exit(main())\n"
)


def interruptible_profilegen() -> list[str]:
    """
    Return the beginning of a command line of profilegen that heeds SIGINT.

    Python leaves an ignored SIGINT ignored, and whoever runs the tests in the background may ignore it.
    """
    return [sys.executable, "-c", _PROGRAM]
