"""The terminology that ships: the committed table of R4, and code systems of guides that R4 lacks (`guides/*.json`).

Read when it is first asked for, each resource of the table by itself.

Source: docs/adr/0021-what-terminology-ships.md
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import msgspec

from fhirbridge.terminology.shelf import Entry, Shelf, source_of
from fhirbridge.terminology.systems import CodeSystem, ListedSystem
from fhirbridge.terminology.value_sets import ValueSet

GUIDES = Path(__file__).with_name("guides")
TABLE = Path(__file__).with_name("r4_terminology.json")

Rows = dict[str, tuple[str, msgspec.Raw]]
"""URL -> version, and the resource still unread."""


class Table(msgspec.Struct, rename="camel"):
    """The file: code systems and value sets by URL."""

    code_systems: Rows
    value_sets: Rows


@cache
def core_shelf() -> Shelf:
    """Return the shelf with the code systems and value sets of R4 and of guides."""
    return read_shelf(TABLE, GUIDES)


def read_shelf(file: Path, guides: Path) -> Shelf:
    """Return the shelf with what a table holds and with the resources of a folder."""
    table = msgspec.json.decode(file.read_bytes(), type=Table)
    shelf = Shelf()
    for url, (version, raw) in table.code_systems.items():
        shelf.systems.add(url, Entry(version, partial(_system, raw)))
    for url, (version, raw) in table.value_sets.items():
        shelf.value_sets.add(url, Entry(version, partial(_value_set, raw)))
    for each in sorted(guides.glob("*.json")):
        shelf.add(source_of(msgspec.json.decode(each.read_bytes())))
    return shelf


def _system(raw: msgspec.Raw) -> ListedSystem:
    return ListedSystem(msgspec.json.decode(raw, type=CodeSystem))


def _value_set(raw: msgspec.Raw) -> ValueSet:
    return msgspec.json.decode(raw, type=ValueSet)
