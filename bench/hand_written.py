"""The plan map written out by hand, for this message only: what the engine is measured against.

It gives the same resources as `mappings/records/plan.yaml` for the sample plan (bench.mapping asserts it) and does
nothing else: no checks, no trace, no way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.hand_written_codes import (
    CATEGORY,
    HL7,
    LOINC,
    MILESTONE,
    PLAN_ITEM,
    SERVICES,
    SIGNERS,
    SNOMED,
    US_CORE,
    Tree,
    coding,
    concept,
)
from fhirbridge.ids import CANONICAL, key_system, stable_id

OWN = f"{CANONICAL}/StructureDefinition/"
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


def _kind(name: str) -> Tree:
    return _extension("kind", "valueCode", name)


def _kinds(kind: str, references: list[Tree]) -> list[Tree]:
    return [{"extension": [_kind(kind)], **each} for each in references]


def _references(source: _Source, type_: str, keyed: str, items: list[Tree]) -> list[Tree]:
    return [_reference(source, type_, keyed, item["id"]) for item in items]


def _keyworker(source: _Source, plan: Tree) -> Tree:
    return _reference(source, "Practitioner", "worker", plan["keyworker"]["number"])


def _care_plan(source: _Source, plan: Tree) -> Tree:
    services = _references(source, "ServiceRequest", "service", plan["services"])
    return {
        **_head(source, "CarePlan", "plan", plan["id"], "aftercare-careplan"),
        "status": plan["status"],
        "intent": "plan",
        "category": [
            concept(coding(f"{CANONICAL}/CodeSystem/plan-kind", plan["type"], "Aftercare plan")),
            concept(coding(f"{US_CORE}careplan-category", "assess-plan")),
        ],
        "extension": [
            _extension("plan-phase", "valueCode", plan["phase"]),
            _extension("agreed-on", "valueDate", plan["agreed"]),
        ],
        "title": plan["title"],
        "subject": _patient(source, plan["client"]),
        "period": {"start": plan["period_start"], "end": plan["period_end"]},
        "created": plan["drawn_up"],
        "author": {**_keyworker(source, plan), "display": plan["keyworker"]["name"]},
        "contributor": [_reference(source, "Organization", "organisation", plan["agency"]["number"])],
        "careTeam": [_reference(source, "CareTeam", "team", plan["id"])],
        "addresses": _references(source, "Condition", "problem", [p for p in plan["problems"] if p["addressed"]]),
        "goal": _references(source, "Goal", "goal", plan["goals"]),
        "activity": [
            *({"extension": [_kind("service")], "reference": each} for each in services),
            {
                "extension": [_kind("swift-reaccess")],
                "reference": _reference(source, "ServiceRequest", "reaccess", plan["id"]),
            },
        ],
        "supportingInfo": [
            *_kinds("preference", _references(source, "Observation", "preference", plan["preferences"])),
            *_kinds("relapse-prevention", _references(source, "RiskAssessment", "relapse", plan["relapse_prevention"])),
        ],
    }


def _goal(source: _Source, plan: Tree, goal: Tree) -> Tree:
    milestones = [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/goal-relationship",
            "extension": [
                {"url": "type", "valueCodeableConcept": MILESTONE},
                {"url": "target", "valueReference": _reference(source, "Goal", "objective", each["id"])},
            ],
        }
        for each in goal["objectives"]
    ]
    strengths = _references(source, "Observation", "strength", goal["strengths"])
    return {
        **_head(source, "Goal", "goal", goal["id"], "client-goal"),
        "lifecycleStatus": goal["status"],
        "description": {"text": goal["own_words"]},
        "subject": _patient(source, plan["client"]),
        "expressedBy": _patient(source, plan["client"]),
        "extension": [_extension("substance-use", "valueBoolean", goal["substance_use"]), *milestones],
        "startDate": goal["started"],
        "addresses": _kinds("strength", strengths),
    }


def _objective(source: _Source, plan: Tree, objective: Tree) -> Tree:
    return {
        **_head(source, "Goal", "objective", objective["id"], "client-objective"),
        "lifecycleStatus": "active",
        "description": {"text": objective["text"]},
        "subject": _patient(source, plan["client"]),
        "expressedBy": _patient(source, plan["client"]),
        "startDate": objective["established"],
        "target": [{"measure": {"text": objective["measure"]}, "dueDate": objective["due"]}],
    }


def _strength(source: _Source, plan: Tree, statement: Tree) -> Tree:
    return {
        **_head(source, "Observation", "strength", statement["id"]),
        "status": "final",
        "category": [concept(coding(f"{HL7}observation-category", "social-history"))],
        "code": concept(coding(PLAN_ITEM, "strength")),
        "performer": [_reference(source, "Organization", "organisation", plan["agency"]["number"])],
        "subject": _patient(source, plan["client"]),
        "effectiveDateTime": plan["drawn_up"],
        "valueString": statement["text"],
    }


def _preference(source: _Source, plan: Tree, preference: Tree) -> Tree:
    return {
        **_head(source, "Observation", "preference", preference["id"]),
        "status": "final",
        "code": concept(coding(LOINC, "95541-9", "Care experience preference")),
        "subject": _patient(source, plan["client"]),
        "performer": [_patient(source, plan["client"])],
        "effectiveDateTime": plan["drawn_up"],
        "valueString": preference["text"],
    }


def _condition(source: _Source, plan: Tree, problem: Tree) -> Tree:
    return {
        **_head(source, "Condition", "problem", problem["id"]),
        "code": {"text": problem["what"]["text"]},
        "subject": _patient(source, plan["client"]),
        "category": [concept(coding(f"{US_CORE}condition-category", "health-concern", "Health Concern"))],
        "clinicalStatus": concept(coding(f"{HL7}condition-clinical", "active", "Active")),
        "extension": [
            _extension("priority", "valueCode", problem["priority"]),
            _extension("addressed", "valueBoolean", problem["addressed"]),
        ],
    }


def _request(source: _Source, plan: Tree) -> Tree:
    """Return what the requests of a plan have in common."""
    return {
        "status": "active",
        "intent": "plan",
        "subject": _patient(source, plan["client"]),
        "authoredOn": plan["drawn_up"],
        "requester": _keyworker(source, plan),
        "basedOn": [_reference(source, "CarePlan", "plan", plan["id"])],
    }


def _service(source: _Source, plan: Tree, service: Tree) -> Tree:
    name, categories, codes = SERVICES[service["category"]]
    extensions = [
        _extension("clinical", "valueBoolean", service["clinical"]),
        _extension("didactic", "valueBoolean", service["didactic"]),
    ]
    if "referral" in service:
        served_by = _reference(source, "ServiceRequest", "referral", service["referral"])
        extensions.insert(0, _extension("served-by", "valueReference", served_by))
    return {
        **_head(source, "ServiceRequest", "service", service["id"]),
        **_request(source, plan),
        "category": [concept(each) for each in (coding(CATEGORY, service["category"], name), *categories)],
        "code": concept(*codes, text=service.get("detail", "")),
        "extension": extensions,
    }


def _reaccess(source: _Source, plan: Tree) -> list[Tree]:
    reaccess = plan["reaccess"]
    service_to_call = _reference(source, "HealthcareService", "service-to-call", plan["id"])
    return [
        {
            **_head(source, "ServiceRequest", "reaccess", plan["id"]),
            **_request(source, plan),
            "category": [concept(coding(SNOMED, "409063005"))],
            "code": concept(coding(PLAN_ITEM, "swift-reaccess"), coding(f"{HL7}service-type", "106")),
            "performer": [{**service_to_call, "display": reaccess["contact"]}],
            "patientInstruction": reaccess["steps"],
        },
        {
            **_head(source, "HealthcareService", "service-to-call", plan["id"]),
            "active": True,
            "name": reaccess["contact"],
            "telecom": [{"system": "phone", "value": reaccess["phone"]}],
        },
    ]


def _relapse(source: _Source, plan: Tree, measure: Tree) -> Tree:
    return {
        **_head(source, "RiskAssessment", "relapse", measure["id"]),
        "status": "final",
        "code": concept(coding(PLAN_ITEM, "relapse-prevention")),
        "subject": _patient(source, plan["client"]),
        "basedOn": _reference(source, "CarePlan", "plan", plan["id"]),
        "occurrenceDateTime": plan["drawn_up"],
        "prediction": [{"outcome": {"text": "Relapse"}}],
        "mitigation": measure["text"],
    }


def _team(source: _Source, plan: Tree) -> Tree:
    role = f"{CANONICAL}/CodeSystem/care-team-role"
    keyworker = {
        "extension": [_kind("keyworker")],
        "member": {**_keyworker(source, plan), "display": plan["keyworker"]["name"]},
        "role": [concept(coding(role, "keyworker"))],
    }
    responsible: list[dict[str, Any]] = [
        {
            "extension": [_kind("responsible")],
            "member": {
                **_reference(source, "Practitioner", "worker", each["worker"]["number"]),
                "display": each["worker"]["name"],
            },
            "role": [concept(coding(role, "responsible"), text=each["worker"]["role"])],
            "onBehalfOf": _reference(source, "Organization", "organisation", each["agency"]["number"]),
        }
        for each in plan["responsible"]
    ]
    return {
        **_head(source, "CareTeam", "team", plan["id"]),
        "status": "active",
        "subject": _patient(source, plan["client"]),
        "participant": [keyworker, *responsible],
    }


def _task(source: _Source, plan: Tree, code: str) -> Tree:
    """Return what the tasks of a plan have in common."""
    return {
        "status": "requested",
        "intent": "order",
        "code": concept(coding(PLAN_ITEM, code)),
        "focus": _reference(source, "CarePlan", "plan", plan["id"]),
        "for": _patient(source, plan["client"]),
        "authoredOn": plan["drawn_up"],
    }


def _responsible(source: _Source, plan: Tree, each: Tree) -> Tree:
    owner = _reference(source, "Practitioner", "worker", each["worker"]["number"])
    return {
        **_head(source, "Task", "responsible", each["id"]),
        **_task(source, plan, "put-into-effect"),
        "requester": _reference(source, "Organization", "organisation", plan["agency"]["number"]),
        "owner": {**owner, "display": each["worker"]["name"]},
        "restriction": {
            "recipient": [_reference(source, "Organization", "organisation", each["agency"]["number"])],
        },
    }


def _review_due(source: _Source, plan: Tree) -> Tree:
    return {
        **_head(source, "Task", "review-due", plan["id"]),
        **_task(source, plan, "plan-review"),
        "owner": {**_keyworker(source, plan), "display": plan["keyworker"]["name"]},
        "restriction": {"period": {"end": plan["review_due"]}},
    }


def _signature(source: _Source, plan: Tree, signature: Tree) -> Tree:
    name, part, number, display = SIGNERS[signature["role"]]
    client = _patient(source, plan["client"]) if signature["role"] == "client" else {}
    who = {**client, "display": signature["name"]}
    system, signature_code = key_system(source.name, "signature"), f"1.2.840.10065.1.12.1.{number}"
    return {
        "resourceType": "Provenance",
        "id": _id(source, "Provenance", "signature", signature["id"]),
        "meta": {"tag": [{"system": system, "code": signature["id"]}]},
        "target": [_reference(source, "CarePlan", "plan", plan["id"])],
        "recorded": signature["signed"],
        "agent": [
            {
                "type": concept(part),
                "role": [concept(coding(f"{CANONICAL}/CodeSystem/signer", signature["role"], name))],
                "who": who,
            }
        ],
        "signature": [
            {
                "type": [coding("urn:iso-astm:E1762-95:2013", signature_code, display)],
                "when": signature["signed"],
                "who": who,
            }
        ],
    }


def _copy(source: _Source, plan: Tree, copy: Tree) -> Tree:
    return {
        **_head(source, "Communication", "copy", copy["id"]),
        "status": "completed",
        "category": [concept(coding(f"{HL7}communication-category", "notification"))],
        "subject": _patient(source, plan["client"]),
        "about": [_reference(source, "CarePlan", "plan", plan["id"])],
        "payload": [{"contentReference": _reference(source, "CarePlan", "plan", plan["id"])}],
        "recipient": [{"display": copy["to"]}],
        "sent": copy["on"],
    }


def _section(code: str, title: str, entries: list[Tree]) -> Tree:
    return {"title": title, "code": concept(coding(LOINC, code)), "entry": entries}


def _document(source: _Source, plan: Tree) -> Tree:
    agency = _reference(source, "Organization", "organisation", plan["agency"]["number"])
    concerns = [
        *_kinds("problem", _references(source, "Condition", "problem", plan["problems"])),
        *_kinds("relapse-prevention", _references(source, "RiskAssessment", "relapse", plan["relapse_prevention"])),
    ]
    goals = [
        *_kinds("goal", _references(source, "Goal", "goal", plan["goals"])),
        *_kinds("preference", _references(source, "Observation", "preference", plan["preferences"])),
    ]
    interventions = [
        *_kinds("service", _references(source, "ServiceRequest", "service", plan["services"])),
        *_kinds("swift-reaccess", [_reference(source, "ServiceRequest", "reaccess", plan["id"])]),
    ]
    head = _head(source, "Composition", "document", plan["id"])
    return {
        **head,
        "identifier": head["identifier"][0],
        "status": "final",
        "type": concept(coding(LOINC, "18776-5")),
        "title": plan["title"],
        "subject": _patient(source, plan["client"]),
        "date": plan["drawn_up"],
        "author": [{"type": "Practitioner", **_keyworker(source, plan)}, {"type": "Organization", **agency}],
        "custodian": agency,
        "event": [{"detail": [_reference(source, "CarePlan", "plan", plan["id"])]}],
        "section": [
            _section("75310-3", "Health concerns", concerns),
            _section("61146-7", "Goals", goals),
            _section("62387-6", "Interventions", interventions),
            _section("85847-2", "Care team", [_reference(source, "CareTeam", "team", plan["id"])]),
        ],
    }


def _practitioner(source: _Source, worker: Tree) -> Tree:
    return {
        **_head(source, "Practitioner", "worker", worker["number"]),
        "active": True,
        "name": [{"text": worker["name"]}],
        "qualification": [{"code": {"text": worker["role"]}}],
        "telecom": [{"system": "phone", "value": worker["phone"]}],
    }


def _organization(source: _Source, organisation: Tree) -> Tree:
    head = _head(source, "Organization", "organisation", organisation["number"])
    made = {**head, "active": True, "name": organisation["name"]}
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
        *(_objective(source, plan, each) for goal in plan["goals"] for each in goal["objectives"]),
        *(_strength(source, plan, each) for goal in plan["goals"] for each in goal["strengths"]),
        *(_preference(source, plan, each) for each in plan["preferences"]),
        *(_condition(source, plan, problem) for problem in plan["problems"]),
        *(_service(source, plan, service) for service in plan["services"]),
        *_reaccess(source, plan),
        *(_relapse(source, plan, each) for each in plan["relapse_prevention"]),
        *(_responsible(source, plan, each) for each in plan["responsible"]),
        _review_due(source, plan),
        *(_signature(source, plan, each) for each in plan["agreement"]),
        *(_copy(source, plan, each) for each in plan["copies"]),
        _document(source, plan),
        _team(source, plan),
        *(_practitioner(source, each) for each in (plan["keyworker"], *(r["worker"] for r in plan["responsible"]))),
        *(_organization(source, each) for each in (plan["agency"], *(r["agency"] for r in plan["responsible"]))),
    ]
    return list({(each["resourceType"], each["id"]): each for each in made}.values())
