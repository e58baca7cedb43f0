"""Small FHIR resources of synthetic people; each builder takes the elements that a test wants otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Tree = dict[str, Any]

CLIENT = {"reference": "Patient/amina-o"}


def _made(resource: Tree, changes: Tree) -> Tree:
    """Return the resource with the changes; a change to None takes the element away."""
    return {name: value for name, value in {**resource, **changes}.items() if value is not None}


def make_care_plan(**changes: Any) -> Tree:
    resource = {
        "resourceType": "CarePlan",
        "id": "plan-1",
        "identifier": [{"system": "https://riverside.example/plans", "value": "RP-7"}],
        "status": "active",
        "intent": "plan",
        "category": [
            {
                "coding": [
                    {"system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan"},
                ]
            }
        ],
        "subject": CLIENT,
        "period": {"start": "2026-10-01", "end": "2027-03-31"},
        "careTeam": [{"reference": "CareTeam/team-1"}],
        "goal": [{"reference": "Goal/goal-1"}],
        "activity": [{"reference": {"reference": "ServiceRequest/referral-1"}}],
        "note": [{"text": "Prefers evenings."}],
    }
    return _made(resource, changes)


def make_goal(**changes: Any) -> Tree:
    resource = {
        "resourceType": "Goal",
        "id": "goal-1",
        "lifecycleStatus": "active",
        "description": {"text": "I want my mornings back."},
        "subject": CLIENT,
        "startDate": "2026-10-01",
        "target": [{"measure": {"text": "Meetings attended"}, "detailString": "Two a week", "dueDate": "2027-01"}],
    }
    return _made(resource, changes)


def make_patient(**changes: Any) -> Tree:
    resource = {
        "resourceType": "Patient",
        "id": "amina-o",
        "identifier": [{"system": "https://riverside.example/clients", "value": "C-104"}],
        "name": [{"family": "Okonkwo-Núñez", "given": ["Amina", "Li"]}],
        "gender": "unknown",
        "birthDate": "1988-02",
    }
    return _made(resource, changes)


def make_task(**changes: Any) -> Tree:
    resource = {
        "resourceType": "Task",
        "id": "follow-up-1",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
        "focus": {"reference": "EpisodeOfCare/episode-1"},
        "for": CLIENT,
        "owner": {"reference": "Practitioner/worker-1"},
        "restriction": {"period": {"end": "2026-12-01"}},
    }
    return _made(resource, changes)


def make_service_request(**changes: Any) -> Tree:
    resource = {
        "resourceType": "ServiceRequest",
        "id": "referral-1",
        "status": "active",
        "intent": "order",
        "category": [{"text": "Housing"}],
        "code": {"text": "Supported accommodation"},
        "subject": CLIENT,
        "authoredOn": "2026-11-20T09:15:00.000+01:00",
        "performer": [{"reference": "Organization/house-1"}],
    }
    return _made(resource, changes)


def make_observation(**changes: Any) -> Tree:
    """An Observation with a decimal whose digits must survive, and a primitive with an extension."""
    resource = {
        "resourceType": "Observation",
        "id": "obs-1",
        "status": "final",
        "code": {"text": "Attendance"},
        "subject": CLIENT,
        "effectiveDateTime": "2026-11-20",
        "valueQuantity": {"value": Decimal("1.50"), "unit": "h"},
        "_issued": {"extension": [{"url": "https://riverside.example/why-none", "valueString": "clock failed"}]},
    }
    return _made(resource, changes)


def make_consent(**changes: Any) -> Tree:
    scope = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
    resource = {
        "resourceType": "Consent",
        "id": "consent-1",
        "status": "active",
        "scope": {"coding": [scope]},
        "category": [{"text": "Release of information"}],
        "patient": CLIENT,
        "dateTime": "2026-11-01",
        "organization": [{"reference": "Organization/agency-1"}],
        "policyRule": {"text": "42 CFR part 2"},
        "provision": {
            "type": "permit",
            "actor": [{"role": {"text": "recipient"}, "reference": {"reference": "Organization/hospital-1"}}],
            "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}],
        },
    }
    return _made(resource, changes)


VALID = (
    make_care_plan,
    make_goal,
    make_patient,
    make_task,
    make_service_request,
    make_observation,
    make_consent,
)
"""Every builder: what it makes without changes is valid R4."""
