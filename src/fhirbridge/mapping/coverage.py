"""What a map did not look at, and what of a partner's document has the wrong shape: reported, never lost in silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fhirbridge.errors import Issue, Severity
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import Tree, leaves, without_indices
from fhirbridge.mapping.shapes import Shape

MAX_ITEMS = 10_000
"""A map takes no list that is longer: cutting it would lose data, and a person's record has none."""
MAX_LEVELS = 64
"""A map takes no tree that is deeper."""

DOCUMENTS = ("schema", "csv", "xml")
"""Sides whose trees come from outside, and whose shape nobody has looked at before."""

_EXTENSION_URL = re.compile(r"(^|\.)(extension|modifierExtension)\[\d+\]\.url$")
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float, Decimal),
    "object": (dict,),
}


def find_oversize(tree: Tree, depth: int = 0) -> str | None:
    """Return why a tree is larger than a map takes on, or None.

    Args:
        depth: how many levels are above it.
    """
    waiting: list[tuple[int, Tree]] = [(depth, tree)]
    while waiting:
        depth, node = waiting.pop()
        if not isinstance(node, dict | list):
            continue
        if depth > MAX_LEVELS:
            return f"the tree is nested deeper than {MAX_LEVELS} levels"
        if isinstance(node, list) and len(node) > MAX_ITEMS:
            return f"a list has more than {MAX_ITEMS} items"
        waiting.extend((depth + 1, child) for child in (node.values() if isinstance(node, dict) else node))
    return None


def _is_under(path: str, known: Collection[str]) -> bool:
    """Say whether the path or one of its ancestors is among the known ones."""
    while path:
        if path in known:
            return True
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return False


def unread(map_: Map, tree: Tree, touched: Collection[str]) -> Iterator[Issue]:
    """Yield a finding for each leaf of the left tree that no row read and no `ignore` names; null is nothing.

    It is a warning, or an error where the map's policy is to reject what it has no row for.
    """
    severity: Severity = "error" if map_.policy.unmapped_field == "reject" else "warning"
    for leaf, shown, value in leaves(tree, map_.root, known=map_.odd_names):
        if value is not None and not _is_under(leaf, touched) and not _is_under(without_indices(leaf), map_.ignore):
            yield Issue("FB306", "no row reads this field", shown, severity, map_.name, map_.file, "map or ignore it")


def unread_right(
    map_: Map, body: dict[str, Any], touched: Collection[str], *, prefix: str, selectors: Collection[str]
) -> Iterator[Issue]:
    """Yield a finding for each leaf of a resource or record that no row read on the way back.

    It is a warning, or an error where the map's policy is to reject what it does not know.

    Args:
        selectors: what `selector_paths` yields: the row that selects has used these.
    """
    severity: Severity = "error" if map_.policy.unknown_inbound == "reject" else "warning"
    for leaf, shown, value in leaves(body, known=map_.odd_names):
        used = _is_under(leaf, touched) or _EXTENSION_URL.search(leaf) or without_indices(leaf) in selectors
        if value is not None and not used:
            yield Issue("FB306", "no row reads this element", prefix + shown, severity, map_.name, map_.file)


def selector_paths(map_: Map) -> Iterator[str]:
    """Yield the path of each element that a selector compares, such as telecom.system, without indices."""
    for row in (row for block in map_.blocks for row in block.rows):
        for position, step in enumerate(row.right):
            names = [each.name for each in row.right[: position + 1]]
            for where in step.where:
                yield ".".join([*names, *(each.name for each in where.steps)])


def shape_issues(map_: Map, tree: Tree) -> Iterator[Issue]:
    """Yield an error for each value of a partner's document whose JSON type or presence breaks its schema.

    Records and resources are checked by their own models before, so this looks at documents only. What is missing is a
    warning where the map's policy is to report it.
    """
    if map_.left.kind in DOCUMENTS:
        is_reported = map_.policy.required_missing == "report"
        for issue in _shape(tree, map_.left_shape, map_.root, map_.file):
            yield replace(issue, severity="warning") if is_reported and issue.code == "FB302" else issue


def document_issues(tree: Tree, shape: Shape) -> Iterator[Issue]:
    """Yield an error for each value of a document made for a partner that breaks its schema; paths without a root."""
    for issue in (*_shape(tree, shape, "", ""), *_foreign_codes(tree, shape, "")):
        yield replace(issue, expression=issue.expression.removeprefix("."))


def _foreign_codes(value: Tree, shape: Shape, at: str) -> Iterator[Issue]:
    """Yield an error for each text that is none of the codes of its place."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _foreign_codes(item, shape, f"{at}[{position}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            child = shape.find_child(name)
            yield from _foreign_codes(item, child, f"{at}.{name}") if child else ()
    elif shape.codes and value is not None and str(value) not in shape.codes:
        yield Issue("FB303", "expected a code of the schema", at, rule="schema")


def _shape(value: Tree, shape: Shape, at: str, file: str) -> Iterator[Issue]:
    if shape.is_list:
        if not isinstance(value, list):
            yield Issue("FB301", "expected a list", at, rule="schema", location=file)
            return
        for position, item in enumerate(value):
            yield from _single(item, shape, f"{at}[{position}]", file)
        return
    yield from _single(value, shape, at, file)


def _single(value: Tree, shape: Shape, at: str, file: str) -> Iterator[Issue]:
    kind = "string" if shape.is_leaf and shape.type not in JSON_TYPES else shape.type
    if not isinstance(value, JSON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield Issue("FB301", f"expected {kind}", at, rule="schema", location=file)
        return
    if isinstance(value, dict):
        yield from _fields(value, shape, at, file)


def _fields(value: dict[str, Tree], shape: Shape, at: str, file: str) -> Iterator[Issue]:
    for name in shape.child_names():
        child = shape.find_child(name)
        if child is None:
            continue
        if value.get(name) is not None:
            yield from _shape(value[name], child, f"{at}.{name}", file)
        elif child.is_required:
            yield Issue("FB302", "a required field is missing", f"{at}.{name}", rule="schema", location=file)
