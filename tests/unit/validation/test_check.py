"""The checker as a whole: it judges any tree and raises nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fhir_resources import VALID, make_goal

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import elements_of
from fhirbridge.validation.check import Checker, check

Tree = dict[str, Any]
NAMES = sorted(
    {
        each.name
        for type_ in ("CarePlan", "Reference", "Extension", "Annotation", "Period")
        for each in elements_of(type_)
    }
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False)
KEYS = st.sampled_from([*NAMES, "resourceType", "_status", "_given", "valueString"]) | st.text(max_size=4)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=15
)


def faults(issues: tuple[Issue, ...]) -> set[tuple[str, str]]:
    return {(issue.expression, issue.rule) for issue in issues if issue.severity == "error"}


@given(TREES)
def test_any_tree_is_judged(tree: Any) -> None:
    assert isinstance(check(tree), tuple)
    assert isinstance(Checker().gate(tree), tuple)


@given(st.sampled_from([make() for make in VALID]), st.dictionaries(KEYS, TREES, max_size=4))
@settings(max_examples=200)
def test_any_change_to_a_resource_is_judged(resource: Tree, changes: Tree) -> None:
    changed = {**resource, **changes, "resourceType": resource["resourceType"]}
    full = check(changed)
    for issue in full:
        assert issue.code == "FB500"
        assert issue.expression.startswith(resource["resourceType"])
    assert faults(Checker().gate(changed)) <= faults(full)


@given(st.sampled_from([make() for make in VALID]), st.data())
def test_any_element_in_the_place_of_another_is_judged(resource: Tree, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(resource.keys() - {"resourceType"})))
    assert isinstance(check({**resource, name: data.draw(TREES)}), tuple)


def test_a_tree_too_deep_for_the_machine_is_told() -> None:
    extension: Tree = {"url": "u", "valueCode": "x"}
    for _ in range(2000):
        extension = {"url": "u", "extension": [extension]}
    goal = make_goal(extension=[extension])
    assert check(goal)[-1].rule == Checker().gate(goal)[-1].rule == "depth"
