"""Published expressions that are wrong as they stand, each with what is judged in its place and why.

A correction is found by the published text, whatever definition carries it, so that a profile's copy is corrected
with the original. HL7's own validator keeps such a table too (FHIRPathExpressionFixer in its core library).
"""

from __future__ import annotations

from typing import NamedTuple


class Correction(NamedTuple):
    """What is judged in place of a published expression, and why."""

    published: str
    judged: str
    reason: str


_SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def _scope(code: str) -> Correction:
    text = "patient.exists() or scope.coding.where(system='{}' and code='{}').exists().not()"
    reason = "The system was left as 'something': the rule would never apply. Meant is the code system of scopes."
    return Correction(text.format("something", code), text.format(_SCOPES, code), reason)


CORRECTIONS: tuple[Correction, ...] = (
    Correction(
        "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')",
        "Empty, so not met, without a name, which may be missing; and matches() finds a part where all is meant. "
        "R4B and HL7's validator have it so.",
    ),
    Correction(
        "fullUrl.contains('/_history/').not()",
        "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
        "Empty, so not met, without a fullUrl, which may be missing. R4B and HL7's validator have it so.",
    ),
    Correction(
        "probability is decimal implies (probability as decimal) <= 100",
        "probability.exists($this is decimal) implies (probability as decimal) <= 100",
        "Empty, so not met, without a probability, which may be missing. R4B has it so.",
    ),
    Correction(
        "operator = 'exists' implies (answer is Boolean)",
        "operator = 'exists' implies (answer is boolean)",
        "No FHIR value is a System.Boolean: the rule could never be met. R4B has it so.",
    ),
    Correction(
        "enableWhen.count() > 2 implies enableBehavior.exists()",
        "enableWhen.count() > 1 implies enableBehavior.exists()",
        "The rule says 'more than one'. R4B and HL7's validator have it so.",
    ),
    Correction(
        "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))",
        "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())",
        "`in` takes one item, and `when` repeats. R5 and HL7's validator have it so.",
    ),
    Correction(
        "clinicalStatus.exists() or verificationStatus.coding.where("
        f"system='{_VERIFIED}' and code = 'entered-in-error').exists() "
        "or category.select($this='problem-list-item').empty()",
        "clinicalStatus.exists() or verificationStatus.coding.where("
        f"system='{_VERIFIED}' and code = 'entered-in-error').exists() or category.coding.where("
        "system='http://terminology.hl7.org/CodeSystem/condition-category' and code='problem-list-item').empty()",
        "A CodeableConcept never equals a text, so the rule asked every categorised Condition for a status. R4B asks "
        "for the coding.",
    ),
    *(_scope(code) for code in ("patient-privacy", "research", "adr", "treatment")),
    Correction(
        "start.hasValue().not() or end.hasValue().not() or (start <= end)",
        "start.hasValue().not() or end.hasValue().not() or iif(start > end, false, true)",
        "Empty, so not met, for ends of different precision such as 2026-01-05 and 2026-01, which are in order as far "
        "as they tell. R5 compares the widest the two can mean.",
    ),
    Correction(
        "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn",
        "lastModified.exists().not() or authoredOn.exists().not() or iif(lastModified < authoredOn, false, true)",
        "Empty, so not met, for dates of different precision that are in order as far as they tell.",
    ),
    Correction(
        "whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared",
        "whenHandedOver.empty() or whenPrepared.empty() or iif(whenHandedOver < whenPrepared, false, true)",
        "Empty, so not met, for dates of different precision that are in order as far as they tell.",
    ),
    Correction(
        "low.empty() or high.empty() or (low <= high)",
        "low.value.empty() or high.value.empty() or (low <= high)",
        "Empty, so not met, where an end has no value, which the rule does not ask for.",
    ),
    Correction(
        r"""path.matches('[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}"""
        r"""(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*')""",
        r"""path.matches('^[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}"""
        r"""(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*$')""",
        "matches() finds a part, where the whole is meant. HL7's validator has it so.",
    ),
    Correction(
        r"path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*')",
        r"path.matches('^[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*$')",
        "matches() finds a part, where the whole is meant. HL7's validator has it so.",
    ),
    Correction(
        "telecom or endpoint",
        "telecom.exists() or endpoint.exists()",
        "Two telecoms are no truth. US Core 8 and HL7's validator have it so.",
    ),
    Correction(
        "practitioner or organization or healthcareService or location",
        "practitioner.exists() or organization.exists() or healthcareService.exists() or location.exists()",
        "Two locations are no truth. US Core 8 has it so.",
    ),
    Correction(
        "($this as dateTime).toString().length() >= 8",
        "$this is dateTime implies $this.toString().length() >= 8",
        "Empty, so not met, for a Period, of which the rule does not speak. US Core 9 has it so.",
    ),
)

_BY_TEXT = {correction.published: correction.judged for correction in CORRECTIONS}


def corrected(expression: str) -> str:
    """Return what is judged for a published expression: a correction, or the expression itself."""
    return _BY_TEXT.get(expression, expression)
