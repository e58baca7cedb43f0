"""What the hand-written plan map says in codes: systems, the services of the sample, who signs as what."""

from __future__ import annotations

from typing import Any

from fhirbridge.ids import CANONICAL

Tree = dict[str, Any]
CATEGORY = f"{CANONICAL}/CodeSystem/service-category"
PLAN_ITEM = f"{CANONICAL}/CodeSystem/plan-item"
HL7 = "http://terminology.hl7.org/CodeSystem/"
US_CORE = "http://hl7.org/fhir/us/core/CodeSystem/"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
MILESTONE = {"coding": [{"system": f"{HL7}goal-relationship-type", "code": "milestone"}]}


def coding(system: str, code: str, display: str = "") -> Tree:
    """Return a Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(*codings: Tree, text: str = "") -> Tree:
    """Return a CodeableConcept."""
    return {"coding": list(codings), **({"text": text} if text else {})}


COUNSELLING = coding(SNOMED, "409063005", "Counselling")
IS_SDOH = coding(f"{US_CORE}us-core-category", "sdoh", "SDOH")
SERVICES: dict[str, tuple[str, list[Tree], list[Tree]]] = {
    "medication-management": (
        "Medication management",
        [coding(f"{HL7}service-category", "12", "Drug/Alcohol"), COUNSELLING],
        [
            coding(f"{HL7}service-type", "537", "Medication Reviews"),
            coding(HCPCS, "H0034", "Training and support with medication"),
        ],
    ),
    "transitional-support-housing": (
        "Transitional support housing",
        [
            coding(f"{HL7}service-category", "18", "Housing/Homelessness"),
            IS_SDOH,
            coding(SDOH, "homelessness", "Homelessness"),
        ],
        [
            coding(f"{HL7}service-type", "126", "Crisis/Emergency Accommodation"),
            coding(HCPCS, "H0043", "Supported housing by the day"),
        ],
    ),
    "self-help-groups": (
        "Self-help groups",
        [
            coding(f"{HL7}service-category", "32", "Support Group/s"),
            coding(SNOMED, "410606002", "Social service procedure (procedure)"),
            coding(SDOH, "social-connection", "Social Connection"),
        ],
        [
            coding(f"{HL7}service-type", "552", "Drug and/or Alcohol Support Groups"),
            coding(HCPCS, "H0038", "Self-help and peer services"),
        ],
    ),
}
SIGNERS = {
    "client": (
        "Client",
        coding(f"{HL7}provenance-participant-type", "attester", "Attester"),
        "7",
        "Consent Signature",
    ),
    "counsellor": (
        "Counsellor",
        coding(f"{HL7}provenance-participant-type", "author", "Author"),
        "1",
        "Author's Signature",
    ),
}
