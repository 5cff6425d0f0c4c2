"""Signals for the programs that tests start."""

import signal


def heed_interrupts() -> None:
    """
    Let the program that is started hear Ctrl-C: as `preexec_fn` of a subprocess.

    Whoever runs the tests in the background may ignore it, and a child would inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
