"""Makes `r4_extensions.json` and `r4_profiles.json`: what R4 itself defines beyond its types.

Run by hand when the definitions change, never at run time:

    python -m fhirbridge.fhir.build_core_definitions <folder>

The folder holds the unaltered HL7 bundles `extension-definitions.json` and `profiles-others.json`. The extensions
become one compact row each; the profiles stay StructureDefinitions, without the texts that no check reads.
Source: http://hl7.org/fhir/R4/downloads.html (FHIR definitions, JSON), licence CC0.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXTENSIONS = "extension-definitions.json"
PROFILES = "profiles-others.json"

_HEAD = ("resourceType", "id", "url", "version", "name", "title", "status", "kind", "abstract", "context", "type")
_TAIL = ("baseDefinition", "derivation")
_SHAPE = ("id", "path", "sliceName", "slicing", "min", "max", "type")
_KEPT = (*_SHAPE, "mustSupport", "constraint", "binding", "isModifier")
_VALUED = ("fixed", "pattern", "minValue", "maxValue", "maxLength", "contentReference")
_OPEN = {"structuredefinition-wg"}
"""Extensions whose list of codes, of HL7's working groups, has grown since R4."""
_NOT_BOUND = {("vitalsigns", "Observation.component.value[x]")}
"""Bindings left out: this one lists units, and so speaks of a Quantity alone; a coded component has no unit."""


def _iter_structures(file: Path) -> Iterator[dict[str, Any]]:
    for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]:
        if entry["resource"]["resourceType"] == "StructureDefinition":
            yield entry["resource"]


# -- extensions


def extensions(folder: Path) -> dict[str, list[Any]]:
    """Return URL -> [contexts, is modifier, part] for each extension of R4.

    A part is [value types, names -> [min, max or null, part], required value set or ""]: an extension has a value of
    one of the types, or parts by name.
    """
    return {each["url"]: _extension(each) for each in _iter_structures(folder / EXTENSIONS)}


def _extension(definition: dict[str, Any]) -> list[Any]:
    elements = definition["snapshot"]["element"]
    contexts = sorted({each["expression"] for each in definition["context"] if each["type"] == "element"})
    is_modifier = bool(elements[0].get("isModifier"))
    part = _part(elements, "Extension")
    return [contexts, is_modifier, [*part[:2], ""] if definition["id"] in _OPEN else part]


def _part(elements: list[dict[str, Any]], id_: str) -> list[Any]:
    value = next((each for each in elements if each["id"].startswith(f"{id_}.value")), None)
    types = [each["code"] for each in value.get("type", [])] if value and value["max"] != "0" else []
    binding = (value or {}).get("binding", {})
    bound = binding.get("valueSet", "") if types and binding.get("strength") == "required" else ""
    parts = {}
    for each in elements:
        head, _, name = each["id"].rpartition(":")
        if head == f"{id_}.extension" and "." not in name:
            limit = None if each["max"] == "*" else int(each["max"])
            parts[name] = [each["min"], limit, _part(elements, each["id"])]
    return [types, parts, bound.partition("|")[0]]


# -- profiles


def profiles(folder: Path) -> list[dict[str, Any]]:
    """Return the profiles of R4, each with its differential only."""
    return [_profile(each) for each in _iter_structures(folder / PROFILES)]


def _profile(definition: dict[str, Any]) -> dict[str, Any]:
    kept = {name: definition[name] for name in (*_HEAD, *_TAIL) if name in definition}
    elements = [_element(definition["id"], each) for each in definition["differential"]["element"]]
    return {**kept, "differential": {"element": elements}}


def _element(profile: str, element: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in element.items() if name in _KEPT or name.startswith(_VALUED)}
    if "constraint" in kept:
        kept["constraint"] = _rules(kept["constraint"])
    if (profile, element["id"]) in _NOT_BOUND:
        del kept["binding"]
    return kept


def _rules(constraints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in each.items() if k != "xpath"} for each in constraints]


def main(arguments: list[str]) -> None:
    """Write both files beside this one from the folder named first."""
    folder, here = Path(arguments[0]), Path(__file__).parent
    rows = [f"{json.dumps(url)}:{json.dumps(row, separators=(',', ':'))}" for url, row in extensions(folder).items()]
    (here / "r4_extensions.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    lines = [json.dumps(each, separators=(",", ":")) for each in profiles(folder)]
    (here / "r4_profiles.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
