"""`fhirbridge document`: a record as a document on stdout, what is wrong on stderr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import SAMPLES, shipped
from tests.support.narrative_maps import DOC, MAP, make_told_folder
from tests.support.records import as_tree

from fhirbridge.cli.root import run
from fhirbridge.errors import EXIT_FINDINGS, InvalidContent
from fhirbridge.formats import fhir_xml
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.run import to_left
from fhirbridge.records import KINDS
from fhirbridge.services.maps.documenting import Source, document_of
from fhirbridge.services.maps.trying import right_items

MOMENT = "2026-11-22T10:00:00Z"


def document(name: str, tree: Mapping[str, Any], folder: Path, person: bytes = b"") -> dict[str, Any]:
    made = document_of(folder, name, json.dumps(tree).encode(), moment=MOMENT, source=Source("riverside", person))
    assert made.bundle is not None, made.issues
    return made.bundle


def resources(bundle: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    return [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == type_]


def test_a_record_becomes_a_document_with_all_that_its_composition_reaches(tmp_path: Path) -> None:
    bundle = document("told", DOC, make_told_folder(tmp_path))
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert types[0] == "Composition" and types.count("Goal") == 2
    assert {"CareTeam", "Condition", "Practitioner", "Patient"} <= set(types)
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert all(entry["reference"] in urls for entry in resources(bundle, "Composition")[0]["section"][0]["entry"])


def test_of_a_client_without_a_record_the_document_holds_the_number(tmp_path: Path) -> None:
    patient = resources(document("told", DOC, make_told_folder(tmp_path)), "Patient")
    assert [each["identifier"] for each in patient] == [[{"system": DOC["client"]["system"], "value": "RR-20417"}]]


def test_an_empty_section_says_so_and_a_filled_one_tells_its_entries(tmp_path: Path) -> None:
    sections = resources(document("told", DOC, make_told_folder(tmp_path)), "Composition")[0]["section"]
    assert "My own front door." in sections[0]["text"]["div"]
    assert sections[3]["emptyReason"]["coding"][0]["code"] == "unavailable"


@pytest.mark.parametrize("name", ["plan", "referral", "discharge"])
def test_a_document_of_ours_gives_the_record_back(name: str) -> None:
    map_ = shipped().get(name)
    record = as_tree(KINDS[name].model_validate(json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))))
    bundle = document(name, record, SAMPLES.parent)
    back = to_left(map_, list(right_items(map_, bundle)), Context("riverside"))
    ignored = {path.partition(".")[2] for path in map_.ignore}
    assert back.tree == {field: value for field, value in record.items() if field not in ignored and value != []}
    assert [issue.expression for issue in back.issues] == []


@pytest.mark.parametrize("name", ["plan", "referral", "discharge"])
def test_a_document_lists_nothing_that_it_does_not_hold(name: str) -> None:
    bundle = document(name, json.loads((SAMPLES / f"{name}.json").read_text("utf-8")), SAMPLES.parent)
    sections = resources(bundle, "Composition")[0]["section"]
    listed = {entry["reference"] for section in sections for entry in section.get("entry", ())}
    assert listed and listed <= {entry["fullUrl"] for entry in bundle["entry"]}


def test_with_the_clients_own_record_the_document_holds_the_client() -> None:
    plan = json.loads((SAMPLES / "plan.json").read_text("utf-8"))
    patients = resources(document("plan", plan, SAMPLES.parent, (SAMPLES / "person.json").read_bytes()), "Patient")
    assert len(patients) == 1 and patients[0]["name"] and "text" in patients[0]


def test_a_map_without_a_composition_makes_no_document(tmp_path: Path) -> None:
    bare = MAP[: MAP.index("  document:")] + MAP[MAP.index("ignore:") :]
    bare = bare.replace("ignore: {", "ignore: {doc.written: x, doc.language: x, ")
    with pytest.raises(InvalidContent):
        document("told", DOC, make_told_folder(tmp_path, bare))


def test_a_record_that_does_not_fit_makes_no_document(tmp_path: Path) -> None:
    made = document_of(make_told_folder(tmp_path), "told", b'{"no": 7}', moment=MOMENT)
    assert made.bundle is None and made.to_json() == made.to_xml() == b""
    assert [issue.code for issue in made.issues][:1] == ["FB301"]


# -- the command


def write(tmp_path: Path, tree: Mapping[str, Any]) -> str:
    (tmp_path / "record.json").write_text(json.dumps(tree), "utf-8")
    return str(tmp_path / "record.json")


def test_the_command_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_told_folder(tmp_path)
    assert run(["document", write(tmp_path, DOC), "--map", "told", "--maps", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "document"


def test_the_command_prints_xml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_told_folder(tmp_path)
    assert run(["document", write(tmp_path, DOC), "--map", "told", "--maps", str(folder), "--xml"]) == 0
    assert fhir_xml.parse(capsys.readouterr().out.encode())["type"] == "document"


def test_a_record_that_does_not_fit_ends_with_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_told_folder(tmp_path)
    code = run(["document", write(tmp_path, {**DOC, "no": 7}), "--map", "told", "--maps", str(folder)])
    told = capsys.readouterr()
    assert (code, told.out) == (EXIT_FINDINGS, "") and "FB301" in told.err
