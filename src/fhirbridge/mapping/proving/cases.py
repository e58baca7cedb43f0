"""The tests of a map as they are meant: what is given, what is expected, and where each part stands.

Laws of this file: a test is read here and nowhere else; what cannot be read was a finding of `check` before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from fhirbridge.mapping.model import CaseText, Map, Place
from fhirbridge.mapping.proving.overrides import steps_of
from fhirbridge.mapping.proving.ways import find_shape, left_paths

Direction = Literal["right", "left"]
ALL = -1
"""The index of a path that means every item of its block."""

ISSUE = re.compile(r"(?P<code>FB[0-9]{3})(?: +(?P<path>\S+))?")
"""An expected problem as written: a code, and where it is to show."""
DEFAULT_SOURCE = "local"
"""The partner id that a test runs under when it names none; `fhirbridge map` uses the same."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test, ready to run. Exactly one of `given`, `in_file` and `base_file` says what goes in."""

    name: str
    direction: Direction
    source: str
    given: Any
    in_file: str
    base_file: str
    changes: Mapping[str, Any]
    every: tuple[str, ...]
    expect: Mapping[str, Any]
    out_file: str
    absent: tuple[str, ...]
    issues: tuple[tuple[str, str], ...]
    text: CaseText

    def place(self, key: str) -> Place:
        """Return where a part of the test stands, such as `out` or `expect.plan.status`; the test itself where not."""
        return self.text.places.get(key, self.text.place)


def cases_of(map_: Map) -> tuple[Case, ...]:
    """Return the tests of a bound map, in the order they stand; one with `every:` once for each code."""
    return tuple(case for text in map_.cases if "laws" not in text.tree for case in _each(map_, _case(text)))


def _each(map_: Map, case: Case) -> Iterator[Case]:
    if not case.every:
        yield case
    for path in case.every:
        for code in codes_at(map_, path):
            yield replace(case, name=f"{case.name}: {path} {code}", changes={**case.changes, path: code})


def codes_at(map_: Map, path: str) -> list[str]:
    """Return the codes that a left path may hold: those of the tables that read it, else those of its schema."""
    names = [step for step in steps_of(path) if isinstance(step, str)]
    name = ".".join(names)
    rows = [row for block in map_.blocks for row in block.rows if name in left_paths(map_, block, row)]
    tables = [row.codec.table for row in rows if row.codec.table]
    tabled = dict.fromkeys(code for table in tables for code in table.forward)
    shape = find_shape(map_.left_shape, names[1:])
    allowed = shape.codes if shape else frozenset()
    return [code for code in tabled if not allowed or code in allowed] or sorted(allowed)


def laws_wanted(map_: Map) -> int | None:
    """Return how many examples the map's own `laws:` entry asks for; None where it has none."""
    return next((int(text.tree["laws"]) for text in map_.cases if "laws" in text.tree), None)


def _case(text: CaseText) -> Case:
    tree = text.tree
    return Case(
        name=text.name,
        direction="left" if tree.get("direction") == "left" else "right",
        source=str(tree.get("source", DEFAULT_SOURCE)),
        given=tree.get("given"),
        in_file=str(tree.get("in", "")),
        base_file=str(tree.get("base", "")),
        changes=tree.get("with", {}),
        every=tuple(tree.get("every", ())),
        expect=tree.get("expect", {}),
        out_file=str(tree.get("out", "")),
        absent=tuple(tree.get("absent", ())),
        issues=tuple(_issue(entry) for entry in tree.get("issues", ())),
        text=text,
    )


def _issue(entry: str) -> tuple[str, str]:
    """Return (code, path) of an expected problem; the path is "" where any will do."""
    found = ISSUE.fullmatch(entry)
    return (found["code"], found["path"] or "") if found else (entry, "")
