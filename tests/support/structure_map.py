"""A StructureMap run on plain trees: the judge of our exports. It does what the specification says, slowly.

Source: http://hl7.org/fhir/R4/mapping-language.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.support.mini_fhirpath import child, evaluate, is_true

from fhirbridge.mapping.export.parts import _plain as plain
from fhirbridge.mapping.shapes import Shape, fhir_shape

Tree = Any


@dataclass
class Node:
    """An object being written, and what may stand in it; without a shape it takes any list."""

    tree: dict[str, Tree]
    shape: Shape | None = None

    def slot(self, name: str, type_: str) -> tuple[str, Shape | None]:
        """Return the JSON name of an element, and its shape."""
        if self.shape is None:
            return name, None
        choice = f"{name}{type_[:1].upper()}{type_[1:]}"
        known = {plain(each): each for each in self.shape.child_names()}
        own = next(each for each in (known.get(name), name, choice) if each and self.shape.find_child(each))
        return own, self.shape.find_child(own)

    def put(self, name: str, value: Tree, type_: str = "") -> Tree:
        """Write a value and return what stands there: an object that is there already stays."""
        own, shape = self.slot(name, type_)
        if shape is None or shape.is_list:
            self.tree.setdefault(own, []).append(value)
            return value
        if value == {}:
            return self.tree.setdefault(own, value)
        self.tree[own] = value
        return value


@dataclass
class Runner:
    """One StructureMap with the ConceptMaps it names."""

    structure: Mapping[str, Tree]
    concept_maps: Mapping[str, Mapping[str, Tree]]
    failed_checks: list[str] = field(default_factory=list)

    def run(self, *inputs: Tree) -> None:
        """Run the first group on sources and targets, in their order."""
        self._group(self.structure["group"][0], inputs)

    def _group(self, group: Tree, inputs: tuple[Tree, ...]) -> None:
        names = [each["name"] for each in group["input"]]
        assert len(names) == len(inputs), group["name"]
        for rule in group.get("rule", ()):
            self._rule(rule, dict(zip(names, inputs, strict=True)))

    def _rule(self, rule: Tree, variables: dict[str, Tree]) -> None:
        (source,) = rule["source"]
        for item in self._items(source, variables):
            own = {**variables, source["variable"]: item} if "variable" in source else dict(variables)
            if "check" in source and not is_true(source["check"], item, _sources(own)):
                self.failed_checks.append(rule["name"])
            for target in rule.get("target", ()):
                self._target(target, own)
            for inner in rule.get("rule", ()):
                self._rule(inner, own)
            for call in rule.get("dependent", ()):
                group = next(each for each in self.structure["group"] if each["name"] == call["name"])
                self._group(group, tuple(own[name] for name in call["variable"]))

    def _items(self, source: Tree, variables: Mapping[str, Tree]) -> Iterator[Tree]:
        context = variables[source["context"]]
        assert not isinstance(context, Node), "a source is never what is written"
        items = [context]
        if "element" in source:
            names = [key for key in context if plain(key) == source["element"]] or [source["element"]]
            items = [each for name in names for each in child(context, name)]
        if source.get("element") == "resource":
            items = [each for each in items if each["resourceType"] == source["type"]]
        elif "type" in source:
            items = [each for each in items if _typed(context, source)]
        found = [item for item in items if self._holds(source, item, variables)]
        yield from found[:1] if source.get("listMode") == "first" else found

    def _holds(self, source: Tree, item: Tree, variables: Mapping[str, Tree]) -> bool:
        known = _sources({**variables, source.get("variable", "_"): item})
        return "condition" not in source or is_true(source["condition"], item, known)

    def _target(self, target: Tree, variables: dict[str, Tree]) -> None:
        context = variables[target["context"]]
        assert isinstance(context, Node), "a target is never what is read"
        parameters = [
            variables[p["valueId"]] if "valueId" in p else next(iter(p.values())) for p in target.get("parameter", ())
        ]
        name = target["element"]
        match target.get("transform"):
            case None:
                made: Tree = Node(context.put(name, {}), context.slot(name, "")[1])
            case "create" if name == "resource":
                made = Node(context.put(name, {"resourceType": parameters[0]}), fhir_shape(parameters[0]))
            case "create":
                made = Node(context.put(name, {}, parameters[0]), context.slot(name, parameters[0])[1])
            case "copy":
                made = context.put(name, parameters[0])
            case "cast":
                made = context.put(name, parameters[0], parameters[1])
            case "evaluate":
                made = evaluate(parameters[1], parameters[0], _sources(variables))[0]
                context.put(name, made, "date" if parameters[1].endswith("toDate()") else _TYPES[type(made)])
            case "translate":
                made = self._translated(context, name, parameters)
            case other:
                raise AssertionError(other)
        if "variable" in target:
            variables[target["variable"]] = made

    def _translated(self, context: Node, name: str, parameters: list[Tree]) -> Tree:
        value, url, out = parameters
        system, code = (value.get("system"), value["code"]) if isinstance(value, dict) else (None, value)
        for group in self.concept_maps[url]["group"]:
            for element in group["element"]:
                if element["code"] == code and system in (None, group.get("source")):
                    target = element["target"][0]
                    coding = {"system": group.get("target"), "code": target["code"], "display": target.get("display")}
                    found = {key: each for key, each in coding.items() if each}
                    return context.put(name, target["code"] if out == "code" else found, out)
        return None


_TYPES: dict[type, str] = {str: "string", int: "integer", Decimal: "decimal", bool: "boolean"}


def _sources(variables: Mapping[str, Tree]) -> dict[str, list[Tree]]:
    return {name: [value] for name, value in variables.items() if not isinstance(value, Node)}


def _typed(context: Tree, source: Tree) -> bool:
    return f"{source['element']}{source['type'][0].upper()}{source['type'][1:]}" in context
