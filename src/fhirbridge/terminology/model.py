"""What a code table is: its lines, both directions ready to look up, and what becomes of a code it does not have.

Laws of this file: a line that says "no match" never translates; of several targets the closest is taken, and two that
are equally close are a fault; back goes only what is one-to-one or marked as the way back.
Source: http://hl7.org/fhir/R4/valueset-concept-map-equivalence.html, http://hl7.org/fhir/R4/conceptmap.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

MAX_ROWS = 100_000
"""No table has more lines."""
MAX_CELL = 1_000
"""No code, display or comment has more characters."""

Mode = Literal["fixed", "provided", "other-map"]
MODES: tuple[Mode, ...] = ("fixed", "provided", "other-map")
ANY_CODE = "*"
"""Stands in the place of the source code in the line that says what becomes of every other code."""

NEARNESS = {
    "equal": 0,
    "equivalent": 1,
    "wider": 2,
    "subsumes": 2,
    "narrower": 3,
    "specializes": 3,
    "inexact": 4,
    "relatedto": 5,
}
"""How near a target is to its source; of several targets of one code the nearest is taken."""
OPPOSITE = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}
"""What an equivalence is called from the other side; any other is the same from both."""
NO_MATCH = frozenset({"unmatched", "disjoint"})
"""Equivalences which say that a code has no target, or not this one."""
EQUIVALENCES = frozenset(NEARNESS) | NO_MATCH


class TableError(ValueError):
    """The code table cannot be used; the text says in which line and why.

    Attributes:
        line: counts from 1.
        table: the table the line is in, when it is another one than was asked for.
    """

    def __init__(self, message: str, line: int, table: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.table = table


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a code table: one source code and one target."""

    source: str
    system: str
    target: str
    display: str
    equivalence: str
    back: bool
    line: int
    table: str = ""
    source_system: str = ""
    source_display: str = ""
    comment: str = ""
    coding: Mapping[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make the target's Coding once, for it is asked for with every message."""
        coding = {"system": self.system, "code": self.target, "display": self.display}
        object.__setattr__(self, "coding", {name: text for name, text in coding.items() if text})


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What becomes of a code that no line has: a fixed one, the code as it is, or what another table says of it.

    `target` is the fixed code for `fixed`, and the other table's name or URL for `other-map`.
    """

    mode: Mode
    system: str
    target: str
    display: str
    line: int
    table: str = ""

    def row(self, source: str) -> TableRow:
        """Return the line that a code falls to; with `provided` the target is the code itself."""
        target = source if self.mode == "provided" else self.target
        return TableRow(source, self.system, target, self.display, self.mode, False, self.line, self.table)


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code table with both directions ready to look up.

    Attributes:
        rows: the lines that translate, in order; a linked table has the other tables' lines behind its own.
        forward: source code -> the line that translates it.
        backward: (system, target code) -> the line it goes back by; system None: the code carries no system.
        unmatched: source code -> the line which says that it has no target.
        others: the names of the tables that it goes on in.
    """

    name: str
    rows: tuple[TableRow, ...]
    forward: dict[str, TableRow]
    backward: dict[tuple[str | None, str], TableRow]
    version: str = ""
    url: str = ""
    unmapped: Unmapped | None = None
    unmatched: Mapping[str, TableRow] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def find_row(self, source: str) -> TableRow | None:
        """Return the line that a source code is translated by, also where it is the one for every other code."""
        row = self.forward.get(source)
        if row is None and source not in self.unmatched and self.has_answer:
            return self.unmapped.row(source) if self.unmapped else None
        return row

    def find_back(self, system: str | None, target: str) -> TableRow | None:
        """Return the line that a target code goes back by; system None stands for a code that carries no system."""
        row = self.backward.get((system, target))
        if row is None and self.unmapped and self.unmapped.mode == "provided":
            is_kept = system in (None, self.unmapped.system) and not self.has_line(target)
            return self.unmapped.row(target) if is_kept else None
        return row

    def has_line(self, source: str) -> bool:
        """Say whether a line names this source code, be it to say that it has no match."""
        return source in self.forward or source in self.unmatched

    @property
    def has_answer(self) -> bool:
        """Whether a code that no line names becomes something all the same."""
        return self.unmapped is not None and self.unmapped.mode != "other-map"

    def ambiguous_targets(self) -> tuple[TableRow, ...]:
        """Return the lines whose target could come from another code too though none, or more than one, is marked."""
        groups: dict[tuple[str, str], list[TableRow]] = {}
        for row in _in_play(self.rows, self.forward):
            groups.setdefault((row.system, row.target), []).append(row)
        for row in self._lines_of_others(groups.values()):
            groups.setdefault((row.system, row.target), []).append(row)
        crowded = (group for group in groups.values() if len(group) > 1 or group[0].equivalence in MODES)
        return tuple(row for group in crowded if sum(r.back for r in group) != 1 for row in group)

    def _lines_of_others(self, groups: Iterable[list[TableRow]]) -> list[TableRow]:
        """Return the line for every other code, once for each target that it makes as well."""
        if self.unmapped is None or self.unmapped.mode == "other-map":
            return []
        if self.unmapped.mode == "fixed":
            return [self.unmapped.row(ANY_CODE)]
        system = self.unmapped.system
        own = (group[0] for group in groups)
        return [self.unmapped.row(r.target) for r in own if r.system == system and not self.has_line(r.target)]


def make_table(
    name: str, rows: Iterable[TableRow], unmapped: Unmapped | None = None, *, version: str = "", url: str = ""
) -> CodeTable:
    """Return the table of these lines.

    Raises:
        TableError: there are too many lines, or two targets of one code are equally near.
    """
    every = tuple(rows)
    if len(every) > MAX_ROWS:
        raise TableError(f"the table has more than {MAX_ROWS} lines", every[MAX_ROWS].line)
    usable = tuple(row for row in every if row.equivalence not in NO_MATCH)
    forward = _forward(usable)
    return CodeTable(
        name=name,
        rows=usable,
        forward=forward,
        backward=_backward(_in_play(usable, forward)),
        version=version,
        url=url,
        unmapped=unmapped,
        unmatched={row.source: row for row in every if row.source not in forward},
    )


def _forward(rows: Iterable[TableRow]) -> dict[str, TableRow]:
    forward: dict[str, TableRow] = {}
    tied: dict[str, TableRow] = {}
    for row in rows:
        present = forward.setdefault(row.source, row)
        if present is row:
            continue
        difference = NEARNESS[row.equivalence] - NEARNESS[present.equivalence]
        if difference < 0:
            forward[row.source] = row
            tied.pop(row.source, None)
        elif difference == 0:
            tied.setdefault(row.source, row)
    for source, row in tied.items():
        raise TableError(f"source code `{source}` stands in line {forward[source].line} too", row.line)
    return forward


def _in_play(rows: Iterable[TableRow], forward: Mapping[str, TableRow]) -> list[TableRow]:
    """Return the lines that are used: the nearest of each code, and those marked as a way back."""
    return [row for row in rows if row.back or forward[row.source] is row]


def _backward(rows: Iterable[TableRow]) -> dict[tuple[str | None, str], TableRow]:
    """Return the way back of each (system, target), and of each target that comes without a system (None)."""
    way_back: dict[tuple[str | None, str], TableRow] = {}
    for row in rows:
        if row.back or (row.system, row.target) not in way_back:
            way_back[row.system, row.target] = row
    for (_, target), row in list(way_back.items()):
        way_back.setdefault((None, target), row)
    return way_back
