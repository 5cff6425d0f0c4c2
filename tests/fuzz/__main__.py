"""
Fuzzes the reading and judging of profiles, guided by coverage: `python -m tests.fuzz SECONDS [FOLDER]`.

It needs atheris (the extra `fuzz`), which is there for Linux. What it finds is left as a crash file in FOLDER.
"""

import sys
import tempfile
from pathlib import Path

_LARGEST = 1 << 15


def main(arguments: list[str]) -> int:
    """Run for the seconds asked; 0 if nothing was found, 2 if atheris is not there."""
    try:
        import atheris
    except ImportError:
        sys.stderr.write("atheris is not installed here; the short walk of tests/fuzz/test_short.py needs nothing.\n")
        return 2
    seconds = int(arguments[0]) if arguments else 60
    folder = Path(arguments[1] if len(arguments) > 1 else tempfile.mkdtemp(prefix="profilegen-fuzz-"))
    with atheris.instrument_imports(include=["profilegen"]):
        from tests.fuzz.target import judge_bytes, seeds
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    limits = [f"-max_total_time={seconds}", f"-max_len={_LARGEST}", "-timeout=10", "-rss_limit_mb=1024"]
    options = ["-seed=1", f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], judge_bytes)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
