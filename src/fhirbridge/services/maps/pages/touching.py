"""Which tests beside a map take part in which rows: each test is run, and what it touched is read off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fhirbridge.mapping.files import Folder
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.cases import Case, cases_of
from fhirbridge.mapping.proving.covered import points_of
from fhirbridge.services.definitions import beside, read_checker
from fhirbridge.services.maps.testing_cases import Bench, run_case


def touching_of(maps: Sequence[Map], folder: Path) -> dict[tuple[str, str], list[str]]:
    """Return, for each (map, place of a row), the names of the tests that the row takes part in."""
    bench = Bench(Folder(folder), read_checker(beside(folder)))
    found: dict[tuple[str, str], list[str]] = {}
    for map_ in maps:
        for case in cases_of(map_):
            for place in sorted(set(_places(bench, map_, case))):
                found.setdefault((map_.name, place), []).append(case.name)
    return found


def _places(bench: Bench, map_: Map, case: Case) -> Iterator[str]:
    """Yield the file and line of each row that ran in a test, whether the test passes or not."""
    for point in points_of(map_, run_case(bench, map_, case).ran):
        if point.kind == "row" and point.is_hit:
            yield point.place
