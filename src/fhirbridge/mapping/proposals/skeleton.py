"""A draft as the text of a map, and as the text of its code tables. Every row says what to look at."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from fhirbridge.mapping.proposals.draft import Draft, DraftBlock, DraftRow
from fhirbridge.mapping.proposals.fitting import CodeGuess
from fhirbridge.mapping.text.layout import laid_out
from fhirbridge.mapping.text.scalars import scalar

NOT_PLACED = "REVIEW: could not place"
"""The reason under `ignore:` for a field that found no place."""
TABLE_HEADER = ("source", "system", "target", "display", "equivalence", "back", "comment")


@dataclass(frozen=True, slots=True)
class LeftSide:
    """The left side of a draft as it is written: its kind, its name or columns, and what it takes beside."""

    kind: str
    name: str = ""
    columns: Mapping[str, str] | None = None
    options: Sequence[tuple[str, str]] = ()

    def lines(self) -> Iterator[str]:
        """Yield the lines of `left:`."""
        yield "left:"
        if self.columns is None:
            yield f"  {self.kind}: {scalar(self.name)}"
        else:
            yield f"  {self.kind}:"
            yield from (f"    {scalar(name, is_key=True)}: {scalar(type_)}" for name, type_ in self.columns.items())
        yield from (f"  {name}: {scalar(value)}" for name, value in self.options)


def skeleton(draft: Draft, left: LeftSide, sample: str, output: str) -> str:
    """Return the text of a drafted map.

    Args:
        sample, output: the files of its test, from the top of the maps' folder.
    """
    return laid_out("\n".join(_lines(draft, left, sample, output)) + "\n", f"sources/{draft.name}.yaml")


def _lines(draft: Draft, left: LeftSide, sample: str, output: str) -> Iterator[str]:
    yield f"# A first map for {draft.name}, proposed from a sample by `fhirbridge new mapping`. Look at each REVIEW,"
    yield "# then take the word out; `fhirbridge fmt --diff` and `fhirbridge test` show what a change does."
    yield f"map: {draft.name}"
    yield "version: 0.1.0"
    yield from left.lines()
    yield f"right: {{record: [{', '.join(block.make for block in draft.blocks)}]}}"
    if draft.needs_zone:
        yield "zone: Etc/UTC  # REVIEW: the sample's times name no zone; say in which zone its clocks run"
    yield from _tables(draft)
    yield "records:"
    for block in draft.blocks:
        yield from _block(block)
    if draft.unplaced:
        yield "ignore:"
        yield from (f"  {scalar(path, is_key=True)}: {scalar(NOT_PLACED)}" for path in draft.unplaced)
    yield from ("tests:", "  - name: the sample as it came", f"    in: {scalar(sample)}", f"    out: {scalar(output)}")


def _tables(draft: Draft) -> Iterator[str]:
    if draft.tables:
        yield "tables:"
    for name, codes in draft.tables.items():
        guesses = sum(code.is_guess for code in codes)
        comment = f"  # REVIEW: {guesses} of {len(codes)} codes are guesses" if guesses else ""
        yield f"  {name}: {table_file(draft.name, name)}{comment}"


def _block(block: DraftBlock) -> Iterator[str]:
    yield f"  {block.name}:"
    yield f"    make: {block.make}"
    yield f"    key: {scalar(block.key)}"
    yield "    rows: |"
    yield from (f"      {_row(row)}" for row in block.rows)


def _row(row: DraftRow) -> str:
    codec = f" | {row.codec}" if row.codec else ""
    return f"{row.left} {row.arrow} {row.right}{codec}  # REVIEW: {row.note}"


def table_file(map_name: str, table: str) -> str:
    """Return the file of a drafted code table, from the top of the maps' folder."""
    return f"tables/{map_name}-{table}.csv"


def table_csv(codes: Sequence[CodeGuess]) -> str:
    """Return the text of a drafted code table; each guess says so, and one of several with a target goes back."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE_HEADER)
    targets = [code.target for code in codes]
    back: set[str] = set()
    for code in sorted(codes, key=lambda code: code.is_guess):
        way = "yes" if targets.count(code.target) > 1 and code.target not in back else ""
        back.add(code.target)
        comment = "REVIEW: a guess, nothing spoke for this code" if code.is_guess else "REVIEW: alike by name"
        writer.writerow([code.source, "", code.target, "", "equivalent", way, comment])
    return text.getvalue()
