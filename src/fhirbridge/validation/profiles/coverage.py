"""Must-support coverage: which of the elements that a profile marks or demands a set of resources fills.

Source: http://hl7.org/fhir/R4/profiling.html#mustsupport
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.fhir.fhirpath import NO_SCENE
from fhirbridge.validation.profiles.discriminators import Matcher, matcher_of
from fhirbridge.validation.profiles.items import gather
from fhirbridge.validation.profiles.profile import Profile
from fhirbridge.validation.profiles.run import Item
from fhirbridge.validation.profiles.slicing import slicing_of
from fhirbridge.validation.snapshots import Node
from fhirbridge.validation.snapshots.generate import Scope


@dataclass(frozen=True, slots=True)
class Supported:
    """An element of a profile: its id (`Goal.target.due[x]:dueDate`), what is asked of it, whether it is filled."""

    id: str
    is_required: bool
    must_support: bool
    is_filled: bool


def coverage_of(profile: Profile, resources: Iterable[Any]) -> tuple[Supported, ...]:
    """Return the must-support and required elements of a profile, in its order, and which of them resources fill.

    Args:
        resources: trees; those of another type fill nothing.

    Raises:
        BadPackage: the profile cannot be used.
    """
    made = profile.snapshot
    own = [(made.type, each, None, "") for each in resources if _is_of(each, made.type)]
    return tuple(_below(made.root, made.type, own, made.scope))


def _is_of(resource: Any, type_: str) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType", type_) == type_


def _below(node: Node, id_: str, items: Sequence[Item], scope: Scope) -> Iterator[Supported]:
    trees = [tree for item in items for tree in (item[1], item[2]) if isinstance(tree, dict)]
    for name, child in (node.children or {}).items():
        find = gather(child)
        found = [item for tree in trees for item in find(tree)]
        yield from _told(child, f"{id_}.{name}", found)
        yield from _below(child, f"{id_}.{name}", found, scope)
        for slice_name, slice_ in child.slices.items():
            own = _only(found, _find_matcher(slice_, child, scope))
            yield from _told(slice_, f"{id_}.{name}:{slice_name}", own)
            yield from _below(slice_, f"{id_}.{name}:{slice_name}", own, scope)


def _told(node: Node, id_: str, items: Sequence[Item]) -> Iterator[Supported]:
    if node.stated and (node.must_support or node.min):
        yield Supported(id_, bool(node.min), node.must_support, any(_is_filled(item) for item in items))


def _is_filled(item: Item) -> bool:
    return item[1] not in (None, {}, [], "")


def _find_matcher(slice_: Node, whole: Node, scope: Scope) -> Matcher | None:
    try:
        return matcher_of(slice_, slicing_of(whole).discriminators, scope)
    except BadPackage:
        return None


def _only(items: Sequence[Item], matches: Matcher | None) -> list[Item]:
    """Return the items that belong to a slice for certain."""
    return [item for item in items if matches is not None and matches((item[0], item[1]), NO_SCENE)]
