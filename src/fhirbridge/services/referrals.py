"""A ServiceRequest that an EHR sends back: it becomes a referral record, and what we make of that record is kept.

The body as it came is kept as a message, with what could not be taken over reported in its outcome. A partner may
refer only a client of whom it may see referrals; anybody else is refused as an unknown subject is.
Source: http://hl7.org/fhir/R4/servicerequest.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import ValidationError

from fhirbridge.auth.partners import PartnerKind
from fhirbridge.errors import Forbidden, InvalidContent, Issue, MissingHeader, NotFound, VersionConflict
from fhirbridge.fhir.references import find_local
from fhirbridge.formats import fhir_json, record_json
from fhirbridge.ids import fingerprint, key_system, new_id, stable_id
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.put.propose import propose
from fhirbridge.mapping.run import to_right
from fhirbridge.records import Referral
from fhirbridge.services import disclose, filing, reading
from fhirbridge.services.adoption import KIND, TYPE, Adoption, Tree
from fhirbridge.services.answer import Answer, answer
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.services.intake import MAX_KEY_CHARS
from fhirbridge.services.outcome import Outcome
from fhirbridge.store.base import Message, MessageState, ResourceRow, Transaction
from fhirbridge.times import format_instant

MEDIA_TYPE = "application/fhir+json"
NEEDED = frozenset({"D1", "D3"})
"""What a partner must be allowed to see of a client to refer the client."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One create or update under way."""

    bridge: Bridge
    tx: Transaction
    caller: Caller
    ask: disclose.Ask

    @property
    def source(self) -> str:
        """The partner that sends it."""
        return self.caller.partner.id


def create(bridge: Bridge, caller: Caller, resource: Tree, *, idempotency_key: str) -> Answer:
    """Return the resource that was made of a ServiceRequest; the same Idempotency-Key again returns it again.

    Raises:
        Forbidden: the partner is no hospital.
        InvalidContent: the resource breaks a rule, or its subject is nobody this partner may refer.
        IdempotencyConflict: the key was used with another body.
        MissingHeader: the Idempotency-Key is too long.
    """
    if len(idempotency_key) > MAX_KEY_CHARS:
        raise MissingHeader(f"Idempotency-Key is longer than {MAX_KEY_CHARS} characters.")
    _require(bridge, caller, resource)
    ask = disclose.Ask(caller.partner, caller.partner.purpose, "create", TYPE)
    with bridge.store.transaction() as tx:
        visit = _Visit(bridge, tx, caller, ask)
        view = _look(visit, resource)
        made = _create(visit, view, resource, idempotency_key) if view else None
    if made is None or view is None:
        raise _unknown_subject()
    return answer(made, notices=disclose.notices_of(ask, [view]), created=True)


def update(bridge: Bridge, caller: Caller, id_: str, resource: Tree, *, if_match: int | None) -> Answer:
    """Return the new version of a ServiceRequest that this partner created.

    Raises:
        MissingHeader: no If-Match.
        VersionConflict: the resource has changed since.
        NotFound: unknown, another partner's, or no longer covered by a consent.
        InvalidContent: the resource breaks a rule.
    """
    _require(bridge, caller, resource)
    if if_match is None:
        raise MissingHeader('An update needs If-Match with the version it is based on, such as W/"1".')
    ask = disclose.Ask(caller.partner, caller.partner.purpose, "create", f"{TYPE}/{id_}")
    with bridge.store.transaction() as tx:
        visit = _Visit(bridge, tx, caller, ask)
        row = _find_own(visit, id_)
        view = _look(visit, resource) if row else None
        changed = _update(visit, row, view, (resource, if_match)) if row and view else None
    if changed is None or view is None:
        raise NotFound
    return answer(changed, notices=disclose.notices_of(ask, [view]))


# -- who, and whether at all


def _require(bridge: Bridge, caller: Caller, resource: Tree) -> None:
    if caller.partner.kind is not PartnerKind.HOSPITAL:
        raise Forbidden("Only a hospital can send referrals this way.")
    found = bridge.check_write(resource)
    errors = [issue for issue in found if issue.severity in ("error", "fatal")]
    if errors:
        raise InvalidContent(issues=errors)


def _look(visit: _Visit, resource: Tree) -> disclose.View | None:
    """Return what the partner may see of the subject, written down; None when it is nobody it may refer."""
    person_id = _find_subject(visit, resource)
    view = disclose.look(visit.bridge, visit.tx, visit.ask, person_id)
    permitted = view.classes(visit.source) >= NEEDED
    disclose.write_down(visit.bridge, visit.tx, visit.ask, view, [] if permitted else None)
    return view if permitted else None


def _find_subject(visit: _Visit, resource: Tree) -> str:
    """Return the person that the subject names by reference or by number, or nobody."""
    subject = resource.get("subject") or {}
    literal = find_local(str(subject.get("reference", "")), f"{visit.bridge.base_url}/fhir")
    if literal and literal.type == "Patient" and visit.tx.find_resource("Patient", literal.id):
        return literal.id
    number = subject.get("identifier") or {}
    found = visit.tx.find_person(str(number.get("system", "")), str(number.get("value", "")))
    return found if found and not literal else disclose.NOBODY


def _unknown_subject() -> InvalidContent:
    issue = Issue(
        InvalidContent.code,
        "The subject is not a client whom this system may refer.",
        f"{TYPE}.subject",
        rule="subject-known",
        hint="Name a Patient that this system can read here.",
    )
    return InvalidContent(issues=[issue])


def _find_own(visit: _Visit, id_: str) -> ResourceRow | None:
    row = visit.tx.find_resource(TYPE, id_)
    own = row is not None and not row.deleted and disclose.source_of(reading.load_trace(row.trace)) == visit.source
    return row if own else None


# -- create and update


def _create(visit: _Visit, view: disclose.View, resource: Tree, idempotency_key: str) -> disclose.Shown | None:
    message = _message(visit, resource, idempotency_key)
    kept = visit.tx.add_message(message)
    if kept.id != message.id:
        done = Outcome.from_bytes(kept.outcome).resources
        return _show(visit, view, next(each for each in done if each.startswith(f"{TYPE}/")).partition("/")[2])
    key = stable_id(visit.source, "create", idempotency_key) if idempotency_key else new_id()
    return _keep(visit, view, message, _Referred(resource, key))


def _update(visit: _Visit, row: ResourceRow, view: disclose.View, wanted: tuple[Tree, int]) -> disclose.Shown | None:
    resource, if_match = wanted
    if row.person_id != view.person_id:
        raise _unknown_subject()
    if row.version != if_match:
        raise VersionConflict
    key = str(reading.load_trace(row.trace)["record"]).split("/", 2)[2]
    message = visit.tx.add_message(_message(visit, resource, ""))
    return _keep(visit, view, message, _Referred(resource, key, if_match))


def _message(visit: _Visit, resource: Tree, idempotency_key: str) -> Message:
    body = fhir_json.format(resource)
    id_ = new_id("m-")
    return Message(
        id=id_,
        partner=visit.source,
        kind=KIND,
        media_type=MEDIA_TYPE,
        body=body,
        idempotency_key=idempotency_key or id_,
        fingerprint=fingerprint(TYPE.encode() + b"\n" + body),
        received_at=visit.bridge.clock(),
    )


@dataclass(frozen=True, slots=True)
class _Referred:
    """A ServiceRequest as it came, and the key of the referral it becomes."""

    resource: Tree
    key: str
    replaces: int | None = None
    """The version that is to be replaced."""


def _keep(visit: _Visit, view: disclose.View, message: Message, referred: _Referred) -> disclose.Shown | None:
    record, issues = _to_record(visit, view, referred)
    filing.note_maps(visit.bridge, visit.tx, (KIND,))
    id_ = stable_id(visit.source, TYPE, key_system(visit.source, KIND), referred.key)
    expected = {} if referred.replaces is None else {f"{TYPE}/{id_}": referred.replaces}
    work = filing.Filing(visit.bridge, visit.tx, visit.caller.partner, message, issues=issues, expected=expected)
    outcome = filing.file_records(work, [record])
    visit.tx.finish_message(message.id, MessageState.STORED, outcome.to_bytes())
    return _show(visit, view, id_)


def _show(visit: _Visit, view: disclose.View, id_: str) -> disclose.Shown | None:
    row = visit.tx.find_resource(TYPE, id_)
    return disclose.show(visit.ask, view, row) if row else None


# -- from the resource to the record


def _to_record(visit: _Visit, view: disclose.View, referred: _Referred) -> tuple[reading.ReadRecord, list[Issue]]:
    """Return the referral record and what could not be taken over.

    Raises:
        InvalidContent: what the record needs is not in the resource; findings name its elements.
    """
    map_ = visit.bridge.maps.get(KIND)
    adopted = Adoption(visit.bridge, visit.tx, visit.ask, view)
    resource = adopted.adopt(referred.resource, referred.key)
    held = visit.tx.find_record(KIND, visit.source, referred.key) if referred.replaces is not None else None
    arrived = [(TYPE, resource), *adopted.items]
    present = record_json.parse(held.body) if held else {}
    told = _without_old_state(map_, present, resource, Context(source=visit.source))
    proposal = propose(map_, told, arrived, Context(source=visit.source))
    issues = [*adopted.issues, *(_prefixed(issue) for issue in proposal.issues if _is_theirs(issue))]
    partner = visit.caller.partner
    tree = {"from_agency": {"number": partner.organisation, "name": partner.name}, **proposal.tree, "id": referred.key}
    tree = _with_event(visit, present, tree)
    try:
        record = Referral.model_validate(tree)
    except ValidationError as error:
        issues += reading.iter_record_issues(error.errors(), KIND, _trace(map_))
    if any(issue.severity in ("error", "fatal") for issue in issues):
        raise InvalidContent(issues=issues)
    own = f"{TYPE}/{referred.key}"
    kept = {own: proposal.complement[own]} if own in proposal.complement else {}
    return reading.ReadRecord(record, record.model_dump(mode="json", exclude_none=True), _trace(map_), kept), issues


def _without_old_state(map_: Map, held: Tree, resource: Tree, context: Context) -> Tree:
    """Return the held record, without its state where the request tells of another one.

    The Task of the loop, which did not come along, tells the old state exactly; it would outweigh the request.
    """
    made = to_right(map_, held, context).items if held else ()
    states = [item.body.get("status") for item in made if item.type == TYPE]
    if not states or states[0] == resource.get("status"):
        return held
    return {name: value for name, value in held.items() if name not in ("status", "status_reason")}


def _with_event(visit: _Visit, held: Tree, tree: Tree) -> Tree:
    """Return the record with who changed its state, and when."""
    if not held or held.get("status") == tree.get("status"):
        return tree
    now = format_instant(visit.bridge.clock())
    event = {"status": tree.get("status"), "at": now, "by": visit.caller.partner.name}
    return {**tree, "events": [*tree.get("events", []), event]}


def _is_theirs(issue: Issue) -> bool:
    """Say whether a finding is about what the partner sent, and not about directory entries of our own beside it."""
    return issue.code != "FB306" or issue.expression.startswith(f"{TYPE}.")


def _prefixed(issue: Issue) -> Issue:
    path = issue.expression
    return issue if path.startswith(f"{TYPE}.") else replace(issue, expression=f"{TYPE}.{path}")


def _trace(map_: Map) -> reading.Trace:
    """Return where each field of a referral comes from, by the rows of the map."""
    elements = {
        row.left_text.partition(".")[2]: {
            "from": f"{TYPE}.{row.right_text}",
            "file": row.place.file,
            "line": row.place.line,
            "codec": row.codec.name,
            "class": row.data_class,
        }
        for block in map_.blocks
        if block.type == TYPE
        for row in reversed(block.rows)  # of two rows for one field the first is the one to name
        if row.goes_left
    }
    return {"map": map_.name, "version": map_.version, "hash": map_.hash, "elements": elements}
