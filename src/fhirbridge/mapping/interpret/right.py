"""Running a bound map to the right, row by row. Knows no file, store or clock.

Laws of this file: every element a map makes says where it came from; what no row reads is reported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fhirbridge.errors import Issue, Severity
from fhirbridge.fhir.elements import find_element
from fhirbridge.ids import key_system
from fhirbridge.mapping import coverage
from fhirbridge.mapping.business_keys import is_tagged
from fhirbridge.mapping.codecs import CODECS, CodecError, Context, is_key, is_unmapped
from fhirbridge.mapping.expressions import MAX_VALUES, Expression
from fhirbridge.mapping.interpret.work import Instance, Run, TooMuch, refusal
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.paths import Matches, Tree, WriteConflict, prune, read, write
from fhirbridge.mapping.results import Item, Mapped


@dataclass(frozen=True, slots=True)
class Draft:
    """An item in the making: its body so far and the origin of each path in it."""

    body: dict[str, Any]
    elements: dict[str, Any] = field(default_factory=dict)

    def note(self, row: Row, target: str, origin: dict[str, Any]) -> None:
        """Keep where an element came from, and with it the items whose selectors were made true on the way."""
        self.elements[target] = origin
        for item in _selected_items(row, target):
            self.elements.setdefault(item, origin)


def to_right(map_: Map, tree: Tree, context: Context) -> Mapped:
    """Return the resources or records that the map makes of a tree, one for each key."""
    run = Run(map_, context)
    if run.refuses(tree, map_.root):
        return Mapped((), run.close())
    run.collect(coverage.shape_issues(map_, tree))
    made: dict[tuple[str, str], Item] = {}
    try:
        for block in map_.blocks:
            for instance in _instances(run, block, tree):
                item = _make(run, block, instance)
                if item:
                    _add(run, made, item, instance.paths[block.variable])
    except TooMuch as error:
        run.collect([refusal(map_, error)])
        return Mapped((), run.close())
    run.collect(coverage.unread(map_, tree, run.touched))
    return Mapped(tuple(made.values()), run.close())


def _instances(run: Run, block: Block, tree: Tree) -> Iterator[Instance]:
    root = run.map.root
    found = read(tree, block.loop) if block.is_loop else iter([((), "", tree)])
    for _, path, node in found:
        at = f"{root}.{path}" if path else root
        instance = Instance({root: tree, block.variable: node}, {root: root, block.variable: at})
        run.meter.look()
        if run.holds(block.when, instance):
            yield instance


def _make(run: Run, block: Block, instance: Instance) -> Item | None:
    node, at = instance.nodes[block.variable], instance.paths[block.variable]
    key, system = _key(run, block, node, at), key_system(run.context.source, block.keyed)
    if key is None:
        return None
    fhir = run.map.right.kind == "fhir"
    draft = Draft({"resourceType": block.type} if fhir else {})
    for row in block.rows:
        if row.goes_right and run.holds(row.when, instance):
            apply_row(run, row, instance, draft, block.data_class)
    body, renamed = prune(draft.body)
    trace = {path: draft.elements[old] for old, path in renamed.items() if old in draft.elements}
    id_ = run.context.resource_id(block.type, system, key) if fhir else key
    if fhir:
        body = stamped(block, body, id_, key, system)
    return Item(block.type, id_, key, body, _trace(run.map, block, trace), block.data_class)


def _key(run: Run, block: Block, node: Tree, at: str) -> str | None:
    found = next(read(node, block.key), None)
    if found is None or not is_key(found[2]):
        run.report("FB302", f"{at}.{'.'.join(step.name for step in block.key)}", "the key is missing")
        return None
    run.touched.add(f"{at}.{found[1]}")
    return found[2]


def apply_row(run: Run, row: Row, instance: Instance, draft: Draft, data_class: str) -> None:
    """Take what one row finds on the left into an item."""
    matches: Matches = {}
    run.meter.look()
    if row.arrow == ":=":
        _apply_constant(run, row, draft, data_class)
        return
    for indices, sources, value in list(_values(run, row, instance)):
        source, *also = sources or ("",)
        run.count_write(row.right)
        try:
            translated = CODECS[row.codec.name].to_right(value, row.codec, run.context)
            target = write(draft.body, row.right, indices, translated, matches=matches)
        except CodecError as error:
            run.report(error.code, source, str(error), row)
        except WriteConflict:
            run.report("FB309", source, f"`{row.right_text}` has another value already", row)
        else:
            _warn_unmapped(run, row, translated, source)
            origin = {"from": source, **_entry(row), "class": row.data_class or data_class}
            told = {"also": also} if also else {} if source else {"default": True}
            draft.note(row, target, {**origin, **told})


def _apply_constant(run: Run, row: Row, draft: Draft, data_class: str) -> None:
    matches: Matches = {}
    for indices in _constant_indices(row, draft.body):
        run.count_write(row.right)
        try:
            path = write(draft.body, row.right, indices, row.constant, matches=matches)
        except WriteConflict:
            run.report("FB309", row.right_text, "another value stands here already", row)
        else:
            draft.note(row, path, {"from": "", **_entry(row), "codec": "constant", "class": data_class})


def touched(map_: Map, tree: Tree, context: Context) -> set[str]:
    """Return the concrete left paths that the rows read in a tree which goes well, without writing anything."""
    run = Run(map_, context)
    for block in map_.blocks:
        for instance in _instances(run, block, tree):
            _key(run, block, instance.nodes[block.variable], instance.paths[block.variable])
            for row in block.rows:
                if row.goes_right and row.arrow != ":=" and run.holds(row.when, instance):
                    deque(_found(run, row, instance), maxlen=0)
    return run.touched


def _entry(row: Row) -> dict[str, Any]:
    return {"file": row.place.file, "line": row.place.line, "codec": row.codec.name}


_Sourced = tuple[tuple[int, ...], tuple[str, ...], Tree]
"""Indices, the concrete left paths it comes from (none for a default), and the value."""


def _values(run: Run, row: Row, instance: Instance) -> Iterator[_Sourced]:
    """Yield what a row takes to the right; its default where the left side holds nothing."""
    is_empty = True
    for found in _found(run, row, instance):
        is_empty = False
        yield found
    if is_empty and row.default is not None:
        yield (), (), row.default


def _found(run: Run, row: Row, instance: Instance) -> Iterator[_Sourced]:
    if row.expression is not None:
        sources = tuple(run.counted(_read_by(row.expression, instance)))
        run.touched.update(sources)
        yield from (((), sources, value) for value in row.expression.values(instance.nodes)[:1])
        return
    base = instance.paths[row.variable]
    for indices, path, value in run.found(instance, row.variable, row.left):
        source = f"{base}.{path}" if path else base
        run.touched.update(_touched(row, source))
        yield indices, (source,), value


def _read_by(expression: Expression, instance: Instance) -> Iterator[str]:
    """Yield the concrete path of each value that an expression reads."""
    for path in expression.paths():
        base = instance.paths[path.variable]
        for _, at, _ in islice(read(instance.nodes[path.variable], path.steps), MAX_VALUES):
            yield f"{base}.{at}" if at else base


def _selected_items(row: Row, target: str) -> Iterator[str]:
    """Yield the concrete paths of list items on the way whose selectors were made true."""
    names = target.split(".")
    for position, step in enumerate(row.right):
        if step.where and position + 1 < len(row.right):
            yield ".".join(names[: position + 1])


def _constant_indices(row: Row, body: dict[str, Any]) -> list[tuple[int, ...]]:
    """Return where a constant goes: once, or into each item that other rows have made of the list in its path."""
    lists = [position for position, step in enumerate(row.right) if step.each]
    if not lists:
        return [()]
    return [indices for indices, _, item in read(body, row.right[: lists[-1] + 1]) if item not in (None, {})]


def _warn_unmapped(run: Run, row: Row, translated: Tree, source: str) -> None:
    if row.codec.name == "code" and is_unmapped(translated, row.codec, run.context):
        run.collect([unmapped(run.map, row, source)])


def unmapped(map_: Map, row: Row, source: str) -> Issue:
    """Return the warning that a code is in no table and travels as it came."""
    rule, place = f"{row.codec.name} in {map_.name}", str(row.place)
    return Issue("FB303", "the code is in no table; its text is kept", source, "warning", rule, place)


def _touched(row: Row, source: str) -> Iterator[str]:
    """Yield the left paths that a row reads: of an object only the fields that its codec takes."""
    fields = row.codec.left_fields
    yield from (f"{source}.{name}" for name in fields) if fields else (source,)


def stamped(block: Block, body: dict[str, Any], id_: str, key: str, system: str) -> dict[str, Any]:
    """Return the resource with id, profile and business identifier, in FHIR's order."""
    rest = {name: value for name, value in body.items() if name != "resourceType"}
    head: dict[str, Any] = {"resourceType": block.type, "id": id_}
    if block.profile:
        head["meta"] = {"profile": [block.profile]}
    if is_tagged(block.type):
        head["meta"] = {**head.get("meta", {}), "tag": [{"system": system, "code": key}]}
        return {**head, **rest}
    identifier = {"system": system, "value": key}
    element = find_element(block.type, "identifier")
    is_list = element is None or element.is_list
    head["identifier"] = [*rest.pop("identifier", []), identifier] if is_list else identifier
    return {**head, **rest}


def _trace(map_: Map, block: Block, elements: dict[str, Any]) -> dict[str, Any]:
    head = {"map": map_.name, "version": map_.version, "hash": map_.hash, "block": block.name}
    return {**head, "elements": elements}


def _add(run: Run, made: dict[tuple[str, str], Item], item: Item, at: str) -> None:
    """Add an item; the same key again must say the same or add to it.

    Directory entries (class D0) that differ are no reason to hold a client's record up: the first one stands.
    """
    present = made.get((item.type, item.id))
    if present is None:
        made[item.type, item.id] = item
        return
    differing = sorted(k for k in present.body.keys() & item.body.keys() if present.body[k] != item.body[k])
    if differing:
        severity: Severity = "warning" if item.data_class == "D0" else "error"
        message = f"the same key stands for two {item.type} that differ in {', '.join(differing)}"
        run.report("FB309", at, message, severity=severity)
        return
    elements = {**item.trace["elements"], **present.trace["elements"]}
    body = {**present.body, **item.body}
    trace = {**present.trace, "elements": elements}
    made[item.type, item.id] = Item(item.type, item.id, item.key, body, trace, item.data_class)
