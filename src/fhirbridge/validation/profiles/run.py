"""What a check is given: where it notes issues, whose rules it holds, and what it may ask about the world.

Law of this file: a message names path and rule, never a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fhirbridge.errors import Issue, Severity
from fhirbridge.fhir.fhirpath import Scene

Tree = dict[str, Any]


@dataclass(slots=True)
class Run:
    """One profile held against one resource."""

    issues: list[Issue]
    scene: Scene
    profile: str

    def note(self, path: str, message: str, rule: str, severity: Severity = "error") -> None:
        """Add an issue at an element path."""
        issue = Issue("FB500", message, expression=path, severity=severity, rule=rule, profile=self.profile)
        self.issues.append(issue)

    def not_checked(self, path: str, why: str) -> None:
        """Say that a rule could not be judged, which is neither good nor bad."""
        self.note(path, f"Not checked: {why}.", "not-checked", "information")


ItemCheck = Callable[["Item", str, Run], None]
"""Looks at one item of an element, at its path."""
ObjectCheck = Callable[[Tree, str, Run], None]
"""Looks at one element of an object, given the object and its path."""

Item = tuple[str, Any, Any, str]
"""One item of an element: its type, its value, the object beside a primitive that has its extensions, and what its
path adds to the path of the object it stands in."""


def scene_of(value: Any, scene: Scene) -> Scene:
    """Return the scene of a resource that another one names: what that one contains is not what this one contains."""
    if value is scene.resource or not isinstance(value, dict) or "resourceType" not in value:
        return scene
    if any(each is value for each in _contained(scene.root)):
        return replace(scene, resource=value)

    def resolve(text: str) -> Tree | None:
        if not text.startswith("#"):
            return scene.resolve(text)
        return (
            next((each for each in _contained(value) if text == f"#{each.get('id')}"), None) if text != "#" else value
        )

    return replace(scene, resource=value, root=value, resolve=resolve)


def _contained(resource: Any) -> list[Tree]:
    items = resource.get("contained") if isinstance(resource, dict) else None
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
