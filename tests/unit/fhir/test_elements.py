"""The facts of R4 as the program asks for them."""

from __future__ import annotations

import pytest

from fhirbridge.fhir.elements import (
    RESOURCE_TYPES,
    concepts_of,
    elements_of,
    find_binding,
    find_element,
    is_primitive,
    is_resource,
    pattern_of,
    rules_of,
)


def test_there_are_the_146_resource_types_of_r4() -> None:
    assert len(RESOURCE_TYPES) == 146
    assert list(RESOURCE_TYPES) == sorted(RESOURCE_TYPES)


def test_elements_come_in_the_order_of_the_specification() -> None:
    names = [element.name for element in elements_of("Goal")]
    assert names.index("lifecycleStatus") < names.index("description") < names.index("subject") < names.index("note")


def test_a_choice_is_one_element_per_type() -> None:
    due = [element for element in elements_of("Goal.target") if element.choice == "due"]
    assert [(element.name, element.type) for element in due] == [("dueDate", "date"), ("dueDuration", "Duration")]


def test_a_content_reference_is_followed_to_its_path() -> None:
    link = find_element("Bundle.entry", "link")
    assert link is not None
    assert link.type == "Bundle.link"


def test_cardinality_and_targets_are_known() -> None:
    subject, goal = find_element("CarePlan", "subject"), find_element("CarePlan", "goal")
    assert subject is not None and goal is not None
    assert (subject.min, subject.max, subject.is_list, subject.targets) == (1, 1, False, ("Patient", "Group"))
    assert (goal.min, goal.max, goal.is_list, goal.targets) == (0, None, True, ("Goal",))


def test_a_required_binding_has_its_codes() -> None:
    status = find_element("CarePlan", "status")
    assert status is not None and status.binding is not None
    expected = {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
    assert status.binding.codes == expected


def test_another_binding_has_no_codes() -> None:
    category = find_element("CarePlan", "category")
    assert category is not None and category.binding is not None
    assert category.binding.codes == frozenset()


def test_codes_are_known_by_their_system() -> None:
    value_set = "http://hl7.org/fhir/ValueSet/condition-clinical"
    (system,) = concepts_of(value_set)
    assert system == "http://terminology.hl7.org/CodeSystem/condition-clinical"
    assert find_binding("required", value_set).codes == concepts_of(value_set)[system]


@pytest.mark.parametrize(("type_", "name"), [("CarePlan", "goals"), ("Nothing", "id"), ("string", "value")])
def test_what_r4_does_not_have_is_not_found(type_: str, name: str) -> None:
    assert find_element(type_, name) is None


def test_a_resource_id_is_an_id_and_an_element_id_is_text() -> None:
    resource, element = find_element("Patient", "id"), find_element("Extension", "id")
    assert resource is not None and element is not None
    assert (resource.type, element.type, element.is_attribute) == ("id", "string", True)


def test_kinds_of_types_are_told_apart() -> None:
    assert is_primitive("date") and not is_primitive("Period")
    assert is_resource("Goal") and not is_resource("Resource") and not is_resource("Period")
    assert pattern_of("id") == r"[A-Za-z0-9\-\.]{1,64}"


def test_invariants_stand_where_they_are_set() -> None:
    assert [rule.key for rule in rules_of("CarePlan.activity")] == ["cpl-3"]
    assert rules_of("Nothing") == ()
