"""CodeSystem and ValueSet resources of R4 to what this package works with. Trees may come from anybody.

Laws of this file: whatever the tree, the answer is a code system, a value set or `NotReadable`; nesting never
becomes recursion; what is not understood of a value set makes it unreadable, never larger or smaller.
Source: http://hl7.org/fhir/R4/codesystem.html, http://hl7.org/fhir/R4/valueset.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fhirbridge.terminology.systems import WHOLE, CodeSystem, Concept, Designation, Property
from fhirbridge.terminology.value_sets import Filter, Listed, Part, ValueSet

Tree = Any

MAX_CONCEPTS = 1_000_000
"""No resource is read further."""

_UNCLOSED = frozenset(
    {
        "http://hl7.org/fhir/StructureDefinition/valueset-unclosed",
        "http://hl7.org/fhir/StructureDefinition/valueset-toocostly",
    }
)
_PARENT, _CHILD = frozenset({"parent", "subsumedBy"}), "child"
_GONE = frozenset({"retired", "inactive"})


class NotReadable(ValueError):
    """The resource is not well formed."""


# -- code systems


def read_code_system(tree: Tree) -> CodeSystem:
    """Return the code system of a CodeSystem resource.

    Raises:
        NotReadable: it is no well-formed CodeSystem.
    """
    own = _object(tree)
    pairs = list(_iter_nested(_objects(own, "concept"), "concept"))
    named = _parents_by_child(pairs)
    content = _text(own, "content")
    return CodeSystem(
        url=_text(own, "url"),
        version=_text(own, "version"),
        name=_text(own, "name"),
        content=WHOLE if content in ("", WHOLE) else content,
        is_case_sensitive=own.get("caseSensitive", True) is not False,
        concepts=tuple(_concept(concept, parent, named.get(_text(concept, "code"), ())) for concept, parent in pairs),
    )


def _iter_nested(top: list[Tree], key: str) -> Iterator[tuple[Tree, str]]:
    """Yield each object and the code of the one around it, in the order in which they stand."""
    waiting = [(each, "") for each in reversed(top)]
    count = 0
    while waiting:
        node, parent = waiting.pop()
        count += 1
        if count > MAX_CONCEPTS:
            raise NotReadable("too many concepts")
        yield node, parent
        waiting.extend((each, _text(node, "code")) for each in reversed(_objects(node, key)))


def _parents_by_child(pairs: Iterable[tuple[Tree, str]]) -> Mapping[str, list[str]]:
    """Return the parents that say of themselves whose parent they are."""
    found: dict[str, list[str]] = {}
    for concept, _ in pairs:
        for each in _objects(concept, "property"):
            if each.get("code") == _CHILD:
                found.setdefault(_text(each, "valueCode"), []).append(_text(concept, "code"))
    return found


def _concept(node: Tree, around: str, named: Iterable[str]) -> Concept:
    properties = [found for each in _objects(node, "property") if (found := _find_property(each))]
    own = [str(each.value) for each in properties if each.code in _PARENT]
    values = {each.code: each.value for each in properties}
    parents = dict.fromkeys(each for each in (around, *own, *named) if each)
    return Concept(
        code=_code(node),
        display=_text(node, "display"),
        parents=tuple(parents),
        is_abstract=True in (values.get("notSelectable"), values.get("abstract")),
        is_inactive=values.get("inactive") is True or values.get("status") in _GONE,
        definition=_text(node, "definition"),
        designations=tuple(_designation(each) for each in _objects(node, "designation")),
        properties=tuple(each for each in properties if each.code not in (*_PARENT, _CHILD)),
    )


def _find_property(node: Tree) -> Property | None:
    kind = next((key for key in node if key.startswith("value")), "")
    value = node.get(kind)
    if isinstance(value, dict):  # a Coding: its code is what filters compare
        value = value.get("code")
    if not isinstance(value, str | bool | int | float):
        return None
    return Property(_text(node, "code"), kind, value)


def _designation(node: Tree) -> Designation:
    return Designation(_text(node, "value"), _text(node, "language"), _text(_object(node.get("use", {})), "code"))


# -- value sets


def read_value_set(tree: Tree) -> ValueSet:
    """Return the value set of a ValueSet resource; an unreadable one says so of itself."""
    own = _object(tree)
    url, version, name = _text(own, "url"), _text(own, "version"), _text(own, "name")
    try:
        compose = _object(own.get("compose", {}))
        given = own.get("expansion")
        listed = None if given is None else _expansion(_object(given))
        return ValueSet(
            url=url,
            version=version,
            name=name,
            include=_parts(compose, "include"),
            exclude=_parts(compose, "exclude"),
            expansion=listed,
            is_expansion_whole=given is None or _is_whole(given, len(listed or ())),
        )
    except NotReadable:
        return ValueSet(url, version, name, is_readable=False)


def _parts(compose: Tree, key: str) -> tuple[Part, ...]:
    return tuple(_part(each) for each in _objects(compose, key))


def _part(node: Tree) -> Part:
    if "modifierExtension" in node:
        raise NotReadable("a modifier extension changes the meaning")
    codes = {_code(each): _text(each, "display") for each in _objects(node, "concept")}
    filters = [Filter(*(_text(each, key) for key in ("property", "op", "value"))) for each in _objects(node, "filter")]
    sets = node.get("valueSet", [])
    if not isinstance(sets, list) or not all(isinstance(each, str) for each in sets):
        raise NotReadable("valueSet is no list of canonicals")
    if "system" not in node and (codes or filters or not sets):
        raise NotReadable("a part needs a system or a value set")
    return Part(_text(node, "system"), _text(node, "version"), codes, tuple(filters), tuple(sets))


def _expansion(node: Tree) -> tuple[Listed, ...]:
    entries = (each for each, _ in _iter_nested(_objects(node, "contains"), "contains") if not each.get("abstract"))
    found = (Listed(_text(each, "system"), _text(each, "code"), _text(each, "display")) for each in entries)
    return tuple(each for each in found if each.code)


def _is_whole(node: Tree, count: int) -> bool:
    total = node.get("total", count)
    said = [each.get("url") for each in _objects(node, "extension") if each.get("valueBoolean") is True]
    return isinstance(total, int) and total <= count and not _UNCLOSED.intersection(filter(None, said))


# -- reading a tree that may hold anything


def _object(node: Tree) -> dict[str, Tree]:
    if not isinstance(node, dict):
        raise NotReadable("expected an object")
    return node


def _objects(node: Tree, key: str) -> list[dict[str, Tree]]:
    found = node.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise NotReadable(f"`{key}` is no list of objects")
    return found


def _text(node: Tree, key: str) -> str:
    found = node.get(key, "")
    if not isinstance(found, str):
        raise NotReadable(f"`{key}` is no text")
    return found


def _code(node: Tree) -> str:
    if not (found := _text(node, "code")):
        raise NotReadable("a concept has no code")
    return found
