"""An EHR's ServiceRequest made ready for the map: our key, and references by business key.

Laws of this file: what is referred to must be held here and visible to the sender; what is not is left out and
reported, and a sender never learns more of it than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.fhir.references import find_local
from fhirbridge.ids import CANONICAL, key_system
from fhirbridge.mapping.model import Map, Reference
from fhirbridge.services import disclose, identity
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.disclose import Ask, View
from fhirbridge.store.base import Transaction

TYPE = "ServiceRequest"
KIND = "referral"

Tree = dict[str, Any]


class Adoption:
    """Makes an EHR's references those of the map: by business key, under the sender's own key systems."""

    def __init__(self, bridge: Bridge, tx: Transaction, ask: Ask, view: View) -> None:
        self.items: list[tuple[str, Tree]] = []
        self.issues: list[Issue] = []
        self._bridge, self._tx, self._ask, self._view = bridge, tx, ask, view
        self._targets = dict(_iter_targets(bridge.maps.get(KIND)))

    @property
    def _source(self) -> str:
        return self._ask.partner.id

    def adopt(self, resource: Tree, key: str) -> Tree:
        """Return the resource under our key, each reference with the business key of what it points to."""
        identifier = {"system": key_system(self._source, KIND), "value": key}
        theirs = [each for each in resource.get("identifier", []) if each.get("system") != identifier["system"]]
        number = self._number()
        own = {
            "identifier": [identifier, *theirs],
            "subject": {"identifier": {"system": number[0], "value": number[1]}},
        }
        rest = {name: value for name, value in without_narrative(resource).items() if name not in {*own, "id", "meta"}}
        adopted = {name: self._adopted(name, value) for name, value in rest.items()}
        return {"id": key, **own, **{name: value for name, value in adopted.items() if value}}

    def _number(self) -> identity.Number:
        """Return the number by which the record names the client: one that the sender may see, for it comes back in
        the answer; else one of the justice side, which does not.
        """
        classes = identity.classes_of_numbers(self._tx, self._bridge.partners, self._view.person_id)
        seen = disclose.numbers_shown(self._tx, self._ask, self._view)
        return min(classes, key=lambda number: (number not in seen, classes[number] != identity.JUSTICE_CLASS, number))

    def _adopted(self, name: str, value: Any) -> Any:
        if name == "extension":
            return [each for each in map(self._extension, value) if each]
        if name not in self._targets:
            return value
        if isinstance(value, list):
            return [each for each in (self._reference(name, part) for part in value) if each]
        return self._reference(name, value)

    def _extension(self, extension: Tree) -> Tree:
        url = str(extension.get("url", ""))
        if "valueReference" not in extension or url not in self._targets:
            return extension
        reference = self._reference(url, extension["valueReference"])
        return {**extension, "valueReference": reference} if reference else {}

    def _reference(self, name: str, reference: Tree) -> Tree:
        """Return the reference with a business key; {} and a finding for what is not held here."""
        target = self._targets[name]
        literal = find_local(str(reference.get("reference", "")), f"{self._bridge.base_url}/fhir")
        key = self._key_of(target, literal.id) if literal and literal.type == target.type else ""
        if not key:
            message = "This refers to nothing that is held here for this element; it stays in the message only."
            path = f"{TYPE}.{name.rpartition('/')[2]}"
            self.issues.append(Issue("FB306", message, path, "warning", "reference-held"))
            return {}
        system = key_system(self._source, target.keyed)
        return {**reference, "identifier": {"system": system, "value": key}}

    def _key_of(self, target: Reference, id_: str) -> str:
        """Return the business key of a resource that this partner may see, "" when there is none."""
        row = self._tx.find_resource(target.type, id_)
        if row is None or row.deleted or row.person_id not in (None, self._view.person_id):
            return ""
        if row.person_id is not None:
            shown = disclose.show(self._ask, self._view, row)
            return _business_key(shown.resource) if shown else ""
        resource = disclose.show_directory(row).resource
        key = _business_key(resource)
        own = {"system": key_system(self._source, target.keyed), "value": key}
        self.items.append((target.type, {**resource, "identifier": [own]}))
        return key


def _iter_targets(map_: Map) -> Iterator[tuple[str, Reference]]:
    """Yield what each element, or extension by its URL, of a ServiceRequest may refer to."""
    for block in map_.blocks:
        for row in block.rows if block.type == TYPE else ():
            if row.codec.reference and row.codec.name == "ref":
                urls = [str(where.value) for where in row.right[0].where]
                yield (urls[0] if urls else row.right[0].name), row.codec.reference


KEY_SPACE = f"{CANONICAL}/sid/"
"""Under it stand the business keys of all sources; see ids.key_system."""


def _business_key(resource: Tree) -> str:
    """Return the key by which the record of a resource is known to its owner, "" when it carries none."""
    found = resource.get("identifier", [])
    numbers = found if isinstance(found, list) else [found]
    return next((str(each["value"]) for each in numbers if str(each.get("system")).startswith(KEY_SPACE)), "")
