"""Makes `r4_table.json`: the facts of FHIR R4 4.0.1 in one compact table, from the CC0 definition bundles.

Run by hand when the definitions change, never at run time:

    python -m fhirbridge.fhir.build_r4_table <folder> [<table>]

The folder holds the unaltered HL7 bundles `profiles-types.json`, `profiles-resources.json`, `valuesets.json`,
`v3-codesystems.json` and `search-parameters.json`. `elements` reads the result.
Source: http://hl7.org/fhir/R4/downloads.html (FHIR definitions, JSON), licence CC0.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fhirbridge.fhir.build_value_sets import Terminology

STRUCTURES = ("profiles-types.json", "profiles-resources.json")
TERMINOLOGY = ("valuesets.json", "v3-codesystems.json")
SEARCH = ("search-parameters.json",)

_FHIR = "http://hl7.org/fhir/StructureDefinition/"
_FHIR_TYPE = _FHIR + "structuredefinition-fhir-type"
_REGEX = _FHIR + "regex"
_BEST_PRACTICE = _FHIR + "elementdefinition-bestpractice"


def build(folder: Path) -> dict[str, Any]:
    """Return the table made from the definition bundles in a folder.

    Shape: `types` path → {kind, elements, rules}; `primitives` name → regex; `codes` value set → system → codes;
    `search` type → [name, type, expression, targets, id], the id only where it is not type-name. An element row is
    [name, types, min, max or null, more].
    """
    structures = [s for s in _iter_resources(folder, STRUCTURES) if _is_type(s)]
    terminology = Terminology(_iter_resources(folder, TERMINOLOGY))
    types = dict(row for structure in structures for row in _iter_types(structure))
    return {
        "fhirVersion": "4.0.1",
        "types": types,
        "primitives": {s["id"]: _regex(s) for s in structures if s["kind"] == "primitive-type"},
        "codes": _codes(types, terminology),
        "search": _search(_iter_resources(folder, SEARCH), types),
    }


def write(table: dict[str, Any], file: Path) -> None:
    """Write the table: one line per entry, so that a change shows as a change of its lines."""
    sections = [
        f"{json.dumps(name)}:{_lines(section) if isinstance(section, dict) else json.dumps(section)}"
        for name, section in table.items()
    ]
    file.write_text("{" + ",\n".join(sections) + "}\n", encoding="utf-8")


def _lines(section: dict[str, Any]) -> str:
    rows = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in section.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def _iter_resources(folder: Path, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        bundle = json.loads((folder / name).read_text(encoding="utf-8"))
        yield from (entry["resource"] for entry in bundle["entry"])


def _is_type(resource: dict[str, Any]) -> bool:
    if resource["resourceType"] != "StructureDefinition" or resource["kind"] == "logical":
        return False
    return resource.get("derivation") != "constraint"


# -- types and their elements


def _iter_types(structure: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield one row for the type itself and one for each backbone element inside it."""
    if structure["kind"] == "primitive-type":
        return
    elements = structure["snapshot"]["element"]
    parents = {e["path"].rpartition(".")[0] for e in elements if "." in e["path"]}
    for element in elements:
        path = element["path"]
        if path not in parents and "." in path:
            continue
        children = [e for e in elements if e["path"].rpartition(".")[0] == path]
        rows = [_element(child, parents) for child in children]
        leaves = [element, *(child for child in children if child["path"] not in parents)]
        rules = _rules(leaves, structure["url"])
        yield path, {"kind": _kind(structure, path), "elements": rows, "rules": rules}


def _kind(structure: dict[str, Any], path: str) -> str:
    if "." in path:
        return "backbone"
    if structure["abstract"]:
        return "abstract"
    return "resource" if structure["kind"] == "resource" else "datatype"


def _element(element: dict[str, Any], parents: set[str]) -> list[Any]:
    path, name = element["path"], element["path"].rpartition(".")[2]
    types: list[Any] = [path] if path in parents else [_type(element, t) for t in element.get("type", [])]
    if "contentReference" in element:
        types = [element["contentReference"].removeprefix("#")]
    more: dict[str, Any] = {}
    if "valueSet" in element.get("binding", {}):
        more["binding"] = [element["binding"]["strength"], element["binding"]["valueSet"].partition("|")[0]]
    if "xmlAttr" in element.get("representation", []):
        more["attribute"] = True
    limit = None if element["max"] == "*" else int(element["max"])
    return [name, types, element["min"], limit, *([more] if more else [])]


def _type(element: dict[str, Any], type_: dict[str, Any]) -> str | list[str]:
    """Return the type's name, or [Reference, target, ...] for a Reference that may not point anywhere."""
    if element["base"]["path"] == "Resource.id":
        return "id"  # the definitions say "string": a known fault, the specification's text says id
    name = next((e["valueUrl"] for e in type_.get("extension", []) if e["url"] == _FHIR_TYPE), type_["code"])
    targets = [profile.removeprefix(_FHIR) for profile in type_.get("targetProfile", [])]
    if name != "Reference" or not targets or "Resource" in targets:
        return str(name)
    return [name, *targets]


def _rules(elements: Iterable[dict[str, Any]], url: str) -> list[list[Any]]:
    """Return the invariants this structure sets, not the inherited ones.

    A row is [path, key, severity, expression, human, best practice].
    """
    return [
        [
            element["path"],
            rule["key"],
            rule["severity"],
            rule.get("expression", ""),
            rule.get("human", ""),
            any(e.get("valueBoolean") is True for e in rule.get("extension", []) if e["url"] == _BEST_PRACTICE),
        ]
        for element in elements
        for rule in element.get("constraint", [])
        if rule.get("source", url) == url
    ]


def _regex(structure: dict[str, Any]) -> str:
    """Return the pattern of a primitive's value, or "" where the definitions give none."""
    value = next(e for e in structure["snapshot"]["element"] if e["path"].endswith(".value"))
    extensions = [e for type_ in value["type"] for e in type_.get("extension", [])]
    return next((e["valueString"] for e in extensions if e["url"] == _REGEX), "")


# -- codes and search parameters


def _codes(types: dict[str, Any], terminology: Terminology) -> dict[str, Any]:
    """Return the codes of each value set that a required binding names and that can be counted out."""
    rows = (row for type_ in types.values() for row in type_["elements"] if len(row) > 4)
    bindings = [row[4]["binding"] for row in rows if "binding" in row[4]]
    required = sorted({value_set for strength, value_set in bindings if strength == "required"})
    found = ((value_set, terminology.find_codes(value_set)) for value_set in required)
    return {value_set: codes for value_set, codes in found if codes}


def _search(parameters: Iterable[dict[str, Any]], types: dict[str, Any]) -> dict[str, list[Any]]:
    """Return for each type its search parameters, each with the part of the expression that speaks of that type."""
    rows: dict[str, list[Any]] = {}
    for parameter in parameters:
        for base in parameter["base"]:
            if base in types:
                targets = [t for t in parameter.get("target", []) if t in types]
                expression = expression_for(base, parameter.get("expression", ""))
                row = [parameter["code"], parameter["type"], expression, targets]
                id_ = parameter.get("id", "")
                rows.setdefault(base, []).append(row if id_ == f"{base}-{parameter['code']}" else [*row, id_])
    return {type_: sorted(found) for type_, found in sorted(rows.items())}


def expression_for(type_: str, expression: str) -> str:
    """Return the alternatives of a search expression that start at the type.

    >>> expression_for("Goal", "CarePlan.subject | (Goal.target.due as date) | Goals.x")
    '(Goal.target.due as date)'
    """
    parts = (part.strip() for part in _alternatives(expression))
    return " | ".join(part for part in parts if re.match(rf"\(*{type_}\b", part))


def _alternatives(expression: str) -> list[str]:
    """Split an expression at each `|` outside brackets."""
    parts, depth = [""], 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def main(arguments: list[str]) -> None:
    """Build the table from the folder named first and write it to the file named second."""
    target = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).with_name("r4_table.json")
    write(build(Path(arguments[0])), target)


if __name__ == "__main__":
    main(sys.argv[1:])
