"""From XML elements to a resource tree, driven by the R4 table. Collects every fault, stops at none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import Element, find_element, is_primitive, is_resource

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
MAX_DEPTH = 64

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_IGNORED = "{http://www.w3.org/2001/XMLSchema-instance}"


class Reader:
    """Reads one document; `issues` holds what could not be placed."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def resource(self, node: etree._Element, path: str) -> dict[str, Any]:
        """Return the tree of a resource element."""
        name = etree.QName(node).localname
        self._attributes(node, path, ())
        return {"resourceType": name, **self._children(node, name, path)}

    def _children(self, node: etree._Element, type_: str, path: str) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        if path.count(".") >= MAX_DEPTH:
            self._note(node, path, f"is nested deeper than {MAX_DEPTH} levels.")
            return tree
        self._text(node, path)
        for child in _iter_elements(node):
            self._place(child, type_, tree, path)
        return {name: value for name, value in tree.items() if not _is_filler(value)}

    def _place(self, child: etree._Element, type_: str, tree: dict[str, Any], path: str) -> None:
        """Put one child element where JSON has it."""
        name = etree.QName(child).localname
        element = find_element(type_, name)
        if element is None or element.is_attribute or etree.QName(child).namespace != _namespace(element):
            self._note(child, path, "holds an element that R4 does not have here.")
            return
        where = f"{path}.{name}"
        if element.is_list:
            tree.setdefault(name, [])
            where = f"{where}[{len(tree[name])}]"
        elif name in tree or f"_{name}" in tree:
            self._note(child, where, "stands more than once.")
            return
        if is_primitive(element.type):
            self._primitive(child, element, tree, where)
        else:
            _put(tree, name, self._complex(child, element, where), is_list=element.is_list)

    def _complex(self, node: etree._Element, element: Element, path: str) -> Any:
        if element.type == "Resource":
            return self._inner_resource(node, path)
        attributes = self._attributes(node, path, ("id", "url") if element.type == "Extension" else ("id",))
        return {**attributes, **self._children(node, element.type, path)}

    def _inner_resource(self, node: etree._Element, path: str) -> Any:
        children = list(_iter_elements(node))
        if len(children) != 1 or not is_resource(etree.QName(children[0]).localname):
            self._note(node, path, "must hold exactly one resource.")
            return {}
        return self.resource(children[0], path)

    def _primitive(self, node: etree._Element, element: Element, tree: dict[str, Any], path: str) -> None:
        """Put the value under the element's name, id and extensions under its name with `_` before it."""
        if element.type == "xhtml":
            _put(tree, element.name, _xhtml(node), is_list=False)
            return
        attributes = self._attributes(node, path, ("id", "value"))
        text = attributes.pop("value", None)
        more = {**attributes, **self._children(node, "Element", path)}
        value = None if text is None else _typed(element.type, text)
        if element.is_list:
            tree[element.name].append(value)
            siblings = tree.setdefault(f"_{element.name}", [])
            siblings.append(more or None)
            return
        if value is not None:
            tree[element.name] = value
        if more:
            tree[f"_{element.name}"] = more

    def _attributes(self, node: etree._Element, path: str, allowed: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in node.items():
            if name in allowed:
                found[str(name)] = str(value)
            elif not str(name).startswith(_IGNORED):
                self._note(node, path, "has an attribute that R4 does not have here.")
        return found

    def _text(self, node: etree._Element, path: str) -> None:
        texts = [node.text, *(child.tail for child in node)]
        if any(text and text.strip() for text in texts):
            self._note(node, path, "has text between its elements; FHIR values stand in attributes.")

    def _note(self, node: etree._Element, path: str, what: str) -> None:
        place = f"line {node.sourceline}"
        self.issues.append(Issue("FB400", f"{path} {what}", expression=path, location=place))


def _is_filler(value: Any) -> bool:
    """Say whether a list holds only the nulls that keep values and their siblings in step."""
    return isinstance(value, list) and all(item is None for item in value)


def _iter_elements(node: etree._Element) -> Iterator[etree._Element]:
    """Yield child elements; an unexpanded entity or anything else that is no element is left to the text check."""
    return (child for child in node if isinstance(child.tag, str))


def _namespace(element: Element) -> str:
    return XHTML if element.type == "xhtml" else FHIR


def _put(tree: dict[str, Any], name: str, value: Any, *, is_list: bool) -> None:
    if is_list:
        tree[name].append(value)
    else:
        tree[name] = value


def _typed(type_: str, text: str) -> Any:
    """Return the JSON value of an attribute's text; a text that does not fit stays text for the check to report."""
    if type_ == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if type_ in ("integer", "positiveInt", "unsignedInt") and _INTEGER.fullmatch(text):
        return int(text)
    if type_ == "decimal" and _DECIMAL.fullmatch(text):
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text


def _xhtml(node: etree._Element) -> str:
    """Return the narrative as JSON has it: one string, the XHTML namespace as default."""
    return etree.tostring(node, encoding="unicode", with_tail=False)
