"""Where an element of a differential stands: its path, with the slice that each step is in.

The slices are told by its id; a differential without ids tells them by the order of its elements.
Source: http://hl7.org/fhir/R4/elementdefinition.html#id
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: the name as the differential writes it, and the slice it means ("" for every item)."""

    name: str
    slice: str = ""


@dataclass(slots=True)
class Steps:
    """Reads the elements of one differential, in their order."""

    _slices: dict[str, str] = field(default_factory=dict)
    """Slice that the elements below a path belong to."""

    def of(self, element: Mapping[str, Any]) -> list[Step]:
        """Return the steps below the root of one element."""
        path = str(element["path"]).split(".")
        own = str(element.get("sliceName", ""))
        self._enter(path, own)
        return _by_id(str(element.get("id", "")), path, own) or self._by_order(path)

    def _enter(self, path: list[str], own: str) -> None:
        here = ".".join(path)
        left = [each for each in self._slices if each == here or each.startswith(f"{here}.")]
        for each in left:
            del self._slices[each]
        if own:
            self._slices[here] = own

    def _by_order(self, path: list[str]) -> list[Step]:
        places = (".".join(path[: end + 1]) for end in range(1, len(path)))
        return [Step(name, self._slices.get(place, "")) for name, place in zip(path[1:], places, strict=True)]


def _by_id(id_: str, path: list[str], own: str) -> list[Step]:
    """Return the steps that an id tells; [] for an id that does not fit the path."""
    parts = [Step(name, slice_) for name, _, slice_ in (part.partition(":") for part in id_.split("."))]
    if len(parts) != len(path) or parts[-1].slice != own:
        return []
    if all(_fits(step.name, name) for step, name in zip(parts, path, strict=True)):
        return parts[1:]
    return []


def _fits(name: str, written: str) -> bool:
    return name == written or (name.endswith("[x]") and written.startswith(name[:-3]))
