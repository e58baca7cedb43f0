"""Running a bound map over plain trees, both ways. Knows no file, store or clock.

What goes well is done by the map's compiled program; what does not is done again, and told, by the interpreter.
What either makes is told in words by `narrated`, a step of its own: whoever prints, files or hands out resources takes
it, whoever only compares or checks them does not (docs/adr/0025-narrative-from-the-map.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.compile.program import find_left, find_right
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.narrative.tell import narrated
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.results import Item, Mapped, Restored

__all__ = ["Context", "Item", "Mapped", "Restored", "narrated", "to_left", "to_right"]


def to_right(map_: Map, tree: Tree, context: Context) -> Mapped:
    """Return the resources or records that the map makes of a tree, one for each key."""
    program = find_right(map_)
    made = program.run(tree, context) if program else None
    return right.to_right(map_, tree, context) if made is None else made


def to_left(map_: Map, items: Sequence[tuple[str, dict[str, Any]]], context: Context) -> Restored:
    """Return the left tree that (type, body) pairs stand for. Items that no block makes are left alone."""
    program = find_left(map_)
    restored = program.run(items, context) if program else None
    return back.to_left(map_, items, context) if restored is None else restored
