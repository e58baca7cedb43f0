"""What is told of one element: its source, row, codec and table line, or why it is absent. No values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.mapping.model import Map
from fhirbridge.mapping.naming import codec_text
from fhirbridge.mapping.paths import Tree, node_at
from fhirbridge.mapping.reasons import Reason, find_row, find_table_line


@dataclass(frozen=True, slots=True)
class Told:
    """One element and where it came from, or why it is not there.

    Attributes:
        target: `Goal[0].description.text`; the number counts the items of the type.
        source: the path of the source field; empty for a constant or a default.
        also: further fields that an expression read.
        table: file and line of the code table.
        default: whether the row's default was used.
        absent: why it is not there, one reason for each row that could write it.
    """

    target: str
    source: str = ""
    also: tuple[str, ...] = ()
    row: str = ""
    location: str = ""
    codec: str = ""
    table: str = ""
    default: bool = False
    data_class: str = ""
    absent: tuple[Reason, ...] = ()

    def to_tree(self) -> dict[str, Any]:
        """Return what is told as a JSON tree, without what is empty."""
        reasons = [{"text": each.text, "row": each.row, "location": each.location} for each in self.absent]
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "absent"}
        return {name: value for name, value in {**fields, "absent": reasons}.items() if value}

    def to_lines(self) -> Iterator[str]:
        """Yield the element, its source, and the row between them, one below the other."""
        yield self.target
        if self.absent:
            yield from (line for reason in self.absent for line in reason.to_lines())
            return
        made = "a constant of the map" if self.codec == "constant" else "the default of the row"
        yield f"    {', '.join([self.source or made, *self.also])}"
        rule = ", ".join(part for part in (self.codec, self.table, self.data_class) if part)
        yield f"    {self.location}   {self.row}" + (f"   ({rule})" if rule else "")


def explain_entry(map_: Map, entry: Mapping[str, Any], tree: Tree, *, type_: str, path: str) -> Told:
    """Return what a trace tells of one element of a thing, with the row and table line of the map that made it.

    Args:
        map_: the map in the version that made the element.
        tree: what the map read; the table line is looked up by the value in it, which is not told.
    """
    row = find_row(map_, type_, path, str(entry["file"]), int(entry["line"]))
    source, is_default = str(entry.get("from", "")), bool(entry.get("default"))
    value = row.default if row and is_default else _value_at(tree, source, map_.root)
    return Told(
        target=f"{type_}.{path}",
        source=source,
        also=tuple(entry.get("also", ())),
        row=" ".join(row.text.split()) if row else "",
        location=f"{entry['file']}:{entry['line']}",
        codec=(codec_text(row) if row else "") or str(entry.get("codec", "")),
        table=find_table_line(map_, row, value) if row else "",
        default=is_default,
        data_class=str(entry.get("class", "")),
    )


def _value_at(tree: Tree, source: str, root: str) -> Any:
    try:
        return node_at(tree, source.removeprefix(root)) if source else None
    except (KeyError, IndexError, TypeError):
        return None


def has_path(tree: Tree, path: str) -> bool:
    """Say whether something stands at a path such as `target[0].dueDate`."""
    try:
        node_at(tree, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True
