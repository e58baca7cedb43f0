"""Profiles: what a differential may say, and how resources are held to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.fhir_resources import (
    CLIENT,
    make_care_plan,
    make_consent,
    make_goal,
    make_patient,
    make_service_request,
    make_task,
)

from fhirbridge.errors import BadSettings
from fhirbridge.fhir.resources import to_model
from fhirbridge.formats import fhir_json
from fhirbridge.ids import CANONICAL
from fhirbridge.validation.check import Checker, check

Tree = dict[str, Any]
SHIPPED = Path(__file__).parents[3] / "profiles" / "fhirbridge"
DEFINITIONS = f"{CANONICAL}/StructureDefinition"
BASE = "http://hl7.org/fhir/StructureDefinition/"
URL = "https://a.example/StructureDefinition/mine"


def make_episode(**changes: Any) -> Tree:
    kind = {"url": f"{DEFINITIONS}/discharge-kind", "valueCode": "planned"}
    episode = {
        "resourceType": "EpisodeOfCare",
        "extension": [kind],
        "status": "finished",
        "patient": CLIENT,
        "managingOrganization": {"reference": "Organization/agency-1"},
        "period": {"start": "2026-01-05", "end": "2026-11-20"},
    }
    return {**episode, **changes}


CLAIMS: list[tuple[str, Callable[..., Tree]]] = [
    ("aftercare-careplan", make_care_plan),
    ("client-goal", make_goal),
    ("aftercare-servicerequest", make_service_request),
    ("client-patient", make_patient),
    ("follow-up-task", make_task),
    ("discharge-episode", make_episode),
    ("bridge-consent", make_consent),
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
    assert check(definition) == ()
    assert definition["url"] == f"{CANONICAL}/{definition['resourceType']}/{definition['id']}"
    to_model(definition)


def test_the_profiles_we_ship_are_these(shipped: Checker) -> None:
    assert {url.rpartition("/")[2] for url in shipped.profiles.by_url} == {name for name, _ in CLAIMS}


@pytest.mark.parametrize(("profile", "make"), CLAIMS)
def test_a_resource_that_fits_its_profile_has_no_issues(
    shipped: Checker, profile: str, make: Callable[..., Tree]
) -> None:
    assert shipped.check(claimed(profile, make())) == ()


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
        ("follow-up-task", make_task(owner=None), "Task.owner"),
        ("follow-up-task", make_task(owner={"reference": "Organization/1"}), "Task.owner"),
        ("follow-up-task", make_task(restriction=None), "Task.restriction"),
        ("follow-up-task", make_task(restriction={"period": {"start": "2026"}}), "Task.restriction.period.end"),
        ("follow-up-task", make_task(intent="plan"), "Task.intent"),
        ("follow-up-task", make_task(code={"text": "x"}), "Task.code"),
        (
            "discharge-episode",
            make_episode(extension=[{"url": "https://a.example/e", "valueCode": "x"}]),
            "EpisodeOfCare.extension",
        ),
        ("discharge-episode", make_episode(period={"start": "2026"}), "EpisodeOfCare.period.end"),
        (
            "bridge-consent",
            make_consent(organization=[{"reference": f"Organization/{n}"} for n in "12"]),
            "Consent.organization",
        ),
        ("bridge-consent", make_consent(provision={"type": "deny"}), "Consent.provision.type"),
    ],
)
def test_a_resource_that_breaks_its_profile_is_told(shipped: Checker, profile: str, resource: Tree, path: str) -> None:
    issues = shipped.check(claimed(profile, resource))
    assert path in [issue.expression for issue in issues]
    assert {issue.rule for issue in issues} == {profile}
    assert check(resource) == ()


def test_the_right_element_that_breaks_a_profile_in_two_places_is_told_twice(shipped: Checker) -> None:
    issues = shipped.check(claimed("aftercare-careplan", make_care_plan(category=None)))
    assert [issue.expression for issue in issues] == ["CarePlan.category", "CarePlan.category"]


def test_an_extension_may_say_why_a_value_is_missing(shipped: Checker) -> None:
    why = {"extension": [{"url": "https://a.example/why", "valueCode": "unknown"}]}
    assert shipped.check(claimed("client-patient", make_patient(gender=None, _gender=why))) == ()


def test_a_claim_for_another_type_is_told(shipped: Checker) -> None:
    (issue,) = shipped.check(claimed("client-goal", make_patient()))
    assert "is for Goal" in issue.message


def test_a_profile_that_is_not_loaded_is_reported_as_not_checked(shipped: Checker) -> None:
    goal = make_goal(meta={"profile": ["https://a.example/unknown", f"{DEFINITIONS}/client-goal|0.1.0"]})
    (issue,) = shipped.check(goal)
    assert (issue.severity, issue.expression) == ("information", "Goal.meta.profile[0]")
    assert shipped.check(goal, profiles=False) == ()


def test_claims_inside_bundles_and_contained_are_held(shipped: Checker) -> None:
    goal = claimed("client-goal", make_goal(description={"coding": [{"code": "x"}]}))
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": goal}]}
    (issue,) = shipped.check(bundle)
    assert issue.expression == "Bundle.entry[0].resource.description.text"
    around = make_care_plan(contained=[goal], goal=[{"reference": "#goal-1"}])
    (issue,) = shipped.check(around)
    assert issue.expression == "CarePlan.contained[0].description.text"


# -- what a differential may say


def loaded(folder: Path, *elements: Tree, type_: str = "Goal") -> Checker:
    definition = {
        "resourceType": "StructureDefinition",
        "id": "mine",
        "url": URL,
        "type": type_,
        "differential": {"element": [{"path": type_}, *elements]},
    }
    (folder / "mine.json").write_text(json.dumps(definition))
    return Checker.load(folder)


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ({"path": "Goal.colour"}, "no element"),
        ({"path": "Goal.target.due.value"}, "no element"),
        ({"path": "Goal.note", "binding": {"strength": "required"}}, "binding"),
        ({"path": "Goal.note", "constraint": []}, "constraint"),
        ({"path": "Goal.note", "sliceName": "x"}, "no pattern"),
        ({"path": "Goal.subject", "type": [{"code": "Reference", "targetProfile": [URL]}]}, "no R4 resource type"),
        ({"path": "Goal.subject", "type": [{"code": "Reference", "profile": [URL]}]}, "profile for its type"),
        ({"path": "Goal.note", "max": "many"}, "invalid literal"),
    ],
)
def test_a_differential_that_says_more_does_not_load(tmp_path: Path, element: Tree, words: str) -> None:
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
    assert Checker.load(tmp_path).profiles.by_url == {}


def test_a_definition_without_its_parts_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"resourceType": "StructureDefinition", "type": "Goal"}')
    with pytest.raises(BadSettings):
        Checker.load(tmp_path)


@pytest.mark.parametrize(
    ("element", "good", "bad"),
    [
        ({"path": "Goal.note", "max": "0"}, {}, {"note": [{"text": "x"}]}),
        ({"path": "Goal.lifecycleStatus", "fixedCode": "active"}, {}, {"lifecycleStatus": "planned"}),
        ({"path": "Goal.note.text", "fixedMarkdown": "x"}, {"note": [{"text": "x"}]}, {"note": [{"text": "y"}]}),
        (
            {
                "path": "Goal.category",
                "sliceName": "a",
                "min": 1,
                "patternCodeableConcept": {"coding": [{"code": "a"}]},
            },
            {"category": [{"text": "x"}, {"coding": [{"code": "b"}, {"code": "a", "system": "urn:s"}]}]},
            {"category": [{"coding": [{"code": "b"}]}]},
        ),
        (
            {"path": "Goal.subject", "type": [{"code": "Reference", "targetProfile": [f"{BASE}Patient"]}]},
            {"subject": {"display": "x"}},
            {"subject": {"reference": "Group/1"}},
        ),
        ({"path": "Goal.start[x]", "min": 1, "type": [{"code": "date"}]}, {}, {"startDate": None}),
    ],
)
def test_a_rule_is_held(tmp_path: Path, element: Tree, good: Tree, bad: Tree) -> None:
    checker = loaded(tmp_path, element)
    assert checker.check(make_goal(meta={"profile": [URL]}, **good)) == ()
    assert [issue.rule for issue in checker.check(make_goal(meta={"profile": [URL]}, **bad))] == ["mine"]


def test_true_is_not_one(tmp_path: Path) -> None:
    checker = loaded(tmp_path, {"path": "Patient.active", "fixedBoolean": True}, type_="Patient")
    issues = checker.check(make_patient(active=1, meta={"profile": [URL]}))
    assert [issue.rule for issue in issues] == ["type-boolean", "mine"]
