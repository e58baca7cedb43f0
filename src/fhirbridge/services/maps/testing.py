"""The tests beside maps, run: every case, the laws on generated data, and how much of the maps the cases touch.

Laws of this file: maps that do not pass their checks are not tested; what is run depends on the files alone, so the
digest of a report stands for it; nothing is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from time import perf_counter
from typing import Any

from fhirbridge.errors import NotFound
from fhirbridge.mapping.files import Files, Folder
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.cases import Case, cases_of, laws_wanted
from fhirbridge.mapping.proving.covered import Ran
from fhirbridge.mapping.proving.ways import Excluded
from fhirbridge.services.definitions import beside, load_maps, read_checker, read_profiles
from fhirbridge.services.maps.laws import LawResult, run_laws
from fhirbridge.services.maps.test_coverage import coverage_of
from fhirbridge.services.maps.testing_cases import Bench, run_case
from fhirbridge.services.maps.testing_results import Failure, Result, TestReport

DEFAULT_LAWS = 50
"""So many examples of each law are tried on a map that asks for no other number."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests to run: `MAP` or `MAP::case`, both with * and ?; nothing selects everything.

    `maps`: only these; None for all.
    """

    patterns: Sequence[str] = ()
    maps: Collection[str] | None = None

    def has_map(self, name: str) -> bool:
        """Whether anything of a map is to be run."""
        if self.maps is not None and name not in self.maps:
            return False
        return not self.patterns or any(fnmatchcase(name, each.partition("::")[0]) for each in self.patterns)

    def has_case(self, map_name: str, case: Case) -> bool:
        """Whether one test of a map is to be run; one with `every:` may be named without its codes."""
        own = [each.partition("::") for each in self.patterns if fnmatchcase(map_name, each.partition("::")[0])]
        names = (case.name, case.text.name)
        return not self.patterns or any(not c or any(fnmatchcase(name, c) for name in names) for _, _, c in own)

    def has_laws(self, map_name: str) -> bool:
        """Whether the laws of a map are to be run: not where single tests are named."""
        own = [each for each in self.patterns if fnmatchcase(map_name, each.partition("::")[0])]
        return not self.patterns or any("::" not in each for each in own)


def run_tests(folder: Path, *, select: Sequence[str] = (), laws: int = DEFAULT_LAWS) -> TestReport:
    """Return what came of the tests and laws of a folder's maps.

    Args:
        select: see `Selection`.
        laws: examples of each law on each map that asks for no other number; 0 runs no law.

    Raises:
        MapError: a map does not pass its checks.
        NotFound: nothing is selected.
    """
    return run_in_folder(folder, Selection(select), laws=laws)


def run_in_folder(folder: Path, selection: Selection, *, laws: int = DEFAULT_LAWS) -> TestReport:
    """Return what came of the selected tests and laws of a folder's maps.

    Raises:
        MapError, NotFound: see `run_tests`.
    """
    return prove_files(Folder(folder), beside(folder), selection=selection, laws=laws)


def prove_files(
    files: Files, profiles: Path, *, selection: Selection | None = None, laws: int = DEFAULT_LAWS
) -> TestReport:
    """Return what came of the tests and laws of maps, from whichever place their files come.

    Raises:
        MapError: a map does not pass its checks.
        NotFound: nothing is selected.
    """
    chosen = selection or Selection()
    library = load_maps(files, profiles)
    maps = [library.get(name) for name in library.names() if chosen.has_map(name)]
    if not maps and chosen.patterns:
        raise NotFound(f"No map is selected; known are: {', '.join(library.names())}.")
    bench, known = Bench(files, read_checker(profiles)), read_profiles(profiles)
    tested = [_test(bench, map_, chosen, laws) for map_ in maps]
    return TestReport(
        results=tuple(result for each in tested for result in each.results),
        coverage=tuple(coverage_of(each.map, each.ran, known) for each in tested),
        digest=_digest(library, files, maps, laws),
        excluded={each.map.name: tuple(each.excluded) for each in tested},
    )


@dataclass(slots=True)
class _Tested:
    """What came of one map."""

    map: Map
    results: list[Result] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)


def _test(bench: Bench, map_: Map, selection: Selection, laws: int) -> _Tested:
    tested = _Tested(map_)
    for case in cases_of(map_):
        if selection.has_case(map_.name, case):
            started = perf_counter()
            run = run_case(bench, map_, case)
            seconds = perf_counter() - started
            tested.ran += run.ran
            place = str(case.text.place)
            tested.results.append(Result(map_.name, case.name, "test", place, seconds, run.failures))
    examples = (laws_wanted(map_) or laws) if laws else 0
    if selection.has_laws(map_.name) and examples:
        found, tested.excluded = run_laws(map_, examples)
        tested.results += [_law_result(map_, each) for each in found]
    return tested


def _law_result(map_: Map, law: LawResult) -> Result:
    breach = law.breach
    failures = (Failure(breach.path, breach.kind, breach.place, example=breach.example),) if breach else ()
    return Result(map_.name, law.law, "law", map_.file, law.seconds, failures, law.examples)


# -- what was proved -------------------------------------------------------------------------------------------------


def case_files(case: Case) -> Iterator[str]:
    """Yield the names of the files that a test reads."""
    yield from (name for name in (case.in_file, case.base_file, case.out_file) if name)


def _digest(library: MapLibrary, files: Files, maps: Sequence[Map], laws: int) -> str:
    """Return the SHA-256 of everything that the results depend on."""
    proved: dict[str, Any] = {"laws": laws}
    for map_ in maps:
        named = {name for case in cases_of(map_) for name in case_files(case)}
        tests = {name: _hash_of(files, name) for name in sorted(named)}
        proved[map_.name] = [dict(library.origins.get(map_.file, {})), map_.hash, tests]
    return hashlib.sha256(json.dumps(proved, sort_keys=True).encode()).hexdigest()


def _hash_of(files: Files, name: str) -> str:
    try:
        return hashlib.sha256(files.read(name)).hexdigest()
    except FileNotFoundError:
        return ""
