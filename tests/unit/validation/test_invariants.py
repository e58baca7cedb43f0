"""Invariants: the table fits R4, and each rule finds its fault."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.fhir.elements import rules_of
from fhirbridge.validation.invariants import INVARIANTS, invariants_of
from fhirbridge.validation.predicates import keys_of

Tree = dict[str, Any]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
UCUM = "http://unitsofmeasure.org"


def coded(system: str, code: str) -> Tree:
    return {"coding": [{"system": system, "code": code}]}


IN_ERROR = coded(VERIFIED, "entered-in-error")

CASES: list[tuple[str, str, Tree, Tree]] = [
    ("Attachment", "att-1", {"data": "QQ==", "contentType": "text/plain"}, {"data": "QQ=="}),
    ("ContactPoint", "cpt-2", {"value": "1", "system": "phone"}, {"value": "1"}),
    ("Age", "age-1", {"value": 3, "code": "a", "system": UCUM}, {"value": 3}),
    ("Distance", "dis-1", {"value": 3, "code": "m", "system": UCUM}, {"value": 3, "code": "m", "system": "x"}),
    ("Duration", "drt-1", {"value": 3, "code": "d", "system": UCUM}, {"code": "d", "system": UCUM}),
    ("Expression", "exp-1", {"reference": "x"}, {}),
    ("Extension", "ext-1", {"valueDate": "2026"}, {"valueDate": "2026", "extension": []}),
    ("Period", "per-1", {"start": "2026-01-05", "end": "2026-01"}, {"start": "2026-02", "end": "2026-01-31"}),
    ("Quantity", "qty-3", {"code": "a", "system": UCUM}, {"code": "a"}),
    ("Range", "rng-2", {"low": {"value": 1}, "high": {"value": 2}}, {"low": {"value": 3}, "high": {"value": 2}}),
    (
        "Range",
        "rng-2",
        {"low": {"value": 3, "unit": "m"}, "high": {"value": 2, "unit": "km"}},
        {"low": {"value": 3}, "high": {"value": 2}},
    ),
    ("Range", "rng-2", {"low": {}, "high": {"value": "x"}}, {"low": {"value": 3}, "high": {"value": 2}}),
    ("Ratio", "rat-1", {"numerator": {}, "denominator": {}}, {"numerator": {}}),
    ("Timing.repeat", "tim-1", {"duration": 1, "durationUnit": "d"}, {"duration": 1}),
    ("Timing.repeat", "tim-2", {"period": 1, "periodUnit": "d"}, {"period": 1}),
    ("Timing.repeat", "tim-4", {"duration": Decimal("0")}, {"duration": Decimal("-1")}),
    ("Timing.repeat", "tim-5", {"period": 1}, {"period": -1}),
    ("Timing.repeat", "tim-6", {"periodMax": 2, "period": 1}, {"periodMax": 2}),
    ("Timing.repeat", "tim-7", {"durationMax": 2, "duration": 1}, {"durationMax": 2}),
    ("Timing.repeat", "tim-8", {"countMax": 2, "count": 1}, {"countMax": 2}),
    ("Timing.repeat", "tim-9", {"offset": 5, "when": ["HS"]}, {"offset": 5, "when": ["C"]}),
    ("Timing.repeat", "tim-10", {"when": ["HS"]}, {"when": ["HS"], "timeOfDay": ["10:00:00"]}),
    ("Appointment", "app-2", {"start": "x", "end": "y"}, {"start": "x"}),
    ("Appointment", "app-3", {"status": "proposed"}, {"status": "booked"}),
    (
        "Appointment",
        "app-4",
        {"cancelationReason": {}, "status": "cancelled"},
        {"cancelationReason": {}, "status": "booked"},
    ),
    ("Appointment.participant", "app-1", {"actor": {}}, {"status": "accepted"}),
    ("AuditEvent.entity", "sev-1", {"name": "x"}, {"name": "x", "query": "QQ=="}),
    ("Bundle", "bdl-1", {"total": 1, "type": "searchset"}, {"total": 1, "type": "collection"}),
    ("Bundle", "bdl-2", {"type": "searchset", "entry": [{"search": {}}]}, {"type": "batch", "entry": [{"search": {}}]}),
    ("Bundle", "bdl-3", {"type": "batch", "entry": [{"request": {}}]}, {"type": "batch", "entry": [{}]}),
    ("Bundle", "bdl-4", {"type": "batch", "entry": [{}]}, {"type": "batch", "entry": [{"response": {}}]}),
    (
        "Bundle",
        "bdl-7",
        {"entry": [{"fullUrl": "a"}, {"fullUrl": "b"}, {}]},
        {"entry": [{"fullUrl": "a"}, {"fullUrl": "a"}]},
    ),
    (
        "Bundle",
        "bdl-7",
        {"type": "history", "entry": [{"fullUrl": "a"}] * 2},
        {"entry": [{"fullUrl": "a", "resource": {"meta": {"versionId": "1"}}}] * 2},
    ),
    ("Bundle", "bdl-9", {"type": "document", "identifier": {"system": "s", "value": "v"}}, {"type": "document"}),
    ("Bundle", "bdl-10", {"type": "document", "timestamp": "x"}, {"type": "document"}),
    (
        "Bundle",
        "bdl-11",
        {"type": "document", "entry": [{"resource": {"resourceType": "Composition"}}]},
        {"type": "document"},
    ),
    (
        "Bundle",
        "bdl-12",
        {"type": "message", "entry": [{"resource": {"resourceType": "MessageHeader"}}]},
        {"type": "message", "entry": [{}]},
    ),
    ("Bundle.entry", "bdl-5", {"response": {}}, {"fullUrl": "x"}),
    ("Bundle.entry", "bdl-8", {"fullUrl": "a/b"}, {"fullUrl": "a/_history/b"}),
    ("CarePlan.activity", "cpl-3", {"reference": {}}, {"reference": {}, "detail": {}}),
    (
        "CareTeam.participant",
        "ctm-1",
        {"onBehalfOf": {}, "member": {"reference": "Practitioner/1"}},
        {"onBehalfOf": {}, "member": {"reference": "Patient/1"}},
    ),
    ("CodeSystem", "csd-1", {"concept": [{"code": "a"}]}, {"concept": [{"code": "a", "concept": [{"code": "a"}]}]}),
    ("Composition.section", "cmp-1", {"entry": []}, {"title": "x"}),
    ("Composition.section", "cmp-2", {"emptyReason": {}}, {"emptyReason": {}, "entry": []}),
    (
        "ConceptMap.group.element.target",
        "cmd-1",
        {"equivalence": "inexact", "comment": "x"},
        {"equivalence": "inexact"},
    ),
    ("ConceptMap.group.unmapped", "cmd-2", {"mode": "fixed", "code": "x"}, {"mode": "fixed"}),
    ("ConceptMap.group.unmapped", "cmd-3", {"mode": "other-map", "url": "x"}, {"mode": "other-map"}),
    (
        "Condition",
        "con-3",
        {"category": [coded(CATEGORY, "problem-list-item")], "verificationStatus": IN_ERROR},
        {"category": [coded(CATEGORY, "problem-list-item")]},
    ),
    (
        "Condition",
        "con-4",
        {"abatementString": "x", "clinicalStatus": coded(CLINICAL, "resolved")},
        {"abatementString": "x", "clinicalStatus": coded(CLINICAL, "active")},
    ),
    ("Condition", "con-5", {"verificationStatus": IN_ERROR}, {"verificationStatus": IN_ERROR, "clinicalStatus": {}}),
    ("Condition.stage", "con-1", {"summary": {}}, {"type": {}}),
    ("Condition.evidence", "con-2", {"detail": []}, {"id": "x"}),
    ("Consent", "ppc-1", {"policyRule": {}}, {"status": "active"}),
    (
        "Consent",
        "ppc-2",
        {"patient": {}, "scope": coded(SCOPE, "patient-privacy")},
        {"scope": coded(SCOPE, "patient-privacy")},
    ),
    ("Consent", "ppc-3", {"scope": coded(SCOPE, "adr")}, {"scope": coded(SCOPE, "research")}),
    ("Consent", "ppc-4", {"scope": coded(SCOPE, "research")}, {"scope": coded(SCOPE, "adr")}),
    ("Consent", "ppc-5", {"scope": coded(SCOPE, "adr")}, {"scope": coded(SCOPE, "treatment")}),
    ("Goal.target", "gol-1", {"measure": {}, "detailString": "x"}, {"detailString": "x"}),
    ("Group", "grp-1", {"member": [], "actual": True}, {"member": [], "actual": False}),
    ("List", "lst-1", {"entry": []}, {"entry": [], "emptyReason": {}}),
    ("Observation", "obs-6", {"valueString": "x"}, {"valueString": "x", "dataAbsentReason": {}}),
    ("Observation.referenceRange", "obs-3", {"text": "x"}, {"type": {}}),
    ("Organization", "org-1", {"name": "x"}, {"active": True}),
    ("Organization", "org-2", {"address": [{"use": "work"}]}, {"address": [{"use": "home"}]}),
    ("Organization", "org-3", {"telecom": [{}]}, {"telecom": [{"use": "home"}]}),
    ("Parameters.parameter", "inv-1", {"valueString": "x"}, {"valueString": "x", "resource": {}}),
    ("Parameters.parameter", "inv-1", {"part": []}, {"name": "x"}),
    ("Patient.contact", "pat-1", {"name": {}}, {"gender": "other"}),
    ("QuestionnaireResponse.item", "qrs-1", {"item": []}, {"item": [], "answer": []}),
    ("RiskAssessment.prediction", "ras-2", {"probabilityDecimal": 100}, {"probabilityDecimal": Decimal("100.1")}),
    ("SearchParameter", "spd-1", {"xpath": "x", "xpathUsage": "normal"}, {"xpath": "x"}),
    ("SearchParameter", "spd-2", {"chain": [], "type": "reference"}, {"chain": [], "type": "token"}),
    ("ServiceRequest", "prr-1", {"orderDetail": [], "code": {}}, {"orderDetail": []}),
    ("StructureDefinition", "sdf-6", {"differential": {}}, {"name": "x"}),
    (
        "Task",
        "inv-1",
        {"authoredOn": "2026-01-02", "lastModified": "2026-01"},
        {"authoredOn": "2026-01-02", "lastModified": "2026-01-01"},
    ),
    ("ValueSet.compose.include", "vsd-1", {"system": "x"}, {"version": "1"}),
    ("ValueSet.compose.include", "vsd-3", {"concept": []}, {"concept": [], "filter": []}),
    ("ValueSet.expansion.contains", "vsd-6", {"display": "x"}, {"abstract": True}),
    ("ValueSet.expansion.contains", "vsd-10", {"code": "x", "system": "y"}, {"code": "x"}),
]


@pytest.mark.parametrize("rule", INVARIANTS, ids=lambda rule: f"{rule.type}-{rule.key}")
def test_every_rule_is_one_of_r4_and_has_a_case(rule: Any) -> None:
    published = {each.key: each.severity for each in rules_of(rule.type)}
    assert published[rule.key] == rule.severity
    assert any(case[:2] == (rule.type, rule.key) for case in CASES)


@pytest.mark.parametrize(("type_", "key", "good", "bad"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_rule_holds_and_fails(type_: str, key: str, good: Tree, bad: Tree) -> None:
    (test,) = (test for rule, test in invariants_of(type_) if rule.key == key)
    assert test(good)
    assert not test(bad)


@pytest.mark.parametrize("odd", [{}, {"start": 7, "end": "x"}, {"low": 1, "high": {}}, {"entry": "x", "coding": 7}])
def test_a_rule_never_stumbles_over_a_shape(odd: Tree) -> None:
    for rule in INVARIANTS:
        for _, test in invariants_of(rule.type):
            assert test(odd) in (True, False)


def test_a_rule_for_an_element_that_is_not_there_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="no element"):
        keys_of("Goal", "colour")
