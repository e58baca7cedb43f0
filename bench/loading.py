"""Loading: how long it takes until all shipped maps stand ready, and one map that was changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from tests.support.maps import MAPPINGS

from fhirbridge.mapping.compile.program import compile_left, compile_right
from fhirbridge.mapping.model import Map
from fhirbridge.services.definitions import beside, load_maps

ROUNDS = 9
CHANGED = {"sources/riverside-plan.yaml": "one map", "records/plan.yaml": "a map and the overlay upon it"}
"""What is changed and read again: the largest source map, and the largest map of all."""


def run() -> str:
    """Return the table of this bench, in milliseconds of processor time."""
    profiles = beside(MAPPINGS)
    with TemporaryDirectory() as name:
        folder = Path(name) / "mappings"
        shutil.copytree(MAPPINGS, folder)
        maps = load_maps(folder, profiles).maps.values()
        told = {
            f"read, bind and check all {len(maps)} shipped maps": _best(lambda: load_maps(folder, profiles)),
            "compile all of them, both ways": _best(lambda: _compile(maps)),
        }
        for file, what in CHANGED.items():
            told |= _reload(folder, profiles, file, what)
    rows = [f"| {what} | {seconds * 1e3:.0f} ms |" for what, seconds in told.items()]
    return "\n".join(["### Loading maps", "", "| what | processor time |", "|---|---|", *rows, ""])


def _reload(folder: Path, profiles: Path, file: str, what: str) -> dict[str, float]:
    before = load_maps(folder, profiles)
    text = (folder / file).read_text("utf-8")
    (folder / file).write_text(f"{text}\n# changed\n", "utf-8")
    after = load_maps(folder, profiles, before=before)
    fresh = [map_ for name, map_ in after.maps.items() if before.maps[name] is not map_]
    return {
        f"{file} changed: read the folder, bind and check {what}": _best(
            lambda: load_maps(folder, profiles, before=before)
        ),
        f"compile {what}, both ways": _best(lambda: _compile(fresh)),
    }


def _compile(maps: Iterable[Map]) -> None:
    for map_ in maps:
        compile_right(map_)
        compile_left(map_)


def _best(call: Callable[[], object]) -> float:
    """Return the seconds of processor time of the quickest of several calls."""
    taken = []
    for _ in range(ROUNDS):
        start = process_time()
        call()
        taken.append(process_time() - start)
    return min(taken)
