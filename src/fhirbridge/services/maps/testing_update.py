"""Expectations brought up to what the maps make now: `out:` files and single values under `expect:`.

Laws of this file: what is expected and missing, or listed as absent, is never rewritten: a person decides; a map's
text keeps every byte but the values that changed; what was written is told by path and place, without values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.errors import BridgeError
from fhirbridge.mapping.files import Folder
from fhirbridge.mapping.model import Map, Place
from fhirbridge.mapping.proving.cases import Case, cases_of
from fhirbridge.mapping.proving.rewrite import Change, with_values
from fhirbridge.services.definitions import beside, load_maps, read_checker
from fhirbridge.services.maps.testing import Selection
from fhirbridge.services.maps.testing_cases import Bench, CaseRun, as_golden, read_out, run_case, write_out
from fhirbridge.services.maps.testing_results import Failure

_OUTPUTS = frozenset({".json", ".ndjson", ".csv", ".xml"})
_KEPT = frozenset({"schemas", "tables"})
_REWRITTEN = ("other value", "other type")


@dataclass(frozen=True, slots=True)
class Written:
    """One thing that was rewritten: the file as a whole, or one value at a place; `path` is what it expects."""

    place: str
    path: str


def update(folder: Path, selection: Selection) -> tuple[Written, ...]:
    """Rewrite what the tests of a folder's maps expect and no longer find; return what was rewritten.

    Raises:
        MapError: a map does not pass its checks.
    """
    library = load_maps(folder, beside(folder))
    bench = Bench(Folder(folder), read_checker(beside(folder)))
    done: list[Written] = []
    for name in library.names():
        if selection.has_map(name):
            done += _update_map(folder, bench, library.get(name), selection)
    return tuple(done)


def _update_map(folder: Path, bench: Bench, map_: Map, selection: Selection) -> Iterator[Written]:
    changes: dict[Change, Any] = {}
    for case in cases_of(map_):
        if selection.has_case(map_.name, case) and not case.every:
            run = run_case(bench, map_, case)
            changes.update(_changes(case, run.failures))
            yield from _update_out(folder, bench, (map_, case), run)
    if changes:
        yield from _rewrite(folder / map_.file, map_.file, changes)


def _changes(case: Case, failures: tuple[Failure, ...]) -> Iterator[tuple[Change, Any]]:
    for failure in failures:
        place = case.place(f"expect.{failure.path}")
        if failure.kind in _REWRITTEN and str(place) == failure.place:
            yield (place.line, f"expect.{failure.path}"), failure.found


def _rewrite(path: Path, file: str, changes: Mapping[Change, Any]) -> Iterator[Written]:
    text, made = with_values(path.read_bytes().decode("utf-8-sig"), file, changes)
    bom = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    path.write_bytes(bom + text.encode())
    yield from (Written(f"{file}:{line}", at.removeprefix("expect.")) for line, at in sorted(made))


def _update_out(folder: Path, bench: Bench, tested: tuple[Map, Case], run: CaseRun) -> Iterator[Written]:
    map_, case = tested
    if not case.out_file or run.output is None or not _is_inside(folder, case.out_file):
        return
    try:
        present = read_out(bench, map_, case)
    except (FileNotFoundError, BridgeError):
        present = None
    made = as_golden(present, run.output)
    if made != present:
        path = folder / case.out_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_out(map_, case, made))
        place: Place = case.place("out")
        yield Written(f"{place.file}:{place.line}", case.out_file)


def _is_inside(folder: Path, name: str) -> bool:
    """Say whether a file may be written: in the folder of maps, links followed; no map, table, schema or setting."""
    try:
        place = (folder / name).resolve().relative_to(folder.resolve())
    except (ValueError, OSError):
        return False
    is_hidden = any(part.startswith(".") for part in place.parts)
    return not is_hidden and place.suffix in _OUTPUTS and place.parts[0] not in _KEPT
