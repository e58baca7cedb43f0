"""Reports on quality: as JSON, as FHIR, and per agency over time."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from tests.support.bridge import SAMPLES, World, make_world

from fhirbridge.errors import InvalidContent, NotFound
from fhirbridge.fhir.resources import to_model
from fhirbridge.services import quality
from fhirbridge.validation.check import check

SAMPLE = (SAMPLES / "plan.json").read_bytes()


def spoilt(**changes: Any) -> bytes:
    return json.dumps({**json.loads(SAMPLE), **changes}).encode()


def send_plan(world: World) -> str:
    return str(world.hand_in_sample("riverside-plan")["id"])


def test_a_finding_says_where_what_why_and_who_says_so() -> None:
    (finding,) = quality.read_report("plan", spoilt(copies=[])).to_tree()["findings"]
    assert (finding["rule"], finding["path"]) == ("Q-plan-copies", "copies")
    assert all(finding[name] for name in ("message", "hint", "reason", "source"))


def test_the_reading_grade_is_a_measure() -> None:
    assert 0 < quality.read_report("plan", SAMPLE).to_tree()["measures"]["reading_grade"] < 20


def test_a_broken_record_is_no_matter_of_quality() -> None:
    with pytest.raises(InvalidContent):
        quality.read_report("plan", spoilt(status="no such status"))
    with pytest.raises(InvalidContent, match="no rule"):
        quality.read_report("person", b"{}")


def test_detected_issues_are_valid_and_name_the_record_by_its_key() -> None:
    bundle = quality.to_detected_issues([quality.read_report("plan", spoilt(copies=[]))], date(2026, 11, 22))
    (issue,) = [entry["resource"] for entry in bundle["entry"]]
    assert [found for found in check(bundle) if found.severity == "error"] == []
    to_model(issue)
    assert issue["implicated"][0]["type"] == "CarePlan"


def test_an_outcome_holds_every_finding_as_a_warning() -> None:
    outcome = quality.to_outcome([quality.read_report("plan", spoilt(copies=[], review_due=None))])
    assert [issue["severity"] for issue in outcome["issue"]] == ["warning", "warning"]


def test_no_finding_is_a_clean_outcome() -> None:
    assert quality.to_outcome([])["issue"][0]["severity"] == "information"


def test_an_agency_is_counted_by_month_and_kind() -> None:
    world = make_world()
    send_plan(world)
    (row,) = [each for each in quality.over_time(world.bridge) if each["kind"] == "plan"]
    assert (row["agency"], row["kind"], row["records"]) == ("RIVERSIDE", "plan", 1)
    assert row["findings"] == sum(row["rules"].values())
    assert quality.over_time(world.bridge, since="2199-01") == []
    assert quality.over_time(world.bridge, source="northmoor") == []


def test_a_message_leads_to_reports_on_what_it_made_and_to_nobody_elses() -> None:
    world = make_world()
    message = send_plan(world)
    reports = quality.reports_on_message(world.bridge, world.caller("riverside"), message)
    assert "plan" in {each.record.kind for each in reports}
    with pytest.raises(NotFound):
        quality.reports_on_message(world.bridge, world.caller("northmoor"), message)
