"""Checking on request: what files hold, and what `$validate` asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirbridge.errors import MalformedInput, UnsupportedSearch
from fhirbridge.services.validate import Read, answer, asked_of, iter_read, validate
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]
CHECKER = Checker()
GOAL: Tree = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "x"},
    "subject": {"reference": "Patient/1"},
}


def found(name: str, body: bytes) -> list[tuple[str, bool]]:
    return [(each.label, each.tree is not None) for each in iter_read(name, body)]


def test_files_hold_json_xml_or_lines() -> None:
    body = json.dumps(GOAL).encode()
    assert found("a.json", body) == [("a.json", True)]
    assert found("a.xml", b'<Goal xmlns="http://hl7.org/fhir"><id value="a"/></Goal>') == [("a.xml", True)]
    assert found("a.ndjson", body + b"\n\n{\n") == [("a.ndjson:1", True), ("a.ndjson:3", False)]


def test_what_cannot_be_read_is_told_as_an_issue() -> None:
    (read,) = iter_read("a.json", b"{")
    told = validate(CHECKER, read)
    assert [issue.severity for issue in told.issues] == ["error"]
    assert not told.passes


def test_what_is_not_checked_is_counted_apart() -> None:
    claimed = {**GOAL, "meta": {"profile": ["https://guide.example/x"]}}
    told = validate(CHECKER, Read("", claimed))
    assert told.passes
    assert told.not_checked == 1


def test_the_gate_does_not_look_at_profiles() -> None:
    claimed = {**GOAL, "meta": {"profile": ["https://guide.example/x"]}}
    assert validate(CHECKER, Read("", claimed), gate=True).issues == ()


def test_a_profile_may_be_named() -> None:
    told = validate(CHECKER, Read("", GOAL), profiles=["https://guide.example/x"])
    assert [issue.rule for issue in told.issues if issue.rule == "profile-unknown"] == ["profile-unknown"]


def test_the_body_is_the_resource_or_parameters_of_the_call() -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": GOAL},
            {"name": "profile", "valueUri": "urn:a"},
            {"name": "mode", "valueCode": "create"},
        ],
    }
    asked = asked_of(parameters, ["urn:b"])
    assert (asked.resource, asked.profiles, asked.mode) == (GOAL, ("urn:b", "urn:a"), "create")
    assert asked_of(GOAL, ["urn:b"], "update").mode == "update"


def test_parameters_that_are_no_call_are_the_resource() -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "colour", "valueString": "red"}]}
    assert asked_of(parameters).resource is parameters


def test_a_call_without_a_resource_is_refused() -> None:
    with pytest.raises(MalformedInput):
        asked_of({"resourceType": "Parameters", "parameter": [{"name": "profile", "valueUri": "urn:a"}]})


def test_the_answer_is_an_outcome_whatever_is_found() -> None:
    outcome = answer(CHECKER, asked_of({**GOAL, "lifecycleStatus": "x"}), "Goal")
    assert "error" in [issue["severity"] for issue in outcome["issue"]]
    assert answer(CHECKER, asked_of({"resourceType": "Basic", "code": {"text": "x"}}))["resourceType"] == (
        "OperationOutcome"
    )


def test_another_type_or_a_mode_we_do_not_have_is_refused() -> None:
    with pytest.raises(MalformedInput):
        answer(CHECKER, asked_of(GOAL), "Task")
    with pytest.raises(UnsupportedSearch):
        answer(CHECKER, asked_of(GOAL, (), "delete"))
