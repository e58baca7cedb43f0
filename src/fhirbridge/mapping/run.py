"""Running a bound map in both directions over plain trees. Knows no file, no store, no clock.

Laws of this file: every problem is collected with its path; a problem never holds a value; what no row reads is
reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.errors import Issue, Severity
from fhirbridge.fhir.elements import find_element
from fhirbridge.ids import key_system
from fhirbridge.mapping import coverage
from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Block, Condition, Map, Row
from fhirbridge.mapping.paths import Tree, WriteConflict, prune, read, read_first, write

__all__ = ["Context", "Item", "Mapped", "Restored", "to_left", "to_right"]

ENGINE_MADE = ("resourceType", "id", "meta", "identifier", "text")
"""Elements of a resource that no row needs to read on the way back."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a map made: a resource or a record, with its key and where each element came from."""

    type: str
    id: str
    key: str
    body: dict[str, Any]
    trace: dict[str, Any]
    data_class: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a map made of a tree. An issue of severity error means that it must not be used."""

    items: tuple[Item, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """The left tree that a map made of resources or records."""

    tree: dict[str, Any]
    issues: tuple[Issue, ...]


@dataclass(slots=True)
class _Run:
    """One run of one map: what it has read, what went wrong."""

    map: Map
    context: Context
    issues: list[Issue] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def report(self, code: str, path: str, message: str, row: Row | None = None, severity: Severity = "error") -> None:
        """Collect a problem at a path of the input, with the row that met it."""
        location = str(row.place) if row else self.map.file
        rule = f"{row.codec.name} in {self.map.name}" if row else self.map.name
        self.issues.append(Issue(code, message, path, severity, rule, location))


@dataclass(frozen=True, slots=True)
class _Draft:
    """An item in the making: its body so far and the origin of each path in it."""

    body: dict[str, Any]
    elements: dict[str, Any] = field(default_factory=dict)

    def note(self, row: Row, target: str, origin: dict[str, Any]) -> None:
        """Keep where an element came from, and with it the items whose selectors were made true on the way."""
        self.elements[target] = origin
        for item in _selected_items(row, target):
            self.elements.setdefault(item, origin)


@dataclass(frozen=True, slots=True)
class _Instance:
    """One item a block works on: the nodes its variables stand for, and their concrete paths."""

    nodes: dict[str, Tree]
    paths: dict[str, str]


# -- to the right ----------------------------------------------------------------------------------------------------


def to_right(map_: Map, tree: Tree, context: Context) -> Mapped:
    """Return the resources or records that the map makes of a tree, one for each key."""
    run = _Run(map_, context)
    run.issues.extend(coverage.shape_issues(map_, tree))
    made: dict[tuple[str, str], Item] = {}
    for block in map_.blocks:
        for instance in _instances(run, block, tree):
            item = _make(run, block, instance)
            if item:
                _add(run, made, item, instance.paths[block.variable])
    run.issues.extend(coverage.unread(map_, tree, run.touched))
    return Mapped(tuple(made.values()), tuple(run.issues))


def _instances(run: _Run, block: Block, tree: Tree) -> Iterator[_Instance]:
    root = run.map.root
    found = read(tree, block.loop) if block.is_loop else iter([((), "", tree)])
    for _, path, node in found:
        at = f"{root}.{path}" if path else root
        instance = _Instance({root: tree, block.variable: node}, {root: root, block.variable: at})
        if _holds(block.when, instance):
            yield instance


def _holds(conditions: Sequence[Condition], instance: _Instance) -> bool:
    return all(_compare(condition, instance) for condition in conditions)


def _compare(condition: Condition, instance: _Instance) -> bool:
    value = read_first(instance.nodes[condition.variable], condition.steps)
    if condition.operator in ("exists", "missing"):
        return (value is not None) == (condition.operator == "exists")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return (text == condition.value) == (condition.operator == "=")


def _make(run: _Run, block: Block, instance: _Instance) -> Item | None:
    node, at = instance.nodes[block.variable], instance.paths[block.variable]
    key = _key(run, block, node, at)
    if key is None:
        return None
    fhir = run.map.right.kind == "fhir"
    draft = _Draft({"resourceType": block.type} if fhir else {})
    for row in block.rows:
        if row.goes_right and _holds(row.when, instance):
            _apply_right(run, row, instance, draft, block.data_class)
    body, renamed = prune(draft.body)
    elements = draft.elements
    trace = {path: elements[old] for old, path in renamed.items() if old in elements} if renamed else elements
    system = read_first(node, block.key_system) if block.key_system else key_system(run.context.source, block.keyed)
    id_ = run.context.resource_id(block.type, str(system), key) if fhir else key
    if fhir:
        body = _stamped(block, body, id_, key, str(system))
    return Item(block.type, id_, key, body, _trace(run.map, trace), block.data_class)


def _key(run: _Run, block: Block, node: Tree, at: str) -> str | None:
    found = next(read(node, block.key), None)
    if found is None or not isinstance(found[2], str) or not found[2]:
        run.report("FB302", f"{at}.{'.'.join(step.name for step in block.key)}", "the key is missing")
        return None
    run.touched.add(f"{at}.{found[1]}")
    return found[2]


def _apply_right(run: _Run, row: Row, instance: _Instance, draft: _Draft, data_class: str) -> None:
    entry = {"file": row.place.file, "line": row.place.line, "codec": row.codec.name}
    if row.arrow == ":=":
        for indices in _constant_indices(row, draft.body):
            path = write(draft.body, row.right, indices, row.constant)
            draft.note(row, path, {"from": "", **entry, "codec": "constant", "class": data_class})
        return
    base = instance.paths[row.variable]
    for indices, path, value in read(instance.nodes[row.variable], row.left):
        source = f"{base}.{path}" if path else base
        run.touched.update(_touched(row, source))
        try:
            translated = CODECS[row.codec.name].to_right(value, row.codec, run.context)
            target = write(draft.body, row.right, indices, translated)
        except CodecError as error:
            run.report(error.code, source, str(error), row)
        except WriteConflict:
            run.report("FB309", source, f"`{row.right_text}` has another value already", row)
        else:
            _warn_unmapped(run, row, translated, source)
            draft.note(row, target, {"from": source, **entry, "class": row.data_class or data_class})


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
    return [indices for indices, _, _ in read(body, row.right[: lists[-1] + 1])]


def _warn_unmapped(run: _Run, row: Row, translated: Tree, source: str) -> None:
    if (
        row.codec.name == "code"
        and isinstance(translated, dict)
        and "coding" not in translated
        and "text" in translated
    ):
        run.report("FB303", source, "the code is in no table; its text is kept", row, "warning")


def _touched(row: Row, source: str) -> Iterator[str]:
    """Yield the left paths that a row reads: for a reference only the fields that make it up."""
    reference = row.codec.reference
    if reference is None or not reference.key_field:
        yield source
        return
    for name in (reference.key_field, reference.system_field):
        if name:
            yield f"{source}.{name}"


def _stamped(block: Block, body: dict[str, Any], id_: str, key: str, system: str) -> dict[str, Any]:
    """Return the resource with id, profile and business identifier, in FHIR's order."""
    rest = {name: value for name, value in body.items() if name != "resourceType"}
    head: dict[str, Any] = {"resourceType": block.type, "id": id_}
    if block.profile:
        head["meta"] = {"profile": [block.profile]}
    if not block.key_system:
        identifier = {"system": system, "value": key}
        element = find_element(block.type, "identifier")
        is_list = element is None or element.is_list
        head["identifier"] = [*rest.pop("identifier", []), identifier] if is_list else identifier
    return {**head, **rest}


def _trace(map_: Map, elements: dict[str, Any]) -> dict[str, Any]:
    return {"map": map_.name, "version": map_.version, "hash": map_.hash, "elements": elements}


def _add(run: _Run, made: dict[tuple[str, str], Item], item: Item, at: str) -> None:
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


# -- to the left -----------------------------------------------------------------------------------------------------


def to_left(map_: Map, items: Sequence[tuple[str, dict[str, Any]]], context: Context) -> Restored:
    """Return the left tree that (type, body) pairs stand for. Items that no block makes are left alone."""
    run = _Run(map_, context)
    tree: dict[str, Any] = {}
    for block in sorted(map_.blocks, key=lambda block: block.is_loop):
        for type_, body in items:
            key = _key_of(run, block, body) if type_ == block.type else None
            if key is not None:
                _restore(run, block, body, key, tree)
    pruned, _ = prune(tree)
    return Restored(pruned, tuple(run.issues))


def _key_of(run: _Run, block: Block, body: dict[str, Any]) -> str | None:
    """Return the key an item carries for this block, or None when it belongs to another block."""
    if run.map.right.kind == "record":
        return str(body.get("id", ""))
    if block.key_system:
        return str(body.get("id", ""))
    carried = body.get("identifier") or []
    identifiers = carried if isinstance(carried, list) else [carried]
    system = key_system(run.context.source, block.keyed)
    own = next((i.get("value") for i in identifiers if i.get("system") == system), None)
    if own is None and not block.is_loop:
        own = next((i.get("value") for i in identifiers), None) or body.get("id")
    return own


def _restore(run: _Run, block: Block, body: dict[str, Any], key: str, tree: dict[str, Any]) -> None:
    nodes = _locate(block, key, tree) if block.is_loop else [tree]
    touched: set[str] = set()
    for node in nodes:
        instance = _Instance({run.map.root: tree, block.variable: node}, {})
        if run.map.right.kind == "fhir" and not block.key_system:
            write(node, block.key, (), key)
            body = _without_own_identifier(run, block, body)
        for row in sorted(block.rows, key=lambda row: row.is_weak):
            _apply_left(run, row, instance, body, touched)
    if nodes:
        skip = ENGINE_MADE if run.map.right.kind == "fhir" else ()
        prefix = f"{block.type}."
        run.issues.extend(coverage.unread_right(run.map, body, touched, prefix=prefix, skip=skip))


def _without_own_identifier(run: _Run, block: Block, body: dict[str, Any]) -> dict[str, Any]:
    """Return the resource without the identifier that `_stamped` put on it."""
    system = key_system(run.context.source, block.keyed)
    carried = body.get("identifier", [])
    if not isinstance(carried, list):
        return body
    return {**body, "identifier": [item for item in carried if item.get("system") != system]}


def _locate(block: Block, key: str, tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of the loop that have this key; a fresh one when no reference has made it."""
    found = [node for _, _, node in read(tree, block.loop) if read_first(node, block.key) == key]
    if found or block.is_referenced:
        return found
    count = sum(1 for _ in read(tree, block.loop))
    write(tree, block.loop, (count,) if block.loop[-1].each else (), {block.key[-1].name: key})
    return [node for _, _, node in read(tree, block.loop) if read_first(node, block.key) == key]


def _apply_left(run: _Run, row: Row, instance: _Instance, body: dict[str, Any], touched: set[str]) -> None:
    found = list(read(body, row.right))
    touched.update(path for _, path, _ in found)
    for indices, path, value in found:
        if row.arrow == ":=":
            if value != row.constant:
                run.report("FB305", path, "the map expects another constant here", row)
        elif row.goes_left:
            _write_left(run, row, instance, (indices, path, value))


def _write_left(run: _Run, row: Row, instance: _Instance, found: tuple[tuple[int, ...], str, Tree]) -> None:
    indices, path, value = found
    node = instance.nodes[row.variable]
    if row.is_weak and any(own == indices for own, _, _ in read(node, row.left)):
        return
    try:
        translated = CODECS[row.codec.name].to_left(value, row.codec, run.context)
        write(node, row.left, indices, translated)
    except CodecError as error:
        run.report(error.code, path, str(error), row)
    except WriteConflict:
        run.report("FB309", path, f"`{row.left_text}` has another value already", row)
