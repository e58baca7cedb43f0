"""The laws of one map on generated data: Hypothesis makes the examples and shrinks the one that breaks a law.

Laws of this file: the same map gives the same examples on every machine; what is generated is kept nowhere; Hypothesis
is imported only when a law is run, for it is slow to import and no server needs it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.choices import Choices
from fhirbridge.mapping.proving.covered import line_of
from fhirbridge.mapping.proving.foreign import changed_items, with_unknown
from fhirbridge.mapping.proving.laws import (
    BACK_AND_THERE,
    THERE_AND_BACK,
    UNKNOWN,
    Breach,
    Discard,
    back_and_there,
    there_and_back,
    unknown_reported,
)
from fhirbridge.mapping.proving.trees import Recipe, left_tree, recipe_of
from fhirbridge.mapping.proving.ways import Excluded
from fhirbridge.mapping.run import Mapped, narrated, to_right
from fhirbridge.services.reading import find_document_issues, find_record_issues
from fhirbridge.validation.check import check

CONTEXT = Context("local")
FAULTS_OF_DATA = frozenset({"per-1"})
"""Rules that generated data may break and no map can mend: a period that ends before it starts."""
Law = Callable[[Recipe, Choices], Breach | None]


@dataclass(frozen=True, slots=True)
class LawResult:
    """What came of one law on one map. `examples` is how many were tried, those that shrank a breach counted."""

    map: str
    law: str
    examples: int
    seconds: float
    breach: Breach | None = None


def run_laws(map_: Map, examples: int) -> tuple[list[LawResult], list[Excluded]]:
    """Return what came of each law, and which left fields the laws did not compare.

    Args:
        examples: how many are tried for each law; 0 tries none.
    """
    recipe = recipe_of(map_)
    laws: dict[str, Law] = {THERE_AND_BACK: _there_and_back}
    if recipe.ways.has_way_back:
        laws |= {BACK_AND_THERE: _back_and_there, UNKNOWN: _unknown}
    results = [_run(map_, name, recipe, law, examples) for name, law in laws.items() if examples]
    return results, sorted(recipe.ways.excluded.values(), key=lambda each: each.path)


def _there_and_back(recipe: Recipe, choices: Choices) -> Breach | None:
    return there_and_back(recipe, _tree(recipe, choices), CONTEXT, _validate)


def _back_and_there(recipe: Recipe, choices: Choices) -> Breach | None:
    made = _made(recipe, choices)
    return back_and_there(recipe, made.items, changed_items(recipe, made.items, choices, CONTEXT), CONTEXT)


def _unknown(recipe: Recipe, choices: Choices) -> Breach | None:
    items = [(item.type, item.body) for item in _made(recipe, choices).items]
    changed, added = with_unknown(recipe.map, items, choices)
    return unknown_reported(recipe, changed, added, CONTEXT)


def _made(recipe: Recipe, choices: Choices) -> Mapped:
    made = to_right(recipe.map, _tree(recipe, choices), CONTEXT)
    if any(issue.severity in ("error", "fatal") for issue in made.issues):
        raise Discard  # the first law says it
    return made


def _tree(recipe: Recipe, choices: Choices) -> dict[str, Any]:
    """Return a left tree; a record's own rules may ask for more than its schema says."""
    tree = left_tree(recipe, choices)
    if recipe.map.left.kind == "record" and find_record_issues(recipe.map.left.names[0], tree):
        raise Discard
    return tree


def _validate(map_: Map, made: Mapped) -> Sequence[Issue]:
    """Return what is wrong with resources and documents; a record that its own rules refuse says nothing of the map."""
    found: list[Issue] = []
    for item in narrated(map_, made.items):
        if map_.right.kind == "fhir":
            issues = check(item.body, profiles=False)
            wrong = [i for i in issues if i.severity in ("error", "fatal") and i.rule not in FAULTS_OF_DATA]
            found += [replace(issue, location=_row_place(map_, item.trace, issue.expression)) for issue in wrong]
        elif map_.right.kind == "record" and find_record_issues(item.type, item.body):
            raise Discard
        elif map_.right.kind != "record":
            found += find_document_issues(map_, item)
    return found


def _row_place(map_: Map, trace: Mapping[str, Any], expression: str) -> str:
    """Return the place of the row that made what an issue speaks of: at its path, below it, or nearest above."""
    path, elements = expression.partition(".")[2], trace["elements"]
    below = (origin for own, origin in elements.items() if own.startswith((f"{path}.", f"{path}[")))
    entry = elements.get(path) or next(below, None)
    while entry is None and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
        entry = elements.get(path)
    places = {line_of(row): str(row.place) for block in map_.blocks for row in block.rows}
    return places.get(f"{entry['file']}:{entry['line']}", "") if entry else ""


def _run(map_: Map, name: str, recipe: Recipe, law: Law, examples: int) -> LawResult:
    """Return what came of a law: the smallest breach that could be found, or none."""
    started = perf_counter()
    found = _search(lambda choices: law(recipe, choices), examples)
    seconds = perf_counter() - started
    if found.tried == 0:
        return LawResult(map_.name, name, 0, seconds, Breach(name, map_.root, "no example", map_.file, ()))
    return LawResult(map_.name, name, found.tried, seconds, found.breach)


@dataclass(slots=True)
class _Found:
    tried: int = 0
    breach: Breach | None = None


class _Broken(Exception):
    """A law does not hold for the example at hand."""


def _search(law: Callable[[Choices], Breach | None], examples: int) -> _Found:
    """Return how many examples were tried, and the smallest that breaks the law."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings
    from hypothesis import strategies as st
    from hypothesis.configuration import set_hypothesis_home_dir
    from hypothesis.errors import Unsatisfiable

    integers = cache(st.integers)
    set_hypothesis_home_dir(tempfile.gettempdir())  # else it makes a folder where the command is called
    found = _Found()

    @st.composite
    def outcomes(draw: Callable[[Any], Any]) -> Breach | None:
        try:
            return law(Drawn(draw, integers))
        except Discard:
            reject()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(outcomes())
    def prove(breach: Breach | None) -> None:
        found.tried += 1
        if breach is not None:
            found.breach = breach
            raise _Broken

    with suppress(_Broken, Unsatisfiable):
        prove()
    return found


class Drawn:
    """Choices that Hypothesis makes, and can take back and make simpler."""

    def __init__(self, draw: Callable[[Any], Any], integers: Callable[[int, int], Any]) -> None:
        self._draw, self._integers = draw, integers

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        return int(self._draw(self._integers(low, high)))
