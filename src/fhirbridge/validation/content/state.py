"""Where the full check stands: the resource in hand, what is around it, and whom to ask about codes and profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fhirbridge.fhir.fhirpath import Scene
from fhirbridge.terminology.service import Coding, Verdict
from fhirbridge.times import utc_now
from fhirbridge.validation.narrative import find_fault

Tree = dict[str, Any]

_MOST = 4096
"""So many answers about codes are kept; then the memory is emptied."""


class Terminology(Protocol):
    """What the check asks of a terminology service."""

    def is_known(self, value_set: str) -> bool: ...
    def validate(self, value_set: str, coding: Coding) -> Verdict: ...
    def validate_in_system(self, coding: Coding) -> Verdict: ...


class Codes:
    """A terminology service that remembers what it said."""

    def __init__(self, terminology: Terminology) -> None:
        self.terminology = terminology
        self._said: dict[tuple[Any, ...], Verdict] = {}

        self.fine: set[tuple[Any, ...]] = set()
        """Codings (system, code, display, version), and shapes of extensions, that nothing was said against."""

    def pass_(self, told: tuple[Any, ...]) -> None:
        """Remember that nothing is to be said against a coding or a shape of an extension."""
        if len(self.fine) >= _MOST:
            self.fine.clear()
        self.fine.add(told)

    def ask(self, value_set: str, *coding: str) -> Verdict:
        """Return what is said of a coding (system, code, display, version) in a value set, or "" for its own system."""
        key = (value_set, coding)
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= _MOST:
                self._said.clear()
            made = Coding(*coding)
            terminology = self.terminology
            said = terminology.validate(value_set, made) if value_set else terminology.validate_in_system(made)
            self._said[key] = said
        return said


class Surroundings(Protocol):
    """What a Bundle or Parameters around a resource says of its references."""

    def find(self, reference: str, base: str) -> Tree | None:
        """Return the resource that a reference names from a resource with the fullUrl `base`; None: it is not here."""
        ...


ConformsTo = Callable[[Any, str], bool | None]


def _cannot_say(value: Any, canonical: str) -> bool | None:
    return None


class State:
    """What the walk knows where it stands.

    Attributes:
        contained: id -> type of what the resource in hand, or the one around it, contains.
        resource, root: %resource and %rootResource.
        bundle, parameters: what resources stand beside this one in; None where none is around it.
        base: fullUrl of the entry in hand, or "".
        ids: ids of elements met in the resource in hand.
        profiles: finds the definition of a profile or extension by its URL.
        has_claims, named: whether to hold resources to what they claim, and what the caller names beside that.
        links, languages: fragments that its narrative points at, and the languages that it states.
        unknown: code systems and value sets that were said not to be loaded.

    It has all that a Scene has, so that an expression can ask it directly.
    """

    __slots__ = (
        "base", "bundle", "codes", "conforms_to", "contained", "has_claims", "ids", "languages",
        "links", "named", "parameters", "profiles", "resource", "root", "unknown",
    )  # fmt: skip

    clock = staticmethod(utc_now)
    skips_lost = False

    def __init__(self, codes: Codes, profiles: Any, *, has_claims: bool, named: tuple[str, ...] = ()) -> None:
        self.codes = codes
        self.profiles = profiles
        self.has_claims = has_claims
        self.named = named
        self.conforms_to: ConformsTo = _cannot_say
        self.contained: Mapping[str, str] = {}
        self.resource: Any = None
        self.root: Any = None
        self.bundle: Any = None
        self.parameters: Any = None
        self.base = ""
        self.ids: set[Any] | None = None
        self.links: frozenset[str] | None = None
        self.languages: tuple[str, str] | None = None
        self.unknown: set[str] = set()

    @property
    def around(self) -> Any:
        """The Bundle or Parameters that the resource in hand stands in, or None."""
        return self.bundle or self.parameters

    @property
    def scene(self) -> Scene:
        """What an expression or a profile may ask of the surroundings, as it is here and now."""
        return Scene(self.resource, self.root, self.resolve, self.member_of, self.conforms_to)

    def resolve(self, reference: str) -> Tree | None:
        """Return the resource that a reference names, where it is inside what is being checked."""
        if reference.startswith("#"):
            return _find_contained(self.root, reference[1:])
        around: Surroundings | None = self.around
        return around.find(reference, self.base) if around is not None else None

    def member_of(self, value: Any, value_set: str) -> bool | None:
        """Say whether a code, Coding, Quantity or CodeableConcept is in a value set; None where that is not known."""
        if isinstance(value, str):
            return _TRUTH[self.codes.ask(value_set, "", value).outcome]
        if not isinstance(value, dict):
            return None
        codings = value.get("coding", []) if "coding" in value or "text" in value else [value]
        said = {_TRUTH[self.codes.ask(value_set, *t).outcome] if t[0] else False for t in map(told_of, codings) if t}
        return True if True in said else (None if None in said else False)

    def is_narrative(self, text: str) -> bool:
        """Say whether a text is XHTML that a narrative may hold."""
        return find_fault(text) is None


_TRUTH: dict[str, bool | None] = {"in": True, "out": False, "not-checked": None}


def told_of(coding: Any) -> tuple[str, str, str, str] | None:
    """Return system, code, display and version of a Coding, or None where it has no code that can be read."""
    if not isinstance(coding, dict):
        return None
    code = coding.get("code")
    if not isinstance(code, str):
        return None
    system, display, version = coding.get("system"), coding.get("display"), coding.get("version")
    return (
        system if isinstance(system, str) else "",
        code,
        display if isinstance(display, str) else "",
        version if isinstance(version, str) else "",
    )


def _find_contained(root: Any, id_: str) -> Tree | None:
    if not id_:
        return root if isinstance(root, dict) else None
    items = root.get("contained") if isinstance(root, dict) else None
    held = (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
    return next((item for item in held if item.get("id") == id_), None)
