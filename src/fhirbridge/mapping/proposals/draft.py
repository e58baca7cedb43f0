"""A first map as data: what each block would say, which fields found no place, what somebody has to decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fhirbridge.mapping.proposals.fitting import CodeGuess, Join
from fhirbridge.mapping.proposals.words import words_of


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One proposed row; `note` is what is written behind it for review, `join` how a field comes to its place."""

    left: str
    arrow: str
    right: str
    note: str
    codec: str = ""
    join: Join | None = None


@dataclass(slots=True)
class DraftBlock:
    """One proposed block."""

    name: str
    make: str
    key: str
    rows: list[DraftRow]


@dataclass(slots=True)
class Draft:
    """A proposed map.

    Attributes:
        tables: lines of each code table, by the table's name.
        closed: codes that the schema may list, by the path of the field.
        formats: how dates are written, by the path of the field; nothing for ISO.
        unplaced: paths of fields for which no place was found.
        decide: what somebody has to decide, one sentence each; names paths and never what stands there.
    """

    name: str
    blocks: list[DraftBlock] = field(default_factory=list)
    tables: dict[str, tuple[CodeGuess, ...]] = field(default_factory=dict)
    closed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    needs_zone: bool = False
    unplaced: list[str] = field(default_factory=list)
    decide: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Let each field come back from one row only, and give each code table its name."""
        seen: set[str] = set()
        for block in self.blocks:
            block.rows = [self._settled(row, seen) for row in block.rows]

    def _settled(self, row: DraftRow, seen: set[str]) -> DraftRow:
        if row.arrow == "<=>" and row.left in seen:
            row = replace(row, arrow="=>")
        seen |= {row.left} if row.arrow == "<=>" else set()
        if row.join is None:
            return row
        if row.join.closed:
            self.closed[row.left] = row.join.closed
        if row.join.codec.startswith(("date", "datetime")):
            self.formats[row.left] = row.join.format
        self.needs_zone = self.needs_zone or row.join.needs_zone
        return replace(row, codec=f"code {self._table(row)}" if row.join.codes else row.join.codec)

    def _table(self, row: DraftRow) -> str:
        """Return the name of a row's code table: its field's, with the names around it where that is taken."""
        codes = row.join.codes if row.join else ()
        names = ["-".join(words_of(name)) for name in row.left.split(".")[1:]]
        names = [name for name in names if name] or ["codes"]
        tried = ["-".join(names[-length:]) for length in range(1, len(names) + 1)]
        tried += [f"{tried[-1]}-{number}" for number in range(2, 100)]
        name = next(name for name in tried if self.tables.get(name, codes) == codes)
        self.tables[name] = codes
        return name

    def lefts(self) -> Iterable[str]:
        """Return the left paths that rows and keys name."""
        return {row.left for block in self.blocks for row in block.rows} | {block.key for block in self.blocks}
