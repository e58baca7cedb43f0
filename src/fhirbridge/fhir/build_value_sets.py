"""Expansion of value sets into finite code lists, for the table build only.

A value set that cannot be counted out from the definitions at hand (filters over outside code systems,
fragments, grammars) expands to None: "not known", never to a shorter list.
Source: http://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Codes = dict[str, list[str]]
"""Code system URL to the codes taken from it, in definition order."""


class CannotExpand(Exception):
    """The value set is not finite as far as these definitions tell."""


class Terminology:
    """Code systems and value sets of some definition bundles, looked up by canonical URL."""

    def __init__(self, resources: Iterable[dict[str, Any]]) -> None:
        self._systems: dict[str, dict[str, Any]] = {}
        self._value_sets: dict[str, dict[str, Any]] = {}
        for resource in resources:
            if resource["resourceType"] == "CodeSystem":
                self._systems.setdefault(resource["url"], resource)
            elif resource["resourceType"] == "ValueSet":
                self._value_sets.setdefault(resource["url"], resource)

    def find_codes(self, url: str) -> Codes | None:
        """Return the codes of a value set by system, or None when they cannot be counted out."""
        try:
            return {system: list(codes) for system, codes in self._expand(url, ()).items() if codes}
        except CannotExpand:
            return None

    def _expand(self, url: str, seen: tuple[str, ...]) -> dict[str, dict[str, None]]:
        value_set = self._value_sets.get(url.partition("|")[0])
        if value_set is None or url in seen or "compose" not in value_set:
            raise CannotExpand(url)
        found: dict[str, dict[str, None]] = {}
        for include in value_set["compose"].get("include", []):
            for system, codes in self._part(include, (*seen, url)).items():
                found.setdefault(system, {}).update(codes)
        for exclude in value_set["compose"].get("exclude", []):
            for system, codes in self._part(exclude, (*seen, url)).items():
                found[system] = {c: None for c in found.get(system, {}) if c not in codes}
        return found

    def _part(self, part: dict[str, Any], seen: tuple[str, ...]) -> dict[str, dict[str, None]]:
        sets = [self._expand(url, seen) for url in part.get("valueSet", [])]
        if "system" in part:
            sets.append({part["system"]: dict.fromkeys(self._of_system(part))})
        if not sets:
            raise CannotExpand("empty include")
        first, *others = sets
        return {s: {c: None for c in codes if all(c in o.get(s, {}) for o in others)} for s, codes in first.items()}

    def _of_system(self, part: dict[str, Any]) -> Iterable[str]:
        if "concept" in part:
            return [concept["code"] for concept in part["concept"]]
        system = self._systems.get(part["system"])
        if system is None or system.get("content") != "complete" or not system.get("concept"):
            raise CannotExpand(part["system"])
        parents = dict(_iter_parents(system["concept"]))
        codes = list(parents)
        for rule in part.get("filter", []):
            codes = [code for code in codes if _matches(rule, code, parents)]
        return codes


def _iter_parents(concepts: list[dict[str, Any]], parent: str = "") -> Iterator[tuple[str, set[str]]]:
    for concept in concepts:
        named = {p["valueCode"] for p in concept.get("property", []) if p["code"] == "subsumedBy" and "valueCode" in p}
        yield concept["code"], named | ({parent} if parent else set())
        yield from _iter_parents(concept.get("concept", []), concept["code"])


def _matches(rule: dict[str, str], code: str, parents: dict[str, set[str]]) -> bool:
    if rule["property"] != "concept" or rule["op"] not in ("is-a", "descendent-of"):
        raise CannotExpand(rule["op"])
    if code == rule["value"]:
        return rule["op"] == "is-a"
    return rule["value"] in _ancestors(code, parents)


def _ancestors(code: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        new = parents.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found
