"""References against the types and profiles that a profile lets them point at.

The resource itself is looked at where it is at hand (contained, or in the same Bundle); else its type alone.
Source: http://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhirbridge.fhir.fhirpath import Scene
from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.profiles.run import Item, ItemCheck, Run
from fhirbridge.validation.snapshots.base import CORE, is_core_type, name_of
from fhirbridge.validation.snapshots.generate import Scope

ANY = f"{CORE}Resource"


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Types that may be named: `plain` as they are, `by_type` only where the resource fits one of the profiles."""

    plain: frozenset[str]
    by_type: dict[str, tuple[str, ...]]

    def has(self, type_: str) -> bool:
        return type_ in self.plain or type_ in self.by_type


def check_of(targets: Iterable[str], before: Iterable[str], scope: Scope) -> ItemCheck | None:
    """Return what checks a reference against target profiles; None where any resource may be named.

    Args:
        before: what the reference might name without the profile; what is not among it is told by whoever says that.
    """
    allowed, usual = _allowed(targets, scope), _allowed(before, scope)
    if allowed is None:
        return None

    def check(item: Item, path: str, run: Run) -> None:
        value = item[1]
        text = value.get("reference") if isinstance(value, dict) else None
        if not isinstance(text, str) or text.partition("/")[0] in allowed.plain:
            return
        type_ = _named_type(text, value, run.scene)
        if type_ is not None and not allowed.has(type_) and (usual is None or usual.has(type_)):
            run.note(path, f"The reference may point at {_words(allowed)} only.", "reference-target")
        elif type_ in allowed.by_type and type_ not in allowed.plain:
            _check_profiles(text, allowed.by_type[type_], path, run)

    return check


def _allowed(targets: Iterable[str], scope: Scope) -> _Allowed | None:
    plain: set[str] = set()
    by_type: dict[str, tuple[str, ...]] = {}
    for url in targets:
        if url.partition("|")[0] == ANY:
            return None
        if is_core_type(url):
            plain.add(name_of(url))
            continue
        found = scope.find(url)
        if found is None:
            return None  # its type is not known, so nothing can be ruled out
        by_type[found.type] = (*by_type.get(found.type, ()), found.definition.canonical)
    return _Allowed(frozenset(plain), by_type) if plain or by_type else None


def _named_type(text: str, value: Any, scene: Scene) -> str | None:
    """Return the type of resource that a reference names; None where nothing tells."""
    literal = find_literal(text)
    if literal is not None:
        return literal.type
    found = scene.resolve(text)
    type_ = found.get("resourceType") if found is not None else value.get("type")
    return type_ if isinstance(type_, str) and "/" not in type_ else None


def _check_profiles(text: str, profiles: tuple[str, ...], path: str, run: Run) -> None:
    resource = run.scene.resolve(text)
    if resource is None:
        return
    answers = [run.scene.conforms_to(resource, profile) for profile in profiles]
    if True in answers:
        return
    if None in answers:
        run.not_checked(path, "the profile that the resource named here must fit is not loaded")
    else:
        run.note(path, "The resource named here fits no profile that it has to fit here.", "reference-target")


def _words(allowed: _Allowed) -> str:
    return ", ".join(sorted({*allowed.plain, *allowed.by_type}))
