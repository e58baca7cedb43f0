"""An XML schema guessed from one document: its elements in their order, its attributes, what may be missing.

Laws of this file: a type is narrower than text only where every text shows it; nothing of the document stands in the
schema or a message but the names of its elements and attributes.
Source: https://www.w3.org/TR/xmlschema-1/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from fhirbridge.errors import MalformedInput
from fhirbridge.formats.xml_text import parse_root
from fhirbridge.times import is_date, is_date_time

_XS = "http://www.w3.org/2001/XMLSchema"
MAX_NAMES = 500
"""No element of a sample holds more kinds of elements."""
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(slots=True)
class _Shape:
    """All elements of one name in one place: how often, what they hold, and what lies in them in which order.

    `parents`: how many of the elements around it hold it; `free`: attributes that may be missing.
    """

    name: str
    path: str
    count: int = 0
    parents: int = 0
    is_optional: bool = False
    is_list: bool = False
    texts: list[str] = field(default_factory=list)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    children: dict[str, _Shape] = field(default_factory=dict)


def guess_schema(body: bytes, optional: Collection[str] = ()) -> tuple[str, str]:
    """Return the text of a schema that fits a document, and the name of its root element.

    Args:
        optional: paths of what may be missing though the document has it, such as `doc.Person.@no`.

    Raises:
        MalformedInput: it is no XML, or of a kind that no schema here describes: more than one namespace, text
            between elements, or elements that stand now in this order and now in that.
    """
    root = parse_root(body)
    _check_namespaces(root)
    shape = _Shape(_local(root), "doc", parents=1)
    _take(shape, [root], frozenset(optional))
    return _written(shape, etree.QName(root).namespace or "", is_qualified=_is_qualified(root)), shape.name


def _local(node: Any) -> str:
    return etree.QName(node).localname


def _check_namespaces(root: Any) -> None:
    own = etree.QName(root).namespace
    below = {etree.QName(node).namespace for node in root.iter() if node is not root}
    names = (name for node in root.iter() for name in node.attrib if not name.startswith(_XSI))
    attributes = [name for name in names if name.startswith("{")]
    if len(below) > 1 or not below <= {own, None} or attributes:
        hint = "put the partner's own schema into schemas/ and name it in the map: left: {xml: FILE, root: NAME}"
        raise MalformedInput(f"The sample uses more than one XML namespace, and no schema is guessed for that; {hint}.")


def _is_qualified(root: Any) -> bool:
    return all(etree.QName(node).namespace == etree.QName(root).namespace for node in root.iter())


# -- looking


def _take(shape: _Shape, nodes: list[Any], optional: frozenset[str]) -> None:
    """Add the elements of one place and name to their shape."""
    shape.free = frozenset(
        path.removeprefix(f"{shape.path}.@") for path in optional if path.startswith(f"{shape.path}.@")
    )
    order: list[str] = []
    for node in nodes:
        shape.count += 1
        for name, value in node.attrib.items():
            if not name.startswith(_XSI):
                shape.attributes.setdefault(name, []).append(value)
        order = _merged(order, [_local(child) for child in node], shape.name)
        if len(node) and _own_text(node):
            raise MalformedInput(f"Element {shape.name} of the sample holds text beside elements, which no map reads.")
        if not len(node):
            shape.texts.append(node.text or "")
    for name in order:
        child = shape.children[name] = _Shape(name, f"{shape.path}.{name}")
        groups = [[below for below in node if _local(below) == name] for node in nodes]
        child.is_list = any(len(group) > 1 for group in groups) or _is_collection(shape.name, name, order)
        child.parents = sum(bool(group) for group in groups)
        child.is_optional = child.path in optional
        _take(child, [below for group in groups for below in group], optional)


def _own_text(node: Any) -> str:
    return "".join([node.text or "", *(child.tail or "" for child in node)]).strip()


def _merged(known: list[str], names: list[str], owner: str) -> list[str]:
    """Return the order of elements that both what is known and one more element agree with."""
    if len(set(names)) > MAX_NAMES:
        raise MalformedInput(f"Element {owner} of the sample holds more than {MAX_NAMES} kinds of elements.")
    runs = [name for name, before in zip(names, [None, *names], strict=False) if name != before]
    if max(Counter(runs).values(), default=1) > 1:
        raise MalformedInput(f"In element {owner} of the sample an element stands twice with another between.")
    merged: list[str] = []
    for name in runs:
        if name in known:
            position = known.index(name)
            merged += [each for each in known[:position] if each not in merged]
        merged += [] if name in merged else [name]
    merged += [each for each in known if each not in merged]
    if [each for each in merged if each in runs] != runs or [each for each in merged if each in known] != known:
        raise MalformedInput(f"The elements in {owner} of the sample stand now in this order and now in that.")
    return merged


def _is_collection(owner: str, name: str, order: list[str]) -> bool:
    """Say whether an element is there to hold many of the one kind in it, as Conditions holds Condition."""
    return order == [name] and owner.lower() in (f"{name.lower()}s", f"{name.lower()}list", f"{name.lower()}es")


# -- writing


def _written(root: _Shape, namespace: str, *, is_qualified: bool) -> str:
    target = f' xmlns="{namespace}" targetNamespace="{namespace}"' if namespace else ""
    form = ' elementFormDefault="qualified"' if is_qualified and namespace else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<!-- {root.name} as one sample shows it; ask the partner for theirs. -->",
        f'<xs:schema xmlns:xs="{_XS}"{target}{form}>',
        *_element(root, "  "),
        "</xs:schema>",
    ]
    return "\n".join(lines) + "\n"


def _element(shape: _Shape, indent: str, *, is_needed: bool = True) -> Iterator[str]:
    occurs = ("" if is_needed else ' minOccurs="0"') + (' maxOccurs="unbounded"' if shape.is_list else "")
    if not shape.children and not shape.attributes:
        yield f'{indent}<xs:element name="{shape.name}" type="{_type(shape.texts)}"{occurs}/>'
        return
    yield f'{indent}<xs:element name="{shape.name}"{occurs}>'
    yield f"{indent}  <xs:complexType>"
    yield from _content(shape, f"{indent}    ")
    yield f"{indent}  </xs:complexType>"
    yield f"{indent}</xs:element>"


def _content(shape: _Shape, indent: str) -> Iterator[str]:
    if shape.children or not any(text.strip() for text in shape.texts):
        if shape.children:
            yield f"{indent}<xs:sequence>"
            for child in shape.children.values():
                yield from _element(
                    child, f"{indent}  ", is_needed=child.parents == shape.count and not child.is_optional
                )
            yield f"{indent}</xs:sequence>"
        yield from _attributes(shape, indent)
        return
    yield f"{indent}<xs:simpleContent>"
    yield f'{indent}  <xs:extension base="{_type(shape.texts)}">'
    yield from _attributes(shape, f"{indent}    ")
    yield f"{indent}  </xs:extension>"
    yield f"{indent}</xs:simpleContent>"


def _attributes(shape: _Shape, indent: str) -> Iterator[str]:
    for name, values in shape.attributes.items():
        is_needed = len(values) == shape.count and name not in shape.free
        use = ' use="required"' if is_needed else ""
        yield f'{indent}<xs:attribute name="{name}" type="{_type(values)}"{use}/>'


def _type(texts: Iterable[str]) -> str:
    """Return the narrowest type that every text shows; a number that begins with zero is text."""
    found = [text.strip() for text in texts]
    if not all(found):
        return "xs:string"
    if all(is_date(text) and len(text) == len("YYYY-MM-DD") for text in found):
        return "xs:date"
    if all("T" in text and is_date_time(text, zone_required=False) for text in found):
        return "xs:dateTime"
    if all(text in ("true", "false") for text in found):
        return "xs:boolean"
    return "xs:string"
