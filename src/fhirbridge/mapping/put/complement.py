"""The complement: what of a resource no row understands, kept to be put back when the resource is sent again.

A complement is plain JSON. Of an object: `{"fields": {name: complement}}`; of all that is no list: `{"value": value}`;
of a list: `{"items": [{"whole": item} | {"like": what the map owns of the item, "rest": complement}]}`. That of a whole
item may also hold `mends`, see `mending`.

Laws of this file: `restore(owned(body), complement(body))` is `body`; what the map owns is never overwritten; an item
of a list is found again by what the map owns of it, never by its position.
Source: complements of lenses, https://doi.org/10.1145/1232420.1232424 section 2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.fhir.elements import is_resource
from fhirbridge.fhir.narrative.xhtml import as_recorded
from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.paths import Tree, read
from fhirbridge.mapping.steps import Steps

Complement = dict[str, Any]
MENDS = "mends"
ENGINE_MADE = frozenset({"resourceType", "id", "meta"})
"""Elements that every send makes anew; they are no part of a complement, and neither is generated narrative."""
CHANGES_MEANING = frozenset({"modifierExtension", "implicitRules"})
"""Elements that a reader must understand or refuse. Source: http://hl7.org/fhir/R4/conformance-rules.html#isModifier"""


@dataclass(frozen=True, slots=True)
class Split:
    """A body in two: what the map owns, and the complement (None when the map owns all of it)."""

    owned: Tree
    rest: Complement | None


def split(block: Block, body: dict[str, Any], context: Context) -> Split:
    """Return what the rows of a block own of a body, and its complement."""
    known = frozenset(_known_paths(block, body, context))
    return _split(offered(body, is_resource=is_resource(block.type)), "", known)


def offered(body: dict[str, Any], *, is_resource: bool = True) -> dict[str, Any]:
    """Return what a body offers to be kept: nothing that every send makes anew."""
    told = as_recorded(body) if is_resource else body
    return {name: value for name, value in told.items() if name not in ENGINE_MADE}


def _known_paths(block: Block, body: dict[str, Any], context: Context) -> Iterator[str]:
    """Yield the concrete path of each element that a row reads, that a selector compares, or that carries the key."""
    for row in block.rows:
        for _, path, value in read(body, row.right):
            yield from _understood(row, value, path, context)
        yield from _compared(row.right, body, "")
    system = key_system(context.source, block.keyed)
    carried = body.get("identifier")
    for position, each in enumerate(carried if isinstance(carried, list) else ()):
        if isinstance(each, dict) and each.get("system") == system:
            yield f"identifier[{position}]"
    if isinstance(carried, dict):
        yield "identifier"


def _understood(row: Row, value: Tree, at: str, context: Context) -> Iterator[str]:
    """Yield the paths of what a row's codec reads of a value: of an object, what the codec would make of it again."""
    if not isinstance(value, dict):
        yield at
        return
    codec, spec = row.codec, CODECS[row.codec.name]
    try:
        yield from _made_again(value, spec.to_right(spec.to_left(value, codec, context), codec, context), at)
    except CodecError:  # the way back reports it; nothing of the value can be kept in its place
        yield at


def _made_again(value: Tree, made: Tree, at: str) -> Iterator[str]:
    """Yield the path of each scalar of a value for which something stands in what was made of it."""
    if isinstance(value, dict) and isinstance(made, dict):
        for name in value.keys() & made.keys():
            yield from _made_again(value[name], made[name], f"{at}.{name}")
    elif isinstance(value, list) and isinstance(made, list):
        for item in made:
            position = max(range(len(value)), key=lambda n: _shared(value[n], item))
            yield from _made_again(value[position], item, f"{at}[{position}]")
    else:
        yield at


def _shared(one: Tree, other: Tree) -> int:
    """Return how many fields of two items of a list are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return sum(one[name] == other[name] for name in one.keys() & other.keys())
    return int(one == other)


def _compared(steps: Steps, node: Tree, at: str) -> Iterator[str]:
    """Yield the concrete path of each element that the selectors of a path compare with, also of selectors in them."""
    for position, step in enumerate(steps):
        for where in step.where:
            for _, path, item in read(node, steps[: position + 1], at=at):
                matching = (own for _, own, value in read(item, where.reads, at=path) if value == where.value)
                yield from matching
                yield from _compared(where.steps, item, path)


def _split(node: Tree, at: str, known: Collection[str]) -> Split:
    if at in known:
        return Split(node, None)
    if isinstance(node, dict):
        return _split_object(node, at, known)
    if isinstance(node, list):
        return _split_list(node, at, known)
    return Split(None, {"value": node})


def _split_object(node: dict[str, Tree], at: str, known: Collection[str]) -> Split:
    parts = {name: _split(child, f"{at}.{name}" if at else name, known) for name, child in node.items()}
    owned = {name: part.owned for name, part in parts.items() if part.owned is not None}
    rest = {name: part.rest for name, part in parts.items() if part.rest is not None}
    if not owned:
        return Split(None, {"value": node} if node else None)
    return Split(owned, {"fields": rest} if rest else None)


def _split_list(node: list[Tree], at: str, known: Collection[str]) -> Split:
    parts = [_split(item, f"{at}[{position}]", known) for position, item in enumerate(node)]
    owned = [part.owned for part in parts if part.owned is not None]
    if not owned:
        return Split(None, {"value": node} if node else None)
    items = [
        {"like": part.owned, "rest": part.rest} if part.owned is not None else {"whole": item}
        for item, part in zip(node, parts, strict=True)
        if part.rest is not None
    ]
    return Split(owned, {"items": items} if items else None)


def iter_paths(rest: Complement, at: str = "") -> Iterator[str]:
    """Yield the path of each element that a complement keeps; `[]` for an item of a list."""
    for name, inner in rest.get("fields", {}).items():
        yield from iter_paths(inner, f"{at}.{name}" if at else name)
    for item in rest.get("items", ()):
        if "whole" in item:
            yield f"{at}[]"
        else:
            yield from iter_paths(item["rest"], f"{at}[]")
    if "value" in rest:
        yield at


def find_modifier(tree: Tree, at: str = "") -> str | None:
    """Return the path of an element that changes the meaning of others, or None."""
    if isinstance(tree, dict):
        for name, child in tree.items():
            path = f"{at}.{name}" if at else name
            found = path if name in CHANGES_MEANING else find_modifier(child, path)
            if found:
                return found
    if isinstance(tree, list):
        return next((found for item in tree if (found := find_modifier(item, f"{at}[]"))), None)
    return None


@dataclass(slots=True)
class Restored:
    """A body with its complement put back, the paths put back, and those whose place is gone."""

    body: dict[str, Any]
    paths: list[str] = field(default_factory=list)
    homeless: list[str] = field(default_factory=list)


def restore(body: dict[str, Any], rest: Complement) -> Restored:
    """Return a body with its complement put back. Nothing that stands in the body is changed."""
    restored = Restored(body)
    if rest.keys() - {MENDS}:
        restored.body = _restored(body, rest, "", restored)
    return restored


def _restored(node: Tree, rest: Complement, at: str, notes: Restored) -> Tree:
    if "fields" in rest and isinstance(node, dict):
        return _with_fields(node, rest["fields"], at, notes)
    if "items" in rest and isinstance(node, list):
        return _with_items(node, rest["items"], at, notes)
    notes.homeless.extend(iter_paths(rest, at))
    return node


def _with_fields(node: dict[str, Tree], fields: dict[str, Complement], at: str, notes: Restored) -> dict[str, Tree]:
    whole = dict(node)
    for name, inner in fields.items():
        path = f"{at}.{name}" if at else name
        if name in node:
            whole[name] = _restored(node[name], inner, path, notes)
        elif "value" in inner:
            whole[name] = inner["value"]
            notes.paths.append(path)
        else:
            notes.homeless.extend(iter_paths(inner, path))
    return whole


def _with_items(node: list[Tree], items: list[dict[str, Any]], at: str, notes: Restored) -> list[Tree]:
    whole, taken = list(node), set[int]()
    for item in items:
        if "whole" in item:
            if item["whole"] not in whole:
                notes.paths.append(f"{at}[{len(whole)}]")
                whole.append(item["whole"])
            continue
        place = next((n for n, own in enumerate(node) if n not in taken and _has(own, item["like"])), None)
        if place is None:
            notes.homeless.extend(iter_paths(item["rest"], f"{at}[]"))
        else:
            taken.add(place)
            whole[place] = _restored(whole[place], item["rest"], f"{at}[{place}]", notes)
    return whole


def _has(node: Tree, part: Tree) -> bool:
    """Say whether a tree holds all that a part of it holds."""
    if isinstance(part, dict):
        return isinstance(node, dict) and all(name in node and _has(node[name], own) for name, own in part.items())
    if isinstance(part, list):
        return isinstance(node, list) and all(any(_has(own, each) for own in node) for each in part)
    return bool(node == part)
