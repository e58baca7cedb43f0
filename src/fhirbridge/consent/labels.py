"""Security labels: what a resource says of its own confidentiality, at rest and on its way out.

What each class carries (`meta.security`):
  D0      nothing: a directory entry speaks of no person.
  D1-D5   R, sensitivity SUD, and in the US the policy 42CFRPart2: that somebody is a client is itself protected.
          D5 adds PSYTHPN. D4 adds no further code: which kind it is, is not known from the class.
  D6      R: justice data received; it is not a treatment record.
  D7, D8  as D1: they are parts of a treatment record.
Handling obligations that HL7 has a code for are added when a resource leaves, as the decision says. Labels that a
resource came with are kept. NORDSLCD is retired and never written here. No `display` is written: the code says it.
Source: http://hl7.org/fhir/R4/security-labels.html; http://terminology.hl7.org/CodeSystem/v3-ActCode,
v3-Confidentiality; 42 CFR 2.32; docs/adr/0006-consent-table.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from fhirbridge.consent.table import CLASSES

Tree = dict[str, Any]

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"

REDACTED = (OBSERVATION_VALUE, "REDACTED")
"""Something was taken out; http://hl7.org/fhir/R4/valueset-security-labels.html lists it under alteration."""

RESTRICTED = (CONFIDENTIALITY, "R")
SUBSTANCE_USE = (ACT_CODE, "SUD")
PART_2 = (ACT_CODE, "42CFRPart2")
PSYCHOTHERAPY = (ACT_CODE, "PSYTHPN")

POLICIES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({"US": (PART_2,), "UK": ()})
TREATMENT = frozenset({"D1", "D2", "D3", "D4", "D5", "D7", "D8"})
HANDLING = ("PERSISTLABEL", "NORDSCLCD", "NOREUSE", "MINEC")
"""Obligations of the table that are v3-ActCode codes."""


def label(resource: Tree, data_class: str, jurisdiction: str, *, obligations: Iterable[str] = ()) -> Tree:
    """Return a copy of the resource with its labels; labels that are there already are not repeated.

    Args:
        data_class: D0 to D8, the class of the resource.
        jurisdiction: "US" or "UK".
        obligations: of the decision, when the resource is about to leave; none at rest.
    Raises:
        ValueError: no such class or jurisdiction. What cannot be labelled must not be kept or sent.
    """
    if data_class not in CLASSES or jurisdiction not in POLICIES:
        raise ValueError("a label needs a class D0 to D8 and a jurisdiction US or UK")
    wanted = set(obligations)
    handling = tuple((ACT_CODE, code) for code in HANDLING if code in wanted)
    codings = () if data_class == "D0" else (*_codings(data_class, jurisdiction), *handling)
    return with_security(resource, codings)


def with_security(resource: Tree, codings: Iterable[tuple[str, str]]) -> Tree:
    """Return a copy of the resource whose `meta.security` holds these (system, code) pairs too."""
    meta = resource.get("meta", {})
    present = meta.get("security", [])
    known = {(coding.get("system"), coding.get("code")) for coding in present}
    added = [{"system": system, "code": code} for system, code in codings if (system, code) not in known]
    if not added:
        return dict(resource)
    labelled = {**resource, "meta": {**meta, "security": [*present, *added]}}
    first: Tree = {name: labelled.pop(name) for name in ("resourceType", "id", "meta") if name in labelled}
    return {**first, **labelled}


def _codings(data_class: str, jurisdiction: str) -> tuple[tuple[str, str], ...]:
    if data_class not in TREATMENT:
        return (RESTRICTED,)
    notes = (PSYCHOTHERAPY,) if data_class == "D5" else ()
    return (RESTRICTED, *POLICIES[jurisdiction], SUBSTANCE_USE, *notes)
