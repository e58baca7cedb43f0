"""How each left field is read: by which rows, as what, and which codes all of them can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Row
from fhirbridge.mapping.shapes import Shape

_CONTEXT = Context("local")


@dataclass(frozen=True, slots=True)
class Role:
    """One row that reads a field, and as what: "" for the value itself, else the element that a codec makes of it."""

    row: Row
    element: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one left field is read: by which rows, and whether as a key or as the system of one."""

    roles: tuple[Role, ...] = ()
    is_key: bool = False
    is_system: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that read the field."""
        return tuple(role.row for role in self.roles)

    def find_role(self, codec: str) -> Role | None:
        """Return the role of the first row with a codec; of one that goes both ways before the others."""
        found = [role for role in self.roles if role.row.codec.name == codec]
        return min(found, key=lambda role: (role.row.arrow != "<=>", not role.row.codec.arguments), default=None)

    @property
    def right_types(self) -> frozenset[str]:
        """The types of all right sides that the value itself goes to."""
        return frozenset(role.row.codec.right_type for role in self.roles if not role.element)


NOT_READ = Reading()


def readings(roles: Mapping[str, Iterable[Role]], keys: frozenset[str], systems: frozenset[str]) -> dict[str, Reading]:
    """Return how each left path is read."""
    known = roles.keys() | keys | systems
    return {path: Reading(tuple(roles.get(path, ())), path in keys, path in systems) for path in known}


UNLISTED = "unlisted-7"
"""A code that no table has: where the map keeps such codes, they come back too."""


def codes_of(shape: Shape, reading: Reading) -> Sequence[str] | None:
    """Return the codes that every row can take and that come back as they went; None for what is no code."""
    rows = [row for row in reading.rows if row.codec.table is not None]
    if not rows:
        return sorted(shape.codes) or None
    known = shape.codes or {code for row in rows if row.codec.table for code in (*row.codec.table.forward, UNLISTED)}
    return [code for code in sorted(known) if all(_is_sound(row, code) for row in rows)] or None


def _is_sound(row: Row, code: str) -> bool:
    """Say whether a row can take a code, and where it goes back exactly, whether the code comes back as itself."""
    spec = CODECS[row.codec.name]
    try:
        right = spec.to_right(code, row.codec, _CONTEXT)
        return row.arrow != "<=>" or row.is_weak or spec.to_left(right, row.codec, _CONTEXT) == code
    except CodecError:
        return False
