"""Running a bound map backwards: resources or records to the left tree they stand for.

Laws of this file: each item goes back to the place its key names; a row that is exact goes before one that is weak;
what no row reads is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.fhir.narrative.xhtml import as_recorded
from fhirbridge.ids import key_system
from fhirbridge.mapping import coverage
from fhirbridge.mapping.business_keys import identifiers_of, iter_keys
from fhirbridge.mapping.codecs import CODECS, CodecError, Context, is_key
from fhirbridge.mapping.interpret.work import Found, Instance, Run, TooMuch, refusal
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.paths import Matches, WriteConflict, node_at, prune, read, read_first, write
from fhirbridge.mapping.results import Restored
from fhirbridge.mapping.steps import Steps

ENGINE_MADE = ("resourceType", "id", "meta", "identifier", "text")
"""Elements of a resource that no row needs to read on the way back; of `text` only what was generated."""


def to_left(map_: Map, items: Sequence[tuple[str, dict[str, Any]]], context: Context) -> Restored:
    """Return the left tree that (type, body) pairs stand for. Items that no block makes are left alone."""
    run = Run(map_, context)
    if any(run.refuses(body, type_) for type_, body in items):
        return Restored({}, run.close())
    tree: dict[str, Any] = {}
    try:
        _restore_all(run, tree, items)
    except TooMuch as error:
        run.collect([refusal(map_, error)])
        return Restored({}, run.close())
    pruned, _ = prune(tree)
    return Restored(pruned, run.close())


@dataclass(slots=True)
class Taken:
    """One item on its way back: what is left of it to be read, its places, and what was read of it."""

    places: Places
    own: dict[str, Any]
    nodes: list[dict[str, Any]]
    touched: set[str] = field(default_factory=set)


def _restore_all(run: Run, tree: dict[str, Any], items: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Take all items back: first what exact rows bring, of all blocks, then what the others add."""
    taken: list[Taken] = []
    for block in blocks_back(run.map):
        places = Places(block, tree, rows_back(block))
        for type_, body in items:
            key = key_of(run, block, body) if type_ == block.type and isinstance(body, dict) else None
            if key is not None:
                taken += _restore(run, places, body, key=key)
    for each in taken:
        _apply(run, each, late_rows(each.places.block))
    selectors = frozenset(coverage.selector_paths(run.map))
    for each in taken:
        run.collect(unread(run.map, each.places.block, each.own, touched=each.touched, selectors=selectors))


def blocks_back(map_: Map) -> list[Block]:
    """Return the blocks in the order in which they go back: those without a loop first."""
    return sorted(map_.blocks, key=lambda block: block.is_loop)


def rows_back(block: Block) -> list[Row]:
    """Return the rows that go back first, in their order: a condition needs what the others bring."""
    return _ordered(row for row in block.rows if not is_late(row))


def late_rows(block: Block) -> list[Row]:
    """Return the rows that go back when the exact rows of all blocks have."""
    return _ordered(row for row in block.rows if is_late(row))


def is_late(row: Row) -> bool:
    """Say whether a row waits for the rows of all blocks: a weak one gives way to them, and one that brings none back
    has a condition that may ask for what another block brings. A reference makes places that other blocks need.
    """
    if not row.goes_left:
        return row.when is not None
    return row.is_weak and row.codec.reference is None


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.is_weak, row.when is not None))


@dataclass(slots=True)
class Places:
    """The places in the left tree that one block's items go back to, found by their keys."""

    block: Block
    tree: dict[str, Any]
    rows: Sequence[Row] = ()
    by_key: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    count: int = 0
    matches: Matches = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = read(self.tree, self.block.loop) if self.block.is_loop else iter([((), "", self.tree)])
        for _, _, node in found:
            self.count += 1
            key = read_first(node, self.block.key)
            if isinstance(key, str) and isinstance(node, dict):
                self.by_key.setdefault(key, []).append(node)

    def of(self, key: str) -> list[dict[str, Any]]:
        """Return the items of the loop that have this key; a fresh one when no reference has made it.

        Raises:
            WriteConflict: something else stands where the item belongs.
        """
        if not self.block.is_loop:
            return [self.tree]
        is_nested = sum(step.each for step in self.block.loop) > 1  # nothing says which outer item it belongs to
        if key not in self.by_key and not self.block.is_referenced and not is_nested:
            self._add(key)
        return self.by_key.get(key, [])

    def _add(self, key: str) -> None:
        fresh: dict[str, Any] = {}
        write(fresh, self.block.key, (), key)
        where = (self.count,) if any(step.each for step in self.block.loop) else ()
        path = write(self.tree, self.block.loop, where, fresh, matches=self.matches)
        self.count += 1
        self.by_key[key] = [node_at(self.tree, path)]


def key_of(run: Run, block: Block, body: dict[str, Any]) -> str | None:
    """Return the key an item carries for this block, or None when it belongs to another block."""
    if run.map.right.kind == "record":
        return str(body.get("id", ""))
    if run.map.right.kind != "fhir":
        return _written_key(run, block, body)
    wanted = key_system(run.context.source, block.keyed)
    own = next((value for system, value in iter_keys(body) if system == wanted), None)
    if own is None and not block.is_loop and not is_anothers(run.map, block, body, run.context):
        own = next((each.get("value") for each in identifiers_of(body)), None) or body.get("id")
    return own if is_key(own) else None


def is_anothers(map_: Map, block: Block, body: dict[str, Any], context: Context) -> bool:
    """Say whether an item carries the key of another block that makes the same type."""
    others = {each.keyed for each in map_.blocks if each.type == block.type and each.keyed != block.keyed}
    systems = [key_system(context.source, keyed) for keyed in others]  # what comes may be no text, and have no hash
    return any(system in systems for system, _ in iter_keys(body))


def _written_key(run: Run, block: Block, body: dict[str, Any]) -> str | None:
    """Return the key of a document, by way of the row that writes it; a document without one is reported."""
    row = block.key_row
    if row is None:  # a block that only goes right
        return None
    value = read_first(body, row.right)
    if value is None:
        run.report("FB302", row.right_text, "the key is missing", row)
        return None
    try:
        own = CODECS[row.codec.name].to_left(value, row.codec, run.context)
    except CodecError as error:
        run.report(error.code, row.right_text, str(error), row)
        return None
    return own if is_key(own) else None


def _restore(run: Run, places: Places, body: dict[str, Any], *, key: str) -> list[Taken]:
    """Take the exact rows of one item back; return the item if it has any place."""
    block = places.block
    nodes = nodes_for(run, places, key)
    if nodes is None:
        run.report("FB309", block.type, f"another {block.type} has taken this place with another key")
        return []
    taken = Taken(places, own_body(run, block, body), nodes)
    _apply(run, taken, places.rows)
    return [taken] if nodes else []


def _apply(run: Run, taken: Taken, rows: Sequence[Row]) -> None:
    places = taken.places
    for node in taken.nodes if rows else ():
        instance = Instance({run.map.root: places.tree, places.block.variable: node}, {})
        run.meter.look()
        for row in rows:
            if run.holds(row.when, instance):
                apply_row(run, row, instance, taken.own, taken.touched)


def nodes_for(run: Run, places: Places, key: str) -> list[dict[str, Any]] | None:
    """Return the places an item with this key goes back to, with the key in them; None when they are taken."""
    try:
        nodes = places.of(key)
        for node in nodes if run.map.right.kind == "fhir" else ():
            write(node, places.block.key, (), key)
    except WriteConflict:
        return None
    return nodes


def unread(
    map_: Map, block: Block, body: dict[str, Any], *, touched: set[str], selectors: frozenset[str]
) -> Iterator[Issue]:
    """Yield a warning for each leaf of an item that no row of its block has read."""
    is_fhir = map_.right.kind == "fhir"
    engine_made = frozenset(ENGINE_MADE) - {"text"} if is_fhir else ()
    told = as_recorded(body) if is_fhir else body
    kept = {name: value for name, value in told.items() if name not in engine_made}
    return coverage.unread_right(map_, kept, touched, prefix=f"{block.type}.", selectors=selectors)


def own_body(run: Run, block: Block, body: dict[str, Any]) -> dict[str, Any]:
    """Return the item without the identifier that the engine put on it."""
    system = key_system(run.context.source, block.keyed)
    if run.map.right.kind != "fhir" or not isinstance(body.get("identifier"), list):
        return body
    return {**body, "identifier": [each for each in identifiers_of(body) if each.get("system") != system]}


def apply_row(run: Run, row: Row, instance: Instance, body: dict[str, Any], touched: set[str]) -> None:
    """Take what one row finds in an item back to the left, and note what it read."""
    found = list(run.counted(read(body, row.right)))
    touched.update(path for _, path, _ in found)
    if row.arrow == ":=":
        _verify(run, row, body, found, touched)
    elif row.goes_left:
        node, matches = instance.nodes[row.variable], Matches()
        present = {own for own, _, _ in read(node, row.left)} if row.is_weak else frozenset()
        for each in found:
            if each[0] not in present:
                _write_left(run, row, node, each, matches)


def _verify(run: Run, row: Row, body: dict[str, Any], found: Sequence[Found], touched: set[str]) -> None:
    """Report each place where a constant is another one, unless another item of its list has it: whoever sends may put
    an item of their own first.
    """
    wrong = [path for _, path, value in found if value != row.constant]
    if not wrong:
        return
    held = [path for _, path, value in run.counted(read(body, _anywhere(row.right))) if value == row.constant]
    if held and not any(step.each for step in row.right):
        touched.difference_update(wrong)
        touched.update(held)
        return
    for path in wrong:
        run.report("FB305", path, "the map expects another constant here", row)


def _anywhere(steps: Steps) -> Steps:
    """Return a path with every item of a list in the place of the one at an index."""
    return tuple(step if step.index is None else replace(step, each=True, index=None) for step in steps)


def _write_left(run: Run, row: Row, node: dict[str, Any], found: Found, matches: Matches) -> None:
    indices, path, value = found
    run.count_write(row.left)
    try:
        translated = CODECS[row.codec.name].to_left(value, row.codec, run.context)
        write(node, row.left, indices, translated, matches=matches)
    except CodecError as error:
        run.report(error.code, path, str(error), row)
    except WriteConflict:
        run.report("FB309", path, f"`{row.left_text}` has another value already", row)
