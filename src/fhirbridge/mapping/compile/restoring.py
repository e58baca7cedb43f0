"""One run of a map's generated code to the left: what its code asks for on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.compile.surprise import Surprise
from fhirbridge.mapping.expressions import Expression, holds
from fhirbridge.mapping.interpret.back import apply_row
from fhirbridge.mapping.interpret.work import Instance, Run
from fhirbridge.mapping.model import Row
from fhirbridge.mapping.paths import Tree, merged, read_first
from fhirbridge.mapping.steps import Steps


@dataclass(slots=True)
class Restoring:
    """One run to the left.

    Attributes:
        held: numbers of the conditional rows of an item's block that have run for it; `ran` notes one of them.
    """

    run: Run
    held: set[int] = field(default_factory=set)
    context: Context = field(init=False)
    ran: Callable[[int], None] = field(init=False)

    def __post_init__(self) -> None:
        self.context = self.run.context
        self.begin(self.held)

    def begin(self, held: set[int]) -> None:
        """Begin with an item; what runs of its conditional rows is noted in `held`."""
        self.held, self.ran = held, held.add

    def holds(self, condition: Expression, nodes: dict[str, Tree]) -> bool:
        """Say whether a condition holds.

        Raises:
            Expired: the time is up.
        """
        self.run.meter.look()
        return holds(condition, nodes)

    def apply(self, row: Row, nodes: dict[str, Tree], body: dict[str, Any]) -> None:
        """Let the interpreter take one row back.

        Raises:
            Surprise: something does not go well.
        """
        apply_row(self.run, row, Instance(nodes, {}), body, set())
        if self.run.issues:
            raise Surprise


# -- what generated code calls beside


def object_of(node: dict[str, Tree], name: str) -> dict[str, Tree]:
    """Return the object in a field, an empty one where there was none.

    Raises:
        Surprise: something else stands there.
    """
    found = node.setdefault(name, {})
    if type(found) is not dict:
        raise Surprise
    return found


def list_of(node: dict[str, Tree], name: str) -> list[Tree]:
    """Return the list in a field, an empty one where there was none.

    Raises:
        Surprise: something else stands there.
    """
    found = node.setdefault(name, [])
    if type(found) is not list:
        raise Surprise
    return found


def item_of(items: list[Tree], position: int) -> dict[str, Tree]:
    """Return the object at a position, a new one at the end.

    Raises:
        Surprise: something else stands there, or there is a hole before it.
    """
    if len(items) == position:
        items.append({})
    if len(items) < position or type(items[position]) is not dict:
        raise Surprise
    found: dict[str, Tree] = items[position]
    return found


def put_item(items: list[Tree], position: int, value: Tree) -> None:
    """Write a value at a position of a list.

    Raises:
        Surprise: there is a hole before it.
        WriteConflict: another value stands there.
    """
    if len(items) == position:
        items.append(value)
    elif len(items) > position:
        items[position] = merged(items[position], value)
    else:
        raise Surprise


def absent(node: Tree, steps: Steps) -> bool:
    """Say whether nothing stands at a path."""
    return read_first(node, steps) is None
