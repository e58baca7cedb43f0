"""Tables that go on in other tables: `other-map` followed when maps are loaded, so that a look-up stays one look-up.

Laws of this file: a chain ends; a table's own line goes before another table's; each line keeps the name of its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fhirbridge.ids import CANONICAL
from fhirbridge.terminology.model import CodeTable, TableError, TableRow, make_table

MAX_CHAIN = 8
"""A table goes on through no more tables than these, itself counted."""


def link_table(name: str, tables: Mapping[str, CodeTable]) -> CodeTable:
    """Return a table with the lines of the tables it goes on in behind its own.

    Raises:
        TableError: another table is not among `tables`, or the chain comes back to itself or is too long.
    """
    chain = [tables[name]]
    while (end := chain[-1].unmapped) and end.mode == "other-map":
        other = _find(end.target, tables)
        if other is None:
            raise TableError(f"no table `{end.target}` in `tables:` to go on in", end.line, chain[-1].name)
        chain.append(other)
        path = " → ".join(table.name for table in chain)
        if other in chain[:-1] or len(chain) > MAX_CHAIN:
            raise TableError(f"the tables go on without end: {path}", end.line, chain[-2].name)
    return _joined(chain) if len(chain) > 1 else chain[0]


def _find(wanted: str, tables: Mapping[str, CodeTable]) -> CodeTable | None:
    """Return the table with this name, this URL, or the URL that our own export gives the name."""
    if wanted in tables:
        return tables[wanted]
    return next((table for table in tables.values() if wanted in (table.url, canonical_of(table.name))), None)


def canonical_of(name: str) -> str:
    """Return the canonical URL of a table that has none of its own.

    >>> canonical_of("need")
    'https://fhirbridge.org/fhir/ConceptMap/need'
    """
    return f"{CANONICAL}/ConceptMap/{name}"


def _joined(chain: list[CodeTable]) -> CodeTable:
    rows: list[TableRow] = []
    unmatched: dict[str, TableRow] = {}
    known: set[str] = set()
    for table in chain:
        rows.extend(row for row in table.rows if row.source not in known)
        unmatched.update((source, row) for source, row in table.unmatched.items() if source not in known)
        known |= table.forward.keys() | table.unmatched.keys()
    first = chain[0]
    joined = make_table(first.name, rows, chain[-1].unmapped, version=first.version, url=first.url)
    return replace(joined, unmatched=unmatched, others=tuple(table.name for table in chain[1:]))
