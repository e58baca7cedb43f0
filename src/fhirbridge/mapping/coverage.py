"""What a map did not look at, and what of a partner's document has the wrong shape: reported, never lost in silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import Tree, leaves
from fhirbridge.mapping.shapes import Shape

_INDEX = re.compile(r"\[\d+\]")
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
}


def _is_under(path: str, known: Collection[str]) -> bool:
    """Say whether the path or one of its ancestors is among the known ones."""
    while path:
        if path in known:
            return True
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return False


def unread(map_: Map, tree: Tree, touched: Collection[str]) -> Iterator[Issue]:
    """Yield a warning for each leaf of the left tree that no row read and no `ignore` names."""
    for leaf in leaves(tree, map_.root):
        if not _is_under(leaf, touched) and not _is_under(_INDEX.sub("", leaf), map_.ignore):
            yield Issue("FB306", "no row reads this field", leaf, "warning", map_.name, map_.file, "map or ignore it")


def unread_right(
    map_: Map, body: dict[str, Any], touched: Collection[str], *, prefix: str, skip: tuple[str, ...]
) -> Iterator[Issue]:
    """Yield a warning for each leaf of a resource or record that no row read on the way back."""
    kept = {name: value for name, value in body.items() if name not in skip}
    for leaf in leaves(kept):
        if not _is_under(leaf, touched) and not leaf.endswith(".url") and not _is_selector(map_, leaf):
            yield Issue("FB306", "no row reads this element", prefix + leaf, "warning", map_.name, map_.file)


def _is_selector(map_: Map, leaf: str) -> bool:
    """Say whether a leaf is what a selector compares, such as telecom.system: the row that selects has used it."""
    plain = _INDEX.sub("", leaf)
    for block in map_.blocks:
        for row in block.rows:
            names = []
            for step in row.right:
                names.append(step.name)
                for where in step.where:
                    if ".".join([*names, *(s.name for s in where.steps)]) == plain:
                        return True
    return False


def shape_issues(map_: Map, tree: Tree) -> Iterator[Issue]:
    """Yield an error for each value of a partner's document whose JSON type or presence breaks its schema.

    Records are checked by their own models before, so this looks at `schema` sides only.
    """
    if map_.left.kind == "schema":
        yield from _shape(tree, map_.left_shape, map_.root, map_.file)


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
    kind = "string" if shape.is_leaf and shape.type not in _JSON_TYPES else shape.type
    if not isinstance(value, _JSON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
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
