"""Putting FHIR resources into the store: labelled, versioned, indexed by what may be searched, with their trace.

Laws of this file: the same content twice is one version; what is kept as bytes is what is served.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fhirbridge.consent.labels import label
from fhirbridge.errors import IdentityConflict, Issue
from fhirbridge.fhir.search_parameters import index_values
from fhirbridge.formats import fhir_json
from fhirbridge.ids import fingerprint
from fhirbridge.mapping.run import Item
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.claims import claimed
from fhirbridge.services.disclose import searchable, source_of
from fhirbridge.store.base import IndexRow, ResourceRow, Transaction
from fhirbridge.times import format_instant

DIRECTORY_CLASS = "D0"
SOURCE_PARAMETER = "_source-partner"
"""Index row that says which partner handed a resource in; no search parameter of anybody else's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a resource is about ("" for a directory entry), under whose law it stands, and which version was seen."""

    person_id: str
    jurisdiction: str
    expected_version: int | None = None


def put(bridge: Bridge, tx: Transaction, item: Item, place: Place) -> ResourceRow:
    """Keep a resource and return its row; equal content keeps the present version.

    Raises:
        IdentityConflict: the key stands for another person's resource.
        VersionConflict: the version that was seen is no longer the present one.
    """
    whole = claimed({"resourceType": item.type, "id": item.id, **item.body}, bridge.claims, bridge.checker)
    resource = label(whole, item.data_class, place.jurisdiction)
    content_hash = fingerprint(fhir_json.format(resource))
    present = tx.find_resource(item.type, item.id)
    _refuse_other_person(present, item, place)
    version = present.version if present else 0
    now = bridge.clock()
    stamped = _stamped(resource, version + 1, format_instant(now))
    unchanged = present is not None and present.content_hash == content_hash and not present.deleted
    row = ResourceRow(
        type=item.type,
        id=item.id,
        body=present.body if present and unchanged else fhir_json.format(stamped),
        content_hash=content_hash,
        data_class=item.data_class,
        person_id=None if item.data_class == DIRECTORY_CLASS else place.person_id,
        trace=json.dumps(item.trace).encode(),
        last_updated=now,
    )
    expected = version if place.expected_version is None else place.expected_version
    return tx.put_resource(row, _index(stamped, item), expected_version=expected)


def _refuse_other_person(present: ResourceRow | None, item: Item, place: Place) -> None:
    """A source that numbers the goals of each plan from 1 would put one client's goal in another's place."""
    if present is None or present.deleted or present.person_id in (None, place.person_id):
        return
    issue = Issue(
        IdentityConflict.code,
        "This key stands for another client's resource already.",
        f"{item.type}.identifier",
        rule="key-one-person",
        hint="Keys must be the source's own and never used twice.",
    )
    raise IdentityConflict(issues=[issue])


def retire(tx: Transaction, type_: str, id_: str) -> None:
    """Mark a resource as deleted; its versions stay."""
    present = tx.find_resource(type_, id_)
    if present and not present.deleted:
        gone = replace(present, body=b"{}", content_hash="", deleted=True, version=0, last_updated=None)
        tx.put_resource(gone, (), expected_version=present.version)


def _stamped(resource: dict[str, Any], version: int, moment: str) -> dict[str, Any]:
    meta = {"versionId": str(version), "lastUpdated": moment, **resource.get("meta", {})}
    head = {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta}
    return {**head, **{name: value for name, value in resource.items() if name not in head}}


def _index(resource: dict[str, Any], item: Item) -> Iterator[IndexRow]:
    """Yield the search values of what everybody sees who may know of the resource at all.

    A hidden element must not be found by, for a search that finds it tells its value.
    """
    visible = searchable(resource, item.trace, item.data_class)
    moment = f"{resource['meta']['lastUpdated'][:19]}Z"
    yield IndexRow("_lastUpdated", "date", moment, moment)
    yield IndexRow(SOURCE_PARAMETER, "token", "", source_of(item.trace))
    for value in index_values(visible):
        yield IndexRow(*value)
