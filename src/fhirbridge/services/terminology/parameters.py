"""What an operation is asked, from a query string or a Parameters resource, and its answer as Parameters.

Laws of this file: a parameter that the operation does not have is refused, never ignored; a refusal names parameters,
never what was sent in them.
Source: http://hl7.org/fhir/R4/operations.html#request, http://hl7.org/fhir/R4/parameters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fhirbridge.errors import MalformedInput, UnsupportedSearch
from fhirbridge.terminology.service import Coding

Tree = Any

_FLAGS = {"true": True, "false": False}


class Asked:
    """The parameters of one call; each is read by what it has to be."""

    def __init__(self, values: Mapping[str, list[Any]]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return a parameter's text; "" where it is not given."""
        return self._one(name, str, "a text") or ""

    def texts(self, name: str) -> list[str]:
        """Return a parameter that may be repeated."""
        return [value for value in self._values.get(name, ()) if isinstance(value, str)]

    def flag(self, name: str) -> bool | None:
        """Return a parameter that is true or false; None where it is not given."""
        value = self._one(name, (bool, str), "true or false")
        if isinstance(value, str) and value not in _FLAGS:
            raise MalformedInput(f"The parameter {name} must be true or false.")
        return _FLAGS[value] if isinstance(value, str) else value

    def number(self, name: str) -> int | None:
        """Return a parameter that is a whole number from 0; None where it is not given."""
        value = self._one(name, (int, str), "a whole number")
        if value is None:
            return None
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise MalformedInput(f"The parameter {name} must be a whole number from 0.")
        return int(text)

    def resource(self, name: str) -> Tree:
        """Return a resource that came along; None where there is none."""
        return self._one(name, dict, "a resource")

    def coding(self, name: str) -> Coding | None:
        """Return a Coding; None where it is not given."""
        tree = self._one(name, dict, "a Coding")
        return None if tree is None else coding_of(tree, name)

    def codings(self) -> list[Coding]:
        """Return what is asked about: `code` with `system`, `coding`, or the codings of `codeableConcept`.

        Raises:
            MalformedInput: none of them is given.
        """
        concept = self._one("codeableConcept", dict, "a CodeableConcept")
        found = [coding_of(each, "codeableConcept") for each in _objects(concept or {}, "coding")]
        one = self.coding("coding")
        found += [one] if one else []
        if code := self.text("code"):
            found.append(Coding(self.text("system"), code, self.text("display"), self.text("version")))
        if not found:
            raise MalformedInput("Give `code` with `system`, or `coding`.")
        return found

    def _one(self, name: str, kind: Any, wanted: str) -> Any:
        values = self._values.get(name, [])
        if len(values) > 1:
            raise MalformedInput(f"The parameter {name} stands there twice.")
        if values and not isinstance(values[0], kind):
            raise MalformedInput(f"The parameter {name} must be {wanted}.")
        return values[0] if values else None


def asked_by_query(pairs: Iterable[tuple[str, str]], allowed: Iterable[str]) -> Asked:
    """Return what a query string asks.

    Raises:
        UnsupportedSearch: the operation has no such parameter.
    """
    return _asked(pairs, allowed)


def asked_by_body(tree: Tree, allowed: Iterable[str]) -> Asked:
    """Return what a Parameters resource asks.

    Raises:
        MalformedInput: it is no Parameters resource, or a parameter has no name or no value.
        UnsupportedSearch: the operation has no such parameter.
    """
    if not isinstance(tree, dict) or tree.get("resourceType") != "Parameters":
        raise MalformedInput("Expected a Parameters resource.")
    return _asked([_pair(each) for each in _objects(tree, "parameter")], allowed)


def parameters(*rows: tuple[str, str, Any]) -> dict[str, Any]:
    """Return a Parameters resource of (name, element, value); what is None or empty is left out."""
    found = [{"name": name, element: value} for name, element, value in rows if value not in (None, "", [])]
    return {"resourceType": "Parameters", "parameter": found}


def coding_of(tree: Mapping[str, Any], name: str) -> Coding:
    """Return a Coding's tree as a coding.

    Raises:
        MalformedInput: one of its elements is no text.
    """
    texts = [tree.get(key, "") for key in ("system", "code", "display", "version")]
    if not all(isinstance(each, str) for each in texts):
        raise MalformedInput(f"The parameter {name} must be a Coding.")
    return Coding(*texts)


def coding_tree(coding: Coding) -> dict[str, str]:
    """Return a coding as a Coding."""
    rows = {"system": coding.system, "version": coding.version, "code": coding.code, "display": coding.display}
    return {key: value for key, value in rows.items() if value}


def _asked(pairs: Iterable[tuple[str, Any]], allowed: Iterable[str]) -> Asked:
    names = tuple(allowed)
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        if name not in names:
            raise UnsupportedSearch(f"A parameter is not supported; this operation has: {', '.join(names)}.")
        values.setdefault(name, []).append(value)
    return Asked(values)


def _pair(node: Mapping[str, Any]) -> tuple[str, Any]:
    elements = [key for key in node if key.startswith("value") or key == "resource"]
    name = node.get("name")
    if not isinstance(name, str) or len(elements) != 1:
        raise MalformedInput("Each parameter must have a name and one value.")
    return name, node[elements[0]]


def _objects(node: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = node.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MalformedInput(f"`{key}` must be a list of objects.")
    return found
