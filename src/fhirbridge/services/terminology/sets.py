"""$expand: the codes of a value set, counted out, as a ValueSet.

Source: http://hl7.org/fhir/R4/valueset-operation-expand.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fhirbridge.services.terminology.codes import reason_error, shown, value_set
from fhirbridge.services.terminology.parameters import Asked
from fhirbridge.terminology.expansion import Entry, Expansion, Wish
from fhirbridge.terminology.service import NotKnown, Terminology
from fhirbridge.times import format_instant

EXPAND = (
    "url", "valueSet", "valueSetVersion", "filter", "date", "offset", "count", "includeDesignations", "activeOnly",
    "excludeNested", "displayLanguage",
)  # fmt: skip
UNCLOSED = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed"


def expand(terminology: Terminology, asked: Asked, now: datetime) -> dict[str, Any]:
    """Return the value set that is asked for with its expansion.

    Raises:
        NotFound: the value set is not loaded.
        CannotTell: its codes cannot be counted out, or are too many.
    """
    terminology, canonical = value_set(terminology, asked)
    wish = Wish(
        asked.text("filter"), asked.number("offset") or 0, asked.number("count"), bool(asked.flag("activeOnly"))
    )
    try:
        found = terminology.expand(canonical, wish)
    except NotKnown as error:
        raise reason_error(str(error)) from error
    url, _, version = canonical.partition("|")
    entries = [_contains(each, asked) for each in found.entries]
    return {
        "resourceType": "ValueSet",
        "url": url,
        **({"version": version} if version else {}),
        "status": "active",
        "expansion": _expansion(found, wish, now) | ({"contains": entries} if entries else {}),
    }


def _expansion(found: Expansion, wish: Wish, now: datetime) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    said += [{"name": "filter", "valueString": wish.text}] if wish.text else []
    said += [{"name": "activeOnly", "valueBoolean": True}] if wish.active_only else []
    said += [{"name": "count", "valueInteger": wish.count}] if wish.count is not None else []
    return {
        **({} if found.is_closed else {"extension": [{"url": UNCLOSED, "valueBoolean": True}]}),
        "timestamp": format_instant(now),
        "total": found.total,
        "offset": found.offset,
        **({"parameter": said} if said else {}),
    }


def _contains(entry: Entry, asked: Asked) -> dict[str, Any]:
    concept = entry.concept
    designations = concept.designations if asked.flag("includeDesignations") else ()
    rows: dict[str, Any] = {
        "system": entry.system,
        "abstract": concept.is_abstract or None,
        "inactive": concept.is_inactive or None,
        "version": entry.version,
        "code": concept.code,
        "display": shown(concept, asked.text("displayLanguage")),
        "designation": [
            {**({"language": each.language} if each.language else {}), "value": each.value} for each in designations
        ],
    }
    return {key: value for key, value in rows.items() if value}
