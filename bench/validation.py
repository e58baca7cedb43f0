"""Validation: both speeds of our checker against the models of fhir.resources, on the same resources in one run.

    python -m bench.validation [FOLDER]

The resources are those of our golden outputs; a folder of R4 examples (one resource a JSON file) makes two tables more:
the examples but those that define FHIR itself, and the same without their narratives, which the models do not read.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from tests.support.maps import MAPPINGS

from bench.conformance.material import DEFINITIONS
from fhirbridge.errors import MalformedInput
from fhirbridge.formats import json_text
from fhirbridge.services.definitions import beside, read_checker
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]

THEIRS = "fhir.resources, R4B models"
ROUNDS = 15
MOST = 400
"""So many examples of a folder, evenly over it."""


def run(folder: Path | None = None) -> str:
    """Return the tables of this bench, with the time that importing the checker takes."""
    golden = [each for file in sorted((MAPPINGS / "tests").glob("*.expected.json")) for each in _read(file)]
    tables = [_table("Validation: what our golden outputs hold", golden)]
    if folder is not None:
        every = [each for file in sorted(folder.rglob("*.json")) for each in _read(file) if _is_plain(each)]
        examples = every[:: max(1, len(every) // MOST)]
        tables.append(_table("Validation: R4 examples", examples))
        bare = [{name: value for name, value in each.items() if name != "text"} for each in examples]
        tables.append(_table("The same without their narratives, which the models do not read", bare))
    return "\n".join([*tables, imports()])


def _table(title: str, resources: list[Tree]) -> str:
    trees, seconds = measured(resources, read_checker(beside(MAPPINGS)))
    return table(f"{title} ({len(trees)})", len(trees), seconds)


def measured(resources: list[Tree], checker: Checker) -> tuple[list[Tree], dict[str, float]]:
    """Return the resources that the models accept, and the seconds of processor time that each way takes for them."""
    fits = [(model, each) for each in resources if (model := _find_model(each)) is not None]
    trees = [each for _, each in fits]
    contestants: dict[str, Callable[[], object]] = {
        THEIRS: lambda: [model.model_validate(each) for model, each in fits],
        "gate: structure, required codes, common invariants": lambda: [checker.gate(each) for each in trees],
        "full, without profiles": lambda: [checker.check(each, profiles=False) for each in trees],
        "full, with all invariants and the profiles claimed": lambda: [checker.check(each) for each in trees],
    }
    return trees, _seconds(contestants)


def table(title: str, count: int, seconds: dict[str, float], *, peer: str = "") -> str:
    """Return the times for one resource, and how much quicker each is than the models and than a peer that ran."""
    others = [name for name in (THEIRS, peer) if name in seconds]
    heads = ["what", "a resource", *(f"as quick as {name.partition(',')[0]}" for name in others)]
    rows = [
        [name, f"{took / count * 1e6:.0f} us", *(f"{seconds[other] / took:.1f} x" for other in others)]
        for name, took in seconds.items()
    ]
    lines = [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join([f"### {title}", "", *lines, ""])


def _seconds(contestants: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of processor time of each; they take turns, after one round that is not counted."""
    turns: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS + 1):
        for name, call in contestants.items():
            start = process_time()
            call()
            turns[name].append(process_time() - start)
    return {name: median(taken[1:]) for name, taken in turns.items()}


def _find_model(resource: Tree) -> Any:
    """Return the model that accepts a resource, or None: one refused early would be no fair time."""
    try:
        model = get_fhir_model_class(resource["resourceType"])
        model.model_validate(resource)
    except ValueError:
        return None
    return model


def imports() -> str:
    """Return how long a new process takes to import the checker, its modules compiled, and to check a resource."""
    with TemporaryDirectory() as folder:
        _told(folder)
        told = [_told(folder) for _ in range(9)]
    made, first = (min(each[index] for each in told) * 1e3 for index in (0, 1))
    return (
        f"A new process has the checker after {made:.0f} ms of processor time, its first answer after {first:.0f} ms.\n"
    )


def _told(folder: str) -> tuple[float, float]:
    """Return what one new process tells; Python keeps its compiled modules in the folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command, environment = [sys.executable, "-c", _NEW], {**kept, "PYTHONPYCACHEPREFIX": folder}
    output = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout  # noqa: S603
    made, first = map(float, output.split())
    return made, first


_NEW = """
from time import process_time as now
start = now()
from fhirbridge.validation.check import check
made = now() - start
check({"resourceType": "Patient"})
print(made, now() - start)
"""


def _is_plain(resource: Tree) -> bool:
    return resource["resourceType"] not in DEFINITIONS | {"Bundle"}


def _read(file: Path) -> Iterator[Tree]:
    try:
        tree = json_text.parse(file.read_bytes())
    except MalformedInput:
        return
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict) and isinstance(node.get("resourceType"), str):
            yield node
        elif isinstance(node, dict):
            waiting.extend(reversed(node.values()))


if __name__ == "__main__":
    print(run(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
