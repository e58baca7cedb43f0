"""One profile, ready to be held against resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fhirbridge.errors import BadPackage, Issue
from fhirbridge.fhir.fhirpath import Scene
from fhirbridge.validation.packages import Definition
from fhirbridge.validation.profiles.compile import compile_item
from fhirbridge.validation.profiles.demands import Demand, demands_of, gaps_of
from fhirbridge.validation.profiles.run import ItemCheck, Run, scene_of
from fhirbridge.validation.snapshots import Node, Snapshot, Snapshots, TypeRef


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile of a resource or datatype. Snapshot and checks are made when they are first asked for."""

    definition: Definition
    snapshots: Snapshots = field(repr=False)

    @property
    def id(self) -> str:
        """StructureDefinition.id, for people."""
        return self.definition.resource.head.id

    @property
    def url(self) -> str:
        """Its canonical URL, without a version."""
        return self.definition.url

    @property
    def canonical(self) -> str:
        """Its canonical URL with its version."""
        return self.definition.canonical

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.definition.tree.get("title") or self.definition.tree.get("name") or self.id)

    @cached_property
    def type(self) -> str:
        """The type it constrains."""
        return str(self.definition.resource.head.type)

    @cached_property
    def snapshot(self) -> Snapshot:
        """All its elements.

        Raises:
            BadPackage: it rests on what is not loaded, or names what R4 does not have.
        """
        return self.snapshots.of(self.definition)

    @cached_property
    def rules(self) -> Sequence[Demand]:
        """What it demands of single elements, as maps are proved against it.

        Raises:
            BadPackage: as `snapshot`.
        """
        return demands_of(self.snapshot)

    @cached_property
    def checks(self) -> tuple[ItemCheck, ...]:
        """What a resource is held to.

        Raises:
            BadPackage: as `snapshot`, or a slice does not say what its items are told by.
        """
        made = self.snapshot
        return compile_item(made.root, Node(made.type, types=(TypeRef(made.type),)), made.scope)

    @cached_property
    def fault(self) -> str:
        """Why the profile cannot be used; "" when it can."""
        try:
            self.checks  # noqa: B018
        except BadPackage as error:
            return error.message
        return ""

    @cached_property
    def gaps(self) -> tuple[str, ...]:
        """What of the profile cannot be checked: slices that do not say what their items are told by."""
        return tuple(gaps_of(self.snapshot)) if not self.fault else ()

    def hold(self, value: Any, path: str, run: Run) -> None:
        """Note in a run where a resource, or a value of a datatype, breaks the profile."""
        if self.fault:
            run.not_checked(path, f"the profile {self.id} cannot be used")
            return
        type_ = value.get("resourceType", self.type) if isinstance(value, dict) else self.type
        if type_ != self.type:
            run.note(path, f"The profile {self.id} is for {self.type}.", "profile-type")
            return
        item = (self.type, value, None, "")
        for check in self.checks:
            check(item, path, run)

    def faults_of(self, value: Any, scene: Scene) -> list[Issue]:
        """Return the issues of a resource, or a value of a datatype, that is held against the profile.

        Args:
            scene: what stands around the value, or around another resource that names it.
        """
        run = Run([], scene_of(value, scene), self.canonical)
        self.hold(value, self.type, run)
        return run.issues
