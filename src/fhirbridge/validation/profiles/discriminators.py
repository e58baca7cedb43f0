"""How items are told apart: what a slice says at the end of each discriminator's path becomes a test of an item.

Law of this file: a test answers True, False, or None where it cannot tell (a value set that is not loaded); None is
never turned into an answer.
Source: http://hl7.org/fhir/R4/profiling.html#discriminator
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.fhir.fhirpath import Scene
from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.matching import is_same, pattern_test
from fhirbridge.validation.profiles.items import gather
from fhirbridge.validation.snapshots import Discriminator, Node, TypeRef
from fhirbridge.validation.snapshots.base import CORE, name_of
from fhirbridge.validation.snapshots.generate import EXTENSIONS, Scope

Typed = tuple[str, Any]
Matcher = Callable[[Typed, Scene], bool | None]
"""Says whether an item, with its type, belongs to a slice; None where that cannot be told."""
Walk = Callable[[Iterable[Typed], Scene], Iterable[Typed]]

_STEP = re.compile(r"\s*(?:(?P<name>\$this|[A-Za-z]\w*)(?:\(\s*(?P<argument>[^)]*?)\s*\))?)(?:\.|$)")
_THIS = Discriminator("value", "$this")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path has come to in a slice: the node (None: not described), and what patterns above say of it."""

    node: Node | None
    patterns: tuple[Any, ...]
    fixed: tuple[Any, ...] = ()


def matcher_of(slice_: Node, discriminators: tuple[Discriminator, ...], scope: Scope) -> Matcher:
    """Return the test of a slice: an item belongs to it when it passes for every discriminator.

    Raises:
        BadPackage: the slice does not say what its items are told by.
    """
    url = extension_url(slice_, scope)
    if url and all(each.path == "url" for each in discriminators):
        return lambda item, scene: isinstance(item[1], dict) and item[1].get("url") == url
    tests = [_test(slice_, each, scope) for each in discriminators or (_THIS,)]
    if len(tests) == 1:
        return tests[0]
    return lambda item, scene: _all(test(item, scene) for test in tests)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """Return whether all answers are yes; one no is enough to say no."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        result = answer and result
    return result


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Return whether any answer is yes; None where there is none, but one that could not be told."""
    result: bool | None = False
    for answer in answers:
        if answer:
            return True
        result = None if answer is None else result
    return result


def extension_url(node: Node, scope: Scope) -> str:
    """Return the URL of the extension that a slice is for; "" for anything else."""
    if node.name not in EXTENSIONS:
        return ""
    if node.types and node.types[0].profiles:
        return node.types[0].profiles[0].partition("|")[0]
    url = (node.children or {}).get("url")
    return str(url.fixed[0]) if url is not None and url.fixed else ""


def _test(slice_: Node, discriminator: Discriminator, scope: Scope) -> Matcher:
    walk, place = _follow(slice_, discriminator.path, scope)
    if discriminator.type in ("value", "pattern") and discriminator.path == "$this":
        tests = tuple(_value_tests(place, scope))
        if len(tests) == 1:
            return tests[0]
    try:
        decide = _KINDS[discriminator.type](place, scope)
    except (KeyError, IndexError) as error:
        message = f"a slice of {slice_.name} does not say what its items are told by ({discriminator.path})"
        raise BadPackage(message) from error
    return lambda item, scene: decide(walk((item,), scene), scene)


Decide = Callable[[Iterable[Typed], Scene], bool | None]


def _by_value(place: _Place, scope: Scope) -> Decide:
    tests = list(_value_tests(place, scope))
    if not tests:
        raise IndexError
    return lambda found, scene: _any(_all(test(each, scene) for test in tests) for each in found)


def _value_tests(place: _Place, scope: Scope) -> Iterator[Matcher]:
    """Yield what a value must be: fixed, like a pattern, of a required value set, or so in the elements below it."""
    node = place.node
    for fixed in (*place.fixed, *(node.fixed if node else ())):
        yield _told(partial(_is_fixed, fixed))
    for pattern in (*place.patterns, *(node.pattern if node else ())):
        yield _told(pattern_test(pattern))
    if place.fixed or place.patterns or node is None or node.fixed or node.pattern:
        return
    if node.binding is not None and node.binding.strength == "required" and node.stated:
        value_set = node.binding.value_set
        yield lambda item, scene: scene.member_of(item[1], value_set)
        return
    for child in (node.children or {}).values():
        tests = tuple(_value_tests(_Place(child, ()), scope))
        if tests:
            yield _below(child, tests)


def _is_fixed(wanted: Any, value: Any) -> bool:
    return is_same(value, wanted)


def _told(test: Callable[[Any], bool]) -> Matcher:
    return lambda item, scene: None if item[1] is None else test(item[1])


def _below(child: Node, tests: tuple[Matcher, ...]) -> Matcher:
    find = gather(child)

    def test(item: Typed, scene: Scene) -> bool | None:
        found = find(item[1]) if isinstance(item[1], dict) else ()
        return _any(_all(test((each[0], each[1]), scene) for test in tests) for each in found)

    return test


def _by_existence(place: _Place, scope: Scope) -> Decide:
    node = place.node
    if node is not None and node.max == 0:
        return lambda found, scene: not any(True for _ in found)
    if node is not None and node.min:
        return lambda found, scene: any(True for _ in found)
    raise IndexError


def _by_type(place: _Place, scope: Scope) -> Decide:
    codes = frozenset(each.code for each in place.node.types) if place.node else frozenset()
    if not codes:
        raise IndexError
    return lambda found, scene: any(type_ in codes for type_, _ in found)


def _by_profile(place: _Place, scope: Scope) -> Decide:
    profiles = [url for each in (place.node.types if place.node else ()) for url in each.profiles]
    if not profiles:
        raise IndexError
    types = frozenset(each.code for each in place.node.types) if place.node else frozenset()
    return lambda found, scene: _any(_fits(each, types, profiles, scene) for each in found)


def _fits(item: Typed, types: frozenset[str], profiles: list[str], scene: Scene) -> bool | None:
    if any(name_of(url) == item[0] for url in profiles if url.startswith(CORE)):
        return True
    if item[0] not in types and not types & {"Resource", "Reference"}:
        return False
    if item[1] is None:  # a resource that is not at hand, of a type that may fit
        return None
    return _any(scene.conforms_to(item[1], url) for url in profiles)


_KINDS: dict[str, Callable[[_Place, Scope], Decide]] = {
    "value": _by_value,
    "pattern": _by_value,
    "exists": _by_existence,
    "type": _by_type,
    "profile": _by_profile,
}


# -- following a path


def _follow(slice_: Node, path: str, scope: Scope) -> tuple[Walk, _Place]:
    """Return what finds the values at a path below an item, and what the slice says there."""
    place, walks = _Place(slice_, ()), []
    for name, argument in _steps(path):
        walk, place = _STEPS.get(name, _field)(place, argument if name in _STEPS else name, scope)
        walks.append(walk)

    def walk_all(items: Iterable[Typed], scene: Scene) -> Iterable[Typed]:
        for each in walks:
            items = each(items, scene)
        return items

    return walk_all, place


def _steps(path: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise BadPackage(f"the discriminator {path} is not one that R4 allows")
        yield match["name"], (match["argument"] or "").strip("'\"")
        at = match.end()


def _this(place: _Place, argument: str, scope: Scope) -> tuple[Walk, _Place]:
    return lambda items, scene: items, place


def _field(place: _Place, name: str, scope: Scope) -> tuple[Walk, _Place]:
    node = _child(place.node, name, scope)
    find = gather(node) if node is not None else None

    def walk(items: Iterable[Typed], scene: Scene) -> Iterator[Typed]:
        for _, value in items:
            for each in find(value) if find and isinstance(value, dict) else ():
                yield _typed(each[0], each[1])

    return walk, _Place(node, _parts(place, "pattern", name), _parts(place, "fixed", name))


def _child(node: Node | None, name: str, scope: Scope) -> Node | None:
    """Return a child by its name; where all that is said of it is said of one slice, that slice."""
    children = scope.children(node) if node is not None else {}
    found = children.get(name) or children.get(f"{name}[x]")
    if found is not None and len(found.slices) == 1 and not found.is_choice and name not in EXTENSIONS:
        return next(iter(found.slices.values()))
    return found


def _parts(place: _Place, kind: str, name: str) -> tuple[Any, ...]:
    """Return what a fixed value or pattern above says of a child; of a list, its one item."""
    own = place.patterns if kind == "pattern" else place.fixed
    wholes = (*own, *(getattr(place.node, kind) if place.node else ()))
    found = [whole[name] for whole in wholes if isinstance(whole, dict) and name in whole]
    return tuple(each[0] if isinstance(each, list) and len(each) == 1 else each for each in found)


def _typed(type_: str, value: Any) -> Typed:
    """Return a value with its type; a resource tells its own."""
    return (str(value.get("resourceType", type_)) if isinstance(value, dict) else type_, value)


def _extension(place: _Place, url: str, scope: Scope) -> tuple[Walk, _Place]:
    listed = _child(place.node, "extension", scope)
    slices = listed.slices.values() if listed is not None else ()
    node = next((each for each in slices if extension_url(each, scope) == url), None)
    node = node or Node("extension", types=(TypeRef("Extension", (url,)),))

    def walk(items: Iterable[Typed], scene: Scene) -> Iterator[Typed]:
        for _, value in items:
            found = value.get("extension") if isinstance(value, dict) else None
            for each in found if isinstance(found, list) else ():
                if isinstance(each, dict) and each.get("url") == url:
                    yield "Extension", each

    return walk, _Place(node, ())


def _resolve(place: _Place, argument: str, scope: Scope) -> tuple[Walk, _Place]:
    targets = [url for each in (place.node.types if place.node else ()) for url in each.targets]

    def walk(items: Iterable[Typed], scene: Scene) -> Iterator[Typed]:
        for _, value in items:
            text = value.get("reference") if isinstance(value, dict) else None
            found = scene.resolve(text) if isinstance(text, str) else None
            literal = find_literal(text) if found is None and isinstance(text, str) else None
            if found is not None:
                yield _typed("Resource", found)
            elif literal is not None:
                yield literal.type, None

    return walk, _Place(_target(targets, scope), ())


def _target(targets: list[str], scope: Scope) -> Node:
    """Return what is known of the resources that a reference may name: their types and profiles."""
    snapshots = [scope.find(url) for url in targets]
    types = [
        TypeRef(found.type, (url,)) if found else TypeRef(name_of(url), (url,))
        for url, found in zip(targets, snapshots, strict=True)
    ]
    only = snapshots[0] if len(snapshots) == 1 else None
    children = only.scope.children(only.root) if only else None
    return Node("resolve()", types=tuple(types), children=children)


def _of_type(place: _Place, name: str, scope: Scope) -> tuple[Walk, _Place]:
    def walk(items: Iterable[Typed], scene: Scene) -> Iterator[Typed]:
        return (each for each in items if each[0] == name)

    node = place.node
    if node is not None and node.is_choice:
        node = next((each for each in node.slices.values() if [t.code for t in each.types] == [name]), node)
        if [each.code for each in node.types] != [name]:
            node = Node(node.name, types=(TypeRef(name),))
    return walk, _Place(node, place.patterns, place.fixed)


_STEPS: dict[str, Callable[[_Place, str, Scope], tuple[Walk, _Place]]] = {
    "$this": _this,
    "extension": _extension,
    "resolve": _resolve,
    "ofType": _of_type,
}
