"""A partner's XML to a tree and back, by the shape that its schema gave: names, order, attributes, types.

Laws of this file: an element that the schema does not have, or not in this place, is told and never read; an empty
element of a single value counts as absent; no finding quotes a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from fhirbridge.errors import InvalidContent, Issue, MalformedInput, Severity
from fhirbridge.formats.document import Document
from fhirbridge.formats.xml_text import parse_root
from fhirbridge.formats.xml_values import ValueFault, format_value, parse_value
from fhirbridge.mapping.shapes import SchemaShape, XmlPlace

MEDIA_TYPES = ("application/xml", "text/xml")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PLAIN = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_NO_PLACE = XmlPlace("element")


def parse(body: bytes, shape: SchemaShape, *, unknown: Severity = "warning") -> Document:
    """Return the document in an XML text.

    Args:
        shape: of the root element, as the schema gave it.
        unknown: how grave an element or attribute is that the schema does not have.

    Raises:
        MalformedInput: not well-formed, a document type, too many elements, or another root element.
    """
    root = parse_root(body)
    if root.tag != _tag(_place(shape)):
        raise MalformedInput(f"The root element is not {_place(shape).name} of the schema's namespace.")
    reader = _Reader(unknown)
    tree = reader.element(root, shape, "doc")
    return Document({} if tree is None else tree, (), tuple(reader.issues))


def format(tree: Any, shape: SchemaShape) -> bytes:
    """Return the XML text of a document, elements in the schema's order.

    Raises:
        InvalidContent: something required is missing, or a value does not fit its type; all places are named.
    """
    writer = _Writer()
    place = _place(shape)
    root = etree.Element(_tag(place), nsmap=dict(place.prefixes))
    writer.element(root, tree, shape, "doc")
    if writer.issues:
        raise InvalidContent("The document cannot be written as the schema wants it.", issues=writer.issues)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _place(shape: SchemaShape) -> XmlPlace:
    return shape.xml or _NO_PLACE


def _tag(place: XmlPlace) -> str:
    return f"{{{place.namespace}}}{place.name}" if place.namespace else place.name


def _fields(shape: SchemaShape, kind: str) -> dict[str, tuple[str, SchemaShape]]:
    """Return the children of one kind, by the name they have in XML: (path name, shape)."""
    children = (shape.children or {}).items()
    return {_tag(_place(child)): (name, child) for name, child in children if _place(child).kind == kind}


# -- reading


class _Reader:
    """Reads one document; `issues` holds what does not fit."""

    def __init__(self, unknown: Severity) -> None:
        self.issues: list[Issue] = []
        self._unknown = unknown

    def element(self, node: etree._Element, shape: SchemaShape, at: str) -> Any:
        """Return the value of an element; None for an empty one of a single value."""
        attributes = dict(self._attributes(node, shape, at))
        if shape.is_leaf:
            self._nothing_inside(node, at)
            return self._value(node, node.text, shape, at)
        return {**attributes, **dict(self._content(node, shape, at))}

    def _content(self, node: etree._Element, shape: SchemaShape, at: str) -> Iterator[tuple[str, Any]]:
        texts = _fields(shape, "text")
        for name, child in texts.values():
            self._nothing_inside(node, at)
            value = self._value(node, node.text, child, f"{at}.{name}")
            yield from [(name, value)] if value is not None else []
        if not texts:
            self._no_text(node, at)
            yield from self._children(node, shape, at).items()

    def _children(self, node: etree._Element, shape: SchemaShape, at: str) -> dict[str, Any]:
        known = _fields(shape, "element")
        order = {tag: position for position, tag in enumerate(known)}
        tree: dict[str, Any] = {}
        counts: dict[str, int] = {}
        latest = 0
        for child in _iter_elements(node):
            if child.tag not in known:
                self._not_known(child, f"{at}.{_shown(child.tag)}", "element")
                continue
            name, below = known[child.tag]
            position = order[child.tag]
            count = counts[name] = counts.get(name, 0) + 1
            where = f"{at}.{name}[{count - 1}]" if below.is_list else f"{at}.{name}"
            if position < latest:
                self._note(
                    "FB301",
                    child,
                    where,
                    f"stands too late; the schema wants it before {list(known.values())[latest][0]}",
                )
            if count > 1 and not below.is_list:
                self._note("FB301", child, where, "stands more than once")
                continue
            latest = max(latest, position)
            value = self.element(child, below, where)
            if value is not None:
                _put(tree, name, value, is_list=below.is_list)
        return tree

    def _attributes(self, node: etree._Element, shape: SchemaShape, at: str) -> Iterator[tuple[str, Any]]:
        known = _fields(shape, "attribute")
        for key, text in node.items():
            tag = str(key)
            if tag.startswith(f"{{{_XSI}}}"):
                if tag.endswith("}type"):
                    self._note("FB301", node, at, "xsi:type is not supported")
            elif tag not in known:
                self._not_known(node, f"{at}.@{_shown(tag)}", "attribute")
            else:
                name, child = known[tag]
                value = self._value(node, str(text), child, f"{at}.{name}")
                yield from [(name, value)] if value is not None else []

    def _value(self, node: etree._Element, text: str | None, shape: SchemaShape, at: str) -> Any:
        try:
            return parse_value(text or "", shape)
        except ValueFault as fault:
            self._note(fault.code, node, at, str(fault))
            return None

    def _nothing_inside(self, node: etree._Element, at: str) -> None:
        for child in _iter_elements(node):
            self._not_known(child, f"{at}.{_shown(child.tag)}", "element")

    def _no_text(self, node: etree._Element, at: str) -> None:
        texts = [node.text, *(child.tail for child in node)]
        if any(text and text.strip() for text in texts):
            self._note("FB301", node, at, "has text between its elements")

    def _not_known(self, node: etree._Element, at: str, what: str) -> None:
        self._note("FB306", node, at, f"the schema has no such {what} here", self._unknown)

    def _note(self, code: str, node: etree._Element, at: str, message: str, severity: Severity = "error") -> None:
        self.issues.append(Issue(code, message, at, severity, "schema", f"line {node.sourceline}"))


def _iter_elements(node: etree._Element) -> Iterator[etree._Element]:
    return (child for child in node if isinstance(child.tag, str))


def _put(tree: dict[str, Any], name: str, value: Any, *, is_list: bool) -> None:
    if is_list:
        tree.setdefault(name, []).append(value)
    else:
        tree[name] = value


def _shown(tag: Any) -> str:
    """Return a name that no schema has; one that is no plain name may be data and is shown as `?`."""
    name = etree.QName(tag).localname
    return name if _PLAIN.fullmatch(name) else "?"


# -- writing


class _Writer:
    """Writes one document; `issues` holds what cannot be written."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def element(self, node: etree._Element, value: Any, shape: SchemaShape, at: str) -> None:
        """Write a value into an element."""
        if shape.is_leaf:
            self._text(node, "", value, shape, at)
            return
        if not isinstance(value, dict):
            self._note("FB301", at, "expected an object")
            return
        if value.keys() - (shape.children or {}).keys():
            self._note("FB301", at, "holds a field that the schema does not have")
        for name, child in (shape.children or {}).items():
            self._field(node, value.get(name), child, f"{at}.{name}")

    def _field(self, node: etree._Element, value: Any, shape: SchemaShape, at: str) -> None:
        place = _place(shape)
        if value is None:
            if shape.is_required:
                self._note("FB302", at, "a required field is missing")
        elif shape.is_list != isinstance(value, list):
            self._note("FB301", at, "expected a list" if shape.is_list else "expected one value")
        elif place.kind == "element":
            for position, item in enumerate(value if shape.is_list else [value]):
                where = f"{at}[{position}]" if shape.is_list else at
                self.element(etree.SubElement(node, _tag(place)), item, shape, where)
        else:
            self._text(node, _tag(place) if place.kind == "attribute" else "", value, shape, at)

    def _text(self, node: etree._Element, attribute: str, value: Any, shape: SchemaShape, at: str) -> None:
        """Write a single value as the text of an element, or as its attribute."""
        try:
            if isinstance(value, dict | list | None):
                raise ValueFault("FB301", f"expected {shape.type}")
            text = format_value(value, shape)
            if attribute:
                node.set(attribute, text)
            else:
                node.text = text
        except ValueFault as fault:
            self._note(fault.code, at, str(fault))
        except ValueError:  # control characters, lone surrogates
            self._note("FB308", at, "holds a character that XML has no place for")

    def _note(self, code: str, at: str, message: str) -> None:
        self.issues.append(Issue(code, message, at, rule="schema"))
