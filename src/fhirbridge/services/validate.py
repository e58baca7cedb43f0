"""Checking resources on request: bytes or a tree in, issues out. Nothing of what was checked is kept or logged.

Source: http://hl7.org/fhir/R4/resource-operation-validate.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from fhirbridge.errors import Issue, MalformedInput, UnsupportedSearch
from fhirbridge.fhir.outcome import operation_outcome
from fhirbridge.formats import fhir_json, fhir_xml
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]

NOT_CHECKED = frozenset(("not-checked", "profile-unknown", "extension-unknown"))
"""Rules whose information issues say that something was not judged."""
MODES = frozenset(("create", "update", "profile"))
SERIOUS = ("error", "fatal")


@dataclass(frozen=True, slots=True)
class Read:
    """One resource of a file: the file's name, with the line where it has many; no tree where it cannot be read."""

    label: str
    tree: Tree | None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Validated:
    """What was found in one resource."""

    label: str
    issues: tuple[Issue, ...]

    @property
    def passes(self) -> bool:
        """Whether no issue is an error."""
        return not any(issue.severity in SERIOUS for issue in self.issues)

    @property
    def not_checked(self) -> int:
        """How many rules could not be judged."""
        return sum(is_not_checked(issue) for issue in self.issues)


def is_not_checked(issue: Issue) -> bool:
    """Say whether an issue says that something could not be judged."""
    return issue.severity == "information" and issue.rule in NOT_CHECKED


def iter_read(name: str, body: bytes) -> Iterator[Read]:
    """Yield the resources in a file: JSON, XML, or for a name that ends in `.ndjson` one on each line."""
    if PurePath(name).suffix != ".ndjson":
        yield _read(name, body)
        return
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            yield _read(f"{name}:{number}", line)


def _read(label: str, body: bytes) -> Read:
    parse = fhir_xml.parse if body.lstrip()[:1] == b"<" else fhir_json.parse
    try:
        return Read(label, parse(body))
    except MalformedInput as error:
        return Read(label, None, error.issues)


def validate(checker: Checker, read: Read, *, profiles: Sequence[str] = (), gate: bool = False) -> Validated:
    """Return what a checker finds in a resource that was read.

    Args:
        profiles: canonicals to hold it against beside those it claims.
        gate: only what is checked on every write.
    """
    if read.tree is None:
        return Validated(read.label, read.issues)
    found = checker.gate(read.tree) if gate else checker.check(read.tree, profiles=tuple(profiles) or True)
    return Validated(read.label, (*read.issues, *found))


def to_outcome(found: Sequence[Validated]) -> Tree:
    """Return what was found as one OperationOutcome."""
    return operation_outcome(issue for each in found for issue in each.issues)


# -- the operation $validate


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call of `$validate` asks: the resource, profiles to hold it against, what it is checked for."""

    resource: Tree
    profiles: tuple[str, ...] = ()
    mode: str = ""


def asked_of(body: Tree, profiles: Sequence[str] = (), mode: str = "") -> Asked:
    """Return what a body asks: Parameters with `resource`, or the resource itself.

    Args:
        profiles, mode: as the address gives them, for a body that is the resource itself.

    Raises:
        MalformedInput: the Parameters hold no resource.
    """
    if body.get("resourceType") != "Parameters" or not _is_call(body):
        return Asked(body, tuple(profiles), mode)
    parts = [each for each in body["parameter"] if isinstance(each, dict)]
    resource = next((each["resource"] for each in parts if each.get("name") == "resource" and "resource" in each), None)
    if not isinstance(resource, dict):
        raise MalformedInput("The Parameters hold no parameter `resource` with a resource.")
    named = [_text(each) for each in parts if each.get("name") == "profile"]
    said = next((_text(each) for each in parts if each.get("name") == "mode"), "")
    return Asked(resource, (*profiles, *filter(None, named)), said or mode)


def _is_call(body: Tree) -> bool:
    """Say whether Parameters are those of a call, and not the resource to be checked."""
    names = [each.get("name") for each in body.get("parameter") or () if isinstance(each, dict)]
    return bool(set(names) & {"resource", "profile", "mode"})


def _text(parameter: Tree) -> str:
    value = next((value for key, value in parameter.items() if key.startswith("value")), "")
    return value if isinstance(value, str) else ""


def answer(checker: Checker, asked: Asked, type_: str = "") -> Tree:
    """Return the OperationOutcome of a call; without issues it says so.

    Args:
        type_: the type in the address, "" for none.

    Raises:
        MalformedInput: the resource is not of that type.
        UnsupportedSearch: the mode is one that needs the resource on this server.
    """
    if asked.mode and asked.mode not in MODES:
        raise UnsupportedSearch(f"$validate takes the modes {', '.join(sorted(MODES))} here.")
    if type_ and asked.resource.get("resourceType") != type_:
        raise MalformedInput("resourceType is not the type in the address.")
    return to_outcome([validate(checker, Read("", asked.resource), profiles=asked.profiles)])
