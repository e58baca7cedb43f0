"""Who is who: numbers decide, names never do.

No known number: a new person, whose id is made from the first number seen, so that the same message makes the same
person again. Numbers of one person: that person, and the new numbers are linked. Numbers of two people: a conflict
that a person must settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.errors import IdentityConflict, Issue, Unavailable
from fhirbridge.formats import record_json
from fhirbridge.ids import key_system, stable_id
from fhirbridge.store.base import RecordRow, Transaction

Number = tuple[str, str]
"""System and value."""

IDENTITY_CLASS, JUSTICE_CLASS = "D1", "D6"


def numbers_of(kind: str, tree: Mapping[str, Any]) -> tuple[Number, ...]:
    """Return the numbers by which a record's tree names its client, the record's own first."""
    if kind == "person":
        return tuple((number["system"], number["value"]) for number in tree["identifiers"])
    client, others = tree["client"], tree.get("other_identifiers", ())
    return ((client["system"], client["number"]), *((number["system"], number["value"]) for number in others))


def numbers_in(row: RecordRow) -> tuple[Number, ...]:
    """Return the numbers by which a stored record names its client."""
    return numbers_of(row.kind, record_json.parse(row.body))


def resolve(tx: Transaction, numbers: Iterable[Number], *, path: str = "client", secret: str = "") -> str:
    """Return the id of the one person these numbers belong to, and link those that were new.

    Args:
        path: where in the record the numbers stand, for the finding.
        secret: goes into the id of a new person, so that nobody can try numbers out against it.

    Raises:
        IdentityConflict: they belong to more than one person we know.
        Unavailable: somebody else linked one of them at this moment; trying again settles it.
    """
    numbers = tuple(dict.fromkeys(numbers))
    known = {number: tx.find_person(*number) for number in numbers}
    persons = {person for person in known.values() if person}
    if len(persons) > 1:
        raise _conflict(path)
    person_id = persons.pop() if persons else stable_id("person", secret, *numbers[0])
    for number in (number for number, person in known.items() if person is None):
        _link(tx, number, person_id)
    return person_id


def _link(tx: Transaction, number: Number, person_id: str) -> None:
    try:
        tx.link_identifier(*number, person_id)
    except IdentityConflict as error:
        raise Unavailable("Another message about the same person was stored at this moment.") from error


def _conflict(path: str) -> IdentityConflict:
    issue = Issue(
        IdentityConflict.code,
        "The numbers given belong to different people we know.",
        path,
        rule="one-person",
        hint="Find out which number is wrong; nothing of this message has been stored.",
    )
    return IdentityConflict(issues=[issue])


JUSTICE_SIDE = frozenset({PartnerKind.PRISON, PartnerKind.PROBATION, PartnerKind.COURT, PartnerKind.POLICE})
LINKED = {"plan": "CarePlan", "referral": "ServiceRequest"}
"""Record kinds that other records refer to by key, and what they are in FHIR."""


def classes_of_numbers(tx: Transaction, partners: Mapping[str, Partner], person_id: str) -> dict[Number, str]:
    """Return each number of a person with its data class: that of identity, or that of justice data where the justice
    side gave it or alone told it, since such a number says where somebody was.
    """
    rows = list(tx.iter_records(person_id))
    theirs = _justice_systems(partners, rows)
    told = {number for row in rows if not is_justice_side(partners, row.source) for number in numbers_in(row)}
    return {
        number: IDENTITY_CLASS if number in told and number[0] not in theirs else JUSTICE_CLASS
        for number in tx.iter_identifiers(person_id)
    }


def _justice_systems(partners: Mapping[str, Partner], rows: Iterable[RecordRow]) -> set[str]:
    """Return the systems in which the justice side numbers people: those registered, and those by which its records
    name their client, unless another partner registered them.
    """
    theirs = {id_: each for id_, each in partners.items() if each.kind in JUSTICE_SIDE}
    others = {system for id_, each in partners.items() if id_ not in theirs for system in each.identifier_systems}
    used = {numbers_in(row)[0][0] for row in rows if row.source in theirs}
    return {system for each in theirs.values() for system in each.identifier_systems} | (used - others)


def tellers_of_numbers(tx: Transaction, person_id: str) -> dict[Number, list[str]]:
    """Return, for each number of a person that a record names, the sources whose records name it."""
    told: dict[Number, set[str]] = {}
    for row in tx.iter_records(person_id):
        for number in numbers_in(row):
            told.setdefault(number, set()).add(row.source)
    return {number: sorted(sources) for number, sources in told.items()}


def is_justice_side(partners: Mapping[str, Partner], source: str) -> bool:
    """Say whether a source belongs to the justice side; one that is no longer registered is taken to."""
    return source not in partners or partners[source].kind in JUSTICE_SIDE


def known_patient(tx: Transaction, person_id: str) -> dict[tuple[str, str, str], str]:
    """Return what a map must know to refer to a person: (type, system, value) -> id, for each number."""
    return {("Patient", system, value): person_id for system, value in tx.iter_identifiers(person_id)}


def known_resources(tx: Transaction, person_id: str, source: str) -> dict[tuple[str, str, str], str]:
    """Return what a map must know to refer to a person and to the person's records: (type, system, value) -> id.

    A source may name a plan or referral of another source by its key, as a hospital does that answers to a plan.
    """
    known = known_patient(tx, person_id)
    for kind, type_ in LINKED.items():
        rows = list(tx.iter_records(person_id, kind))
        own = {row.key for row in rows if row.source == source}
        for row in (row for row in rows if row.source != source and row.key not in own):
            id_ = stable_id(row.source, type_, key_system(row.source, kind), row.key)
            known.setdefault((type_, key_system(source, kind), row.key), id_)
    return known
