"""One run of a map's generated code to the right: the items it is handed, and what its code asks for on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs import CODECS, Context, is_key, is_unmapped
from fhirbridge.mapping.compile.surprise import Surprise
from fhirbridge.mapping.expressions import MAX_VALUES, Expression, holds
from fhirbridge.mapping.interpret.right import Draft, apply_row, unmapped
from fhirbridge.mapping.interpret.work import MAX_WRITES, Instance, Meter, Run
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree, pruned, read
from fhirbridge.mapping.results import Item

Elements = dict[str, Any]


class Systems(dict[str, str]):
    """The identifier systems of one source's business keys, by the name they travel under."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source

    def __missing__(self, keyed: str) -> str:
        found = self[keyed] = key_system(self.source, keyed)
        return found


@dataclass(slots=True)
class Making:
    """One run to the right.

    Attributes:
        made: items by type and id, in the order in which they came.
        writes: how many values were written; the code counts them.
        warned: codes that travel as they came; `held`: numbers of the conditions that have held.
        ran: notes one of them.
    """

    map: Map
    context: Context
    systems: Systems
    made: dict[tuple[str, str], Item] = field(default_factory=dict)
    warned: list[Issue] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)
    ran: Callable[[int], None] = field(init=False)
    writes: int = 0
    meter: Meter = field(init=False)
    _of_item: list[tuple[Row, Issue]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ran = self.held.add
        self.meter = Meter(self.context.clock)

    def target(self, type_: str, system: Any, key: Any) -> str:
        """Return the literal reference to what a business key names; each is made once.

        Raises:
            Surprise: there is no key, or no system.
        """
        place = (type_, system, key)
        found = self.ids.get(place)
        if found is None:
            if not (_is_key(system) and _is_key(key)):
                raise Surprise
            found = self.ids[place] = f"{type_}/{self.context.resource_id(type_, system, key)}"
        return found

    def own_id(self, type_: str, system: str, key: Any) -> str:
        """Return the id of the resource that a key stands for."""
        return self.target(type_, system, key)[len(type_) + 1 :]

    def own_key(self, key: Any) -> str:
        """Return the key of a record or document.

        Raises:
            Surprise: there is none.
        """
        if not _is_key(key):
            raise Surprise
        return str(key)

    def add(self, number: int, id_: str, key: str, body: Tree, elements: Elements | None) -> None:
        """Take an item that the code of a block has made.

        Raises:
            Surprise: the same key stands for something else already, or the map writes too much.
            Expired: the time is up.
        """
        told = self.map
        block = told.blocks[number]
        if self.writes > MAX_WRITES:
            raise Surprise
        self.meter.look()
        if self._of_item:
            self._settle(block.rows)
        head = {"map": told.name, "version": told.version, "hash": told.hash, "block": block.name}
        trace = {**head, "elements": elements or {}}
        place = (block.type, id_)
        present = self.made.get(place)
        if present is not None:
            body, trace = _joined_items(present, body, trace)
        self.made[place] = Item(block.type, id_, key, body, trace, block.data_class)

    def _settle(self, rows: tuple[Row, ...]) -> None:
        """Put the warnings of one item in the order of its rows: rows that share a loop take turns."""
        order = {id(row): number for number, row in enumerate(rows)}
        self.warned += [issue for _, issue in sorted(self._of_item, key=lambda each: order[id(each[0])])]
        self._of_item.clear()

    def holds(self, condition: Expression, nodes: Mapping[str, Tree]) -> bool:
        """Say whether a condition holds.

        Raises:
            Expired: the time is up.
        """
        self.meter.look()
        return holds(condition, nodes)

    def first_value(self, expression: Expression, nodes: Mapping[str, Tree]) -> Any:
        """Return the first value of an expression, or None.

        Raises:
            Expired: the time is up.
        """
        self.meter.look()
        return next(iter(expression.values(nodes)), None)

    def kept_code(self, value: Any, row: Row, source: str) -> Any:
        """Return what the codec makes of a code that no table may have; one that none has is warned of."""
        made = CODECS[row.codec.name].to_right(value, row.codec, self.context)
        if is_unmapped(made, row.codec, self.context):
            self._of_item.append((row, unmapped(self.map, row, source)))
        return solid(made)

    def apply(
        self, work: tuple[Row, str], nodes: dict[str, Tree], paths: dict[str, str], body: Tree, elements: Elements
    ) -> None:
        """Let the interpreter take one row into an item.

        Raises:
            Surprise: something does not go well.
            TooMuch: it costs too much.
        """
        slow = Run(self.map, self.context)
        slow.meter = self.meter
        apply_row(slow, work[0], Instance(nodes, paths), Draft(body, elements), work[1])
        if any(issue.severity == "error" for issue in slow.issues):
            raise Surprise
        self._of_item += [(work[0], issue) for issue in slow.issues]


def _joined_items(present: Item, body: Tree, trace: dict[str, Any]) -> tuple[Tree, dict[str, Any]]:
    """Return the body and trace of two items with one key, where they agree.

    Raises:
        Surprise: they do not.
    """
    if any(present.body[name] != body[name] for name in present.body.keys() & body.keys()):
        raise Surprise
    elements = {**trace["elements"], **present.trace["elements"]}
    return {**present.body, **body}, {**present.trace, "elements": elements}


# -- what generated code calls beside


def _is_key(value: Any) -> bool:
    """Say whether a value can be a business key; the usual key is plain ASCII, and needs no search."""
    return type(value) is str and value != "" and (value.isascii() or is_key(value))


def solid(value: Any) -> Any:
    """Return a codec's result without what is empty in it.

    Raises:
        Surprise: nothing is left.
    """
    if not _is_solid(value):
        value = pruned(value, "", "", {})
    if value is None:
        raise Surprise
    return value


def _is_solid(value: Any) -> bool:
    """Say whether nothing in a tree is empty."""
    if type(value) is dict:
        return value != {} and all([_is_solid(child) for child in value.values()])
    if type(value) is list:
        return value != [] and all([_is_solid(child) for child in value])
    return value is not None


def copied(value: Any) -> Any:
    """Return a tree that shares nothing with the one given."""
    if isinstance(value, dict):
        return {name: copied(child) for name, child in value.items()}
    return [copied(child) for child in value] if isinstance(value, list) else value


def tidied(body: dict[str, Any], elements: Elements) -> tuple[dict[str, Any], Elements]:
    """Return an item and its trace without empty objects, empty lists and holes."""
    renamed: dict[str, str] = {}
    kept = pruned(body, "", "", renamed) or {}
    return kept, {path: elements[old] for old, path in renamed.items() if old in elements}


def sources_of(expression: Expression, nodes: Mapping[str, Tree], paths: Mapping[str, str]) -> tuple[str, ...]:
    """Return the concrete path of each value that an expression reads; one empty path where it reads none."""
    found = (
        f"{paths[path.variable]}.{at}" if at else paths[path.variable]
        for path in expression.paths()
        for _, at, _ in islice(read(nodes[path.variable], path.steps), MAX_VALUES)
    )
    return tuple(found) or ("",)


def joined(origin: dict[str, Any], sources: tuple[str, ...]) -> dict[str, Any]:
    """Return the entry of the trace for a value made of several."""
    if len(sources) > 1:
        return {**origin, "also": list(sources[1:])}
    return origin if sources[0] else {**origin, "default": True}


def defaulted(origin: dict[str, Any], is_default: bool) -> dict[str, Any]:
    """Return the entry of the trace for a value that may be the row's default."""
    return {**origin, "default": True} if is_default else origin
