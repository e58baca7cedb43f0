"""Lineage and rules for those who ask: links with their rows, and the nearest names where nothing is found."""

from __future__ import annotations

import pytest
from tests.support.maps import MAPPINGS

from fhirbridge.errors import NotFound
from fhirbridge.services.maps.lineage import trace_from, trace_to
from fhirbridge.services.maps.rules import explain_target


def test_a_link_tells_row_place_codec_and_table() -> None:
    first = trace_to(MAPPINGS, "CarePlan.status")[0]
    assert (first.source, first.target, first.depth) == ("plan.status", "CarePlan.status", 1)
    assert first.location.startswith("records/plan.yaml:") and first.row.startswith("plan.status")
    assert (first.codec, first.table) == ("code plan-status", "tables/plan-status.csv")


def test_lines_go_back_as_well() -> None:
    targets = {link.target for link in trace_from(MAPPINGS, "monitoring.compliant", back=True)}
    assert "county-report:doc.compliant" in targets


@pytest.mark.parametrize(
    ("asked", "meant"), [("CarePlan.statsu", "CarePlan.status"), ("plan.goals.own_word", "own_words")]
)
def test_a_slip_is_answered_with_the_nearest_name(asked: str, meant: str) -> None:
    with pytest.raises(NotFound, match=meant):
        trace_to(MAPPINGS, asked)


def test_what_only_goes_the_other_way_is_answered_with_a_hint() -> None:
    with pytest.raises(NotFound, match="--back"):
        trace_from(MAPPINGS, "zzzzzzzzzzzz")


def test_a_rule_tells_words_field_and_demand() -> None:
    rule = next(each for each in explain_target(MAPPINGS, "Goal.description.text") if each.map == "plan")
    assert rule.source == "plan.goals[].own_words"
    assert rule.words == "The client's words, never changed." and rule.way == "both ways"
    assert (rule.demand.cardinality, rule.demand.must_support) == ("1..1", True)
    assert rule.demand.note == "The client's own words, verbatim." and rule.demand.profile == "Goal of a client"
    assert rule.fields[0].name == "plan.goals.own_words"


def test_a_rule_to_a_record_tells_what_the_records_schema_says() -> None:
    rule = next(each for each in explain_target(MAPPINGS, "plan.type") if each.map == "riverside-plan")
    assert rule.demand.note == "Which of the five names the plan goes by." and "aftercare-plan" in rule.demand.binding


def test_an_element_that_no_row_writes_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"Goal\.target\.dueDate"):
        explain_target(MAPPINGS, "Goal.target.dueDat")
