"""Checks a FHIR resource, at two speeds. Returns issues, raises nothing whatever the tree holds.

checker = Checker.load(profiles_folder)
issues = checker.gate(resource)      # on every write: structure, types, required codes, common invariants
issues = checker.check(resource)     # all of that, all invariants, content rules, terminology, profiles
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.terminology.service import Terminology
from fhirbridge.validation.content.full import FULL
from fhirbridge.validation.content.profiled import conforms_to
from fhirbridge.validation.content.state import Codes, State
from fhirbridge.validation.packages import terminology_of
from fhirbridge.validation.profiles import NO_PROFILES, Conformity, Profiles, load_profiles
from fhirbridge.validation.structure import walk
from fhirbridge.validation.structure.faults import DEPTH, NO_TYPE, Faults, iter_issues
from fhirbridge.validation.structure.gate import GATE


@dataclass(frozen=True)
class Checker:
    """Checks resources against R4, and against the profiles and terminology that a site has loaded.

    Without a terminology it has R4's own and what the packages of the profiles hold.
    """

    profiles: Profiles = field(default_factory=lambda: NO_PROFILES)
    terminology: Terminology | None = None

    @classmethod
    def load(cls, folder: Path) -> Checker:
        """Return a checker with the profiles of a folder.

        Raises:
            BadSettings: a file there cannot be used as a profile.
        """
        return cls(load_profiles(folder))

    def gate(self, resource: Any) -> tuple[Issue, ...]:
        """Return every issue that the fast check finds: structure, types, required codes, common invariants.

        What it finds is an error in the full check too. Without an issue of severity error the resource may be kept.
        """
        try:
            faults = GATE.resource(resource, walk.State())
            return () if faults is None else _issues(resource, faults)
        except RecursionError:
            return _issues(resource, [("", DEPTH)])

    def check(self, resource: Any, *, profiles: bool | Sequence[str] = True) -> tuple[Issue, ...]:
        """Return every issue, in the order of the resource: its structure and content, then its profiles.

        What cannot be checked here, for want of a profile, a code list or another resource, is an issue of severity
        information. Without an issue of severity error the resource may be used.

        Args:
            resource: the tree as parsed; any shape is accepted.
            profiles: whether to hold resources to the profiles they claim; canonicals name others to hold this one to.
        """
        named = () if isinstance(profiles, bool) else tuple(profiles)
        state = self._state(has_claims=profiles is not False, named=named)
        try:
            return _issues(resource, FULL.resource(resource, state))
        except RecursionError:
            return _issues(resource, [("", DEPTH)])

    def conforms(self, resource: dict[str, Any], canonical: str) -> bool:
        """Say whether a resource that R4 allows meets what a profile adds; True where the profile is not loaded."""
        return conforms_to(resource, canonical, self.profiles, self._state().scene) is not False

    def _state(self, *, has_claims: bool = False, named: tuple[str, ...] = ()) -> State:
        state = State(self._codes, self.profiles, has_claims=has_claims, named=named)
        state.conforms_to = Conformity(lambda value, name: conforms_to(value, name, self.profiles, state.scene))
        return state

    @cached_property
    def loaded_terminology(self) -> Terminology:
        """The terminology that codes are checked against.

        Raises:
            BadPackage: a package of the site cannot be read.
        """
        return self.terminology or terminology_of(self.profiles.definitions)

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.loaded_terminology)


def _issues(resource: Any, faults: Faults | None) -> tuple[Issue, ...]:
    if faults is None:
        return ()
    type_ = resource.get("resourceType") if isinstance(resource, dict) else None
    return tuple(iter_issues(faults, type_ if isinstance(type_, str) and faults[0][1] is not NO_TYPE else ""))


_BASE = Checker()


def check(resource: Any, *, profiles: bool | Sequence[str] = True) -> tuple[Issue, ...]:
    """Return every issue of a resource against R4 alone; claims of other profiles are reported as not checked."""
    return _BASE.check(resource, profiles=profiles)
