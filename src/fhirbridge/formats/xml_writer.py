"""From a resource tree to XML elements, driven by the R4 table."""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import Any

from lxml import etree

from fhirbridge.errors import InvalidContent, Issue
from fhirbridge.fhir.elements import Element, elements_of, find_element, is_primitive, is_resource
from fhirbridge.formats.xml_reader import FHIR, XHTML
from fhirbridge.formats.xml_text import has_dtd

_NS = f"{{{FHIR}}}"
_DEFAULT: Any = {None: FHIR}


def write_resource(resource: dict[str, Any]) -> etree._Element:
    """Return the element of a resource.

    Raises:
        InvalidContent: the tree holds what XML or R4 has no place for.
    """
    name = _type_of(resource, "Resource")
    root = etree.Element(f"{_NS}{name}", nsmap=_DEFAULT)
    _write_children(root, resource, name, name)
    return root


def _type_of(resource: Any, path: str) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(name, str) or not is_resource(name):
        raise _refusal(path, "is no R4 resource.")
    return name


def _write_children(node: etree._Element, tree: Any, type_: str, path: str) -> None:
    if not isinstance(tree, dict):
        raise _refusal(path, "is not an object.")
    _refuse_unknown(tree, type_, path)
    for element in elements_of(type_):
        name = element.name
        if name not in tree and f"_{name}" not in tree:
            continue
        if is_primitive(element.type):
            _write_primitives(node, element, tree, f"{path}.{name}")
        else:
            for item in _items(tree[name], element, f"{path}.{name}"):
                _write_complex(node, element, item, f"{path}.{name}")


def _refuse_unknown(tree: dict[str, Any], type_: str, path: str) -> None:
    for key in tree:
        element = find_element(type_, key.removeprefix("_"))
        if key == "resourceType" and is_resource(type_):
            continue
        if element is None or (key.startswith("_") and not is_primitive(element.type)):
            raise _refusal(path, "holds an element that R4 does not have.")


def _items(value: Any, element: Element, path: str) -> list[Any]:
    if isinstance(value, list) != element.is_list:
        raise _refusal(path, "is a list where one value belongs, or the other way round.")
    return value if isinstance(value, list) else [value]


def _write_complex(parent: etree._Element, element: Element, item: Any, path: str) -> None:
    node = etree.SubElement(parent, f"{_NS}{element.name}")
    if element.type == "Resource":
        name = _type_of(item, path)
        inner = etree.SubElement(node, f"{_NS}{name}")
        _write_children(inner, item, name, path)
    else:
        _write_children(node, item, element.type, path)


def _write_primitives(node: etree._Element, element: Element, tree: dict[str, Any], path: str) -> None:
    if element.is_attribute or (element.name == "id" and element.type == "string"):
        _set(node, element.name, tree.get(element.name), path)
        return
    if element.type == "xhtml":
        node.append(_xhtml(tree[element.name], path))
        return
    empty: list[Any] | None = [] if element.is_list else None
    values = _items(tree.get(element.name, empty), element, path)
    siblings = _items(tree.get(f"_{element.name}", empty), element, path)
    for value, more in zip_longest(values, siblings):
        child = etree.SubElement(node, f"{_NS}{element.name}")
        if value is not None:
            _set(child, "value", value, path)
        if more is not None:
            _write_children(child, more, "Element", path)


def _set(node: etree._Element, name: str, value: Any, path: str) -> None:
    try:
        node.set(name, _text(value))
    except (TypeError, ValueError):  # control characters, lone surrogates, an object in place of a value
        raise _refusal(path, "cannot be written in XML.") from None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise TypeError("no primitive value")


def _xhtml(text: Any, path: str) -> etree._Element:
    """Return the narrative as an element: XML that stands alone, its root a `div` of XHTML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        node = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, TypeError, ValueError):
        raise _refusal(path, "is no well-formed XHTML.") from None
    if node.tag != f"{{{XHTML}}}div" or has_dtd(node):
        raise _refusal(path, "must be one div of XHTML.")
    return node


def _refusal(path: str, what: str) -> InvalidContent:
    message = f"{path} {what}"
    return InvalidContent(message, issues=[Issue("FB500", message, expression=path)])
