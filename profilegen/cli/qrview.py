"""A QR code on the terminal, or as plain characters where it is piped."""

import io
import sys
from typing import TextIO

from profilegen.delivery.qr import ascii_lines, half_blocks, qr_code


def print_code(url: str, stream: TextIO | None = None) -> None:
    """
    Print the code of an https URL, by default on stdout: black on white on a terminal, else "##" for a dark module.

    Raises UsageProblem for a URL no code is made of. A terminal narrower than the code gets the URL alone.
    """
    stream = stream or sys.stdout
    code = qr_code(url)
    if not stream.isatty():
        stream.write("\n".join(line.rstrip() for line in ascii_lines(code)) + "\n")
    else:
        _print_blocks(half_blocks(code), stream)
    stream.flush()


def _print_blocks(lines: tuple[str, ...], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False)
    if console.width < len(lines[0]) or not _can_write(stream, "▀▄█"):
        return
    for line in lines:
        # colours of our own: a code that is light on dark is one that some cameras do not read
        console.print(Text(line, style="#000000 on #ffffff"), no_wrap=True)


def _can_write(stream: TextIO, text: str) -> bool:
    encoding = stream.encoding if isinstance(stream, io.TextIOWrapper) else "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
