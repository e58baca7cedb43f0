"""The R4 invariants that are checked, as a table: type, key, message, test.

They are written by hand because a FHIRPath engine would cost more than all other checks together; a test compares
keys and places with the R4 table. Structural ones (ele-1, ref-1, dom-2 to dom-5, txt-1, txt-2) are in `structure`.
`sdf-*`, `eld-*` and the like, for those who write definitions, are not checked; nor is dom-6, a wish.
Source: http://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fhirbridge.errors import Severity
from fhirbridge.validation import invariant_tests as tests
from fhirbridge.validation.predicates import (
    Maker,
    Test,
    any_of,
    holds,
    in_order,
    needs,
    not_both,
    not_negative,
    one_of,
    only_when,
    required_when,
    together,
)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: on which type it stands, what it is called, what to say when it does not hold."""

    type: str
    key: str
    message: str
    maker: Maker
    severity: Severity = "error"


@cache
def invariants_of(type_: str) -> tuple[tuple[Invariant, Test], ...]:
    """Return the rules of a type with their tests."""
    return tuple((rule, rule.maker(type_)) for rule in INVARIANTS if rule.type == type_)


_BATCH = ("batch", "transaction", "history")
_ANSWER = ("batch-response", "transaction-response", "history")

INVARIANTS: tuple[Invariant, ...] = (
    Invariant("Attachment", "att-1", "With data, contentType is needed.", needs("data", "contentType")),
    Invariant("ContactPoint", "cpt-2", "With a value, system is needed.", needs("value", "system")),
    Invariant("Age", "age-1", "An age is in UCUM with a code.", holds(tests.quantity_in_ucum)),
    Invariant("Distance", "dis-1", "A distance is in UCUM with a code.", holds(tests.quantity_in_ucum)),
    Invariant("Duration", "drt-1", "A duration with a code has a value and is in UCUM.", holds(tests.duration_in_ucum)),
    Invariant("Expression", "exp-1", "expression or reference is needed.", any_of("expression", "reference")),
    Invariant("Extension", "ext-1", "An extension has a value or extensions, not both.", one_of("extension", "value")),
    Invariant("Period", "per-1", "start is after end.", in_order("start", "end")),
    Invariant("Quantity", "qty-3", "With a code, system is needed.", needs("code", "system")),
    Invariant("Range", "rng-2", "low is above high.", holds(tests.low_below_high)),
    Invariant("Ratio", "rat-1", "numerator and denominator go together.", together("numerator", "denominator")),
    Invariant("Timing.repeat", "tim-1", "With duration, durationUnit is needed.", needs("duration", "durationUnit")),
    Invariant("Timing.repeat", "tim-2", "With period, periodUnit is needed.", needs("period", "periodUnit")),
    Invariant("Timing.repeat", "tim-4", "duration is below 0.", not_negative("duration")),
    Invariant("Timing.repeat", "tim-5", "period is below 0.", not_negative("period")),
    Invariant("Timing.repeat", "tim-6", "With periodMax, period is needed.", needs("periodMax", "period")),
    Invariant("Timing.repeat", "tim-7", "With durationMax, duration is needed.", needs("durationMax", "duration")),
    Invariant("Timing.repeat", "tim-8", "With countMax, count is needed.", needs("countMax", "count")),
    Invariant("Timing.repeat", "tim-9", "With offset, when is needed, and no meal.", holds(tests.offset_has_event)),
    Invariant("Timing.repeat", "tim-10", "timeOfDay and when exclude each other.", not_both("timeOfDay", "when")),
    Invariant("Appointment", "app-2", "start and end go together.", together("start", "end")),
    Invariant(
        "Appointment",
        "app-3",
        "Without start, only proposed, cancelled or waitlist.",
        holds(tests.start_unless_proposed),
    ),
    Invariant(
        "Appointment",
        "app-4",
        "cancelationReason needs the status cancelled or no-show.",
        only_when("cancelationReason", "status", ("cancelled", "no-show")),
    ),
    Invariant("Appointment.participant", "app-1", "type or actor is needed.", any_of("type", "actor")),
    Invariant("AuditEvent.entity", "sev-1", "name and query exclude each other.", not_both("name", "query")),
    Invariant(
        "Bundle", "bdl-1", "total needs a searchset or history.", only_when("total", "type", ("searchset", "history"))
    ),
    Invariant(
        "Bundle",
        "bdl-2",
        "entry.search needs a searchset.",
        holds(tests.search_only_in_searchset),
    ),
    Invariant(
        "Bundle",
        "bdl-3",
        "Each entry of a batch, transaction or history has a request.",
        tests.entries_have("request", _BATCH),
    ),
    Invariant(
        "Bundle",
        "bdl-4",
        "Each entry of a response or history has a response.",
        tests.entries_have("response", _ANSWER),
    ),
    Invariant("Bundle", "bdl-7", "A fullUrl stands twice.", holds(tests.urls_differ)),
    Invariant("Bundle", "bdl-9", "A document needs an identifier.", holds(tests.document_is_identified)),
    Invariant("Bundle", "bdl-10", "A document needs a timestamp.", required_when("timestamp", "type", ("document",))),
    Invariant(
        "Bundle", "bdl-11", "A document starts with a Composition.", tests.starts_with("document", "Composition")
    ),
    Invariant(
        "Bundle", "bdl-12", "A message starts with a MessageHeader.", tests.starts_with("message", "MessageHeader")
    ),
    Invariant(
        "Bundle.entry",
        "bdl-5",
        "An entry needs a resource, request or response.",
        any_of("resource", "request", "response"),
    ),
    Invariant("Bundle.entry", "bdl-8", "fullUrl must not name a version.", holds(tests.url_has_no_version)),
    Invariant(
        "CarePlan.activity", "cpl-3", "detail and reference exclude each other.", not_both("detail", "reference")
    ),
    Invariant(
        "CareTeam.participant",
        "ctm-1",
        "onBehalfOf needs a Practitioner as member.",
        holds(tests.member_is_practitioner),
    ),
    Invariant("CodeSystem", "csd-1", "A code stands twice.", holds(tests.codes_differ)),
    Invariant("Composition.section", "cmp-1", "text, entry or section is needed.", any_of("text", "entry", "section")),
    Invariant(
        "Composition.section", "cmp-2", "emptyReason and entry exclude each other.", not_both("emptyReason", "entry")
    ),
    Invariant(
        "ConceptMap.group.element.target",
        "cmd-1",
        "A narrower or inexact target needs a comment.",
        required_when("comment", "equivalence", ("narrower", "inexact")),
    ),
    Invariant(
        "ConceptMap.group.unmapped", "cmd-2", "Mode fixed needs a code.", required_when("code", "mode", ("fixed",))
    ),
    Invariant(
        "ConceptMap.group.unmapped",
        "cmd-3",
        "Mode other-map needs a url.",
        required_when("url", "mode", ("other-map",)),
    ),
    Invariant(
        "Condition",
        "con-3",
        "A problem list item should have a clinicalStatus.",
        holds(tests.problem_has_status),
        "warning",
    ),
    Invariant(
        "Condition",
        "con-4",
        "abatement needs the clinicalStatus inactive, resolved or remission.",
        holds(tests.abated_is_over),
    ),
    Invariant("Condition", "con-5", "Entered in error excludes clinicalStatus.", holds(tests.mistake_has_no_status)),
    Invariant("Condition.stage", "con-1", "summary or assessment is needed.", any_of("summary", "assessment")),
    Invariant("Condition.evidence", "con-2", "code or detail is needed.", any_of("code", "detail")),
    Invariant("Consent", "ppc-1", "policy or policyRule is needed.", any_of("policy", "policyRule")),
    Invariant(
        "Consent", "ppc-2", "The scope patient-privacy needs a patient.", tests.scope_has_patient("patient-privacy")
    ),
    Invariant("Consent", "ppc-3", "The scope research needs a patient.", tests.scope_has_patient("research")),
    Invariant("Consent", "ppc-4", "The scope adr needs a patient.", tests.scope_has_patient("adr")),
    Invariant("Consent", "ppc-5", "The scope treatment needs a patient.", tests.scope_has_patient("treatment")),
    Invariant("Goal.target", "gol-1", "With detail, measure is needed.", needs("detail", "measure")),
    Invariant("Group", "grp-1", "member needs actual = true.", only_when("member", "actual", (True,))),
    Invariant("List", "lst-1", "emptyReason and entry exclude each other.", not_both("emptyReason", "entry")),
    Invariant(
        "Observation", "obs-6", "dataAbsentReason and value exclude each other.", not_both("dataAbsentReason", "value")
    ),
    Invariant("Observation.referenceRange", "obs-3", "low, high or text is needed.", any_of("low", "high", "text")),
    Invariant("Organization", "org-1", "identifier or name is needed.", any_of("identifier", "name")),
    Invariant("Organization", "org-2", "An organisation has no home address.", tests.is_not_home("address")),
    Invariant("Organization", "org-3", "An organisation has no home telecom.", tests.is_not_home("telecom")),
    Invariant(
        "Parameters.parameter",
        "inv-1",
        "Exactly one of value, resource and part is needed.",
        holds(tests.parameter_has_one),
    ),
    Invariant(
        "Patient.contact",
        "pat-1",
        "name, telecom, address or organization is needed.",
        any_of("name", "telecom", "address", "organization"),
    ),
    Invariant("QuestionnaireResponse.item", "qrs-1", "answer and item exclude each other.", not_both("answer", "item")),
    Invariant("RiskAssessment.prediction", "ras-2", "A probability is above 100.", holds(tests.probability_in_percent)),
    Invariant("SearchParameter", "spd-1", "With xpath, xpathUsage is needed.", needs("xpath", "xpathUsage")),
    Invariant(
        "SearchParameter", "spd-2", "chain needs the type reference.", only_when("chain", "type", ("reference",))
    ),
    Invariant("ServiceRequest", "prr-1", "orderDetail needs a code.", needs("orderDetail", "code")),
    Invariant(
        "StructureDefinition", "sdf-6", "snapshot or differential is needed.", any_of("snapshot", "differential")
    ),
    Invariant("Task", "inv-1", "authoredOn is after lastModified.", in_order("authoredOn", "lastModified")),
    Invariant("ValueSet.compose.include", "vsd-1", "valueSet or system is needed.", any_of("valueSet", "system")),
    Invariant(
        "ValueSet.compose.include", "vsd-3", "concept and filter exclude each other.", not_both("concept", "filter")
    ),
    Invariant("ValueSet.expansion.contains", "vsd-6", "code or display is needed.", any_of("code", "display")),
    Invariant("ValueSet.expansion.contains", "vsd-10", "With a code, system is needed.", needs("code", "system")),
)
