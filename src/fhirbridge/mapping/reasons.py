"""Why an element is there or is not: which rows would write it, and what each of them met in one document.

Laws of this file: it asks the same conditions, paths and codecs that a run asks; it tells paths and rows, never values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import elements_of, find_element
from fhirbridge.mapping.codecs import CODECS, CodecError, Context, is_key
from fhirbridge.mapping.expressions import Expression, holds
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.naming import is_touched, table_file, without_brackets, without_counts
from fhirbridge.mapping.paths import Tree, read
from fhirbridge.mapping.spelling import expression_text, path_text
from fhirbridge.mapping.steps import Steps

ENGINE_MADE = frozenset({"resourceType", "id", "meta", "identifier"})
NARRATIVE = "text is made by the bridge, from what the rows wrote."
_INDEX = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])*)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row did not write the element, with the row and its place; without them, that there is no such row."""

    text: str
    row: str = ""
    location: str = ""

    def to_lines(self) -> Iterator[str]:
        """Yield the reason, and below it the row."""
        yield f"    absent: {self.text}"
        if self.location:
            yield f"        {self.location}   {self.row}".rstrip()


@dataclass(frozen=True, slots=True)
class Instance:
    """One item of the left side that a block works on. `paths` are the concrete paths of its variables."""

    block: Block
    nodes: Mapping[str, Tree]
    paths: Mapping[str, str]

    @property
    def key(self) -> str | None:
        """The item's business key, None where it has none."""
        found = next(read(self.nodes[self.block.variable], self.block.key), None)
        return found[2] if found and is_key(found[2]) else None


def instances(map_: Map, block: Block, tree: Tree) -> Iterator[Instance]:
    """Yield each item that a block loops over, whether its condition holds or not."""
    for _, path, node in read(tree, block.loop) if block.is_loop else iter([((), "", tree)]):
        at = f"{map_.root}.{path}" if path else map_.root
        yield Instance(block, {map_.root: tree, block.variable: node}, {map_.root: map_.root, block.variable: at})


def find_row(map_: Map, type_: str, path: str, file: str, line: int) -> Row | None:
    """Return the row in a line of a file that writes a path of a type, or None."""
    plain = without_brackets(path)
    rows = [row for block in map_.blocks if block.type == type_ for row in block.rows]
    found = [row for row in rows if (row.place.file, row.place.line) == (file, line)]
    exact = (row for row in found if _concrete(row.right) == plain)
    return next(exact, found[0] if found else None)


def _concrete(steps: Steps) -> str:
    return ".".join(step.name for step in steps)


def find_table_line(map_: Map, row: Row, value: Any) -> str:
    """Return the place of the line of a row's code table that a value goes by, or the table's file, or nothing."""
    table = row.codec.table
    if table is None:
        return ""
    line = table.find_row(value) if isinstance(value, str) else None
    line = line or table.find_row(row.codec.default)
    if line is None:
        return table_file(map_, row)
    return f"{map_.tables.get(line.table) or table_file(map_, row)}:{line.line}"


def rows_writing(blocks: Sequence[Block], path: str) -> Iterator[tuple[Block, Row]]:
    """Yield each row that writes a path, what it is part of, or a part of it; all rows for an empty path."""
    for block in blocks:
        for row in block.rows:
            if row.goes_right and (not path or is_touched(path, without_counts(row.right_text))):
                yield block, row


def why_absent(
    map_: Map, found: Sequence[Instance], path: str, issues: Sequence[Issue], context: Context
) -> tuple[Reason, ...]:
    """Return why no item has an element: one reason for each row that could have written it.

    Args:
        found: the items asked about, all of blocks that make the same type; at least one.
        issues: what the run of the map found.
    """
    top = re.split(r"[.\[]", path)[0]
    type_ = found[0].block.type
    if map_.right.kind == "fhir" and top == "text":
        return (Reason(NARRATIVE),)
    if map_.right.kind == "fhir" and top in ENGINE_MADE:
        return (Reason(f"{top} is made by the bridge, from the item's key and the map."),)
    blocks = list({each.block.name: each.block for each in found}.values())
    reasons = [
        Reason(text, " ".join(row.text.split()), f"{row.place.file}:{row.place.line}")
        for block, row in rows_writing(blocks, path)
        for instance in found
        if instance.block is block
        for text in _why(instance, row, path, issues, context)
    ]
    return tuple(dict.fromkeys(reasons)) or (Reason(no_row(map_, type_, path)),)


def no_row(map_: Map, type_: str, path: str) -> str:
    """Return that no row writes a path, with the nearest path that one does write or that the type has."""
    if map_.right.kind == "fhir" and (unknown := _unknown_element(type_, path)):
        return unknown
    known = {without_brackets(row.right_text) for b in map_.blocks if b.type == type_ for row in b.rows}
    hint = did_you_mean(without_brackets(path), known) if without_brackets(path) not in known else ""
    return f"No row of map {map_.name} writes {type_}.{path}.{_sentence(hint)}"


def _sentence(hint: str) -> str:
    return f" {hint[0].upper()}{hint[1:]}" if hint else ""


def _unknown_element(type_: str, path: str) -> str:
    """Return what to say of a path that FHIR's definition does not have, or nothing."""
    at = type_
    for name in without_brackets(path).split("."):
        element = find_element(at, name)
        if element is None:
            hint = did_you_mean(name, (each.name for each in elements_of(at)))
            return f"FHIR has no element `{name}` in {at}.{_sentence(hint)}"
        at = element.type
    return ""


def _why(instance: Instance, row: Row, path: str, issues: Sequence[Issue], context: Context) -> Iterator[str]:
    """Yield what one row met in one item, the first thing that kept it from writing."""
    for condition, what in ((instance.block.when, "the condition of the block"), (row.when, "its condition")):
        if not holds(condition, instance.nodes):
            yield _not_held(condition, what, instance)
            return
    if instance.key is None:
        key = f"{instance.paths[instance.block.variable]}.{path_text(instance.block.key)}"
        yield f"The item has no key: `{key}` is empty, so nothing is made of it."
        return
    if row.arrow == ":=":
        yield "The row writes a constant into each item that other rows make of the list, and they made none here."
        return
    yield from _why_value(instance, row, path, issues, context)


def _not_held(condition: Expression | None, what: str, instance: Instance) -> str:
    if condition is None:
        return ""
    fields = sorted({_at(instance, each.variable, each.steps) for each in condition.paths()})
    return f"`when {expression_text(condition)}`: {what} does not hold; it reads {', '.join(fields)}."


def _at(instance: Instance, variable: str, steps: Steps) -> str:
    return ".".join([instance.paths[variable], *([path_text(steps)] if steps else [])])


def _why_value(instance: Instance, row: Row, path: str, issues: Sequence[Issue], context: Context) -> Iterator[str]:
    if row.expression is not None:
        fields = sorted({_at(instance, each.variable, each.steps) for each in row.expression.paths()})
        yield f"The expression comes to nothing; it reads {', '.join(fields)}."
        return
    node, base = instance.nodes[row.variable], instance.paths[row.variable]
    wanted = _asked_indices(row.right, path)
    found = [(at, value) for indices, at, value in read(node, row.left) if _is_asked(indices, wanted)]
    if not found:
        yield f"The source field `{_first_missing(node, row.left, base, wanted)}` is empty."
    for at, value in found:
        yield _refusal(row, value, f"{base}.{at}" if at else base, issues, context)


def _asked_indices(steps: Steps, path: str) -> tuple[int | None, ...]:
    """Return which item of each `[]` a concrete path names; None where it cannot be told or is not said."""
    brackets = [match[2] for match in _INDEX.finditer(path)]
    asked: list[int | None] = []
    for position, step in enumerate(steps):
        if step.each:
            written = brackets[position] if position < len(brackets) else ""
            number = written[1:-1]
            asked.append(int(number) if number.isdecimal() and not step.where else None)
    return tuple(asked)


def _is_asked(indices: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return all(want in (None, index) for index, want in zip(indices, wanted, strict=False))


def _first_missing(node: Tree, steps: Steps, at: str, wanted: Sequence[int | None]) -> str:
    """Return the path of the source field as far as it is there, and the first name that is not."""
    asked = iter(wanted)
    for step in steps:
        number = next(asked, None) if step.each else None
        at = f"{at}.{path_text((step,))}" if number is None else f"{at}.{step.name}[{number}]"
        values = [value for _, _, value in read(node, (step,))]
        if (number or 0) >= len(values):
            return at
        node = values[number or 0]
    return at


def _refusal(row: Row, value: Tree, source: str, issues: Sequence[Issue], context: Context) -> str:
    """Return why a value that is there was not written."""
    try:
        CODECS[row.codec.name].to_right(value, row.codec, context)
    except CodecError as error:
        return f"Codec {row.codec.name} refuses `{source}` ({error.code}): {error}."
    told = next((each for each in issues if each.location == str(row.place) and each.expression == source), None)
    if told:
        return f"`{source}` was not written ({told.code}): {told.message}."
    return f"`{source}` is there, and the row writes another part or another item of what was asked about."
