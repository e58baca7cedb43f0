"""Loading: how long it takes until all shipped maps stand ready, and one map that was changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from tests.support.maps import MAPPINGS

from fhirbridge.mapping.compile.program import compile_left, compile_right
from fhirbridge.services.definitions import beside, load_maps

ROUNDS = 7
CHANGED = "records/plan.yaml"
"""The largest map that is shipped."""


def run() -> str:
    """Return the table of this bench, in milliseconds."""
    profiles = beside(MAPPINGS)
    with TemporaryDirectory() as name:
        folder = Path(name) / "mappings"
        shutil.copytree(MAPPINGS, folder)
        library = load_maps(folder, profiles)
        told = {
            f"read, bind and check all {len(library.maps)} shipped maps": _best(lambda: load_maps(folder, profiles)),
            "compile all of them, both ways": _best(lambda: [_compile(map_) for map_ in library.maps.values()]),
        }
        text = (folder / CHANGED).read_text("utf-8")
        (folder / CHANGED).write_text(f"{text}\n# changed\n", "utf-8")
        map_ = load_maps(folder, profiles, before=library).get("plan")
        told[f"one map changed ({CHANGED}): read the folder, bind and check that map"] = _best(
            lambda: load_maps(folder, profiles, before=library)
        )
        told["compile it, both ways"] = _best(lambda: _compile(map_))
    rows = [f"| {what} | {seconds * 1e3:.0f} ms |" for what, seconds in told.items()]
    return "\n".join(["### Loading maps", "", "| what | time |", "|---|---|", *rows, ""])


def _compile(map_: object) -> object:
    return compile_right(map_), compile_left(map_)  # type: ignore[arg-type]


def _best(call: Callable[[], object]) -> float:
    """Return the seconds of processor time of the quickest of several calls."""
    taken = []
    for _ in range(ROUNDS):
        start = process_time()
        call()
        taken.append(process_time() - start)
    return min(taken)
