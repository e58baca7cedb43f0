"""An XML schema as the shape of one root element: a subset of XSD 1.0, the rest refused by name.

Taken: elements in sequence, attributes, complexType, simpleContent and complexContent by extension, simpleType by
restriction with enumeration, lengths and inclusive bounds, minOccurs and maxOccurs, several files by import and
include, qualified and local names. Refused: choice, all, any, groups, patterns, unions, lists, mixed and abstract
types, defaults, substitution, recursion, and two children of one local name.
Path names: an element by its local name, an attribute as @name, the text of an element with attributes as `value`.
Source: https://www.w3.org/TR/xmlschema-1/, https://www.w3.org/TR/xmlschema-2/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from fhirbridge.formats.xml_values import FACETS
from fhirbridge.formats.xsd_files import XS, Part, SchemaFault, Schemas
from fhirbridge.mapping.shapes import MAX_FIELDS, SchemaShape, XmlPlace

MAX_DEPTH = 24
TEXT = "value"

BUILT_IN: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("string", "normalizedString"), ("string", "string")),
    **dict.fromkeys(("token", "NMTOKEN", "NCName", "Name", "ID", "IDREF", "language", "anyURI"), ("string", "token")),
    "date": ("string", "date"),
    "dateTime": ("string", "dateTime"),
    "boolean": ("boolean", "boolean"),
    **dict.fromkeys(("integer", "long", "int", "short"), ("integer", "integer")),
    **dict.fromkeys(("nonNegativeInteger", "positiveInteger", "unsignedInt"), ("integer", "integer")),
    "decimal": ("number", "decimal"),
}
"""Type of XML Schema -> (JSON type, lexical form)."""
LOWEST: Mapping[str, str] = {"nonNegativeInteger": "0", "unsignedInt": "0", "positiveInteger": "1"}
_NO_ATTRIBUTES: Mapping[str, str] = {
    "substitutionGroup": "substitution",
    "default": "a default",
    "fixed": "a fixed value",
    "abstract": "an abstract part",
    "mixed": "mixed content",
}


def read_schema(file: str, root: str, read: Callable[[str], str]) -> SchemaShape:
    """Return the shape of the document whose root element has this name.

    Args:
        file: the schema, from the top of the maps' folder.
        read: returns the text of a file of that folder.

    Raises:
        ValueError: what is outside the subset, with file and line.
    """
    schemas = Schemas(read)
    own = schemas.load(file)
    found = schemas.find("element", (own, root))
    others = schemas.find_named("element", root)
    if found is None and len(others) != 1:
        known = ", ".join(sorted(set(schemas.names("element")))[:12])
        raise SchemaFault(f"{file}: there is no one root element `{root}`; known: {known}")
    part = found or others[0]
    reader = _Reader(schemas)
    shape = reader.element(part, root, 0)
    place = replace(_place(shape), prefixes=tuple(sorted(reader.prefixes().items())))
    return replace(shape, is_list=False, is_required=True, xml=place)


@dataclass(slots=True)
class _Reader:
    """Unfolds one root element, and counts what it unfolds."""

    schemas: Schemas
    fields: int = 0
    namespaces: set[str] = field(default_factory=set)

    def prefixes(self) -> dict[str, str]:
        """Return prefix -> namespace of every namespace that was met: the schema's own prefixes, else n1, n2 and on."""
        known = {namespace: prefix for namespace, prefix in self.schemas.prefixes.items() if prefix}
        found: dict[str, str] = {}
        for number, namespace in enumerate(sorted(self.namespaces - {""}), 1):
            prefix = known.get(namespace, f"n{number}")
            found[f"n{number}" if prefix in found else prefix] = namespace
        return found

    def element(self, part: Part, at: str, depth: int) -> SchemaShape:
        """Return the shape of an element; `part` is where it stands, which may point elsewhere with `ref`."""
        self._count(part, depth)
        _refuse_attributes(part)
        target = self._referred(part, "element")
        is_global = target is not part or part.node.getparent() is part.node.getroottree().getroot()
        namespace = target.namespace if is_global or part.is_qualified("element") else ""
        self.namespaces.add(namespace)
        least, is_list = _occurs(part)
        shape = self._type_of(target, at, depth)
        place = replace(_place(shape), kind="element", name=target.node.get("name") or "", namespace=namespace)
        return replace(shape, is_required=least > 0, is_list=is_list, description=_described(target), xml=place)

    def _count(self, part: Part, depth: int) -> None:
        self.fields += 1
        if depth > MAX_DEPTH or self.fields > MAX_FIELDS:
            raise part.fault("the schema is nested too deep, refers to itself, or unfolds to too many fields")

    def _referred(self, part: Part, kind: str) -> Part:
        """Return the global part that `ref` names, or the part itself."""
        if part.node.get("ref") is None:
            return part
        found = self.schemas.find(kind, part.name_in("ref"))
        if found is None:
            raise part.fault(f"there is no {kind} `{part.node.get('ref')}`")
        _refuse_attributes(found)
        return found

    # -- types

    def _type_of(self, part: Part, at: str, depth: int) -> SchemaShape:
        """Return the shape of what an element or attribute holds."""
        inline = [each for each in part.children() if each.kind in ("complexType", "simpleType")]
        if part.node.get("type") is not None:
            return self._named_type(part, "type", at, depth)
        if not inline:
            raise part.fault(f"`{at}` has no type")
        return self._complex(inline[0], at, depth) if inline[0].kind == "complexType" else self._simple(inline[0])

    def _named_type(self, part: Part, attribute: str, at: str, depth: int) -> SchemaShape:
        name = part.name_in(attribute)
        if name[0] == XS:
            return _built_in(part, name[1])
        if simple := self.schemas.find("simpleType", name):
            return self._simple(simple)
        if found := self.schemas.find("complexType", name):
            return self._complex(found, at, depth)
        raise part.fault(f"there is no type `{part.node.get(attribute)}`")

    def _simple(self, part: Part, depth: int = 0) -> SchemaShape:
        restriction = _only_child(part)
        if restriction.kind != "restriction" or depth > MAX_DEPTH:
            raise restriction.fault(f"xs:{restriction.kind} of a simple type is not supported")
        return _restricted(restriction, self._base(restriction, depth + 1))

    def _base(self, part: Part, depth: int) -> SchemaShape:
        """Return the simple type that `base` names, or that stands below."""
        if part.node.get("base") is None:
            return self._simple(_only_child(part), depth)
        name = part.name_in("base")
        if name[0] == XS:
            return _built_in(part, name[1])
        simple = self.schemas.find("simpleType", name)
        if simple is None:
            raise part.fault(f"there is no simple type `{part.node.get('base')}`")
        return self._simple(simple, depth)

    def _complex(self, part: Part, at: str, depth: int) -> SchemaShape:
        return SchemaShape("object", children=dict(self._content(part, at, depth)), xml=XmlPlace("element"))

    def _content(self, part: Part, at: str, depth: int) -> Iterator[tuple[str, SchemaShape]]:
        """Yield the fields of a complex type: attributes, then text or elements."""
        _refuse_attributes(part)
        fields: dict[str, SchemaShape] = {}
        for child in part.children():
            for name, shape in self._fields(child, at, depth):
                if name in fields:
                    raise child.fault(f"`{at}` has two children `{name}`; one path cannot name both")
                fields[name] = shape
        attributes = [(name, shape) for name, shape in fields.items() if name.startswith("@")]
        yield from (*attributes, *((name, shape) for name, shape in fields.items() if not name.startswith("@")))

    def _fields(self, part: Part, at: str, depth: int) -> Iterator[tuple[str, SchemaShape]]:
        if part.kind == "sequence":
            yield from self._sequence(part, at, depth)
        elif part.kind == "attribute":
            yield from self._attribute(part, at)
        elif part.kind in ("simpleContent", "complexContent"):
            yield from self._extension(part, at, depth)
        else:
            raise part.fault(f"xs:{part.kind} is not supported")

    def _sequence(self, part: Part, at: str, depth: int) -> Iterator[tuple[str, SchemaShape]]:
        if _occurs(part) != (1, False):
            raise part.fault("a sequence that repeats or may be left out is not supported")
        for child in part.children():
            if child.kind == "sequence":
                yield from self._sequence(child, at, depth)
            elif child.kind == "element":
                name = (child.node.get("ref") or child.node.get("name") or "").rpartition(":")[2]
                yield name, self.element(child, f"{at}.{name}", depth + 1)
            else:
                raise child.fault(f"xs:{child.kind} is not supported")

    def _attribute(self, part: Part, at: str) -> Iterator[tuple[str, SchemaShape]]:
        use = part.node.get("use") or "optional"
        if use == "prohibited":
            return
        self._count(part, 0)
        _refuse_attributes(part)
        target = self._referred(part, "attribute")
        name = target.node.get("name") or ""
        namespace = target.namespace if target is not part or part.is_qualified("attribute") else ""
        self.namespaces.add(namespace)
        shape = self._type_of(target, f"{at}.@{name}", 0)
        place = replace(_place(shape), kind="attribute", name=name, namespace=namespace)
        yield f"@{name}", replace(shape, is_required=use == "required", description=_described(target), xml=place)

    def _extension(self, part: Part, at: str, depth: int) -> Iterator[tuple[str, SchemaShape]]:
        """Yield the fields of the base, then those that the extension adds."""
        extension = _only_child(part)
        if extension.kind != "extension":
            raise extension.fault(f"xs:{extension.kind} of a complex type is not supported")
        self._count(extension, depth)
        base = self._named_type(extension, "base", at, depth + 1)
        if base.children is not None:
            yield from base.children.items()
        else:
            yield TEXT, replace(base, is_required=True, xml=replace(_place(base), kind="text"))
        yield from self._content(extension, at, depth)


# -- small parts


def _place(shape: SchemaShape) -> XmlPlace:
    return shape.xml or XmlPlace("element")


def _occurs(part: Part) -> tuple[int, bool]:
    """Return (least number, whether it may repeat)."""
    least, most = part.node.get("minOccurs") or "1", part.node.get("maxOccurs") or "1"
    if not least.isdecimal() or not (most.isdecimal() or most == "unbounded") or most == "0":
        raise part.fault("minOccurs and maxOccurs must be numbers, or `unbounded`")
    return int(least), most == "unbounded" or int(most) > 1


def _refuse_attributes(part: Part) -> None:
    for name, what in _NO_ATTRIBUTES.items():
        if part.node.get(name) not in (None, "false"):
            raise part.fault(f"{what} (`{name}`) is not supported")


def _only_child(part: Part) -> Part:
    children = list(part.children())
    if not children:
        raise part.fault(f"xs:{part.kind} is empty")
    return children[0]


def _built_in(part: Part, name: str) -> SchemaShape:
    if name not in BUILT_IN:
        raise part.fault(f"the type xs:{name} is not supported; known: {', '.join(sorted(BUILT_IN))}")
    type_, lexical = BUILT_IN[name]
    facets = (("minInclusive", LOWEST[name]),) if name in LOWEST else ()
    return SchemaShape(type_, xml=XmlPlace("element", lexical=lexical, facets=facets))


def _restricted(part: Part, base: SchemaShape) -> SchemaShape:
    """Return a type with the codes and bounds that a restriction adds."""
    codes: list[str] = []
    facets: list[tuple[str, str]] = []
    for child in part.children():
        value = child.node.get("value") or ""
        if child.kind == "enumeration":
            codes.append(value)
        elif child.kind in FACETS:
            facets.append((child.kind, _number(child, value)))
        elif child.kind not in ("whiteSpace", "simpleType"):
            raise child.fault(f"xs:{child.kind} is not supported; an enumeration, lengths and inclusive bounds are")
    place = _place(base)
    return replace(base, codes=frozenset(codes) or base.codes, xml=replace(place, facets=(*place.facets, *facets)))


def _number(part: Part, value: str) -> str:
    try:
        return str(Decimal(value))
    except InvalidOperation:
        raise part.fault(f"xs:{part.kind} must be a number") from None


def _described(part: Part) -> str:
    """Return what the schema's documentation says of an element or attribute, on one line."""
    texts = part.node.findall(f"{{{XS}}}annotation/{{{XS}}}documentation")
    return " ".join(" ".join(text.text.split()) for text in texts if text.text)
