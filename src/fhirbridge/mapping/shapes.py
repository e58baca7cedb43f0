"""What each side may hold: one small interface over JSON Schemas (records, partners' formats) and FHIR types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fhirbridge.fhir.elements import Element, elements_of, find_element, is_primitive


class Shape(Protocol):
    """What stands at one path: its type, whether it is a list, which codes it may be, what is under it."""

    @property
    def type(self) -> str: ...
    @property
    def is_list(self) -> bool: ...
    @property
    def is_leaf(self) -> bool: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def codes(self) -> frozenset[str]: ...
    @property
    def data_class(self) -> str: ...
    @property
    def targets(self) -> tuple[str, ...]: ...
    def find_child(self, name: str) -> Shape | None: ...
    def child_names(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class SchemaShape:
    """A place in a JSON Schema. `type` is the JSON type of the value, or of a list's items."""

    type: str
    format: str = ""
    is_list: bool = False
    is_required: bool = False
    codes: frozenset[str] = frozenset()
    data_class: str = ""
    children: Mapping[str, SchemaShape] | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is under it."""
        return self.children is None

    @property
    def targets(self) -> tuple[str, ...]:
        """A schema says nothing of reference targets."""
        return ()

    def find_child(self, name: str) -> SchemaShape | None:
        """Return what stands under a field's name."""
        return (self.children or {}).get(name)

    def child_names(self) -> Iterable[str]:
        """Return the names of the fields."""
        return (self.children or {}).keys()


@dataclass(frozen=True, slots=True)
class FhirShape:
    """A place in a FHIR resource or datatype."""

    type: str
    is_list: bool = False
    is_required: bool = False
    codes: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    data_class: str = ""

    @property
    def is_leaf(self) -> bool:
        """Whether it is a primitive."""
        return is_primitive(self.type)

    def find_child(self, name: str) -> FhirShape | None:
        """Return what stands under an element's JSON name."""
        element = find_element(self.type, name)
        return _from_element(element) if element else None

    def child_names(self) -> Iterable[str]:
        """Return the JSON names of the elements."""
        return (element.name for element in elements_of(self.type))


def _from_element(element: Element) -> FhirShape:
    return FhirShape(
        type=element.type,
        is_list=element.is_list,
        is_required=element.min > 0 and not element.choice,
        codes=element.binding.codes if element.binding else frozenset(),
        targets=element.targets,
    )


def fhir_shape(type_: str) -> FhirShape:
    """Return the shape of a resource type."""
    return FhirShape(type_)


def schema_shape(schema: Mapping[str, Any]) -> SchemaShape:
    """Return the shape that a JSON Schema (2020-12 subset: object, array, anyOf null, enum, $ref) describes.

    Raises:
        ValueError: the schema uses what the subset has not, or refers to itself.
    """
    return _read(schema, schema, required=True, data_class=str(schema.get("x-sensitivity", "")), depth=0)


def _resolve(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow $ref and unwrap `anyOf [x, null]`; what stands beside them stays."""
    merged = dict(node)
    if options := [o for o in merged.pop("anyOf", ()) if o.get("type") != "null"]:
        if len(options) > 1:
            raise ValueError("anyOf with more than one kind of value is not supported")
        merged = {**options[0], **merged}
    if reference := merged.pop("$ref", None):
        target: Any = root
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]
        return _resolve({**target, **merged}, root)
    return merged


def _read(
    node: Mapping[str, Any], root: Mapping[str, Any], *, required: bool, data_class: str, depth: int
) -> SchemaShape:
    if depth > 24:
        raise ValueError("the schema is nested too deep or refers to itself")
    node = _resolve(node, root)
    data_class = str(node.get("x-sensitivity", data_class))
    if node.get("type") == "array":
        item = _read(node.get("items", {}), root, required=required, data_class=data_class, depth=depth + 1)
        if item.is_list:
            raise ValueError("a list of lists is not supported")
        return SchemaShape(item.type, item.format, True, required, item.codes, item.data_class, item.children)
    children = None
    if "properties" in node:
        names = node.get("required", ())
        children = {
            name: _read(child, root, required=name in names, data_class=data_class, depth=depth + 1)
            for name, child in node["properties"].items()
        }
    return SchemaShape(
        type=str(node.get("type", "string")),
        format=str(node.get("format", "")),
        is_required=required,
        codes=frozenset(str(code) for code in node.get("enum", [node["const"]] if "const" in node else ())),
        data_class=data_class,
        children=children,
    )
