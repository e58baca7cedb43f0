"""A profile's rules element by element, as those need them who have no resource yet: maps, pages, lists.

Source: http://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.validation.profiles.discriminators import extension_url, matcher_of
from fhirbridge.validation.profiles.slicing import DEFAULT, slicing_of
from fhirbridge.validation.snapshots import Node, Snapshot
from fhirbridge.validation.snapshots.base import CORE, is_core_type, name_of
from fhirbridge.validation.snapshots.generate import Scope


@dataclass(frozen=True, slots=True)
class Demand:
    """One element of a profile: how often it stands in each parent, and what each item must be.

    Attributes:
        parent: JSON names above the element; () for the resource itself.
        keys: JSON names it may stand under; `forbidden`: names of the choice that the profile rules out.
        pattern, fixed: a tree or None.
        url: of the extension meant.
        is_slice: only items that match are counted.
    """

    parent: tuple[str, ...]
    name: str
    keys: tuple[str, ...]
    min: int
    max: int | None
    forbidden: tuple[str, ...] = ()
    pattern: Any = None
    fixed: Any = None
    url: str = ""
    targets: frozenset[str] = frozenset()
    is_slice: bool = False
    must_support: bool = False


def demands_of(snapshot: Snapshot) -> tuple[Demand, ...]:
    """Return the rules of a profile and those it rests on, in the order of its elements.

    What is said of the items of one slice alone is left out: which rows make such an item is not always known.
    """
    return tuple(_below(snapshot.root, (), snapshot.scope))


def _below(node: Node, parent: tuple[str, ...], scope: Scope) -> Iterator[Demand]:
    usual = scope.template(node.types)
    for name, child in (node.children or {}).items():
        if child.stated:
            yield _demand(child, usual.get(name, child), parent, scope)
        for slice_ in child.slices.values():
            if slice_.stated and (found := _of_slice(slice_, child, parent, scope)) is not None:
                yield found
        if not child.is_choice or len(child.types) == 1:
            key = child.key_of(child.types[0].code) if child.types else name
            yield from _below(child, (*parent, key), scope)


def _demand(node: Node, usual: Node, parent: tuple[str, ...], scope: Scope) -> Demand:
    kept = tuple(node.key_of(each.code) for each in node.types) or (node.name,)
    return Demand(
        parent,
        node.name,
        kept,
        node.min,
        node.max if node.max is None or usual.max is None or node.max < usual.max else None,
        forbidden=tuple(key for each in usual.types if (key := usual.key_of(each.code)) not in kept),
        pattern=node.pattern[0] if node.pattern else None,
        fixed=node.fixed[0] if node.fixed else None,
        targets=_targets(node, usual, scope),
        must_support=node.must_support,
    )


def _of_slice(node: Node, whole: Node, parent: tuple[str, ...], scope: Scope) -> Demand | None:
    """Return what is demanded of a slice, as far as constants tell its items; None where they do not."""
    how = slicing_of(whole)
    most = node.max if node.max is not None and (whole.max is None or node.max < whole.max) else None
    url = extension_url(node, scope)
    keys = tuple(dict.fromkeys(node.key_of(each.code) for each in node.types)) or (node.name,)
    if all(each.type == "type" and each.path == "$this" for each in how.discriminators):
        return Demand(parent, node.name, keys, node.min, most, must_support=node.must_support)
    pattern = None if url else constants_of(node)
    if not url and pattern is None:
        return None
    targets = _targets(node, whole, scope)
    about = {"pattern": pattern, "url": url, "targets": targets}
    return Demand(
        parent,
        node.name,
        keys,
        node.min,
        most,
        is_slice=True,
        must_support=node.must_support,
        **about,  # type: ignore[arg-type]
    )


def constants_of(node: Node) -> Any:
    """Return the fixed and pattern values of an element and those below it as one tree; None where there are none."""
    if node.fixed or node.pattern:
        return (node.fixed or node.pattern)[0]
    found = {name: value for name, child in (node.children or {}).items() if (value := constants_of(child)) is not None}
    listed = {
        name: [value] if node.children and node.children[name].max is None else value for name, value in found.items()
    }
    return listed or None


def _targets(node: Node, usual: Node, scope: Scope) -> frozenset[str]:
    """Return the resource types a reference may name; none where all may that the type itself allows."""
    own = {url for each in node.types for url in each.targets}
    before = {url for each in usual.types for url in each.targets}
    if own == before or f"{CORE}Resource" in own:
        return frozenset()
    names = {name_of(url) if is_core_type(url) else _type_of(url, scope) for url in own}
    return frozenset(names) if "" not in names else frozenset()


def _type_of(url: str, scope: Scope) -> str:
    found = scope.find(url)
    return found.type if found else ""


def iter_elements(snapshot: Snapshot) -> Iterator[tuple[str, Node, Node]]:
    """Yield each element that the profile or one it rests on speaks of: its id, itself, what its type has there."""
    yield snapshot.type, snapshot.root, snapshot.root
    yield from _iter_elements(snapshot.root, snapshot.type, snapshot.scope)


def gaps_of(snapshot: Snapshot) -> Iterator[str]:
    """Yield a message for each slice whose items cannot be told."""
    for id_, node, whole in iter_elements(snapshot):
        if ":" in id_.rpartition(".")[2] and id_.rpartition(":")[2] != DEFAULT:
            try:
                matcher_of(node, slicing_of(whole).discriminators, snapshot.scope)
            except BadPackage as error:
                yield f"{id_}: {error.message}"


def _iter_elements(node: Node, id_: str, scope: Scope) -> Iterator[tuple[str, Node, Node]]:
    usual = scope.template(node.types)
    for name, child in (node.children or {}).items():
        own = f"{id_}.{name}"
        if child.stated:
            yield own, child, usual.get(name, child)
        yield from _iter_elements(child, own, scope)
        for slice_name, slice_ in child.slices.items():
            if slice_.stated or slice_.children:
                yield f"{own}:{slice_name}", slice_, child
            yield from _iter_elements(slice_, f"{own}:{slice_name}", scope)
