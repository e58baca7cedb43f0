"""The code tables of an export as ConceptMaps: as they stand, and turned round for the way back.

The mapping language translates one way only, so each direction names a ConceptMap of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.mapping.model import Map
from fhirbridge.terminology.linking import canonical_of
from fhirbridge.terminology.model import OPPOSITE
from fhirbridge.terminology.tables import CodeTable, TableRow, format_concept_map


def url_of(table: CodeTable) -> str:
    """Return the canonical URL of a table's ConceptMap."""
    return table.url or canonical_of(table.name)


def back_url(table: CodeTable) -> str:
    """Return the canonical URL of the ConceptMap for the way back."""
    return f"{url_of(table)}-back"


def systems_back(table: CodeTable) -> tuple[str, ...]:
    """Return the code systems that a table goes back from, in order."""
    return tuple(sorted({system for system, _ in table.backward if system is not None}))


def tables_of(map_: Map) -> tuple[CodeTable, ...]:
    """Return the code tables that a map's rows use, by name."""
    found = {r.codec.table.name: r.codec.table for block in map_.blocks for r in block.rows if r.codec.table}
    return tuple(found[name] for name in sorted(found))


def concept_map(table: CodeTable, *, back: bool) -> dict[str, Any]:
    """Return a table as an R4 ConceptMap.

    Args:
        back: from target to source; each target goes back by one line only.

    Raises:
        TableError: a code is no FHIR code.
    """
    return format_concept_map(_turned(table) if back else table)


def _turned(table: CodeTable) -> CodeTable:
    rows = tuple(_turned_rows(table))
    return CodeTable(f"{table.name}-back", rows, {}, {}, version=table.version, url=back_url(table))


def _turned_rows(table: CodeTable) -> Iterator[TableRow]:
    for (system, target), row in table.backward.items():
        if system is not None:
            yield TableRow(
                source=target,
                system=row.source_system,
                target=row.source,
                display=row.source_display,
                equivalence=OPPOSITE.get(row.equivalence, row.equivalence),
                back=False,
                line=row.line,
                table=row.table,
                source_system=system,
                source_display=row.display,
                comment=row.comment,
            )
