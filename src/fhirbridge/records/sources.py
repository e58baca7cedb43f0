"""Where the fields of records come from: the practice texts, forms and rules that ask for them.

A field of a published schema names one of these keys as `x-source`.
"""

from __future__ import annotations

SOURCES: dict[str, str] = {
    "rss": "Recovery support services standard (US): service plan, services, preferences, discharge, follow-up",
    "service-plan": "Service planning and monitoring chapter (US): goals, measurable objectives, agreement, monitoring",
    "case-management": "Case management text (US): stages, models, functions, linkage, advocacy, court reports",
    "moc-2006": "Models of care for treatment of adult drug misusers: update 2006 (UK, National Treatment Agency)",
    "dir": "Drug Interventions Record (UK): triage, throughcare and transfer between CARAT and CJIT",
    "42cfr2": "42 CFR part 2 (US): confidentiality of substance use disorder patient records",
    "fhir": "HL7 FHIR R4 4.0.1: what a recipient needs to use the record",
    "directory": "Directory of the system that owns the record: numbers and names of organisations, workers, clients",
    "fhirbridge": "fhirbridge: keys, states and provenance that exchange itself needs",
}
"""Key -> the text or form behind it."""
