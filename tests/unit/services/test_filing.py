"""What a message leaves behind: resources that follow their record, one Patient a person, deliveries, consents."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bridge import ALL_SAMPLES, MRN, World, make_world, sample_tree

from fhirbridge.errors import Issue
from fhirbridge.formats import fhir_json
from fhirbridge.store.base import Query, ResourceRow


@pytest.fixture
def world() -> World:
    return make_world()


def find_all(world: World, type_: str) -> list[ResourceRow]:
    with world.bridge.store.snapshot() as tx:
        return tx.search(Query(type_, count=1000))


def get_patient(world: World) -> dict[str, Any]:
    (row,) = find_all(world, "Patient")
    return fhir_json.parse(row.body)


def test_one_patient_says_what_all_sources_say(world: World) -> None:
    for name in ("northmoor-release", "riverside-plan"):
        world.hand_in_sample(name)
    patient = get_patient(world)
    values = {each["value"] for each in patient["identifier"]}
    assert values >= {MRN[1], "RR-20417", "N0472913"}
    assert patient["id"] == world.person_id()
    assert {name["family"] for name in patient["name"] if "family" in name} == {"Vega"}


def test_the_order_of_arrival_does_not_change_what_the_patient_says() -> None:
    said = []
    for names in (ALL_SAMPLES, (ALL_SAMPLES[2], *ALL_SAMPLES[:2], *reversed(ALL_SAMPLES[3:]))):
        world = make_world()
        for name in names:
            world.hand_in_sample(name)
        patient = get_patient(world)
        said.append({name: value for name, value in patient.items() if name not in ("id", "meta")})
    assert said[0] == said[1]


def test_a_person_known_by_number_only_is_a_patient_too(world: World) -> None:
    world.hand_in_sample("riverside-consent-hospital")
    patient = get_patient(world)
    assert [each["value"] for each in patient["identifier"]] == ["RR-20417"]
    assert "name" not in patient


def test_the_same_content_again_is_no_new_version(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    before = [(row.id, row.version) for row in find_all(world, "CarePlan")]
    world.hand_in("riverside", "plan", sample_tree("riverside-plan"))
    assert [(row.id, row.version) for row in find_all(world, "CarePlan")] == before


def test_a_changed_plan_is_a_new_version_under_the_same_id(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    tree = sample_tree("riverside-plan")
    tree["case"]["planName"] = "Mari's plan, revised"
    (first,) = find_all(world, "CarePlan")
    world.hand_in("riverside", "plan", tree)
    (second,) = find_all(world, "CarePlan")
    assert (second.id, second.version) == (first.id, first.version + 1)
    meta = fhir_json.parse(second.body)["meta"]
    assert meta["versionId"] == str(second.version)


def test_a_goal_that_was_taken_out_of_the_plan_is_gone(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    tree = sample_tree("riverside-plan")
    tree["case"]["goals"].pop()
    assert len(find_all(world, "Goal")) == 5
    world.hand_in("riverside", "plan", tree)
    assert len(find_all(world, "Goal")) == 3  # its objective is a goal too


def test_each_person_resource_is_labelled_and_the_directory_is_not(world: World) -> None:
    world.hand_in_all()
    for type_ in ("CarePlan", "Goal", "Task", "Patient", "Consent"):
        for row in find_all(world, type_):
            codes = {each["code"] for each in fhir_json.parse(row.body)["meta"]["security"]}
            assert codes >= ({"R"} if row.data_class == "D6" else {"R", "42CFRPart2", "SUD"})
    for row in find_all(world, "Organization"):
        assert row.person_id is None and "security" not in fhir_json.parse(row.body).get("meta", {})


def test_a_consent_is_handed_in_by_the_organisation_that_it_lets_tell(world: World) -> None:
    tree = sample_tree("riverside-consent-hospital")
    tree["releasedBy"]["siteCode"] = "SOMEBODY-ELSE"
    told = world.hand_in("riverside", "consent", tree)
    assert (told["state"], told["issues"][0]["path"]) == ("parked", "doc.releasedBy.siteCode")


def test_a_consent_is_judged_under_the_id_of_its_resource(world: World) -> None:
    world.hand_in_sample("riverside-consent-hospital")
    with world.bridge.store.snapshot() as tx:
        (row,) = tx.iter_consents(find_all(world, "Patient")[0].id)
    assert [each.id for each in find_all(world, "Consent")] == [row.id]
    assert row.recipients == ("LAKESIDE-GENERAL",)


def test_each_partner_that_wants_the_kind_gets_one_delivery_for_each_version(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    world.hand_in("riverside", "plan", sample_tree("riverside-plan"))
    with world.bridge.store.snapshot() as tx:
        assert [each.partner for each in tx.iter_deliveries()] == ["county-probation"]
    tree = sample_tree("riverside-plan")
    tree["attendance"]["attended"] = 9
    world.hand_in("riverside", "plan", tree)
    with world.bridge.store.snapshot() as tx:
        assert len(list(tx.iter_deliveries())) == 2


def test_the_maps_that_were_used_are_kept(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    with world.bridge.store.snapshot() as tx:
        for name in ("riverside-plan", "plan", "referral"):
            map_ = world.bridge.maps.get(name)
            assert tx.find_map_version(map_.hash) == map_.text


def test_what_a_plan_lacks_is_reported_and_carried(world: World) -> None:
    tree = sample_tree("riverside-plan")
    del tree["case"]["goals"][0]["steps"][0]["targetDate"]
    told = world.hand_in("riverside", "plan", tree)
    assert told["state"] == "stored"
    warnings = [issue for issue in told["issues"] if issue["severity"] == "warning"]
    assert any("goals[0].steps[0]" in issue["path"] for issue in warnings), warnings


class Strict:
    """A checker that finds one fault."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def check(self, resource: dict[str, Any], *, profiles: bool = True) -> tuple[Issue, ...]:
        if not self.expression.startswith(resource["resourceType"]):
            return ()
        return (Issue("FB500", "This breaks a rule.", self.expression, rule="probe"),)

    def conforms(self, resource: dict[str, Any], canonical: str) -> bool:
        return True


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("Goal.target[0].dueDate", "doc.case.goals[0].steps[0].targetDate"),
        ("Goal.lifecycleStatus", "doc.case.goals[0].goalState"),
        ("Goal.implicitRules", "Goal.implicitRules"),
        ("CarePlan.intent", "CarePlan.intent"),
    ],
)
def test_a_fault_of_a_resource_is_told_by_the_senders_field_where_there_is_one(expression: str, path: str) -> None:
    world = make_world(checker=Strict(expression), on_write="full")
    told = world.hand_in_sample("riverside-plan")
    assert told["state"] == "parked" and path in {issue["path"] for issue in told["issues"]}
    assert find_all(world, "CarePlan") == []


def test_each_resource_is_kept_with_its_narrative(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    for type_ in ("CarePlan", "Goal", "Patient", "Practitioner"):
        (row, *_) = find_all(world, type_)
        assert fhir_json.parse(row.body)["text"]["status"] == "generated", type_
