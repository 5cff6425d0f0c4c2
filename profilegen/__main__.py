"""The program's door. `--version` is answered before anything heavy is imported."""

import sys

from profilegen import __version__


def main() -> int:
    """Run the command line and return its exit status."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"profilegen {__version__}\n")
        return 0
    from profilegen.cli.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
