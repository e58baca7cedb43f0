"""The plan map written out by hand, for this message only: what the engine is measured against.

It gives the same resources as `mappings/records/plan.yaml` for the sample plan (bench.mapping asserts it) and does
nothing else: no checks, no trace, no way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fhirbridge.ids import CANONICAL, key_system, stable_id

Tree = dict[str, Any]
OWN = f"{CANONICAL}/StructureDefinition/"
CATEGORY = f"{CANONICAL}/CodeSystem/service-category"
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
SERVICES = {
    "medication-management": ("Medication management", "537", "Medication Reviews"),
    "transitional-support-housing": ("Transitional support housing", "126", "Crisis/Emergency Accommodation"),
    "self-help-groups": ("Self-help groups", "552", "Drug and/or Alcohol Support Groups"),
}


MakeId = Callable[..., str]


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    make_id: MakeId


def _id(source: _Source, type_: str, keyed: str, key: str) -> str:
    return source.make_id(source.name, type_, key_system(source.name, keyed), key)


def _reference(source: _Source, type_: str, keyed: str, key: str) -> Tree:
    return {
        "reference": f"{type_}/{_id(source, type_, keyed, key)}",
        "identifier": {"system": key_system(source.name, keyed), "value": key},
    }


def _patient(source: _Source, client: Tree) -> Tree:
    id_ = source.make_id(source.name, "Patient", client["system"], client["number"])
    return {"reference": f"Patient/{id_}", "identifier": {"system": client["system"], "value": client["number"]}}


def _head(source: _Source, type_: str, keyed: str, key: str, profile: str = "") -> Tree:
    head: Tree = {"resourceType": type_, "id": _id(source, type_, keyed, key)}
    if profile:
        head["meta"] = {"profile": [OWN + profile]}
    head["identifier"] = [{"system": key_system(source.name, keyed), "value": key}]
    return head


def _extension(name: str, value_name: str, value: Any) -> Tree:
    return {"url": OWN + name, value_name: value}


def _note(kind: str, text: str, *more: Tree, **fields: Any) -> Tree:
    return {"extension": [_extension("kind", "valueCode", kind), *more], "text": text, **fields}


def _care_plan(source: _Source, plan: Tree) -> Tree:
    reaccess = plan["reaccess"]
    return {
        **_head(source, "CarePlan", "plan", plan["id"], "aftercare-careplan"),
        "status": plan["status"],
        "intent": "plan",
        "category": [
            {
                "coding": [
                    {"system": f"{CANONICAL}/CodeSystem/plan-kind", "code": plan["type"], "display": "Aftercare plan"}
                ]
            },
            {"coding": [{"system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan"}]},
        ],
        "extension": [
            _extension("plan-phase", "valueCode", plan["phase"]),
            _extension("agreed-on", "valueDate", plan["agreed"]),
            _extension("review-due", "valueDate", plan["review_due"]),
        ],
        "title": plan["title"],
        "subject": _patient(source, plan["client"]),
        "period": {"start": plan["period_start"], "end": plan["period_end"]},
        "created": plan["drawn_up"],
        "author": {
            **_reference(source, "Practitioner", "worker", plan["keyworker"]["number"]),
            "display": plan["keyworker"]["name"],
        },
        "contributor": [_reference(source, "Organization", "organisation", plan["agency"]["number"])],
        "careTeam": [_reference(source, "CareTeam", "team", plan["id"])],
        "addresses": [_reference(source, "Condition", "problem", p["id"]) for p in plan["problems"]],
        "goal": [_reference(source, "Goal", "goal", g["id"]) for g in plan["goals"]],
        "activity": [
            {
                "extension": [_extension("kind", "valueCode", "service")],
                "reference": _reference(source, "ServiceRequest", "service", s["id"]),
            }
            for s in plan["services"]
        ],
        "note": [
            *(_note("preference", text) for text in plan["preferences"]),
            *(_note("relapse-prevention", text) for text in plan["relapse_prevention"]),
            _note(
                "swift-reaccess",
                reaccess["steps"],
                _extension("contact", "valueString", reaccess["contact"]),
                _extension("phone", "valueString", reaccess["phone"]),
            ),
            *(_note("signature", s["role"], authorString=s["name"], time=s["signed"]) for s in plan["agreement"]),
            *(_note("copy-given", copy["to"], time=copy["on"]) for copy in plan["copies"]),
        ],
    }


def _goal(source: _Source, plan: Tree, goal: Tree) -> Tree:
    targets = [
        {
            "id": o["id"],
            "measure": {"text": o["measure"]},
            "detailString": o["text"],
            "dueDate": o["due"],
            "extension": [_extension("established", "valueDate", o["established"])],
        }
        for o in goal["objectives"]
    ]
    return {
        **_head(source, "Goal", "goal", goal["id"], "client-goal"),
        "lifecycleStatus": goal["status"],
        "description": {"text": goal["own_words"]},
        "subject": _patient(source, plan["client"]),
        "expressedBy": _patient(source, plan["client"]),
        "extension": [_extension("substance-use", "valueBoolean", goal["substance_use"])],
        "startDate": goal["started"],
        "note": [_note("strength", text) for text in goal["strengths"]],
        "target": targets,
    }


def _condition(source: _Source, plan: Tree, problem: Tree) -> Tree:
    category = {"system": "http://hl7.org/fhir/us/core/CodeSystem/condition-category", "code": "health-concern"}
    clinical = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
    return {
        **_head(source, "Condition", "problem", problem["id"]),
        "code": {"text": problem["what"]["text"]},
        "subject": _patient(source, plan["client"]),
        "category": [{"coding": [category]}],
        "clinicalStatus": {"coding": [clinical]},
        "extension": [
            _extension("priority", "valueCode", problem["priority"]),
            _extension("addressed", "valueBoolean", problem["addressed"]),
        ],
    }


def _service(source: _Source, plan: Tree, service: Tree) -> Tree:
    name, code, display = SERVICES[service["category"]]
    concept: Tree = {"coding": [{"system": SERVICE_TYPE, "code": code, "display": display}]}
    if "detail" in service:
        concept["text"] = service["detail"]
    extensions = [
        _extension("clinical", "valueBoolean", service["clinical"]),
        _extension("didactic", "valueBoolean", service["didactic"]),
    ]
    if "referral" in service:
        served_by = _reference(source, "ServiceRequest", "referral", service["referral"])
        extensions.insert(0, _extension("served-by", "valueReference", served_by))
    return {
        **_head(source, "ServiceRequest", "service", service["id"]),
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": CATEGORY, "code": service["category"], "display": name}]}],
        "code": concept,
        "subject": _patient(source, plan["client"]),
        "basedOn": [_reference(source, "CarePlan", "plan", plan["id"])],
        "extension": extensions,
    }


def _team(source: _Source, plan: Tree) -> Tree:
    participants = [
        {
            "extension": [_extension("kind", "valueCode", "responsible")],
            "member": _reference(source, "Practitioner", "worker", each["worker"]["number"]),
            "role": [{"text": each["worker"]["role"]}],
            "onBehalfOf": _reference(source, "Organization", "organisation", each["agency"]["number"]),
        }
        for each in plan["responsible"]
    ]
    return {
        **_head(source, "CareTeam", "team", plan["id"]),
        "status": "active",
        "subject": _patient(source, plan["client"]),
        "participant": participants,
    }


def _practitioner(source: _Source, worker: Tree) -> Tree:
    return {
        **_head(source, "Practitioner", "worker", worker["number"]),
        "name": [{"text": worker["name"]}],
        "qualification": [{"code": {"text": worker["role"]}}],
        "telecom": [{"system": "phone", "value": worker["phone"]}],
    }


def _organization(source: _Source, organisation: Tree) -> Tree:
    made = {**_head(source, "Organization", "organisation", organisation["number"]), "name": organisation["name"]}
    if "phone" in organisation:
        made["telecom"] = [{"system": "phone", "value": organisation["phone"]}]
    return made


def once(make_id: MakeId) -> MakeId:
    """Return what makes each id once, and remembers it for the rest of one message."""
    known: dict[tuple[str, ...], str] = {}

    def remembered(*parts: str) -> str:
        found = known.get(parts)
        if found is None:
            found = known[parts] = make_id(*parts)
        return found

    return remembered


def plan_to_fhir(name: str, plan: Tree, make_id: MakeId = stable_id) -> list[Tree]:
    """Return the resources of a plan, each once.

    Args:
        make_id: what makes an id of its parts; by default each is made anew wherever it is needed.
    """
    source = _Source(name, make_id)
    made = [
        _care_plan(source, plan),
        *(_goal(source, plan, goal) for goal in plan["goals"]),
        *(_condition(source, plan, problem) for problem in plan["problems"]),
        *(_service(source, plan, service) for service in plan["services"]),
        _team(source, plan),
        *(_practitioner(source, each) for each in (plan["keyworker"], *(r["worker"] for r in plan["responsible"]))),
        *(_organization(source, each) for each in (plan["agency"], *(r["agency"] for r in plan["responsible"]))),
    ]
    return list({(each["resourceType"], each["id"]): each for each in made}.values())
