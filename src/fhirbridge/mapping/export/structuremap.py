"""A StructureMap as the tree of an R4 resource.

Source: http://hl7.org/fhir/R4/structuremap.html
"""

from __future__ import annotations

from typing import Any

from fhirbridge.mapping.export.structure import Group, Parameter, Rule, Source, Structure, Target, Variable

Tree = dict[str, Any]


def format_structure_map(structure: Structure) -> Tree:
    """Return the resource, elements in FHIR's order."""
    return _filled(
        {
            "resourceType": "StructureMap",
            "url": structure.url,
            "version": structure.version,
            "name": structure.name,
            "title": structure.title,
            "status": "draft",
            "description": structure.documentation,
            "structure": [{"url": each.url, "mode": each.mode, "alias": each.alias} for each in structure.uses],
            "group": [_group(group) for group in structure.groups],
        }
    )


def _filled(tree: Tree) -> Tree:
    return {name: value for name, value in tree.items() if value not in ("", [], None)}


def _group(group: Group) -> Tree:
    return _filled(
        {
            "name": group.name,
            "typeMode": "none",
            "documentation": group.documentation,
            "input": [_filled({"name": each.name, "type": each.type, "mode": each.mode}) for each in group.inputs],
            "rule": [_rule(rule) for rule in group.rules],
        }
    )


def _rule(rule: Rule) -> Tree:
    call = rule.call
    return _filled(
        {
            "name": rule.name,
            "source": [_source(source) for source in rule.sources],
            "target": [_target(target) for target in rule.targets],
            "rule": [_rule(inner) for inner in rule.rules],
            "dependent": [{"name": call.group, "variable": list(call.variables)}] if call else [],
            "documentation": rule.documentation,
        }
    )


def _source(source: Source) -> Tree:
    return _filled(
        {
            "context": source.context,
            "type": source.type,
            "element": source.element,
            "listMode": source.mode,
            "variable": source.variable,
            "condition": source.condition,
            "check": source.check,
        }
    )


def _target(target: Target) -> Tree:
    return _filled(
        {
            "context": target.context,
            "contextType": "variable",
            "element": target.element,
            "variable": target.variable,
            "transform": target.transform,
            "parameter": [_parameter(each) for each in target.parameters],
        }
    )


def _parameter(parameter: Parameter) -> Tree:
    if isinstance(parameter, Variable):
        return {"valueId": parameter.name}
    if isinstance(parameter, bool):
        return {"valueBoolean": parameter}
    if isinstance(parameter, int):
        return {"valueInteger": parameter}
    return {"valueString": parameter} if isinstance(parameter, str) else {"valueDecimal": parameter}
