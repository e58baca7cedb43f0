"""The commands of those who review maps: map --explain, explain TARGET.PATH, lineage, docs build, export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.bridge import SAMPLES
from tests.support.fml import parse_fml

from fhirbridge.cli.root import run


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of Riverside's sample, as a file."""
    file = tmp_path_factory.mktemp("records") / "plan.json"
    tree: dict[str, Any] = {
        "id": "P-1",
        "client": {"number": "7", "system": "urn:x"},
        "title": "Plan",
        "status": "active",
    }
    tree |= {"type": "care-plan", "drawn_up": "2026-01-02", "keyworker": {"number": "K1", "name": "R. Sato"}}
    tree |= {
        "agency": {"number": "A1", "name": "Riverside"},
        "goals": [{"id": "g", "status": "active", "own_words": "Home"}],
    }
    file.write_text(json.dumps(tree))
    return file


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["-s", "no-such-settings.toml", *arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def test_map_explains_each_element_instead_of_printing_values(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "map", str(plan), "--map", "plan", "--explain")
    assert "Goal[0].description.text\n    plan.goals[0].own_words\n    records/plan.yaml:" in text
    assert "Home" not in text


def test_map_explains_one_element_and_why_it_is_absent(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "map", str(plan), "--map", "plan", "--explain", "goal[0].target[0].dueDate")
    assert "absent: The source field `plan.goals[0].due` is empty." in text


def test_map_explains_as_json_beside_the_output(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = json.loads(told(capsys, "map", str(plan), "--map", "plan", "--json", "--explain", "goal"))
    assert tree["output"][0]["resourceType"] == "CarePlan"
    assert {each["target"] for each in tree["explain"]} >= {"Goal[0].description.text"}


def test_map_explains_to_the_right_only(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "map", str(plan), "--map", "plan", "--to-left", "--explain", code=2)
    sample = str(SAMPLES / "riverside-plan.json")
    told(capsys, "map", sample, "--map", "riverside-plan", "--explain", "horoscope", code=1)


def test_explain_without_an_id_tells_what_the_maps_say(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "explain", "Goal.description.text")
    assert "Goal.description.text  <-  plan.goals[].own_words" in text and "must support" in text
    items = json.loads(told(capsys, "explain", "CarePlan.status", "--json"))["items"]
    assert items[0]["table"] == "tables/plan-status.csv"
    told(capsys, "explain", "CarePlan", code=2)
    told(capsys, "explain", "CarePlan.horoscope", code=1)


def test_lineage_goes_from_a_field_and_to_an_element(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "lineage", "--from", "riverside-plan:doc.case.goals.clientSays")
    assert "    plan.goals.own_words  ->  Goal.description.text" in text
    assert "CarePlan.goal  <-  plan.goals.id" in told(capsys, "lineage", "--to", "CarePlan.goal")
    items = json.loads(told(capsys, "lineage", "--back", "--from", "monitoring.compliant", "--json"))["items"]
    assert items[0]["target"] == "county-report:doc.compliant"
    told(capsys, "lineage", code=2)
    told(capsys, "lineage", "--to", "CarePlan.gaol", code=1)


def test_docs_build_writes_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "docs", "build", str(tmp_path / "site"))
    assert (tmp_path / "site" / "index.html").is_file()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    told(capsys, "docs", "build", str(tmp_path / "other"), code=2)


def test_export_prints_text_and_names_what_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-s", "no-such-settings.toml", "export", "plan"]) == 0
    printed = capsys.readouterr()
    assert parse_fml(printed.out)["name"] == "PlanToRight"
    assert "not said: the literal reference is not written" in printed.err and "with -o FILE" in printed.err


def test_export_writes_a_resource_with_its_concept_maps_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    told(capsys, "export", "plan", "--as", "structuremap", "--direction", "left", "-o", str(file))
    assert json.loads(file.read_text())["resourceType"] == "StructureMap"
    assert json.loads((tmp_path / "plan-status-back.conceptmap.json").read_text())["resourceType"] == "ConceptMap"
    told(capsys, "export", "plam", code=1)
