"""Our checker against fhir.resources: where both can judge, they agree.

`fhir.resources` does not look at codes, invariants, empty elements or reference targets; those faults are told in
OURS_ALONE and it must accept them, so that a change of its mind is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.fhir_resources import (
    VALID,
    make_care_plan,
    make_consent,
    make_goal,
    make_observation,
    make_patient,
    make_service_request,
    make_task,
)
from tests.support.maps import MAPPINGS

from fhirbridge.errors import InvalidContent
from fhirbridge.fhir.elements import elements_of
from fhirbridge.fhir.resources import to_model
from fhirbridge.formats import json_text
from fhirbridge.validation.check import Checker, check

Tree = dict[str, Any]

VALID_VARIANTS: list[Tree] = [
    *(make() for make in VALID),
    make_goal(startDate="2026"),
    make_goal(startDate=None, startCodeableConcept={"text": "at once"}),
    make_goal(target=None),
    make_goal(note=[{"text": "x", "time": "2026-01-01T10:00:00+01:00"}]),
    make_patient(deceasedBoolean=False),
    make_patient(contact=[{"name": {"text": "Jo"}}]),
    make_task(executionPeriod={"start": "2026-01-01"}),
    make_service_request(occurrenceTiming={"repeat": {"frequency": 2, "period": 1, "periodUnit": "wk"}}),
    make_observation(valueQuantity=None, valueBoolean=True),
    make_care_plan(period={"start": "2026-02"}),
]

BOTH_REFUSE: list[Tree] = [
    make_goal(colour="red"),
    make_goal(subject=None),
    make_goal(lifecycleStatus=None),
    make_goal(startDate="2026-02-30"),
    make_goal(startDate="soon"),
    make_goal(startCodeableConcept={"text": "x"}),
    make_goal(description="own words"),
    make_goal(target={"dueDate": "2026"}),
    make_goal(id="a b"),
    make_goal(note=[{"time": "2026"}]),
    make_patient(name={"family": "x"}),
    make_patient(name=[{"given": "Li"}]),
    make_patient(birthDate=["1990"]),
    make_patient(multipleBirthBoolean=True, multipleBirthInteger=2),
    make_patient(contact=[{"nothing": 1}]),
    make_task(status=None),
    make_task(restriction={"period": {"end": "x"}}),
    make_service_request(authoredOn="2026-11-20T09:15:00"),
    make_service_request(performer={"reference": "Organization/1"}),
    make_observation(code=None),
    make_observation(valueString="x"),
    make_care_plan(activity={"reference": {"reference": "Task/1"}}),
    make_care_plan(intent=None),
    make_consent(scope=None),
    make_consent(category=None),
    make_consent(provision={"period": {"start": "never"}}),
]

OURS_ALONE: list[Tree] = [
    make_goal(lifecycleStatus="busy"),
    make_goal(description={}),
    make_goal(target=[]),
    make_goal(target=[{"detailString": "x"}]),
    make_goal(subject={"reference": "Device/1"}),
    make_patient(active="true"),
    make_patient(contact=[{"gender": "other"}]),
    make_patient(text={"status": "generated", "div": "<div><script/></div>"}),
    make_task(authoredOn="2026-02-01", lastModified="2026-01-01"),
    make_care_plan(activity=[{"reference": {"reference": "Task/1"}, "detail": {"status": "scheduled"}}]),
    make_care_plan(period={"start": "2026-02", "end": "2026-01"}),
    make_service_request(code=None, orderDetail=[{"text": "x"}]),
    make_consent(policyRule=None),
    make_observation(valueQuantity={"value": "1.5"}),
]


def ours_refuses(resource: Tree) -> bool:
    return any(issue.severity == "error" for issue in check(resource))


def theirs_refuses(resource: Tree) -> bool:
    try:
        to_model(resource)
    except InvalidContent:
        return True
    return False


@pytest.mark.parametrize("resource", VALID_VARIANTS)
def test_both_accept(resource: Tree) -> None:
    assert (ours_refuses(resource), theirs_refuses(resource)) == (False, False)


@pytest.mark.parametrize("resource", BOTH_REFUSE)
def test_both_refuse(resource: Tree) -> None:
    assert (ours_refuses(resource), theirs_refuses(resource)) == (True, True)


@pytest.mark.parametrize("resource", OURS_ALONE)
def test_ours_refuses_what_the_models_let_through(resource: Tree) -> None:
    assert (ours_refuses(resource), theirs_refuses(resource)) == (True, False)


# -- what our maps make, and the same with a fault put in


def iter_golden() -> Iterator[Tree]:
    """Yield each resource that a shipped map is tested to make."""
    for file in sorted((MAPPINGS / "tests").glob("*.expected.json")):
        yield from _resources(json_text.parse(file.read_bytes()))


def _resources(node: Any) -> Iterator[Tree]:
    if isinstance(node, dict) and "resourceType" in node:
        yield node
    else:
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from _resources(each)


GOLDEN = list(iter_golden())


def with_unknown(resource: Tree) -> Tree:
    return {**resource, "colour": "red"}


def without_required(resource: Tree) -> Tree | None:
    needed = [each.name for each in elements_of(resource["resourceType"]) if each.min and not each.choice]
    return {name: value for name, value in resource.items() if name != needed[0]} if needed else None


def with_text_for_objects(resource: Tree) -> Tree | None:
    name = next((name for name, value in resource.items() if isinstance(value, dict) and name != "meta"), None)
    return {**resource, name: "words"} if name else None


def with_one_for_a_list(resource: Tree) -> Tree | None:
    name = next((name for name, value in resource.items() if isinstance(value, list) and name != "extension"), None)
    return {**resource, name: resource[name][0]} if name and isinstance(resource[name][0], dict) else None


def with_unknown_inside(resource: Tree) -> Tree | None:
    name = next((name for name, value in resource.items() if isinstance(value, dict) and name != "meta"), None)
    return {**resource, name: {**resource[name], "colour": "red"}} if name else None


def with_no_day(resource: Tree) -> Tree | None:
    types = {each.name: each.type for each in elements_of(resource["resourceType"])}
    name = next((name for name in resource if types.get(name) in ("date", "dateTime", "instant")), None)
    return {**resource, name: "2026-02-30"} if name else None


FAULTS: list[Callable[[Tree], Tree | None]] = [
    with_unknown,
    without_required,
    with_text_for_objects,
    with_one_for_a_list,
    with_unknown_inside,
    with_no_day,
]


INVARIANT = re.compile(r"[a-z]{3,4}-\d+")


def gate_refuses(resource: Tree) -> bool:
    """Say whether the gate finds a fault that the models look for: invariants they do not know."""
    rules = [issue.rule for issue in Checker().gate(resource) if issue.severity == "error"]
    return any(not INVARIANT.fullmatch(rule) for rule in rules)


def test_both_accept_what_our_maps_make() -> None:
    assert len(GOLDEN) > 20
    assert [(gate_refuses(each), theirs_refuses(each)) for each in GOLDEN] == [(False, False)] * len(GOLDEN)


@pytest.mark.parametrize("spoil", FAULTS)
def test_both_refuse_what_our_maps_make_with_a_fault_put_in(spoil: Callable[[Tree], Tree | None]) -> None:
    spoilt = [found for each in GOLDEN if (found := spoil(each)) is not None]
    assert spoilt
    assert {(gate_refuses(each), ours_refuses(each), theirs_refuses(each)) for each in spoilt} == {(True, True, True)}
