"""The places of a record or resource that a field of a sample could go to, in the groups they stand in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fhirbridge.mapping.shapes import Shape

_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its path as a map writes it, its names from the outermost, its shape."""

    path: str
    names: tuple[str, ...]
    shape: Shape

    @property
    def name(self) -> str:
        """The last of its names."""
        return self.names[-1]

    @property
    def is_list(self) -> bool:
        """Whether it takes a list of single values."""
        return self.path.endswith("[]")


@dataclass(slots=True)
class Group:
    """An object on the right: the record itself, a part of it, or the items of a list.

    Attributes:
        path: as a map writes it, with a point at its end; nothing for the record itself.
        is_needed: whether the record is not whole without it.
    """

    path: str
    names: tuple[str, ...]
    shape: Shape
    is_needed: bool
    places: list[Place] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    lists: list[Group] = field(default_factory=list)

    @classmethod
    def of(cls, path: str, names: tuple[str, ...], shape: Shape, *, is_needed: bool) -> Group:
        """Return an object with all that lies in it, lists of objects apart."""
        group = cls(path, names, shape, is_needed)
        for name in shape.child_names():
            child = shape.find_child(name)
            if child is not None and len(names) < _DEPTH:
                group._add(name, child)
        return group

    def _add(self, name: str, shape: Shape) -> None:
        path, names = f"{self.path}{name}", (*self.names, name)
        if shape.is_leaf:
            self.places.append(Place(f"{path}[]" if shape.is_list else path, names, shape))
        elif shape.is_list:
            self.lists.append(Group.of(f"{path}[].", names, shape, is_needed=shape.is_required))
        else:
            self.groups.append(Group.of(f"{path}.", names, shape, is_needed=shape.is_required))

    def single(self) -> Group:
        """Return the group of a list as that of its first item."""
        return Group.of(f"{self.path.removesuffix('[].')}[0].", self.names, self.shape, is_needed=self.is_needed)

    def every(self) -> Iterator[Group]:
        """Yield the group and all groups in it; lists of objects apart."""
        yield self
        for group in self.groups:
            yield from group.every()
