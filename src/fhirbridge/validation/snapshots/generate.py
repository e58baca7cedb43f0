"""Makes the snapshot of a profile: the elements of what it constrains, with its differential laid over them.

Law of this file: a published snapshot is not read, for it repeats what the differential and its bases say. It stands
in only where a profile's base is in no package that is loaded.
Source: http://hl7.org/fhir/R4/profiling.html#snapshot
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.fhir.table import table
from fhirbridge.validation.packages import Definition, Definitions, Package
from fhirbridge.validation.snapshots import base
from fhirbridge.validation.snapshots.merge import merge
from fhirbridge.validation.snapshots.node import Binding, Discriminator, Node, Slicing, TypeRef
from fhirbridge.validation.snapshots.steps import Step, Steps

Tree = Mapping[str, Any]

EXTENSIONS = frozenset(("extension", "modifierExtension"))


@dataclass(slots=True)
class Snapshot:
    """A profile with all its elements; `type` is what it constrains, `scope` gives the children of any element."""

    definition: Definition
    type: str
    root: Node
    scope: Scope


@dataclass(slots=True)
class Snapshots:
    """Makes each snapshot once."""

    definitions: Definitions
    _made: dict[int, Snapshot] = field(default_factory=dict)
    _open: set[int] = field(default_factory=set)

    def find(self, canonical: str, within: Package | None = None) -> Snapshot | None:
        """Return the snapshot of the profile that a canonical names; None where none is loaded.

        Raises:
            BadPackage: it cannot be made.
        """
        definition = self.definitions.find(canonical, within=within)
        if definition is None or definition.resource.head.resource_type != "StructureDefinition":
            return None
        return self.of(definition)

    def of(self, definition: Definition) -> Snapshot:
        """Return the snapshot of a StructureDefinition.

        Raises:
            BadPackage: it rests on what is not loaded or on itself, or names an element that its type does not have.
        """
        key = id(definition.resource)
        if key not in self._made:
            if key in self._open:
                raise BadPackage(f"{definition.canonical} rests on itself.")
            self._open.add(key)
            try:
                self._made[key] = self._make(definition)
            finally:
                self._open.discard(key)
        return self._made[key]

    def _make(self, definition: Definition) -> Snapshot:
        tree = definition.tree
        scope = Scope(self, definition.package)
        root, elements = self._start(definition)
        steps = Steps()
        for element in elements:
            _lay(root, element, scope, steps.of(element))
        return Snapshot(definition, str(tree.get("type")), root, scope)

    def _start(self, definition: Definition) -> tuple[Node, Iterable[Tree]]:
        """Return what the profile starts from, and the elements to lay over it."""
        tree = definition.tree
        url = str(tree.get("baseDefinition", ""))
        differential = _elements(tree, "differential")
        if base.is_core_type(url):
            return base.root_of(base.name_of(url)), differential
        found = self.find(url, definition.package)
        if found is not None:
            return found.root.copy(), differential
        if "snapshot" in tree:
            return base.root_of(str(tree.get("type"))), map(_without_core_rules, _elements(tree, "snapshot"))
        raise BadPackage(f"{definition.canonical} rests on {url or 'nothing'}, which no package here has.")


@dataclass(frozen=True, slots=True)
class Scope:
    """Gives an element its children, as a package sees its types and their profiles."""

    snapshots: Snapshots
    package: Package

    def children(self, node: Node) -> dict[str, Node]:
        """Return the children of an element, copied for it when it has none of its own yet."""
        if node.children is None:
            node.children = {name: each.copy() for name, each in self.template(node.types).items()}
        return node.children

    def template(self, types: tuple[TypeRef, ...]) -> Mapping[str, Node]:
        """Return the children that an element of these types has, read only; several types share id and extension."""
        if len(types) != 1:
            return base.children_of("Element")
        (type_,) = types
        if len(type_.profiles) == 1 and (found := self.find(type_.profiles[0])):
            return found.scope.children(found.root)
        return base.children_of(type_.code)

    def find(self, canonical: str) -> Snapshot | None:
        """Return the snapshot that a canonical said in this package names."""
        if base.is_core_type(canonical):
            return None
        return self.snapshots.find(canonical, self.package)

    def pinned(self, binding: Binding) -> Binding:
        """Return a binding whose value set is named in the version that this package has of it, if it has one."""
        found = next(iter(self.package.by_url.get(binding.value_set, ())), None)
        if found is None or not found.head.version:
            return binding
        return replace(binding, value_set=f"{binding.value_set}|{found.head.version}")


def _elements(tree: Tree, view: str) -> list[Tree]:
    try:
        return [element for element in tree[view]["element"] if isinstance(element["path"], str)]
    except (KeyError, TypeError) as error:
        raise BadPackage(f"{tree.get('url', 'A profile')} has no {view} that can be read.") from error


def _without_core_rules(element: Tree) -> Tree:
    rules = [rule for rule in element.get("constraint", ()) if rule.get("key") not in _core_keys()]
    return {**element, "constraint": rules}


def _core_keys() -> frozenset[str]:
    return frozenset(rule.key for row in table().types.values() for rule in row.rules)


# -- laying one element over the tree


def _lay(root: Node, element: Tree, scope: Scope, steps: list[Step]) -> None:
    node, choice, is_inside = root, None, False
    known = True
    for step in steps:
        node = _child(node, step.name, scope)
        choice, node = (node, _one_type(node, step.name, is_inside)) if node.name != step.name else (None, node)
        if step.slice:
            known = step.slice in node.slices
            node = _slice(node, step.slice)
            is_inside = True
    merge(node, element)
    if node.binding is not None and "binding" in element:
        node.binding = scope.pinned(node.binding)
    if choice is not None and node is not choice and node.min:
        _close(choice, node)
    if steps and steps[-1].slice and not known and steps[-1].name in EXTENSIONS:
        _take_from_profile(node, element, scope)


def _child(node: Node, name: str, scope: Scope) -> Node:
    """Return a child by its name; by the name of a choice with one of its types (`valueQuantity`), the choice.

    Raises:
        BadPackage: there is no such child.
    """
    children = scope.children(node)
    if name in children:
        return children[name]
    for child in children.values():
        if child.is_choice and any(child.key_of(type_.code) == name for type_ in child.types):
            return child
    raise BadPackage(f"{node.name} has no element {name} in R4.")


def _one_type(choice: Node, name: str, is_inside: bool) -> Node:
    """Return what `valueQuantity` stands for: a slice by type; inside a slice, the choice left with that one type."""
    types = tuple(type_ for type_ in choice.types if choice.key_of(type_.code) == name)
    if is_inside or len(choice.types) == 1:
        choice.types = types
        return choice
    choice.slicing = choice.slicing or Slicing((Discriminator("type", "$this"),))
    found = _slice(choice, name)
    found.types = types
    return found


def _close(choice: Node, only: Node) -> None:
    """A type that is required leaves no room for others."""
    choice.types, choice.min = only.types, max(choice.min, only.min)
    choice.slicing = Slicing((Discriminator("type", "$this"),), "closed")


def _slice(node: Node, name: str) -> Node:
    """Return a slice by its name, made when it is new; `a/b` is a slice of the slice a."""
    outer, _, inner = name.partition("/")
    if inner and outer in node.slices:
        return _slice(node.slices[outer], inner)
    if name not in node.slices:
        made = node.copy()
        made.slices, made.slicing, made.min, made.must_support = {}, None, 0, False
        node.slices[name] = made
    return node.slices[name]


def _take_from_profile(node: Node, element: Tree, scope: Scope) -> None:
    """An extension stands as often as its own definition says, where the profile that uses it does not say."""
    profiles = node.types[0].profiles if len(node.types) == 1 else ()
    found = scope.find(profiles[0]) if len(profiles) == 1 else None
    if found is not None and found.root.stated:
        node.min = node.min if "min" in element else found.root.min
        node.max = node.max if "max" in element else found.root.max
