"""What a resource must pass to be kept is a setting."""

from __future__ import annotations

from tests.support.bridge import make_world
from tests.support.fhir_resources import make_goal

WRONG_CODE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/goal-category", "code": "nonsense"}]}


def test_the_gate_looks_at_structure_and_common_rules_only() -> None:
    bridge = make_world().bridge
    assert bridge.check_write(make_goal(category=[WRONG_CODE])) == ()
    assert [issue.rule for issue in bridge.check_write(make_goal(subject=None))] == ["cardinality-min"]


def test_the_full_check_looks_at_codes_too_and_leaves_out_what_is_only_told() -> None:
    bridge = make_world(on_write="full").bridge
    found = bridge.check_write(make_goal(category=[WRONG_CODE]))
    assert [(issue.rule, issue.severity) for issue in found] == [("code-unknown", "error")]
