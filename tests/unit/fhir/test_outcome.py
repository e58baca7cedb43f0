"""Issues as an OperationOutcome."""

from __future__ import annotations

from fhirbridge.errors import Issue
from fhirbridge.fhir.outcome import operation_outcome
from fhirbridge.validation.check import Checker


def test_an_issue_becomes_an_entry_with_code_text_and_path() -> None:
    issue = Issue(
        "FB500", "This element is required.", expression="Goal.subject", rule="cardinality-min", hint="Add it."
    )
    (entry,) = operation_outcome([issue])["issue"]
    assert entry["severity"] == "error"
    assert entry["code"] == "invalid"
    assert entry["details"] == {"text": "This element is required."}
    assert entry["expression"] == ["Goal.subject"]
    assert entry["diagnostics"] == "FB500; rule cardinality-min; Add it."


def test_an_issue_without_a_path_has_no_expression() -> None:
    (entry,) = operation_outcome([Issue("FB400", "Not JSON.", location="2:7")])["issue"]
    assert "expression" not in entry
    assert entry["diagnostics"] == "FB400; at 2:7"


def test_no_issues_say_so() -> None:
    (entry,) = operation_outcome([])["issue"]
    assert (entry["severity"], entry["code"]) == ("information", "informational")


def test_an_outcome_is_a_valid_resource() -> None:
    issues = [Issue("FB500", "Wrong.", expression="Goal.x"), Issue("FB800", "Nothing here.", severity="warning")]
    assert Checker().gate(operation_outcome(issues)) == ()
    assert Checker().gate(operation_outcome([])) == ()
