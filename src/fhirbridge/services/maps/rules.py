"""Each row of a map in words: what it writes, from what, how, and what the target demands. For people who review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fhirbridge.errors import NotFound
from fhirbridge.mapping.codecs import CODECS
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.naming import (
    codec_text,
    is_touched,
    item_name,
    left_names,
    right_name,
    table_file,
    without_counts,
)
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.spelling import expression_text, literal_text, path_text
from fhirbridge.services.definitions import beside, read_profiles
from fhirbridge.services.maps.demands import Demand, demand_of
from fhirbridge.services.maps.lineage import maps_of
from fhirbridge.validation.profiles import Profiles

WAYS = {"<=>": "both ways", "=>": "to the right only", "<=": "on the way back only", ":=": "constant"}
"""Arrow -> which way the row goes, in words."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the left side. `name` is its name across maps, without list signs."""

    name: str
    type: str
    description: str = ""
    data_class: str = ""
    codes: tuple[str, ...] = ()
    is_required: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row for a reviewer.

    Attributes:
        target: what it writes, as the map writes it: `Goal.target[].dueDate`; `name`: the same without list signs.
        source: what it reads, from the root of the left side: `plan.goals[].objectives[].due`.
        words: what it does, in a sentence or two.
        table: file of its code table, nothing without one.
    """

    map: str
    block: str
    target: str
    name: str
    source: str
    fields: tuple[Field, ...]
    words: str
    way: str
    codec: str
    table: str
    data_class: str
    row: str
    location: str
    demand: Demand


def rules_of(map_: Map, profiles: Profiles) -> Iterator[Rule]:
    """Yield every row of a map in the order of its blocks and lines."""
    for block in map_.blocks:
        rows = sorted(block.rows, key=lambda row: (row.place.file != map_.file, row.place.line))
        yield from (_rule(map_, block, row, profiles) for row in rows)


def _rule(map_: Map, block: Block, row: Row, profiles: Profiles) -> Rule:
    return Rule(
        map=map_.name,
        block=block.name,
        target=f"{item_name(map_, block)}.{row.right_text}",
        name=right_name(map_, block, row),
        source=_source(map_, block, row),
        fields=tuple(find_field(map_, name) for name in left_names(map_, block, row)),
        words=" ".join(_words(row)),
        way=WAYS[row.arrow],
        codec=codec_text(row),
        table=table_file(map_, row),
        data_class=row.data_class or block.data_class,
        row=" ".join(row.text.split()),
        location=f"{row.place.file}:{row.place.line}",
        demand=demand_of(map_, block, row, profiles),
    )


def _source(map_: Map, block: Block, row: Row) -> str:
    if row.expression is not None:
        return expression_text(row.expression)
    if row.constant is not None:
        return literal_text(row.constant)
    loop = block.loop if block.is_loop and row.variable == block.variable else ()
    return ".".join([map_.root, *([path_text((*loop, *row.left))] if (*loop, *row.left) else [])])


def _words(row: Row) -> Iterator[str]:
    """Yield the sentences that say what a row does."""
    if row.constant is not None:
        yield f"Always {literal_text(row.constant)}; another value on the way back is an error."
    elif row.expression is not None:
        yield f"Computed from the source: {expression_text(row.expression)}."
    else:
        text = CODECS[row.codec.name].text
        yield f"{text[0].upper()}{text[1:]}{_arguments(row)}."
    if row.default is not None:
        yield f"Where the source is empty: {literal_text(row.default)}."
    if row.when is not None:
        yield f"Only when {expression_text(row.when)}."
    if row.lossy:
        yield f"Something is lost: {row.lossy}."


def _arguments(row: Row) -> str:
    reference = row.codec.reference
    if reference and reference.type:
        return f" to {reference.type}" + (f", made by block {reference.block}" if reference.block else "")
    if row.codec.table:
        return f": {row.codec.table.name}" + (f", else {row.codec.default}" if row.codec.default else "")
    return f": {' '.join(row.codec.arguments)}" if row.codec.arguments else ""


def find_field(map_: Map, name: str) -> Field:
    """Return the field of the left side that a name means, with what its schema says."""
    shape: Shape = map_.left_shape
    for step in name.rpartition(":")[2].split(".")[1:]:
        child = shape.find_child(step)
        if child is None:
            break
        shape = child
    return field_of(name, shape)


def field_of(name: str, shape: Shape) -> Field:
    """Return a field with what its schema says."""
    return Field(
        name=name,
        type=shape.type,
        description=shape.description,
        data_class=shape.data_class,
        codes=tuple(sorted(shape.codes)),
        is_required=shape.is_required,
        is_list=shape.is_list,
    )


def explain_target(folder: Path, name: str) -> tuple[Rule, ...]:
    """Return the rows of all maps that write an element, such as `CarePlan.goal` or `plan.goals.own_words`.

    Raises:
        NotFound: no row writes it; the message names the nearest elements that one writes.
        MapError: a map of the folder does not pass its checks.
    """
    profiles = read_profiles(beside(folder))
    every = [rule for map_ in maps_of(folder) for rule in rules_of(map_, profiles)]
    found = tuple(rule for rule in every if rule.way != WAYS["<="] and is_touched(name, rule.name))
    if not found:
        hint = did_you_mean(without_counts(name), {rule.name for rule in every})
        raise NotFound(f"No row of any map writes `{name}`; {hint or 'write a path such as CarePlan.goal.'}")
    return found
