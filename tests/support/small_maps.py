"""A folder with one small map of a made-up agency, for tests of what is done with maps."""

from __future__ import annotations

import json
from pathlib import Path

from fhirbridge.mapping.model import Map
from fhirbridge.services.definitions import beside, load_maps

SCHEMA = {
    "type": "object",
    "properties": {
        "no": {"type": "string"},
        "last": {"type": "string"},
        "born": {"type": "string"},
        "sex": {"type": "string", "enum": ["F", "M"]},
        "alive": {"type": "boolean"},
        "names": {"type": "array", "items": {"type": "string"}},
        "phones": {
            "type": "array",
            "items": {"type": "object", "properties": {"number": {"type": "string"}, "rank": {"type": "integer"}}},
        },
        "note": {"type": "string"},
    },
    "required": ["no", "sex"],
}
MAP = """\
map: small
version: 1.0.0
left: {schema: schemas/small.schema.json}
right: {fhir: R4}
tables: {sex: tables/sex.csv}
resources:
  person:
    make: Patient
    key: doc.no
    class: D1
    rows: |
      doc.last            <=> name[0].family     | verbatim
      doc.names[]         <=> name[0].given[]    | verbatim
      doc.born            <=> birthDate          | date MM/DD/YYYY
      doc.sex             <=> gender             | code sex
      doc.alive           <=> active
      doc.phones[].number <=> telecom[].value    | verbatim
      doc.phones[].rank   <=> telecom[].rank
      'phone'              := telecom[].system
ignore: {doc.note: for the agency alone}
"""
TABLE = "source,system,target,display,equivalence,back\nF,,female,,equal,\nM,,male,,equal,\n"
BASE = {
    "no": "A-1",
    "last": "Vega",
    "born": "03/14/1989",
    "sex": "F",
    "names": ["Marisol", "Inés"],
    "phones": [{"number": "+1 555 0162", "rank": 1}],
}
PASSING = """\
tests:
  - name: two names
    in: tests/base.json
    expect:
      person.name[0].family: Vega
      person.telecom[0]: {value: +1 555 0162, rank: 1}
"""


def make_folder(tmp_path: Path, tests: str = PASSING, *, map_text: str = MAP) -> Path:
    """Return a folder of maps with the small map and its tests."""
    folder = tmp_path / "maps"
    for name, text in {
        "schemas/small.schema.json": json.dumps(SCHEMA),
        "tables/sex.csv": TABLE,
        "tests/base.json": json.dumps(BASE, ensure_ascii=False),
        "sources/small.yaml": map_text + tests,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def load_small(tmp_path: Path, tests: str = "", *, map_text: str = MAP) -> Map:
    """Return the small map, bound."""
    folder = make_folder(tmp_path, tests, map_text=map_text)
    return load_maps(folder, beside(folder)).get("small")


def changed(good: str, bad: str) -> str:
    """Return the small map's text with one thing in it changed."""
    assert good in MAP
    return MAP.replace(good, bad, 1)
