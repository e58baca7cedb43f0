"""Claims: which profiles of which guide a resource may name in `meta.profile`. Data, in `claims.toml`.

Laws of this file: a claim is made only where everything it needs is there; what a resource claims of a guide that is
listed is decided here and nowhere else, so a claim that no longer holds is taken away.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fhirbridge.errors import BadSettings
from fhirbridge.fhir.fhirpath import NO_SCENE, CannotCompile, Compiled, NotJudged, compile_path

Tree = dict[str, Any]
FIRST = ("resourceType", "id")
"""What stands before meta in a resource."""

Passes = Callable[[Tree, str], bool]
"""Takes a resource and a canonical, says whether the resource passes that profile; True where it is not loaded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One profile that a resource of a type may claim, and what must be true of the resource."""

    profile: str
    type: str
    needs: tuple[Compiled, ...]

    def holds(self, resource: Tree) -> bool:
        """Say whether everything the claim needs is there; what cannot be judged is not."""
        try:
            return all(need.holds(resource, NO_SCENE) for need in self.needs)
        except NotJudged:
            return False


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of every guide, by the guide's short name; `default` are the guides claimed to everybody."""

    guides: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    default: tuple[str, ...] = ()

    def claimed(self, resource: Tree, guides: Sequence[str] | None, passes: Passes) -> list[str]:
        """Return the profiles that a resource may claim of some guides (None: the default), in their order."""
        wanted = self.default if guides is None else guides
        mine = (claim for guide in wanted for claim in self.guides.get(guide, ()))
        return [
            claim.profile
            for claim in mine
            if claim.type == resource.get("resourceType") and claim.holds(resource) and passes(resource, claim.profile)
        ]

    def put(self, resource: Tree, guides: Sequence[str] | None, passes: Passes) -> Tree:
        """Return the resource with what it may claim of these guides, and with no claim that it does not meet.

        Profiles of no guide that is listed here stay as long as the resource passes them.
        """
        meta = resource.get("meta") or {}
        listed = {claim.profile for claims in self.guides.values() for claim in claims}
        own = [each for each in meta.get("profile", ()) if each not in listed and passes(resource, each)]
        profiles = list(dict.fromkeys([*own, *self.claimed(resource, guides, passes)]))
        rest = {name: value for name, value in meta.items() if name != "profile"}
        return _with_meta(resource, {**rest, **({"profile": profiles} if profiles else {})})


def _with_meta(resource: Tree, meta: Tree) -> Tree:
    """Return the resource with this meta, or with none, in the place where FHIR writes it."""
    if meta == resource.get("meta", {}):
        return resource
    head: Tree = {name: resource[name] for name in FIRST if name in resource}
    tail = {name: value for name, value in resource.items() if name not in (*FIRST, "meta")}
    return {**head, **({"meta": meta} if meta else {}), **tail}


NO_CLAIMS = Claims()


def load_claims(file: Path, default: Iterable[str] = ()) -> Claims:
    """Return the claims that a file lists.

    Raises:
        BadSettings: the file is no TOML, lacks what a claim has, holds an expression that cannot be compiled, or does
            not list a guide of `default`.
    """
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
        guides = {name: tuple(map(_claim, guide["claims"])) for name, guide in tree.items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file.name} is no TOML: {error}.") from error
    except (KeyError, TypeError) as error:
        raise BadSettings(f"{file.name}: a claim has profile, type and needs; {error} is wrong or missing.") from error
    except CannotCompile as error:
        raise BadSettings(f"{file.name}: {error}.") from error
    chosen = tuple(default)
    if unknown := [name for name in chosen if name not in guides]:
        raise BadSettings(f"claims: {', '.join(unknown)} is no guide of {file.name}; those are {', '.join(guides)}.")
    return Claims(guides, chosen)


def _claim(tree: Mapping[str, Any]) -> Claim:
    needs = tuple(compile_path(need, tree["type"]) for need in tree["needs"])
    return Claim(tree["profile"], tree["type"], needs)
