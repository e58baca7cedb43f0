"""Profiles that a resource claims, that the caller names, or that R4 demands of certain Observations.

Source: http://hl7.org/fhir/R4/profiling.html#resources, http://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from fhirbridge.validation.content.vital_signs import find_vital_sign
from fhirbridge.validation.packages import Definitions, core_package
from fhirbridge.validation.profiles import Profile, Profiles
from fhirbridge.validation.snapshots.base import is_core_type, name_of
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

UNKNOWN = Kind("profile-unknown", "Not checked: this profile is not loaded.", "information")
OTHER = Kind("profile-type", "The resource claims to be of another type than it is.")


@cache
def _core() -> Profiles:
    return Profiles(Definitions(core=(core_package(),)))


def find_profile(canonical: str, profiles: Profiles) -> Profile | None:
    """Return a profile of the site, or of R4 itself where the site has no other word for it."""
    return profiles.find(canonical) or _core().find(canonical)


def profiled(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add where a resource breaks the profiles that it is to be held to."""
    done: set[str] = set()
    for canonical, piece in _wanted(value, state):
        if canonical in done:
            continue
        done.add(canonical)
        profile = find_profile(canonical, state.profiles)
        if profile is not None:
            faults = _held(faults, value, profile, state)
        elif piece and is_core_type(canonical):
            faults = note(faults, piece, OTHER) if name_of(canonical) != value.get("resourceType") else faults
        elif piece or canonical in state.named:
            faults = note(faults, piece, UNKNOWN)
    return faults


def _wanted(value: Tree, state: Any) -> Iterator[tuple[str, str]]:
    """Yield the profiles to hold a resource to, each with the place that names it, "" where none does."""
    if value is state.root and state.bundle is None:
        yield from ((canonical, "") for canonical in state.named)
    if not state.has_claims:
        return
    meta = value.get("meta")
    claims = meta.get("profile") if isinstance(meta, dict) else None
    for index, claim in enumerate(claims if isinstance(claims, list) else ()):
        if isinstance(claim, str):
            yield claim, f".meta.profile[{index}]"
    if value.get("resourceType") == "Observation" and (found := find_vital_sign(value.get("code"))):
        yield found, ""


def _held(faults: Faults | None, value: Tree, profile: Profile, state: Any) -> Faults | None:
    for issue in profile.faults_of(value, state.scene):
        kind = Kind(issue.rule, issue.message, issue.severity, issue.profile)
        faults = note(faults, issue.expression.removeprefix(profile.type), kind)
    return faults


def conforms_to(value: Any, canonical: str, profiles: Profiles, scene: Any) -> bool | None:
    """Say whether a resource fits a profile; None where the profile is not known."""
    if is_core_type(canonical):
        return isinstance(value, dict) and value.get("resourceType") == name_of(canonical)
    profile = find_profile(canonical, profiles)
    if profile is None or profile.fault:
        return None
    return not any(issue.severity in ("error", "fatal") for issue in profile.faults_of(value, scene))
