"""Where a fault can be put into a resource, and small tools that put it there.

Places are found by the R4 table, so a kind of fault reaches every element of its sort in every resource type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fhirbridge.fhir.elements import Element, elements_of

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An element that is there: the object it stands in, that object's type, its key, its definition, and the whole."""

    holder: Tree
    type: str
    key: str
    element: Element
    root: Tree

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]


Fits = Callable[[Place], bool]
Put = Callable[[Place], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: its name, its family, where it fits, and what it does to the place."""

    name: str
    family: str
    fits: Fits
    put: Put


def iter_places(resource: Tree) -> Iterator[Place]:
    """Yield every element of a resource and of what is in it."""
    yield from _places(resource, str(resource.get("resourceType")), resource)


def _places(holder: Tree, type_: str, root: Tree) -> Iterator[Place]:
    for element in elements_of(type_):
        if element.name not in holder:
            continue
        yield Place(holder, type_, element.name, element, root)
        for item in items_of(holder[element.name]):
            if isinstance(item, dict):
                inner = str(item.get("resourceType")) if element.type == "Resource" else element.type
                yield from _places(item, inner, root)


def items_of(value: Any) -> list[Any]:
    """Return a list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def fitting(fault: Fault, places: Sequence[Place]) -> list[int]:
    """Return the positions of the places of a resource where a fault can be put."""
    return [position for position, place in enumerate(places) if fault.fits(place)]


def with_fault(fault: Fault, resource: Tree, position: int) -> Tree:
    """Return a copy of a resource with the fault in the place at a position."""
    copy = deepcopy(resource)
    fault.put(next(islice(iter_places(copy), position, None)))
    return copy


# -- where a fault fits


def of_type(*types: str) -> Fits:
    """Fits single elements of the types."""
    return lambda p: p.element.type in types and not isinstance(p.value, list) and p.key not in ("id", "div")


def within(type_: str, *keys: str) -> Fits:
    """Fits elements of these names in objects of a type."""
    return lambda p: p.type == type_ and p.key in keys


def is_object(p: Place) -> bool:
    """Fits objects of any type but those with rules of their own."""
    return isinstance(p.value, dict) and p.element.type not in ("Resource", "Narrative", "Extension")


def is_required(p: Place) -> bool:
    """Fits elements that must be there."""
    return p.element.min > 0 and not p.element.choice and p.type != "Extension" and p.key != "div"


def is_single(p: Place) -> bool:
    """Fits elements that may stand once."""
    return p.element.max == 1 and p.key not in ("id", "div") and not p.type.startswith("Narrative")


def is_filled_list(p: Place) -> bool:
    """Fits elements that may stand more than once."""
    return isinstance(p.value, list) and p.element.type not in ("Resource", "Extension") and len(p.value) > 0


def is_root(p: Place) -> bool:
    """Fits the whole resource, once."""
    return p.holder is p.root and p.key == "id"


def has_choice(p: Place) -> bool:
    """Fits one type of an element that may have several."""
    return bool(p.element.choice) and p.type != "Extension" and not isinstance(p.value, list)


def has_required_code(p: Place) -> bool:
    """Fits codes that must be of a list."""
    return bool(p.element.type == "code" and p.element.binding and p.element.binding.codes) and isinstance(p.value, str)


def has_required_concept(p: Place) -> bool:
    """Fits concepts with codes that must be of a list."""
    bound = p.element.binding and p.element.binding.codes and p.element.type == "CodeableConcept"
    return bool(bound) and isinstance(p.value, dict) and bool(p.value.get("coding"))


def points_elsewhere(p: Place) -> bool:
    """Fits references to some types, that name a resource elsewhere."""
    text = p.value.get("reference") if isinstance(p.value, dict) else None
    is_literal = isinstance(text, str) and not text.startswith(("#", "urn:")) and "/" in text
    return bool(p.element.targets) and "Medication" not in p.element.targets and is_literal


def has_code_of_hl7(p: Place) -> bool:
    """Fits a Coding from a code system of HL7, other than one that is taken from elsewhere."""
    system = p.value.get("system") if isinstance(p.value, dict) else None
    is_hl7 = isinstance(system, str) and system.startswith(("http://hl7.org/fhir/", "http://terminology.hl7.org/"))
    return p.element.type == "Coding" and is_hl7 and "code" in p.value


def first_of(fits: Fits) -> Fits:
    """Fits lists of such elements, by their first item."""
    return lambda p: isinstance(p.value, list) and bool(p.value) and fits(_first(p))


def _first(p: Place) -> Place:
    return Place({p.key: p.value[0]}, p.type, p.key, p.element, p.root)


def claimed(profile: str, type_: str, *keys: str) -> Fits:
    """Fits elements of resources that claim a profile whose URL holds a word."""

    def fits(p: Place) -> bool:
        claims = p.root.get("meta", {}).get("profile", [])
        return p.type == type_ and p.key in keys and p.holder is p.root and any(profile in each for each in claims)

    return fits


def both(one: Fits, other: Fits) -> Fits:
    """Fits where both do."""
    return lambda p: one(p) and other(p)


# -- what it does


def put(value: Any) -> Put:
    """Put a value in the place of what is there."""
    return lambda p: p.holder.__setitem__(p.key, deepcopy(value))


def changed(change: Callable[[Any], Any]) -> Put:
    """Put what a function makes of it in the place of what is there."""
    return lambda p: p.holder.__setitem__(p.key, change(p.value))


def beside(**more: Any) -> Put:
    """Put more elements beside."""
    return lambda p: p.holder.update(deepcopy(more))


def inside(**more: Any) -> Put:
    """Put more elements into the first item."""
    return lambda p: items_of(p.value)[0].update(deepcopy(more))


def remove(p: Place) -> None:
    """Take the element out."""
    del p.holder[p.key]


def twice(p: Place) -> None:
    """Let the first item stand once more."""
    p.value.append(deepcopy(p.value[0]))
