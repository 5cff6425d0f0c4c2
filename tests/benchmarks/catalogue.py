"""
How long one offline lookup takes at 50,000 domains: `python -m tests.benchmarks.catalogue`.

New processes, one answer each, everything from the first import of the catalogue to the answer: `index` is the raw
record, `lookup` the whole answer in the types of the program, which every command loads anyway (`types`: their share).
`again` asks one open program ten thousand times.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from profilegen.address import Address
from profilegen.catalogue.compile import build_index
from profilegen.catalogue.index import Record
from profilegen.catalogue.lookup import FileCatalogue

DOMAINS = 50_000
PER_PROVIDER = 20
PROCESSES = 25
ASKED = "customer31415.example"

INDEX = f"""
import sys, time
start = time.perf_counter()
from pathlib import Path
from profilegen.catalogue.index import Index, KeyKind
with Index(Path(sys.argv[1])) as index:
    assert index.find(KeyKind.DOMAIN, "{ASKED}")["id"] == "provider1570"
print((time.perf_counter() - start) * 1000)
"""

LOOKUP = f"""
import sys, time
start = time.perf_counter()
from pathlib import Path
from profilegen.address import Address
import profilegen.ports
types = time.perf_counter()
from profilegen.catalogue.lookup import FileCatalogue
question = FileCatalogue(Path(sys.argv[1])).by_domain(Address.parse("you@{ASKED}"))
try:
    question.send(None)
except StopIteration as done:
    assert done.value.provider == "provider1570"
end = time.perf_counter()
print((end - start) * 1000, (types - start) * 1000, (end - types) * 1000)
"""


def server(host: str, port: int, security: str) -> Record:
    """Return one server entry."""
    return {"host": host, "port": port, "security": security, "auth": ["password"], "username": "%EMAILADDRESS%"}


def provider(number: int) -> Record:
    """Return a provider as large as a real one."""
    domains = [f"customer{place}.example" for place in range(number * PER_PROVIDER, (number + 1) * PER_PROVIDER)]
    return {
        "id": f"provider{number}",
        "name": f"Provider {number}",
        "status": "ok",
        "checked": "2026-11-23",
        "sha256": "0" * 64,
        "domains": sorted(domains),
        "imap": [server(f"imap.provider{number}.example", 993, "tls")],
        "smtp": [server(f"smtp.provider{number}.example", 587, "starttls")],
        "notices": [{"code": "enable_imap_first", "text": "Access for mail programs is off at first. " * 3}],
        "sources": [{"name": "review", "date": "2026-11-23"}],
    }


def report(name: str, milliseconds: list[float]) -> None:
    """Print one line."""
    low, middle, high = min(milliseconds), statistics.median(milliseconds), max(milliseconds)
    sys.stdout.write(f"{name:<28} min {low:8.3f}  median {middle:8.3f}  max {high:8.3f} ms\n")


def in_a_new_process(code: str, path: Path) -> list[float]:
    """Return the milliseconds a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def in_this_process(path: Path) -> list[float]:
    """Return the time of each of ten thousand questions."""
    catalogue, address = FileCatalogue(path), Address.parse(f"you@{ASKED}")

    async def ask() -> list[float]:
        times: list[float] = []
        for _ in range(10_000):
            start = time.perf_counter()
            await catalogue.by_domain(address)
            times.append((time.perf_counter() - start) * 1000)
        return times

    return asyncio.run(ask())


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.idx"
        start = time.perf_counter()
        path.write_bytes(build_index([provider(number) for number in range(DOMAINS // PER_PROVIDER)]))
        made = time.perf_counter() - start
        sys.stdout.write(f"{DOMAINS} domains, {path.stat().st_size / 1e6:.1f} MB, compiled in {made:.2f} s\n")
        rounds = [(in_a_new_process(INDEX, path), in_a_new_process(LOOKUP, path)) for _ in range(PROCESSES)]
        report("index, new process", [index[0] for index, _ in rounds])
        report("lookup, new process", [lookup[0] for _, lookup in rounds])
        report("  of which types", [lookup[1] for _, lookup in rounds])
        report("  of which catalogue", [lookup[2] for _, lookup in rounds])
        report("again", in_this_process(path))


if __name__ == "__main__":
    main()
