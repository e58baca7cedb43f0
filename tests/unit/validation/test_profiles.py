"""The profiles we ship: valid themselves, kept by what we make, and broken where they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.fhir_resources import (
    make_care_plan,
    make_goal,
    make_patient,
    make_service_request,
)
from tests.support.packages import GUIDE, make_structure

from fhirbridge.errors import BadSettings, Issue
from fhirbridge.fhir.resources import to_model
from fhirbridge.formats import fhir_json
from fhirbridge.ids import CANONICAL
from fhirbridge.validation.check import Checker, check

Tree = dict[str, Any]
SHIPPED = Path(__file__).parents[3] / "profiles" / "fhirbridge"
DEFINITIONS = f"{CANONICAL}/StructureDefinition"
BASE = "http://hl7.org/fhir/StructureDefinition/"


CLAIMS: list[tuple[str, Callable[..., Tree]]] = [
    ("aftercare-careplan", make_care_plan),
    ("client-goal", make_goal),
    ("aftercare-servicerequest", make_service_request),
    ("client-patient", make_patient),
]


@pytest.fixture(scope="module")
def shipped() -> Checker:
    """A checker with the profiles we ship."""
    return Checker.load(SHIPPED)


def claimed(profile: str, resource: Tree) -> Tree:
    return {**resource, "meta": {"profile": [f"{DEFINITIONS}/{profile}"]}}


@pytest.mark.parametrize("file", sorted(SHIPPED.rglob("*.json")), ids=lambda file: file.name)
def test_every_definition_we_ship_is_valid_r4(file: Path) -> None:
    if file.name == "package.json":
        assert json.loads(file.read_text())["fhirVersions"] == ["4.0.1"]
        return
    definition = fhir_json.parse(file.read_bytes())
    assert [issue for issue in check(definition) if issue.severity != "information"] == []
    assert definition["url"] == f"{CANONICAL}/{definition['resourceType']}/{definition['id']}"
    to_model(definition)


def errors(checker: Checker, resource: Tree) -> list[Issue]:
    return [issue for issue in checker.check(resource) if issue.severity == "error"]


def test_every_profile_we_ship_can_be_used_whole(shipped: Checker) -> None:
    assert {name for name, _ in CLAIMS} <= {url.rpartition("/")[2] for url in shipped.profiles.index}
    assert [each.id for each in shipped.profiles.iter_own() if each.fault or each.gaps] == []


@pytest.mark.parametrize(("profile", "make"), CLAIMS)
def test_a_resource_that_fits_its_profile_has_no_errors(
    shipped: Checker, profile: str, make: Callable[..., Tree]
) -> None:
    assert errors(shipped, claimed(profile, make())) == []


@pytest.mark.parametrize(
    ("profile", "resource", "path"),
    [
        ("aftercare-careplan", make_care_plan(category=[{"text": "x"}]), "CarePlan.category"),
        ("aftercare-careplan", make_care_plan(category=None), "CarePlan.category"),
        ("aftercare-careplan", make_care_plan(subject={"reference": "Group/1"}), "CarePlan.subject"),
        ("aftercare-careplan", make_care_plan(identifier=None), "CarePlan.identifier"),
        (
            "aftercare-careplan",
            make_care_plan(activity=[{"detail": {"status": "scheduled"}}]),
            "CarePlan.activity[0].detail",
        ),
        ("client-goal", make_goal(description={"coding": [{"code": "x"}]}), "Goal.description.text"),
        ("client-goal", make_goal(startDate=None, startCodeableConcept={"text": "x"}), "Goal.startCodeableConcept"),
        ("client-goal", make_goal(target=[{"dueDuration": {"value": 3}}]), "Goal.target[0].dueDuration"),
        ("aftercare-servicerequest", make_service_request(code=None), "ServiceRequest.code"),
        ("aftercare-servicerequest", make_service_request(category=None), "ServiceRequest.category"),
        ("client-patient", make_patient(gender=None), "Patient.gender"),
        ("client-patient", make_patient(identifier=[{"value": "1"}]), "Patient.identifier[0].system"),
        ("client-patient", make_patient(name=None), "Patient.name"),
    ],
)
def test_a_resource_that_breaks_its_profile_is_told(shipped: Checker, profile: str, resource: Tree, path: str) -> None:
    issues = errors(shipped, claimed(profile, resource))
    assert path in [issue.expression for issue in issues]
    assert {issue.profile.partition("|")[0] for issue in issues} == {f"{DEFINITIONS}/{profile}"}


def test_an_extension_may_say_why_a_value_is_missing(shipped: Checker) -> None:
    why = {"extension": [{"url": f"{BASE}data-absent-reason", "valueCode": "unknown"}]}
    assert errors(shipped, claimed("client-patient", make_patient(gender=None, _gender=why))) == []


def test_a_claim_for_another_type_is_told(shipped: Checker) -> None:
    (issue,) = errors(shipped, claimed("client-goal", make_patient()))
    assert "is for Goal" in issue.message


def test_a_profile_that_is_not_loaded_is_reported_as_not_checked(shipped: Checker) -> None:
    goal = make_goal(meta={"profile": ["https://a.example/unknown", f"{DEFINITIONS}/client-goal|0.1.0"]})
    told = [(issue.severity, issue.expression) for issue in shipped.check(goal) if issue.rule == "profile-unknown"]
    assert told == [("information", "Goal.meta.profile[0]")]
    assert not any(issue.rule == "profile-unknown" for issue in shipped.check(goal, profiles=False))


def test_a_profile_may_be_named_that_is_not_claimed(shipped: Checker) -> None:
    issues = shipped.check(make_goal(startDate=None), profiles=[f"{DEFINITIONS}/client-goal"])
    assert {issue.profile.partition("|")[0] for issue in issues} <= {"", f"{DEFINITIONS}/client-goal"}


def test_claims_inside_bundles_and_contained_are_held(shipped: Checker) -> None:
    goal = claimed("client-goal", make_goal(description={"coding": [{"code": "x"}]}))
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": goal, "fullUrl": "urn:uuid:1"}]}
    assert "Bundle.entry[0].resource.description.text" in [each.expression for each in errors(shipped, bundle)]
    around = make_care_plan(contained=[goal], goal=[{"reference": "#goal-1"}])
    assert "CarePlan.contained[0].description.text" in [each.expression for each in errors(shipped, around)]


# -- folders


def loaded(folder: Path, *elements: Tree, **changes: Any) -> Checker:
    (folder / "mine.json").write_text(json.dumps(make_structure("mine", "Goal", *elements, **changes)))
    return Checker.load(folder)


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ({"path": "Goal.colour"}, "no element"),
        ({"path": "Goal.note", "sliceName": "x"}, "does not say what its items are told by"),
        ({"path": "Goal.note", "max": "many"}, "not written"),
    ],
)
def test_a_profile_of_our_own_that_cannot_be_used_whole_does_not_load(
    tmp_path: Path, element: Tree, words: str
) -> None:
    with pytest.raises(BadSettings, match=r"mine\.json") as caught:
        loaded(tmp_path, element)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["{", "\ufeff{}"])
def test_a_file_that_is_no_json_does_not_load(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadSettings, match=r"x\.json"):
        Checker.load(tmp_path)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"resourceType": "ValueSet"}', '{"resourceType": "StructureDefinition", "type": "Extension"}']
)
def test_other_files_are_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert not Checker.load(tmp_path).profiles.index


def test_a_definition_without_its_parts_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"resourceType": "StructureDefinition", "type": "Goal"}')
    with pytest.raises(BadSettings):
        Checker.load(tmp_path)


def test_the_index_has_profiles_of_resources_by_canonical(tmp_path: Path) -> None:
    index = loaded(tmp_path, version="2").profiles.index
    assert (list(index), len(index), bool(index)) == ([f"{GUIDE}mine"], 1, True)
    assert index[f"{GUIDE}mine"] is index[f"{GUIDE}mine|2"]
    assert index.get(f"{GUIDE}other") is None
