"""OIDs of code systems and of identifiers, as the URIs that FHIR has for them.

Source: http://hl7.org/fhir/R4/terminologies-systems.html; an OID that has no URI there stays an OID, as a URN.
"""

from __future__ import annotations

SYSTEMS: dict[str, str] = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.103": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.12": "http://www.ama-assn.org/go/cpt",
    "2.16.840.1.113883.6.285": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.12.112": "http://terminology.hl7.org/CodeSystem/discharge-disposition",
    "2.16.840.1.113883.4.1": "http://hl7.org/fhir/sid/us-ssn",
    "2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi",
}
"""OID -> URI."""


def system_of(oid: str) -> str | None:
    """Return the URI of a system; None where there is no OID.

    >>> system_of("2.16.840.1.113883.6.1"), system_of("1.2.3"), system_of("")
    ('http://loinc.org', 'urn:oid:1.2.3', None)
    """
    if not oid:
        return None
    is_oid = oid.replace(".", "").isdigit()
    return SYSTEMS.get(oid, f"urn:oid:{oid}" if is_oid else f"urn:uuid:{oid.lower()}")
