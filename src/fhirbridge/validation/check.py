"""Checks a FHIR resource: structure and invariants of R4, then the profiles it claims. Returns issues, raises nothing.

checker = Checker.load(profiles_folder)
issues = checker.check(resource)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.validation.findings import Findings
from fhirbridge.validation.profiles import NO_PROFILES, Profiles, apply_profile, load_profiles
from fhirbridge.validation.structure import check_resource

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks resources against R4 and against the profiles a site has loaded."""

    profiles: Profiles = NO_PROFILES

    @classmethod
    def load(cls, folder: Path) -> Checker:
        """Return a checker with the profiles of a folder.

        Raises:
            BadSettings: a file there cannot be used as a profile.
        """
        return cls(load_profiles(folder))

    def check(self, resource: Any, *, profiles: bool = True) -> tuple[Issue, ...]:
        """Return every issue, in the order of the resource: faults of R4 first, then of each profile it claims.

        A claimed profile that is not loaded is reported as not checked, with severity information. Without an issue
        of severity error the resource may be used.

        Args:
            resource: the tree as parsed; any shape is accepted.
            profiles: whether to look at `meta.profile`.
        """
        findings = Findings()
        try:
            check_resource(resource, "", findings)
            if profiles:
                self._check_claims(resource, findings)
        except RecursionError:
            findings.note("", "The resource is nested too deep to be checked.", "depth")
        return tuple(findings.issues)

    def _check_claims(self, resource: Any, findings: Findings) -> None:
        for path, each in _iter_resources(resource, ""):
            for index, claim in enumerate(_claims(each)):
                profile = self.profiles.find(claim)
                if profile is not None:
                    apply_profile(profile, each, path, findings)
                else:
                    where = f"{path}.meta.profile[{index}]"
                    findings.note(where, "Not checked: this profile is not loaded.", "profile-unknown", "information")


_BASE = Checker()


def check(resource: Any, *, profiles: bool = True) -> tuple[Issue, ...]:
    """Return every issue of a resource against base R4; claims of profiles are reported as not checked."""
    return _BASE.check(resource, profiles=profiles)


def _claims(resource: Tree) -> list[str]:
    meta = resource.get("meta")
    claims = meta.get("profile") if isinstance(meta, dict) else None
    return [claim for claim in claims if isinstance(claim, str)] if isinstance(claims, list) else []


def _iter_resources(tree: Any, path: str) -> Iterator[tuple[str, Tree]]:
    """Yield a resource with its path, then those it contains and those in its entries."""
    if not isinstance(tree, dict) or not isinstance(tree.get("resourceType"), str):
        return
    path = path or tree["resourceType"]
    yield path, tree
    for index, item in enumerate(_list(tree.get("contained"))):
        yield from _iter_resources(item, f"{path}.contained[{index}]")
    for index, entry in enumerate(_list(tree.get("entry")) if tree["resourceType"] == "Bundle" else ()):
        if isinstance(entry, dict):
            yield from _iter_resources(entry.get("resource"), f"{path}.entry[{index}].resource")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
