"""What each side may hold: one small interface over JSON Schemas (records, partners' formats) and FHIR types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol

from fhirbridge.fhir.elements import Element, elements_of, find_element, is_primitive


class Shape(Protocol):
    """What stands at one path: its type, whether it is a list, which codes it may be, what is under it."""

    @property
    def type(self) -> str: ...
    @property
    def format(self) -> str: ...
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
    @property
    def description(self) -> str: ...
    @property
    def told(self) -> str: ...
    def find_child(self, name: str) -> Shape | None: ...
    def child_names(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class XmlPlace:
    """Where in an XML document a value stands, and how it is written there.

    Attributes:
        name: local name of the element or attribute; the text of an element has none.
        lexical: how the value is written: string, token, date, dateTime, boolean, integer or decimal.
        facets: bounds of the type, such as ("maxLength", "60").
        prefixes: prefix and namespace, for the root of a document.
    """

    kind: Literal["element", "attribute", "text"]
    name: str = ""
    namespace: str = ""
    lexical: str = "string"
    facets: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaShape:
    """A place in a JSON Schema, a CSV file or an XML document; children stand in the order they are written in.

    `type` is the JSON type of the value, or of a list's items. `told` is what the schema says of this field itself, its
    title or else its description; nothing of a type that it refers to. `xml` is there for XML only.
    """

    type: str
    format: str = ""
    is_list: bool = False
    is_required: bool = False
    codes: frozenset[str] = frozenset()
    data_class: str = ""
    children: Mapping[str, SchemaShape] | None = None
    description: str = ""
    told: str = ""
    xml: XmlPlace | None = None

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
    format: str = ""
    description: str = ""
    told: str = ""

    @property
    def is_leaf(self) -> bool:
        """Whether it is a primitive."""
        return is_primitive(self.type)

    def find_child(self, name: str) -> FhirShape | None:
        """Return what stands under an element's JSON name."""
        return _fhir_child(self.type, name)

    def child_names(self) -> Iterable[str]:
        """Return the JSON names of the elements."""
        return (element.name for element in elements_of(self.type))


@lru_cache(maxsize=4096)
def _fhir_child(type_: str, name: str) -> FhirShape | None:
    """Return the shape of an element; `_date` is what stands beside the primitive `date`: its id and extensions.

    Source: http://hl7.org/fhir/R4/json.html#primitive
    """
    element = find_element(type_, name.removeprefix("_"))
    if element is None or not name.startswith("_"):
        return _from_element(element) if element else None
    return FhirShape("Element", is_list=element.is_list) if is_primitive(element.type) else None


def _from_element(element: Element) -> FhirShape:
    return FhirShape(
        type=element.type,
        is_list=element.is_list,
        is_required=element.min > 0 and not element.choice,
        codes=element.binding.codes if element.binding else frozenset(),
        targets=element.targets,
    )


def names_below(shape: Shape) -> Iterator[str]:
    """Yield every name below a shape of a schema; nothing of FHIR types, which have no end."""
    for name in shape.child_names() if isinstance(shape, SchemaShape) else ():
        yield name
        child = shape.find_child(name)
        yield from names_below(child) if child else ()


def fhir_shape(type_: str) -> FhirShape:
    """Return the shape of a resource type."""
    return FhirShape(type_)


MAX_FIELDS = 5_000
"""A schema that unfolds to more fields is refused: a few references to references can stand for any number."""


def schema_shape(schema: Any) -> SchemaShape:
    """Return the shape that a JSON Schema (2020-12 subset: object, array, anyOf null, enum, $ref) describes.

    Raises:
        ValueError: the schema uses what the subset has not, or refers to itself.
    """
    return _SchemaReader(_mapping(schema, "the schema")).read(schema, at="", required=True, data_class="")


def _mapping(node: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(node, Mapping):
        raise ValueError(f"{what} must be an object")
    return node


@dataclass(slots=True)
class _SchemaReader:
    """Unfolds one JSON Schema, and counts what it unfolds."""

    root: Mapping[str, Any]
    fields: int = 0

    def read(self, node: Any, *, at: str, required: bool, data_class: str, depth: int = 0) -> SchemaShape:
        self.fields += 1
        if depth > 24 or self.fields > MAX_FIELDS:
            raise ValueError("it is nested too deep, refers to itself, or unfolds to too many fields")
        at = at or "(top)"
        own = _told(_mapping(node, f"`{at}`"), at)
        node = self._resolve(_mapping(node, f"`{at}`"), at)
        data_class = str(node.get("x-sensitivity", data_class))
        kind = _type(node, at)
        if kind == "array":
            item = self.read(
                node.get("items", {}), at=f"{at}[]", required=required, data_class=data_class, depth=depth + 1
            )
            if item.is_list:
                raise ValueError(f"`{at}` is a list of lists, which no path can name")
            told = str(node.get("description", "")) or item.description
            return replace(item, is_list=True, is_required=required, description=told, told=own)
        return SchemaShape(
            type=kind,
            format=str(node.get("format", "")),
            is_required=required,
            codes=_codes(node, at),
            data_class=data_class,
            children=self._children(node, at, data_class, depth) if "properties" in node else None,
            description=str(node.get("description", "")),
            told=own,
        )

    def _children(self, node: Mapping[str, Any], at: str, data_class: str, depth: int) -> dict[str, SchemaShape]:
        names = node.get("required", [])
        if not isinstance(names, list):
            raise ValueError(f"`required` of `{at}` must be a list")
        fields = _mapping(node["properties"], f"`properties` of `{at}`")
        return {
            name: self.read(
                child,
                at=name if at == "(top)" else f"{at}.{name}",
                required=name in names,
                data_class=data_class,
                depth=depth + 1,
            )
            for name, child in fields.items()
        }

    def _resolve(self, node: Mapping[str, Any], at: str) -> Mapping[str, Any]:
        """Follow $ref and unwrap `anyOf [x, null]`; what stands beside them stays."""
        merged = dict(node)
        for _ in range(24):
            for word in _NOT_SUPPORTED & merged.keys():
                raise ValueError(f"`{at}` uses {word}, which is not supported; write one object with its properties")
            if "anyOf" in merged:
                merged = {**_only_option(merged.pop("anyOf"), at), **merged}
            elif "$ref" in merged:
                merged = {**self._target(merged.pop("$ref"), at), **merged}
            else:
                return merged
        raise ValueError(f"`{at}` refers to itself")

    def _target(self, reference: Any, at: str) -> Mapping[str, Any]:
        target: Any = self.root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise ValueError(f"`{at}` refers to another file; copy it into `$defs`")
        for name in reference.removeprefix("#").strip("/").split("/"):
            if name and not (isinstance(target, Mapping) and name in target):
                raise ValueError(f"`{at}` refers to `{reference}`, which is not there")
            target = target[name] if name else target
        return _mapping(target, f"`{reference}`")


_NOT_SUPPORTED = frozenset({"oneOf", "allOf", "if", "patternProperties", "prefixItems"})
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"})


def _only_option(options: Any, at: str) -> Mapping[str, Any]:
    """Return the one kind of value that is not null."""
    if not isinstance(options, list):
        raise ValueError(f"`anyOf` of `{at}` must be a list")
    kinds = [each for each in options if _mapping(each, f"`anyOf` of `{at}`").get("type") != "null"]
    if len(kinds) != 1:
        raise ValueError(f"`{at}` may be more than one kind of value, which is not supported")
    return _mapping(kinds[0], f"`anyOf` of `{at}`")


def _type(node: Mapping[str, Any], at: str) -> str:
    """Return the one JSON type of a place, null left aside; what has properties is an object, else text."""
    written = node.get("type", "object" if "properties" in node else "string")
    types = [each for each in (written if isinstance(written, list) else [written]) if each != "null"]
    if len(types) != 1 or not isinstance(types[0], str) or types[0] not in _TYPES:
        raise ValueError(f"the type of `{at}` must be one of {', '.join(sorted(_TYPES))}")
    return str(types[0])


def _told(node: Mapping[str, Any], at: str) -> str:
    """Return what a field's own schema calls it: a title that is more than its name, else its description."""
    title, name = str(node.get("title", "")), at.removesuffix("[]").rpartition(".")[2]
    is_name = title.casefold().replace(" ", "") == name.casefold().replace("_", "")
    return str(node.get("description", "")) if not title or is_name else title


def _codes(node: Mapping[str, Any], at: str) -> frozenset[str]:
    codes = node.get("enum", [node["const"]] if "const" in node else [])
    if not isinstance(codes, list):
        raise ValueError(f"`enum` of `{at}` must be a list")
    return frozenset(str(code) for code in codes if code is not None)


def leaf_names(shape: Shape, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the names that lead to every field below a shape that holds a value."""
    if shape.is_leaf:
        yield at
        return
    for name in shape.child_names():
        child = shape.find_child(name)
        if child is not None:
            yield from leaf_names(child, (*at, name))
