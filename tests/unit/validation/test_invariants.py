"""Invariants: every rule of R4 is there once, and each finds its fault."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.fhir.elements import elements_of, rules_of
from fhirbridge.fhir.fhirpath import NO_SCENE, CannotCompile, NotJudged, Scene
from fhirbridge.fhir.table import table
from fhirbridge.validation.invariants import (
    CORRECTIONS,
    STRUCTURAL,
    compile_invariant,
    corrected,
    invariants_at,
    invariants_of,
)

Tree = dict[str, Any]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
UCUM = "http://unitsofmeasure.org"


def coded(system: str, code: str) -> Tree:
    return {"coding": [{"system": system, "code": code}]}


IN_ERROR = coded(VERIFIED, "entered-in-error")
HANDED_OVER_FIRST = {"whenHandedOver": "2026-01", "whenPrepared": "2026-02"}
CODE = coded("urn:x", "a")
REPEATED_CODE = {"valueString": "x", "code": CODE, "component": [{"code": CODE}]}
ANSWER_IS_TEXT = {"operator": "exists", "answerString": "yes"}
DEFINED = {"path": "Patient", "definition": "x", "min": 0, "max": "*"}


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
    ("Bundle", "bdl-3", {"type": "collection", "entry": [{}]}, {"type": "collection", "entry": [{"request": {}}]}),
    ("ElementDefinition", "eld-2", {"min": 1, "max": "2"}, {"min": 3, "max": "2"}),
    ("ElementDefinition", "eld-16", {"sliceName": "a/b"}, {"sliceName": "a b"}),
    ("ElementDefinition", "eld-19", {"path": "Patient.name[x]"}, {"path": "Patient name"}),
    ("ElementDefinition", "eld-20", {"path": "Patient.name"}, {"path": "Patient.Name"}),
    ("Measure", "mea-0", {"status": "draft"}, {"name": "no spaces"}),
    ("MedicationDispense", "mdd-1", {"whenHandedOver": "2026", "whenPrepared": "2026-02"}, HANDED_OVER_FIRST),
    ("Observation", "obs-7", {"valueString": "x", "code": CODE, "component": [{"code": {}}]}, REPEATED_CODE),
    ("Questionnaire", "que-2", {"item": [{"linkId": "1"}]}, {"item": [{"linkId": "1", "item": [{"linkId": "1"}]}]}),
    ("Questionnaire.item", "que-12", {"enableWhen": [{}]}, {"enableWhen": [{}, {}]}),
    ("Questionnaire.item.enableWhen", "que-7", {"operator": "exists", "answerBoolean": True}, ANSWER_IS_TEXT),
    ("RiskAssessment.prediction", "ras-2", {"relativeRisk": 1}, {"probabilityDecimal": 101}),
    ("StructureDefinition.snapshot", "sdf-3", {"element": [DEFINED]}, {"element": [DEFINED, {"path": "Patient.name"}]}),
]


ALL = {rule.expression for type_ in table().types.values() for rule in type_.rules}


@pytest.mark.parametrize(("type_", "key", "good", "bad"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_rule_holds_and_fails(type_: str, key: str, good: Tree, bad: Tree) -> None:
    (rule,) = (rule for rule in invariants_of(type_) if rule.key == key)
    assert rule.test(good, Scene(resource=good))
    assert not rule.test(bad, Scene(resource=bad))


def test_every_rule_of_r4_is_judged_here_or_by_the_structure_check() -> None:
    for type_ in table().types:
        below = {rule.key for each in elements_of(type_) for rule in invariants_at(f"{type_}.{each.name}")}
        found = {rule.key for rule in invariants_of(type_)} | below | STRUCTURAL
        assert {rule.key for rule in rules_of(type_)} <= found


def test_a_rule_has_the_severity_and_words_of_r4() -> None:
    pairs = ((rule, own) for type_ in table().types for rule in invariants_of(type_) for own in rules_of(type_))
    for rule, own in pairs:
        if rule.key == own.key:
            assert rule.severity == own.severity
            assert " ".join(own.human.split()) in rule.message
            assert rule.message.endswith((".", "!", "?"))


@pytest.mark.parametrize("odd", [{}, {"start": 7, "end": "x"}, {"low": 1, "high": {}}, {"entry": "x", "coding": 7}])
def test_a_common_rule_never_stumbles_over_a_shape(odd: Tree) -> None:
    for type_ in table().types:
        for rule in invariants_of(type_):
            if rule.is_common:
                assert rule.test(odd, NO_SCENE) in (True, False)


def test_most_rules_are_common() -> None:
    rules = [rule for type_ in table().types for rule in invariants_of(type_)]
    assert sum(rule.is_common for rule in rules) > len(rules) * 0.95


def test_a_type_has_the_rules_of_what_it_is_made_from() -> None:
    assert [rule.key for rule in invariants_of("Age")] == ["age-1", "qty-3"]
    assert [rule.key for rule in invariants_of("Patient")] == ["dom-6"]
    assert invariants_of("Patient")[0].is_best_practice


def test_a_rule_on_an_element_stands_beside_those_of_its_type() -> None:
    (rule,) = invariants_at("Organization.address")
    assert rule.test({"use": "work"}, NO_SCENE)
    assert not rule.test({"use": "home"}, NO_SCENE)


def test_a_rule_on_a_choice_is_found_by_the_type_that_is_there() -> None:
    percent = {"code": "%", "system": UCUM}
    (rule,) = invariants_at("RiskAssessment.prediction.probabilityRange")
    assert rule.test({"low": percent}, NO_SCENE)
    assert not rule.test({"low": {"code": "kg", "system": UCUM}}, NO_SCENE)
    assert invariants_at("RiskAssessment.prediction.probability[x]") == ()


def test_a_rule_on_a_primitive_looks_at_its_value() -> None:
    (rule,) = invariants_at("ElementDefinition.max")
    assert [rule.test(text, NO_SCENE) for text in ("*", "3", "-1", "many")] == [True, True, False, False]


def test_a_rule_that_needs_the_resource_says_so_when_there_is_none() -> None:
    (rule,) = (rule for rule in invariants_of("StructureDefinition.snapshot") if rule.key == "sdf-8")
    with pytest.raises(NotJudged):
        rule.test({"element": [{"path": "Patient"}]}, NO_SCENE)


def test_a_reference_that_leads_nowhere_is_not_judged() -> None:
    (rule,) = invariants_of("CareTeam.participant")
    lost = {"onBehalfOf": {}, "member": {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}}
    with pytest.raises(NotJudged, match="resolve"):
        rule.test(lost, NO_SCENE)
    assert rule.test(lost, Scene(resolve=lambda reference: {"resourceType": "Practitioner"}))


@pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda each: each.published[:40])
def test_a_correction_is_of_a_rule_that_is_published_and_says_why(correction: Any) -> None:
    assert corrected(correction.published) == correction.judged != correction.published
    assert correction.reason.endswith(".")
    assert correction.published in ALL or "US Core" in correction.reason


def test_what_is_not_wrong_is_judged_as_published() -> None:
    assert corrected("name.exists()") == "name.exists()"


def test_a_rule_of_a_profile_is_compiled_for_each_type_of_a_choice() -> None:
    text = "($this as dateTime).toString().length() >= 8"
    rule = compile_invariant("vs-1", "error", "if it is a dateTime, it must have a day", text, "dateTime")
    assert (rule.key, rule.severity, rule.message) == ("vs-1", "error", "if it is a dateTime, it must have a day.")
    assert [rule.test(day, NO_SCENE) for day in ("2026-01-05", "2026")] == [True, False]
    assert compile_invariant("vs-1", "error", "x", text, "Period").test({"start": "2026"}, NO_SCENE)


def test_a_rule_that_is_no_fhirpath_is_refused() -> None:
    with pytest.raises(CannotCompile):
        compile_invariant("x-1", "error", "x", "name.exists(", "Patient")
