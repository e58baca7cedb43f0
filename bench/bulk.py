"""A CSV file of 200,000 releases through a map on all cores: how long, and how much memory all processes hold together.

The floor is Python's own csv module reading the same file into lists and `json` writing them out, on one core.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "mappings" / "tests" / "harlan-jail.csv"
COUNT = 200_000
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


def run() -> str:
    """Return the table."""
    with TemporaryDirectory() as folder:
        file = _write(Path(folder))
        floor = _floor(file, Path(folder) / "floor.ndjson")
        seconds, peak = _watch(file, Path(folder) / "out.ndjson")
    cores = os.cpu_count() or 1
    return "\n".join(
        [
            f"### Bulk: {COUNT:,} releases of a CSV file through `harlan-jail`, {cores} cores",
            "",
            "| what | figure |",
            "|---|---|",
            f"| csv and json alone, one core | 1.0 x ({floor:.1f} s) |",
            f"| `fhirbridge bulk`, {cores} cores | {seconds / floor:.1f} x ({seconds:.1f} s) |",
            f"| memory of all its processes together, at most | {peak:.0f} MiB |",
            "",
        ]
    )


def _write(folder: Path) -> Path:
    header, first, *_ = SAMPLE.read_bytes().splitlines(keepends=True)
    number = first.split(b";")[0]
    file = folder / "many.csv"
    with file.open("wb") as out:
        out.write(header)
        out.writelines(first.replace(number, b"H-%06d" % each, 1) for each in range(COUNT))
    return file


def _floor(file: Path, out: Path) -> float:
    start = time.perf_counter()
    with file.open(encoding="cp1252", newline="") as lines, out.open("w", encoding="utf-8") as made:
        for each in csv.DictReader(lines, delimiter=";"):
            made.write(json.dumps(each) + "\n")
    return time.perf_counter() - start


def _watch(file: Path, out: Path) -> tuple[float, float]:
    """Return the seconds that the command took, and the most memory its processes held at once, in MiB."""
    command = [sys.executable, "-m", "fhirbridge", "bulk", str(file), "--map", "harlan-jail", "--out", str(out)]
    start, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    while process.poll() is None:
        peak = max(peak, sum(_resident(each) for each in _family(process.pid)))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"bench: `fhirbridge bulk` ended with {process.returncode}")
    return time.perf_counter() - start, peak


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:  # it has just ended
        return
    for child in children:
        yield from _family(int(child))


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_MIB
    except (OSError, IndexError):  # it has just ended
        return 0.0
