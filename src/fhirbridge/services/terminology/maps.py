"""$translate: what a code becomes by a concept map, be it a resource or a code table of the maps that are active.

Source: http://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhirbridge.errors import CannotTell, MalformedInput, NotFound
from fhirbridge.services.terminology.codes import INLINE, sentence
from fhirbridge.services.terminology.parameters import Asked, coding_tree, parameters
from fhirbridge.terminology.service import Coding, Terminology
from fhirbridge.terminology.translation import ConceptMap, Match

TRANSLATE = (
    "url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept",
    "target", "targetsystem", "reverse",
)  # fmt: skip


def translate(terminology: Terminology, asked: Asked) -> dict[str, Any]:
    """Return what a code becomes, as Parameters: every target, the nearest first, each with the map that says it.

    Raises:
        NotFound: the concept map is not loaded.
        CannotTell: the concept map says what cannot be followed here.
    """
    terminology, maps = _maps(terminology, asked)
    codings = asked.codings()
    source, target = asked.text("source"), asked.text("target")
    if source and all(terminology.validate(source, each).outcome == "out" for each in codings):
        return _answer([], "The code is not in the value set that `source` names.")
    found = matches(terminology, maps, codings, is_back=bool(asked.flag("reverse")))
    kept = [each for each in found if _is_wanted(terminology, each, asked.text("targetsystem"), target)]
    return _answer(kept, "" if any(each.is_translation for each in kept) else "The concept map has no target for it.")


def matches(
    terminology: Terminology, maps: Iterable[ConceptMap], codings: Iterable[Coding], *, is_back: bool
) -> list[Match]:
    """Return every target of codings by some maps; with `is_back`, the codes that become them.

    Raises:
        CannotTell: a concept map says what cannot be followed here.
    """
    asked, found = tuple(codings), []
    for map_ in maps:
        if map_.fault:
            raise CannotTell(f"The concept map cannot be used here: {map_.fault}.")
        work = terminology.translate_back if is_back else terminology.translate
        found += [match for coding in asked for match in work(map_, coding)]
    return found


def _maps(terminology: Terminology, asked: Asked) -> tuple[Terminology, list[ConceptMap]]:
    """Return the maps that are asked of: the one that is named or came along, else all for the code's system."""
    url, version = asked.text("url"), asked.text("conceptMapVersion")
    if tree := asked.resource("conceptMap"):
        url = url or str(tree.get("url", INLINE))
        terminology = terminology.with_resources([{**tree, "url": url}])
    if url:
        found = terminology.find_map(f"{url}|{version}" if version else url)
        if found is None:
            raise NotFound("This concept map is not loaded.")
        return terminology, [found]
    systems = {each.system for each in asked.codings() if each.system}
    if not systems or asked.flag("reverse"):
        raise MalformedInput("Name the concept map by `url`, or give the code's `system`.")
    return terminology, [each for system in sorted(systems) for each in terminology.maps_from(system)]


def _is_wanted(terminology: Terminology, match: Match, system: str, value_set: str) -> bool:
    if match.target is None:
        return not system and not value_set
    if system and match.target.system != system:
        return False
    return not value_set or terminology.validate(value_set, match.target).outcome != "out"


def _answer(found: list[Match], message: str) -> dict[str, Any]:
    head = parameters(
        ("result", "valueBoolean", any(each.is_translation for each in found)),
        ("message", "valueString", message and sentence(message.removesuffix("."))),
    )
    return {**head, "parameter": [*head["parameter"], *map(_match, found)]}


def _match(match: Match) -> dict[str, Any]:
    concept = [{"name": "concept", "valueCoding": coding_tree(match.target)}] if match.target else []
    return {
        "name": "match",
        "part": [
            {"name": "equivalence", "valueCode": match.equivalence},
            *concept,
            {"name": "source", "valueUri": match.url},
        ],
    }
