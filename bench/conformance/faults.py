"""Single faults put into valid resources: some ninety kinds, each in one place, so that validators can be compared."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from bench.conformance.places import (
    Fault,
    Fits,
    Place,
    Put,
    beside,
    both,
    changed,
    claimed,
    first_of,
    has_choice,
    has_code_of_hl7,
    has_required_code,
    has_required_concept,
    inside,
    is_filled_list,
    is_object,
    is_required,
    is_root,
    is_single,
    items_of,
    of_type,
    points_elsewhere,
    put,
    remove,
    twice,
    within,
)
from fhirbridge.fhir.elements import elements_of

EXTENSION = {"url": "https://example.org/unknown", "valueString": "x"}
UNHEARD = {"url": "https://unheard.test/unknown", "valueString": "x"}
"""Of a domain that is not kept for examples, so that a validator may not shrug."""
CORE = "http://hl7.org/fhir/StructureDefinition/"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
UCUM = "http://unitsofmeasure.org"
MISTAKEN = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]
}

VITAL = [
    "vital-signs",
    "us-core-bmi",
    "us-core-body",
    "us-core-heart-rate",
    "us-core-respiratory-rate",
    "us-core-pulse-oximetry",
]
"""Profiles of US Core that fix the unit of the value."""


def _other_choice(p: Place) -> None:
    others = [e for e in elements_of(p.type) if e.choice == p.element.choice and e.name not in p.holder]
    wanted = next((e for e in others if e.type in ("string", "boolean", "Period")), others[0])
    p.holder[wanted.name] = {"string": "x", "boolean": True}.get(wanted.type, {"start": "2026-01-01"})


def _wrong_concept(p: Place) -> None:
    p.value["coding"] = [{"system": p.value["coding"][0].get("system", "urn:x"), "code": "no-such-code"}]


def _other_codes(p: Place) -> None:
    for concept in items_of(p.value):
        concept["coding"] = [{"system": "https://example.org/codes", "code": "other"}]


def _wrong_target(p: Place) -> None:
    p.value["reference"] = next(
        t for t in ("Slot/1", "Device/1", "Account/1") if t.split("/")[0] not in p.element.targets
    )


def _without(*names: str) -> Put:
    def take(p: Place) -> None:
        for name in names:
            p.holder.pop(name, None)

    return take


def _detail_only(p: Place) -> None:
    p.holder.pop("code", None)
    p.holder["orderDetail"] = [{"text": "x"}]


def _renamed(name: str, value: Any) -> Put:
    def rename(p: Place) -> None:
        del p.holder[p.key]
        p.holder[name] = deepcopy(value)

    return rename


def _is_root_of(*types: str) -> Fits:
    return lambda p: is_root(p) and p.type in types


def _has_race(p: Place) -> bool:
    is_patient = p.type == "Patient" and p.key == "extension" and p.holder is p.root
    return is_patient and any("us-core-race" in each.get("url", "") for each in p.value)


def _race(p: Place) -> Any:
    return next(each for each in p.value if "us-core-race" in each["url"])


def _race_without_text(p: Place) -> None:
    race = _race(p)
    race["extension"] = [each for each in race["extension"] if each["url"] != "text"]


def _is_vital(p: Place) -> bool:
    return any(claimed(name, "Observation", "valueQuantity")(p) for name in VITAL)


STRUCTURE = (
    Fault("unknown-element", "structure", is_object, inside(noSuchElement="x")),
    Fault("unknown-element-at-root", "structure", is_root, beside(noSuchElement="x")),
    Fault("text-for-object", "structure", is_object, put("x")),
    Fault("object-for-text", "structure", of_type("string", "code", "date", "dateTime"), put({"value": "x"})),
    Fault("list-for-single", "structure", is_single, changed(lambda value: [value])),
    Fault("single-for-list", "structure", is_filled_list, changed(lambda value: value[0])),
    Fault("empty-list", "structure", is_filled_list, put([])),
    Fault("empty-object", "structure", is_object, put({})),
    Fault("null-for-object", "structure", is_object, put(None)),
    Fault("two-types-of-a-choice", "structure", has_choice, _other_choice),
    Fault(
        "choice-of-no-such-type",
        "structure",
        within("Observation", "valueQuantity"),
        _renamed("valueMoney", {"value": 1}),
    ),
    Fault("unknown-resource-type", "structure", is_root, beside(resourceType="NoSuchResource")),
    Fault("contained-without-type", "structure", is_root, beside(contained=[{"id": "c1"}])),
)
CARDINALITY = (
    Fault("required-missing", "cardinality", is_required, remove),
    Fault("required-missing-in-part", "cardinality", both(is_required, lambda p: p.holder is not p.root), remove),
    Fault("extension-without-url", "cardinality", is_root, beside(extension=[{"valueString": "x"}])),
)
PRIMITIVE = (
    Fault("bad-date", "primitive", of_type("date"), put("2026-13-01")),
    Fault("day-that-is-none", "primitive", of_type("date", "dateTime"), put("2026-02-30")),
    Fault("time-without-zone", "primitive", of_type("dateTime", "instant"), put("2026-02-03T10:00:00")),
    Fault("instant-without-time", "primitive", of_type("instant"), put("2026-02-03")),
    Fault("boolean-in-quotes", "primitive", of_type("boolean"), put("true")),
    Fault("number-in-quotes", "primitive", of_type("integer", "positiveInt", "unsignedInt", "decimal"), put("1")),
    Fault("fraction-for-whole", "primitive", of_type("integer", "positiveInt", "unsignedInt"), put(1.5)),
    Fault("zero-for-positive", "primitive", of_type("positiveInt"), put(0)),
    Fault("negative-for-unsigned", "primitive", of_type("unsignedInt"), put(-1)),
    Fault("uri-with-blank", "primitive", of_type("uri", "url", "canonical"), put("http://example.org/a b")),
    Fault("id-with-underscore", "primitive", is_root, put("not_an_id")),
    Fault("id-too-long", "primitive", is_root, put("a" * 65)),
    Fault("code-with-blanks", "primitive", of_type("code"), put(" a  b ")),
    Fault("empty-text", "primitive", of_type("string", "uri"), put("")),
    Fault("bad-base64", "primitive", of_type("base64Binary"), put("%%%2@()()")),
)
BINDING = (
    Fault("required-code-unknown", "binding", has_required_code, put("no-such-code")),
    Fault("required-code-in-capitals", "binding", has_required_code, changed(str.upper)),
    Fault("required-concept-unknown", "binding", has_required_concept, _wrong_concept),
)
TERMINOLOGY = (
    Fault("code-not-in-its-system", "terminology", first_of(has_code_of_hl7), inside(code="no-such-code")),
    Fault("display-of-another-code", "terminology", first_of(has_code_of_hl7), inside(display="No Such Display")),
    Fault(
        "unit-that-is-none",
        "terminology",
        of_type("Quantity"),
        put({"value": 1, "unit": "x", "system": UCUM, "code": "mg per day"}),
    ),
    Fault(
        "unit-made-up",
        "terminology",
        of_type("Quantity"),
        put({"value": 1, "unit": "x", "system": UCUM, "code": "tablespoons"}),
    ),
)
REFERENCE = (
    Fault("reference-to-wrong-type", "reference", points_elsewhere, _wrong_target),
    Fault("reference-of-stated-type", "reference", points_elsewhere, inside(type="Slot")),
    Fault("contained-missing", "reference", points_elsewhere, inside(reference="#no-such")),
    Fault("contained-unused", "reference", is_root, beside(contained=[{"resourceType": "Patient", "id": "c1"}])),
)
INVARIANT = (
    Fault(
        "contained-in-contained",
        "invariant",
        is_root,
        beside(
            contained=[{"resourceType": "Patient", "id": "c1", "contained": [{"resourceType": "Patient", "id": "c2"}]}]
        ),
    ),
    Fault("period-backwards", "invariant", of_type("Period"), put({"start": "2026-05-01", "end": "2026-04-01"})),
    Fault("extension-with-both", "invariant", is_root, beside(extension=[{**EXTENSION, "extension": [EXTENSION]}])),
    Fault("extension-with-neither", "invariant", is_root, beside(extension=[{"url": EXTENSION["url"]}])),
    Fault("quantity-code-without-system", "invariant", of_type("Quantity"), put({"value": 1, "code": "mg"})),
    Fault("telecom-without-system", "invariant", within("ContactPoint", "system"), remove),
    Fault("data-without-type", "invariant", of_type("Attachment"), put({"data": "QUJD"})),
    Fault("range-backwards", "invariant", of_type("Range"), put({"low": {"value": 9}, "high": {"value": 1}})),
    Fault("ratio-of-one", "invariant", of_type("Ratio"), put({"numerator": {"value": 1}})),
    Fault("repeat-without-unit", "invariant", within("Timing", "repeat"), put({"period": 2})),
    Fault("activity-with-both", "invariant", within("CarePlan.activity", "detail"), beside(reference={"display": "x"})),
    Fault("target-without-measure", "invariant", within("Goal", "target"), put([{"detailString": "x"}])),
    Fault(
        "observation-absent-and-there",
        "invariant",
        within("Observation", "valueQuantity"),
        beside(dataAbsentReason={"text": "x"}),
    ),
    Fault("contact-of-nobody", "invariant", within("Patient", "contact"), put([{"gender": "male"}])),
    Fault("organisation-of-nothing", "invariant", within("Organization", "name"), _without("name", "identifier")),
    Fault("consent-without-policy", "invariant", within("Consent", "status"), _without("policy", "policyRule")),
    Fault("order-detail-without-code", "invariant", _is_root_of("ServiceRequest"), _detail_only),
    Fault("section-of-nothing", "invariant", within("Composition", "section"), put([{"title": "x"}])),
    Fault(
        "mistake-with-status", "invariant", within("Condition", "clinicalStatus"), beside(verificationStatus=MISTAKEN)
    ),
    Fault("entry-urls-twice", "invariant", within("Bundle", "entry"), twice),
    Fault(
        "request-in-collection", "invariant", within("Bundle", "entry"), inside(request={"method": "GET", "url": "x"})
    ),
)
NARRATIVE = (
    Fault("narrative-with-script", "narrative", within("Narrative", "div"), put(DIV.format("<script>x</script>"))),
    Fault("narrative-unclosed", "narrative", within("Narrative", "div"), put(DIV.format("<p>x"))),
    Fault("narrative-without-namespace", "narrative", within("Narrative", "div"), put("<div><p>x</p></div>")),
    Fault("narrative-empty", "narrative", within("Narrative", "div"), put(DIV.format(" "))),
    Fault("narrative-with-handler", "narrative", within("Narrative", "div"), put(DIV.format('<p onclick="x">x</p>'))),
)
EXTENSIONS = (
    Fault("modifier-unknown", "extension", is_root, beside(modifierExtension=[UNHEARD])),
    Fault(
        "core-extension-of-wrong-type",
        "extension",
        within("Patient", "id"),
        beside(extension=[{"url": f"{CORE}patient-birthPlace", "valueString": "x"}]),
    ),
    Fault(
        "core-extension-in-wrong-place",
        "extension",
        within("Goal", "id"),
        beside(extension=[{"url": f"{CORE}patient-birthPlace", "valueAddress": {"city": "x"}}]),
    ),
    Fault(
        "core-extension-that-is-none",
        "extension",
        is_root,
        beside(extension=[{"url": f"{CORE}no-such-extension", "valueString": "x"}]),
    ),
)
PROFILE = (
    Fault("profile-demands-name", "profile", claimed("/us-core-", "Patient", "name"), remove),
    Fault("profile-demands-identifier", "profile", claimed("/us-core-", "Patient", "identifier"), remove),
    Fault("profile-demands-code", "profile", claimed("/us-core-", "ServiceRequest", "code"), remove),
    Fault("profile-demands-participant", "profile", claimed("/us-core-", "CareTeam", "participant"), remove),
    Fault(
        "profile-demands-value",
        "profile",
        claimed("us-core-smokingstatus", "Observation", "valueCodeableConcept"),
        remove,
    ),
    Fault("profile-demands-more-than-once", "profile", claimed("/us-core-", "DocumentReference", "category"), remove),
    Fault("profile-rule", "profile", claimed("/us-core-", "Patient", "name"), put([{"use": "usual"}])),
    Fault(
        "profile-wants-another-target",
        "profile",
        claimed("/us-core-", "Condition", "subject"),
        put({"reference": "Group/1"}),
    ),
    Fault(
        "profile-wants-another-type",
        "profile",
        claimed("pregnancy", "Observation", "valueCodeableConcept"),
        _renamed("valueString", "x"),
    ),
    Fault("slice-missing", "profile", claimed("/us-core-", "Observation", "category"), _other_codes),
    Fault("slice-missing-of-condition", "profile", claimed("/us-core-", "Condition", "category"), _other_codes),
    Fault("slice-too-often", "profile", claimed("us-core-blood-pressure", "Observation", "component"), twice),
    Fault(
        "slice-of-extension-too-often",
        "profile",
        both(claimed("/us-core-patient", "Patient", "extension"), _has_race),
        lambda p: p.value.append(deepcopy(_race(p))),
    ),
    Fault(
        "slice-closed",
        "profile",
        claimed("us-core-smokingstatus", "Observation", "effectiveDateTime"),
        _renamed("effectiveInstant", "2026-02-03T10:00:00Z"),
    ),
    Fault("part-of-extension-missing", "profile", _has_race, _race_without_text),
    Fault("fixed-value-other", "profile", _is_vital, inside(code="mmol")),
    Fault("fixed-value-missing", "profile", _is_vital, lambda p: p.value.pop("code", None)),
    Fault("fixed-system-other", "profile", _is_vital, inside(system="https://example.org/units")),
    Fault("pattern-other", "profile", claimed("us-core-blood-pressure", "Observation", "code"), _other_codes),
    Fault("pattern-other-of-vital-sign", "profile", claimed("us-core-b", "Observation", "code"), _other_codes),
    Fault("fixed-value-other-of-ours", "profile", claimed("fhirbridge.org", "Task", "intent"), put("plan")),
    Fault("code-of-another-set", "profile", claimed("/us-core-", "AllergyIntolerance", "clinicalStatus"), _other_codes),
)


FAULTS: tuple[Fault, ...] = (
    *STRUCTURE,
    *CARDINALITY,
    *PRIMITIVE,
    *BINDING,
    *TERMINOLOGY,
    *REFERENCE,
    *INVARIANT,
    *NARRATIVE,
    *EXTENSIONS,
    *PROFILE,
)
"""Every kind."""

NEVER_MISSED = frozenset({"structure", "cardinality", "binding", "reference", "profile", "invariant"})
"""Families of which none may be missed that HL7's validator finds."""
