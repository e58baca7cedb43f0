"""Where an element came from: from FHIR to the record to the partner's own field."""

from __future__ import annotations

import pytest
from tests.support.bridge import World, make_world, sample_tree

from fhirbridge.errors import NotFound
from fhirbridge.services.explain import Explanation, explain
from fhirbridge.store.base import Query


@pytest.fixture(scope="module")
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def ask(world: World, type_: str, path: str, title: str = "") -> Explanation:
    with world.bridge.store.snapshot() as tx:
        row = next(row for row in tx.search(Query(type_)) if title.encode() in row.body)
    return explain(world.bridge, type_, row.id, path)


def reasons(told: Explanation) -> str:
    return " ".join(reason.text for reason in told.absent)


def test_an_element_is_led_back_through_two_maps(world: World) -> None:
    told = ask(world, "Goal", "Goal.description.text", "wake up")
    first, second = told.steps
    assert (first.target, first.source) == ("Goal.description.text", "plan.goals[0].own_words")
    assert second.source == "doc.case.goals[0].clientSays"
    assert (first.file, second.file) == ("records/plan.yaml", "sources/riverside-plan.yaml")
    assert first.line > 0 and first.codec == "verbatim" and first.data_class == "D3"
    assert told.record == "plan/riverside/RR-P-3301" and told.message.startswith("m-")


def test_versions_are_those_of_the_maps_that_ran(world: World) -> None:
    told = ask(world, "Goal", "description.text", "wake up")
    assert [step.hash for step in told.steps] == [world.bridge.maps.get(n).hash for n in ("plan", "riverside-plan")]


def test_no_value_is_told(world: World) -> None:
    text = "\n".join(ask(world, "Goal", "description.text", "wake up").to_lines())
    assert "wake up" not in text and "records/plan.yaml:" in text and "doc.case.goals[0].clientSays" in text


def test_a_constant_says_that_it_is_one(world: World) -> None:
    told = ask(world, "CarePlan", "intent", "first six months")
    assert [step.source for step in told.steps] == [""]
    assert "a constant of the map" in "\n".join(told.to_lines())


def test_what_is_absent_says_which_field_would_fill_it(world: World) -> None:
    absent = ask(world, "CarePlan", "goal[7]", "first six months")
    assert reasons(absent) == "The source field `plan.goals[7]` is empty."
    assert absent.absent[0].row.startswith("plan.goals[] <=> goal[]")
    assert "No row" in reasons(ask(world, "CarePlan", "instantiatesUri"))
    assert "made by the bridge" in reasons(ask(world, "CarePlan", "identifier[0].value"))
    assert "made by the bridge" in reasons(ask(world, "CarePlan", "text.div"))


def test_the_line_of_the_code_table_is_told_for_both_maps(world: World) -> None:
    told = ask(world, "CarePlan", "status", "first six months")
    assert [step.table.partition(":")[0] for step in told.steps] == [
        "tables/plan-status.csv",
        "tables/riverside-plan-state.csv",
    ]
    assert all(step.table.partition(":")[2].isdecimal() and step.row for step in told.steps)


def test_an_element_of_the_patient_names_the_record_that_told_it(world: World) -> None:
    assert ask(world, "Patient", "birthDate").record.startswith("person/")


def test_the_tree_holds_the_same(world: World) -> None:
    tree = ask(world, "Goal", "description.text", "wake up").to_tree()
    assert isinstance(tree["steps"], list) and tree["steps"][0]["map"] == "plan"


def test_an_unknown_resource_cannot_be_explained(world: World) -> None:
    with pytest.raises(NotFound):
        explain(world.bridge, "Goal", "no-such-goal", "status")


def test_what_was_taken_out_of_the_record_says_so() -> None:
    world = make_world()
    told = world.hand_in_sample("riverside-plan")
    tree = sample_tree("riverside-plan")
    tree["case"]["goals"].clear()
    world.hand_in("riverside", "plan", tree)
    goal = next(name for name in told["resources"] if name.startswith("Goal/"))
    assert "deleted" in explain(world.bridge, "Goal", goal.partition("/")[2], "description.text").absent[0].text


def test_a_patient_known_by_number_only_was_written_by_no_map() -> None:
    world = make_world()
    told = world.hand_in_sample("riverside-consent-hospital")
    patient = next(name for name in told["resources"] if name.startswith("Patient/"))
    explained = explain(world.bridge, "Patient", patient.partition("/")[2], "birthDate")
    assert reasons(explained) == "No map wrote this element."
    assert "of several sources" in "\n".join(explained.to_lines())
