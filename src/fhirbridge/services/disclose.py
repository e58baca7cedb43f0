"""The one door out: decide, redact, label, write down. Every byte about a person that leaves comes from here.

Who discloses: a consent lets one agency tell. Data that an agency handed in are disclosed under that agency's consents;
data that anybody else handed in (a prison, a hospital) are held for all agencies of this bridge and go under the
consents of any of them. Decisions are made at the moment of sending and never kept.

Laws of this file: what is shown was decided here in the same transaction; what cannot be written down does not leave;
a permit and a refusal are both written down; somebody unknown and somebody not covered take the same path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.consent.decide import ConsentVersion, Decision, Recipient, Request, decide
from fhirbridge.consent.labels import REDACTED, label
from fhirbridge.consent.notices import notice, notice_outcome, scope
from fhirbridge.consent.redact import redact, redact_record
from fhirbridge.consent.table import LEDGER_ONLY
from fhirbridge.formats import fhir_json, record_json
from fhirbridge.ids import key_system, new_id, stable_id
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.records import Consent
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.claims import claimed
from fhirbridge.services.narrative import told_anew
from fhirbridge.services.person_states import state_of
from fhirbridge.store.base import ConsentRow, LedgerEntry, RecordRow, ResourceRow, Transaction
from fhirbridge.validation.check import Checker
from fhirbridge.validation.claims import NO_CLAIMS, Claims

NOBODY = ""
"""Stands in the ledger for the person of a request that named nobody we know."""

HANDLING = frozenset({"PERSISTLABEL", "NORDSCLCD", "NOREUSE", "MINEC"})
CARRIED: Mapping[str, frozenset[str]] = {
    "read": HANDLING | {"NOTICE", "SCOPE", "SHOW-EXPIRY", "NO-CUSTODY-COPY"},
    "search": HANDLING | {"NOTICE", "SCOPE", "SHOW-EXPIRY", "NO-CUSTODY-COPY", "CONSENT-COPY"},
    "create": HANDLING | {"NOTICE", "SCOPE", "SHOW-EXPIRY", "NO-CUSTODY-COPY"},
    "document": HANDLING | {"NOTICE", "SCOPE", "SHOW-EXPIRY", "NO-CUSTODY-COPY", "CONSENT-COPY"},
    "delivery": HANDLING | {"NOTICE", "SCOPE", "SHOW-EXPIRY", "NO-CUSTODY-COPY", "CONSENT-COPY"},
}
"""Which obligations each channel can meet: by labels, by the notice and its scope text, by the consent itself. A
disclosure with an obligation that its channel cannot meet is refused."""

DIRECTORY_CLASS = "D0"
IDENTITY_CLASS = "D1"
CONSENT = "Consent"
WITHHELD: Mapping[str, str] = {"class": ""}

Classes = frozenset[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, for what purpose, over which channel, for what (a type or an address of ours, never a value).

    `once`: the same text makes the same ledger entry, so that a repeated attempt is one disclosure.
    """

    partner: Partner
    purpose: str
    channel: str
    about: str
    once: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What one recipient may see of one person at this moment: a decision for each agency, by its organisation."""

    person_id: str
    decisions: Mapping[str, Decision]
    organisations: Mapping[str, str] = field(default_factory=dict)
    """Agency partner id -> organisation."""
    sources: frozenset[str] = frozenset()
    """All registered partners: what somebody else once handed in is shown to nobody."""
    maps: MapLibrary = field(default_factory=lambda: MapLibrary({}), repr=False, compare=False)
    """What narratives are made anew by."""
    claims: Claims = NO_CLAIMS
    checker: Checker = field(default_factory=Checker, repr=False, compare=False)
    """What decides which profiles are claimed to the recipient."""

    @property
    def ground(self) -> Decision | None:
        """The decision that the ledger names: the first permit, else the first refusal."""
        decisions = list(self.decisions.values())
        return next((each for each in decisions if each.permit), decisions[0] if decisions else None)

    @property
    def is_open(self) -> bool:
        """Whether anything may be seen at all."""
        return any(decision.permit for decision in self.decisions.values())

    @property
    def permits(self) -> tuple[Decision, ...]:
        """The decisions that permit something."""
        return tuple(decision for decision in self.decisions.values() if decision.permit)

    @property
    def relied_on(self) -> frozenset[str]:
        """The ids of the consents that something may be seen under. Any other consent tells of somebody else."""
        return frozenset(id_ for decision in self.permits for id_, _ in decision.consents)

    def classes(self, source: str) -> Classes:
        """Return the data classes that may be seen of what this source handed in; "" stands for all sources."""
        if source in self.organisations:
            decision = self.decisions[self.organisations[source]]
            return decision.permitted if decision.permit else frozenset()
        if source and source not in self.sources:
            return frozenset()
        return frozenset[str]().union(*(decision.permitted for decision in self.permits))


# -- decide


def look(bridge: Bridge, tx: Transaction, ask: Ask, person_id: str) -> View:
    """Return what the asking partner may see of a person now. Nothing may be shown before `write_down`."""
    consents = [_consent(row) for row in tx.iter_consents(person_id)]
    agencies = {id_: each.organisation for id_, each in bridge.partners.items() if each.kind is PartnerKind.AGENCY}
    who = Recipient(ask.partner.id, ask.partner.organisation, ask.partner.kind, ask.partner.jurisdiction)
    purpose = ask.purpose if ask.purpose in ask.partner.purposes else ""
    state = state_of(tx, person_id)
    requests = {
        organisation: Request(who, purpose, state, organisation, bridge.clock())
        for organisation in dict.fromkeys(agencies.values())
    }
    decisions = {name: _carried(decide(request, consents), ask.channel) for name, request in requests.items()}
    return View(person_id, decisions, agencies, frozenset(bridge.partners), bridge.maps, bridge.claims, bridge.checker)


def _carried(decision: Decision, channel: str) -> Decision:
    """Return the decision, or a refusal when the channel cannot meet one of its obligations."""
    if not decision.permit or set(decision.obligations) <= CARRIED[channel] | LEDGER_ONLY:
        return decision
    reason = "obligation-not-met"
    return replace(decision, permit=False, reason_code=reason, permitted=frozenset())


def _consent(row: ConsentRow) -> ConsentVersion:
    return ConsentVersion(row.id, row.version, Consent.model_validate(record_json.parse(row.body)))


# -- write down


def write_down(bridge: Bridge, tx: Transaction, ask: Ask, view: View, shown: Sequence[str] | None) -> LedgerEntry:
    """Add one disclosure or refusal to the ledger.

    Args:
        shown: what leaves, as "Type/id"; None when what was asked for is withheld although something else may be seen.
    """
    ground = view.ground
    outcome = "permit" if view.is_open and shown is not None else "deny"
    row = str(ground.row) if ground else "0"
    consent_id, version = (ground.consent_id, ground.consent_version) if ground else ("", 0)
    return tx.append_ledger(
        LedgerEntry(
            id=stable_id(ask.once, outcome, row, consent_id, str(version)) if ask.once else new_id("d-"),
            at=bridge.clock(),
            person_id=view.person_id,
            recipient=ask.partner.id,
            purpose=ask.purpose,
            channel=ask.channel,
            outcome=outcome,
            table_row=row,
            consent_id=consent_id,
            consent_version=version,
            details={"about": ask.about, "shown": list(shown or ()), **_reasons(view, outcome)},
        )
    )


def _reasons(view: View, outcome: str) -> dict[str, object]:
    """Return why; with several agencies, under every consent that something may be seen under."""
    ground = view.ground
    if ground is None:
        return {"reason": "no-agency"}
    is_withheld = ground.permit and outcome == "deny"
    return {
        "reason": "class-not-permitted" if is_withheld else ground.reason_code,
        "classes": sorted(ground.permitted),
        "consents": [f"Consent/{id_}/_history/{version}" for each in view.permits for id_, version in each.consents],
        "obligations": list(ground.obligations),
        "smallest_change": ground.smallest_change,
        "inputs": ground.inputs_hash,
    }


# -- redact and label


@dataclass(frozen=True, slots=True)
class Shown:
    """One resource as it may leave, and the consent it leaves under ("" for the directory)."""

    row: ResourceRow
    resource: dict[str, Any]
    consent: str = ""

    @property
    def key(self) -> str:
        """The resource's own address: "Type/id"."""
        return f"{self.row.type}/{self.row.id}"


def show(ask: Ask, view: View, row: ResourceRow) -> Shown | None:
    """Return what of a resource may leave, labelled; None when it must look as if it were not there."""
    trace = json.loads(row.trace)
    permitted = view.classes(source_of(trace))
    if row.data_class not in permitted or (row.type == CONSENT and row.id not in view.relied_on):
        return None
    elements = {path: _owned(view, entry) for path, entry in trace.get("elements", {}).items()}
    whole = fhir_json.parse(row.body)
    resource = redact(whole, elements, data_class=row.data_class, permitted=permitted)
    if resource is None:
        return None
    if "text" in whole and "text" not in resource:
        resource = told_anew(view.maps, trace, resource)
    if ask.partner.claims is not None or is_redacted(resource):
        resource = claimed(resource, view.claims, view.checker, guides=ask.partner.claims)
    obligations = [code for decision in view.permits for code in decision.obligations]
    labelled = label(resource, row.data_class, ask.partner.jurisdiction, obligations=obligations)
    return Shown(row, labelled, consent_of(view))


def show_directory(row: ResourceRow) -> Shown:
    """Return a directory entry, which speaks of no person and may be seen by every partner."""
    return Shown(row, fhir_json.parse(row.body))


def source_of(trace: Mapping[str, Any]) -> str:
    """Return the partner that handed in what a trace speaks of; "" when there are several."""
    return str(trace.get("record", "")).partition("/")[2].partition("/")[0]


def _owned(view: View, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the trace entry, or one that withholds: an element that another agency told needs that one's consent."""
    sources = entry.get("sources") or [source_of(entry)]
    told = any(not source or entry.get("class") in view.classes(source) for source in sources)
    return entry if told else WITHHELD


def is_withheld_in_part(view: View, row: ResourceRow) -> bool:
    """Say whether a resource holds something that it may be found by, and that this view must not tell."""
    elements = json.loads(row.trace).get("elements", {})
    found_by = (entry for entry in elements.values() if entry.get("class") in (DIRECTORY_CLASS, IDENTITY_CLASS))
    return any(_owned(view, entry) is WITHHELD for entry in found_by)


def numbers_shown(tx: Transaction, ask: Ask, view: View) -> frozenset[tuple[str, str]]:
    """Return the numbers, as (system, value), that may be seen in a person's Patient."""
    patient = tx.find_resource("Patient", view.person_id)
    shown = show(ask, view, patient) if patient else None
    numbers = shown.resource.get("identifier", []) if shown else []
    return frozenset((str(each.get("system")), str(each.get("value"))) for each in numbers)


def consent_of(view: View) -> str:
    """Return the address of the consent version that a view rests on, "" when it rests on none."""
    ground = view.ground
    if ground is None or not ground.consent_id:
        return ""
    return f"Consent/{ground.consent_id}/_history/{ground.consent_version}"


def show_record(view: View, record: RecordRow) -> dict[str, Any]:
    """Return the tree of a record with only what may leave; empty when nothing may."""
    permitted = view.classes(record.source)
    if record.kind == Consent.kind and consent_id(record.source, record.key) not in view.relied_on:
        return {}
    return redact_record(record.kind, record_json.parse(record.body), permitted)


def consent_id(source: str, key: str) -> str:
    """Return the id of the Consent that a source's consent record becomes."""
    return stable_id(source, CONSENT, key_system(source, Consent.kind), key)


def searchable(resource: dict[str, Any], trace: Mapping[str, Any], data_class: str) -> dict[str, Any]:
    """Return the part of a resource that everybody sees who may know of it: what it may be found by."""
    everybody = frozenset({data_class, DIRECTORY_CLASS, IDENTITY_CLASS})
    visible = redact(resource, trace.get("elements", {}), data_class=data_class, permitted=everybody)
    return {**(visible or {}), "resourceType": resource["resourceType"], "meta": resource.get("meta", {})}


def disclose(bridge: Bridge, tx: Transaction, ask: Ask, row: ResourceRow | None) -> tuple[View, Shown | None]:
    """Decide about one resource, write it down, and return the view and what may leave (None: as if not there)."""
    view = look(bridge, tx, ask, (row.person_id or NOBODY) if row else NOBODY)
    shown = show(ask, view, row) if row else None
    write_down(bridge, tx, ask, view, [shown.key] if shown else None)
    return view, shown


# -- what goes with it


def outcome_of(ask: Ask, views: Iterable[View]) -> dict[str, Any]:
    """Return one OperationOutcome with the notices and scopes of all that is shown of these persons, each once."""
    issues: dict[str, dict[str, Any]] = {}
    for decision in _permits(views):
        found = notice_outcome(decision, jurisdiction=ask.partner.jurisdiction, form=ask.partner.notice)
        issues.update({issue["details"]["text"]: issue for issue in found["issue"]})
    return {"resourceType": "OperationOutcome", "issue": list(issues.values())}


def notices_of(ask: Ask, views: Iterable[View]) -> tuple[str, ...]:
    """Return the statements and scopes that must go with what is shown of these persons, each once."""
    texts: dict[str, None] = {}
    for decision in _permits(views):
        statement = notice(decision, jurisdiction=ask.partner.jurisdiction, form=ask.partner.notice)
        texts.update(dict.fromkeys(text for text in (statement, scope(decision) if statement else "") if text))
    return tuple(texts)


def labels_for_record(ask: Ask, view: View, data_class: str) -> list[str]:
    """Return the codes of the labels that travel beside a record."""
    obligations = [code for decision in view.permits for code in decision.obligations]
    labelled = label({}, data_class, ask.partner.jurisdiction, obligations=obligations)
    return [coding["code"] for coding in labelled["meta"]["security"]]


def consent_copies(tx: Transaction, view: View) -> list[dict[str, Any]]:
    """Return the consents, as signed, that an obligation sends along with what is shown of a person."""
    obliged = (each for each in view.permits if "CONSENT-COPY" in each.obligations)
    wanted = {id_ for decision in obliged for id_, _ in decision.consents}
    return [record_json.parse(row.body) for row in tx.iter_consents(view.person_id) if row.id in wanted]


def labels_of(resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the security labels that any of these resources has: the high-water mark of a Bundle."""
    codings = (coding for each in resources for coding in each.get("meta", {}).get("security", []))
    return list({(coding.get("system"), coding.get("code")): coding for coding in codings}.values())


def is_redacted(resource: Mapping[str, Any]) -> bool:
    """Say whether something was taken out of a resource: its label says so."""
    return REDACTED[1] in {coding.get("code") for coding in labels_of([resource])}


def _permits(views: Iterable[View]) -> Iterable[Decision]:
    return (decision for view in views for decision in view.permits)
