"""Take out of a record what may not go, by the sensitivity its own schema publishes (`x-sensitivity`).

A field's class is the one it names, else that of the nearest field around it that names one, else that of the record.
A leaf stays only if that class is permitted, and every class named on the way to it: the prison's name is directory
data anywhere, but not in the field that says where somebody was held. A field the schema does not know goes. A record
whose own class is not permitted goes whole.
Source: docs/adr/0006-consent-table.md (evaluation order, step 9)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from fhirbridge.consent.pruning import join, rebuild
from fhirbridge.consent.table import CLASSES, Names
from fhirbridge.records import KINDS

Tree = dict[str, Any]
Schema = Mapping[str, Any]


class _Place(NamedTuple):
    """A node of the tree with what the schema says of it. `named`: the classes that fields on the way name."""

    path: str
    schema: Schema
    named: Names


def redact_record(kind: str, tree: Tree, permitted: Names) -> Tree:
    """Return a copy of a record's tree with the permitted fields only; {} when its own class is not permitted.

    Args:
        kind: a key of `records.KINDS`.
        permitted: the classes that may go.
    """
    schema = _published(kind)
    allowed = permitted & CLASSES
    if schema["x-sensitivity"] not in allowed:
        return {}
    own = frozenset({schema["x-sensitivity"]})
    needed = dict(_leaf_classes(tree, _Place("", {**schema, "x-sensitivity": None}, frozenset()), schema))
    left, _ = rebuild(tree, lambda path: path in needed and (needed[path] or own) <= allowed)
    return left or {}


@cache
def _published(kind: str) -> Schema:
    return KINDS[kind].published_schema()


def _leaf_classes(tree: object, place: _Place, root: Schema) -> Iterator[tuple[str, Names]]:
    """Yield (path, classes named on the way) of each leaf that the schema knows."""
    own = place.schema.get("x-sensitivity")
    named = place.named | {own} if own else place.named
    schema = _resolved(place.schema, root)
    if isinstance(tree, dict):
        known = schema.get("properties", {})
        for name, child in tree.items():
            if name in known:
                yield from _leaf_classes(child, _Place(join(place.path, name), known[name], named), root)
    elif isinstance(tree, list):
        for index, child in enumerate(tree):
            yield from _leaf_classes(child, _Place(f"{place.path}[{index}]", schema.get("items", {}), named), root)
    else:
        yield place.path, named


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Return the schema behind references and `... | None`; {} when it is not one schema, so that all of it goes."""
    while True:
        options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        elif len(options) == 1:
            schema = options[0]
        else:
            return {} if options else schema
