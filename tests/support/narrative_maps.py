"""A small map that makes a Composition with its goals and team, for tests of narratives and documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fhirbridge.mapping.model import Map
from fhirbridge.services.definitions import beside, load_maps

TEXT = {"type": "string"}


def fields(**properties: Any) -> dict[str, Any]:
    """A JSON Schema of an object."""
    return {"type": "object", "properties": properties}


def many(**properties: Any) -> dict[str, Any]:
    """A JSON Schema of a list of objects."""
    return {"type": "array", "items": fields(**properties)}


SCHEMA = fields(
    no=TEXT,
    name={"type": "string", "title": "What the plan is called"},
    client=fields(number=TEXT, system=TEXT),
    written={"type": "string", "description": "When it was written."},
    language=TEXT,
    keyworker=fields(number=TEXT, name=TEXT),
    goals=many(
        id=TEXT,
        own_words=TEXT,
        alt=TEXT,
        due=TEXT,
        strengths={"type": "array", "items": TEXT},
        steps=many(id=TEXT, text={"type": "string", "description": "What the client will do, in words."}, by=TEXT),
        progress=many(text=TEXT, at=TEXT, by={"type": "string", "description": "Who wrote it: a worker, by name."}),
    ),
    helpers=many(who=fields(number=TEXT, name=TEXT), role=TEXT, agency=TEXT),
    call=fields(whom={"type": "string", "description": "Whom to call."}, phone=TEXT),
)
MAP = """\
map: told
version: 1.0.0
left: {schema: schemas/told.schema.json}
right: {fhir: R4}
resources:
  goal:
    make: Goal for g in doc.goals[]
    key: g.id
    class: D3
    rows: |
      'active'            := lifecycleStatus
      g.own_words        <=> description.text        | verbatim
      doc.client          => subject                 | ref Patient by number in system
      doc.client          => expressedBy             | ref Patient by number in system
      g.due              <=> target[0].dueDate       | date
      g.strengths[]      <=> note[kind=strength][].text | verbatim
      g.progress[].text  <=> note[kind=gain][].text | verbatim
      g.progress[].at    <=> note[kind=gain][].time | date
      g.progress[].by    <=> note[kind=gain][].authorString | verbatim
      g.alt              <=> statusReason            | verbatim
      doc.no              => addresses[0]            | ref problem
  problem:
    make: Condition
    key: doc.no
    class: D3
    rows: |
      doc.name    => code.text | verbatim
      doc.client  => subject   | ref Patient by number in system
  team:
    make: CareTeam
    key: doc.no
    class: D3
    rows: |
      doc.client               => subject                                 | ref Patient by number in system
      doc.helpers[].who       <=> participant[kind=responsible][].member  | ref helper
      doc.helpers[].who.name   => participant[kind=responsible][].member.display | verbatim
      doc.helpers[].role      <=> participant[kind=responsible][].role[0].text  | verbatim
      doc.call.whom           <=> note[0].text         | verbatim
      doc.call.phone          <=> note[0].authorString | verbatim
  helper:
    make: Practitioner for h in doc.helpers[].who
    key: h.number
    class: D0
    rows: |
      h.name <=> name[0].text | verbatim
  keyworker:
    make: Practitioner for k in doc.keyworker
    key: k.number
    class: D0
    rows: |
      k.name <=> name[0].text | verbatim
  document:
    make: Composition
    key: doc.no
    class: D3
    rows: |
      'final'           := status
      'http://loinc.org' := type.coding[0].system
      '18776-5'         := type.coding[0].code
      doc.name         <=> title     | verbatim
      doc.language     <=> language
      doc.client       <=> subject   | ref Patient by number in system
      doc.written      <=> date      | datetime
      doc.keyworker    <=> author[0] | ref keyworker
      doc.no            => event[0].detail[0] | ref team
      'Goals'           := section[code.text=goals].title
      doc.goals[]       => section[code.text=goals].entry[] | ref goal
      'Team'            := section[code.text=team].title
      doc.no            => section[code.text=team].entry[0] | ref team
      'Allergies'       := section[code.text=allergies].title
      'unavailable'     := section[code.text=allergies].emptyReason.coding[0].code
      'http://terminology.hl7.org/CodeSystem/list-empty-reason' := section[code.text=allergies].emptyReason.coding[0].system
      'Strengths'       := section[code.text=strengths].title
ignore: {doc.helpers.agency: the helper's agency, doc.goals.steps: another map's}
"""  # noqa: E501  # rows are one line each
DOC: dict[str, Any] = {
    "no": "P-1",
    "name": "Mari's plan",
    "client": {"number": "RR-20417", "system": "https://riverside.example/client"},
    "written": "2026-11-20T15:20:00-05:00",
    "keyworker": {"number": "W-12", "name": "Dana Whitfield"},
    "goals": [
        {
            "id": "G-1",
            "own_words": "I want to wake up & not think about using <at all>.",
            "due": "2027-01-04",
            "strengths": ["Stayed seven months", "Cooks for thirty"],
            "progress": [
                {"text": "Two good weeks\nin a row", "at": "2026-11-16", "by": "Dana Whitfield"},
                {"text": "A third"},
            ],
        },
        {"id": "G-2", "own_words": "My own front door.", "alt": "Waiting for a flat"},
    ],
    "helpers": [{"who": {"number": "HH-4", "name": "Terrence Boyd"}, "role": "Housing worker"}],
    "call": {"whom": "Night line", "phone": "+1 555 0199"},
}


def load_told(tmp_path: Path, map_text: str = MAP) -> Map:
    """The small map, bound."""
    folder = make_told_folder(tmp_path, map_text)
    return load_maps(folder, beside(folder)).get("told")


def make_told_folder(tmp_path: Path, map_text: str = MAP) -> Path:
    """A folder of maps with the small map in it."""
    folder = tmp_path / "maps"
    for name, text in {"schemas/told.schema.json": json.dumps(SCHEMA), "sources/told.yaml": map_text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def lines_of(div: str) -> list[str]:
    """What a narrative says, a line for each row, item and paragraph, without markup."""
    parted = re.sub(r"</tr>|</li>|</p>|<br/>|<ul>", "\n", div.replace("</th>", ": "))
    plain = re.sub(r"<[^>]+>", "", parted)
    for entity, sign in {"&lt;": "<", "&gt;": ">", "&amp;": "&"}.items():
        plain = plain.replace(entity, sign)
    return [line for line in plain.split("\n") if line.strip()]
