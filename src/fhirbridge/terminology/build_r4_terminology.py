"""Makes `r4_terminology.json`: code systems and value sets of FHIR R4 4.0.1, from the CC0 definition bundles.

Run by hand when the definitions change, never at run time:

    python -m fhirbridge.terminology.build_r4_terminology <folder> [<table>]

The folder holds the unaltered HL7 bundles `valuesets.json`, `v3-codesystems.json` and `v2-tables.json`. Left out are
definitions and comments (no rule needs them), code systems that belong to others, and codes of others that a value
set names one by one: its part is then marked as withheld. `core` reads the result.
Source: http://hl7.org/fhir/R4/downloads.html (FHIR definitions, JSON), licence CC0;
docs/adr/0021-what-terminology-ships.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.terminology.resources import read_code_system, read_value_set
from fhirbridge.terminology.systems import CodeSystem, Concept
from fhirbridge.terminology.value_sets import Part, ValueSet

BUNDLES = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")

SYSTEMS_OF_OTHERS = {
    "http://dicom.nema.org/resources/ontology/DCM": "DICOM, copyright NEMA",
    "http://terminology.hl7.org/CodeSystem/ex-diagnosis-on-admission": "UB-04, copyright AHA (NUBC)",
    "http://terminology.hl7.org/CodeSystem/ex-revenue-center": "UB-04, copyright AHA (NUBC)",
    "urn:oid:1.2.36.1.2001.1001.101.104.16592": "copyright National E-Health Transition Authority",
}
"""Code systems in the bundles that are not HL7's own, and whose they are."""

FREE = frozenset(
    {
        "http://loinc.org",
        "http://unitsofmeasure.org",
        "urn:iso:std:iso:3166",
        "urn:ietf:bcp:47",
        "urn:ietf:bcp:13",
        "urn:ietf:rfc:3986",
    }
)
"""Code systems of others whose codes a value set may name here, see NOTICE."""
MAX_LOINC = 100
"""A part that names more LOINC codes is a list of LOINC's, not a choice from it."""
NAMED_BY_GUIDES = frozenset({"409063005", "410606002", "386053000"})
"""SNOMED CT codes that HL7's guides fix for elements that this program writes; no other is shipped."""

_DROPPED = frozenset({"deprecationDate", "notSelectable", "inactive", "abstract"})
"""Properties that no filter asks for, or that the concept says in its own way."""


def build(folder: Path) -> dict[str, Any]:
    """Return the table made from the definition bundles in a folder: `core.Table` as a tree."""
    resources = list(_iter_resources(folder))
    systems = [read_code_system(each) for each in resources if each["resourceType"] == "CodeSystem"]
    shipped = {each.url: _lean_system(each) for each in systems if each.concepts and each.url not in SYSTEMS_OF_OTHERS}
    value_sets = [read_value_set(each) for each in resources if each["resourceType"] == "ValueSet"]
    return {
        "codeSystems": {url: [each.version, each] for url, each in sorted(shipped.items())},
        "valueSets": {each.url: [each.version, _lean_set(each, shipped)] for each in sorted(value_sets, key=_url)},
    }


def write(table: dict[str, Any], file: Path) -> None:
    """Write the table: one line for each resource, so that a change shows as a change of its line."""
    sections = [f"{json.dumps(name)}:{{\n{_lines(rows)}\n}}" for name, rows in table.items()]
    file.write_text("{" + ",\n".join(sections) + "}\n", encoding="utf-8")


def _lines(rows: dict[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(url)}:{msgspec.json.encode(row).decode()}" for url, row in rows.items())


def _url(resource: ValueSet) -> str:
    return resource.url


def _iter_resources(folder: Path) -> Iterator[dict[str, Any]]:
    for name in BUNDLES:
        bundle = json.loads((folder / name).read_text(encoding="utf-8"))
        yield from (entry["resource"] for entry in bundle["entry"])


def _lean_system(system: CodeSystem) -> CodeSystem:
    return msgspec.structs.replace(system, concepts=tuple(map(_lean_concept, system.concepts)))


def _lean_concept(concept: Concept) -> Concept:
    kept = (each for each in concept.properties if each.code not in _DROPPED and (each.code, each.value) != ACTIVE)
    return msgspec.structs.replace(
        concept, display=concept.display.strip(), definition="", designations=(), properties=tuple(kept)
    )


ACTIVE = ("status", "active")


def _lean_set(value_set: ValueSet, shipped: dict[str, CodeSystem]) -> ValueSet:
    lean = [tuple(_lean_parts(parts, shipped)) for parts in (value_set.include, value_set.exclude)]
    return msgspec.structs.replace(value_set, include=lean[0], exclude=lean[1], expansion=None, is_expansion_whole=True)


def _lean_parts(parts: Iterable[Part], shipped: dict[str, CodeSystem]) -> Iterator[Part]:
    """Yield the parts with the codes that may be shipped, and without displays that their code system has too."""
    for part in parts:
        own = shipped.get(part.system)
        displays = {each.code: each.display for each in own.concepts} if own else {}
        named = {code: "" if text.strip() == displays.get(code) else text.strip() for code, text in part.codes.items()}
        kept = {code: text for code, text in named.items() if own or _may_ship(part, code)}
        yield msgspec.structs.replace(part, codes=kept, is_withheld=len(kept) < len(named))


def _may_ship(part: Part, code: str) -> bool:
    if part.system == "http://loinc.org":
        return len(part.codes) <= MAX_LOINC
    return part.system in FREE or code in NAMED_BY_GUIDES


def main(arguments: list[str]) -> None:
    """Build the table from the folder named first and write it to the file named second."""
    target = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).with_name("r4_terminology.json")
    write(build(Path(arguments[0])), target)


if __name__ == "__main__":
    main(sys.argv[1:])
