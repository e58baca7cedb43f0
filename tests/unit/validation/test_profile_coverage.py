"""Must-support coverage: which elements a set of resources fills."""

from __future__ import annotations

from typing import Any

from tests.support.packages import make_profile

from fhirbridge.validation.profiles import Profile, coverage_of

RED: dict[str, Any] = {"coding": [{"code": "red"}]}


def filled(profile: Profile, *resources: Any) -> dict[str, bool]:
    return {each.id: each.is_filled for each in coverage_of(profile, resources)}


def test_marked_and_required_elements_are_told_in_the_order_of_the_type() -> None:
    profile = make_profile(
        "Goal",
        {"path": "Goal.note", "mustSupport": True},
        {"path": "Goal.priority", "min": 1},
        {"path": "Goal.outcomeCode", "max": "1"},
    )
    told = [(each.id, each.is_required, each.must_support) for each in coverage_of(profile, [])]
    assert told == [("Goal.priority", True, False), ("Goal.note", False, True)]


def test_one_resource_of_many_is_enough() -> None:
    profile = make_profile("Goal", {"path": "Goal.note.text", "mustSupport": True})
    assert filled(profile, {"note": [{}]}, {"note": [{}, {"text": "x"}]}) == {"Goal.note.text": True}


def test_what_is_empty_or_of_another_type_fills_nothing() -> None:
    profile = make_profile("Goal", {"path": "Goal.note", "mustSupport": True})
    assert filled(profile, {"note": []}, {"note": [{}]}, {"resourceType": "Task", "note": [{"text": "x"}]}, "x") == {
        "Goal.note": False
    }


def test_a_slice_is_filled_by_its_own_items() -> None:
    profile = make_profile(
        "Goal",
        {"path": "Goal.category", "slicing": {"discriminator": [{"type": "value", "path": "$this"}], "rules": "open"}},
        {"path": "Goal.category", "sliceName": "red", "mustSupport": True, "patternCodeableConcept": RED},
        {"path": "Goal.category.text", "mustSupport": True},
        {"path": "Goal.category", "sliceName": "untold", "mustSupport": True},
    )
    ids = ("Goal.category:red", "Goal.category:red.text", "Goal.category:untold")
    assert filled(profile, {"category": [{"text": "x"}]}) == dict.fromkeys(ids, False)
    assert filled(profile, {"category": [{**RED, "text": "x"}]}) == dict(zip(ids, (True, True, False), strict=True))


def test_a_type_of_a_choice_is_told_apart() -> None:
    profile = make_profile("Goal", {"path": "Goal.target.dueDate", "mustSupport": True})
    assert filled(profile, {"target": [{"dueDuration": {}}]}) == {"Goal.target.due[x]:dueDate": False}
    assert filled(profile, {"target": [{"dueDate": "2026"}]}) == {"Goal.target.due[x]:dueDate": True}
