"""Maps for those who write them: check a folder, try one map on a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.bridge import sample
from tests.support.records import as_tree

from fhirbridge.errors import MalformedInput, NotFound
from fhirbridge.records import KINDS
from fhirbridge.services.definitions import beside, find_defaults
from fhirbridge.services.maps import checking, trying

MAPPINGS = find_defaults() / "mappings"


def test_the_maps_of_the_package_pass() -> None:
    checked = checking.check_all(MAPPINGS)
    assert {each.name for each in checked} >= {"plan", "referral", "riverside-plan", "northmoor-release"}
    assert [each for each in checked if each.issues] == []


def test_a_finding_stands_with_its_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(MAPPINGS, folder)
    file = folder / "records" / "plan.yaml"
    file.write_text(file.read_text().replace("<=> title ", "<=> titel "))
    (broken,) = [each for each in checking.check_all(folder) if each.issues]
    assert broken.file == "records/plan.yaml"
    assert all(issue.location.startswith("records/plan.yaml:") for issue in broken.issues)


def test_profiles_are_those_beside_the_maps_else_those_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    assert beside(tmp_path / "mappings") == find_defaults() / "profiles"
    (tmp_path / "profiles").mkdir()
    assert beside(tmp_path / "mappings") == tmp_path / "profiles"


def run(name: str, body: object, **more: Any) -> trying.Tried:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return trying.map_file(MAPPINGS, name, data, **more)


def forward(name: str, body: object) -> list[dict[str, Any]]:
    output = run(name, body, source="riverside").output
    assert isinstance(output, list)
    return output


def test_a_partners_file_becomes_records_and_goes_back() -> None:
    records = forward("riverside-plan", sample("riverside-plan"))
    assert [each["kind"] for each in records][:2] == ["person", "plan"]
    back = run("riverside-plan", records, source="riverside", reverse=True).output
    assert isinstance(back, dict) and back["case"]["caseNo"] == "RR-P-3301"


def test_a_record_becomes_resources_and_goes_back() -> None:
    plan = forward("riverside-plan", sample("riverside-plan"))[1]["record"]
    resources = forward("plan", plan)
    assert resources[0]["resourceType"] == "CarePlan"
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    for body in (resources, bundle):
        restored = run("plan", body, source="riverside", reverse=True).output
        assert restored == as_tree(KINDS["plan"].model_validate({**plan, "internal_note": None}))


def test_a_single_record_goes_back_to_the_partners_format() -> None:
    monitoring = forward("riverside-plan", sample("riverside-plan"))[-1]["record"]
    restored = run("county-report", monitoring, reverse=True).output
    assert isinstance(restored, dict) and restored["appointments_kept"] == 8


def test_what_does_not_fit_is_told_in_the_senders_words() -> None:
    tried = run("northmoor-release", sample("northmoor-release-broken"))
    assert {issue.expression for issue in tried.issues} >= {"doc.release.date", "doc.gatePickup"}
    assert {issue.expression for issue in run("plan", {"id": "p-1"}).issues} >= {"client", "agency"}


def test_what_is_no_map_or_no_json_is_refused() -> None:
    with pytest.raises(NotFound):
        run("horoscope", {})
    with pytest.raises(MalformedInput):
        run("plan", b"{")
    for name, body in (("plan", {"no": "resource"}), ("plan", 7), ("county-report", 7), ("riverside-plan", {})):
        with pytest.raises(MalformedInput):
            run(name, body, reverse=True)
