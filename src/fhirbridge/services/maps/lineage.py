"""Which fields become which elements, over all maps of a folder. No message is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fhirbridge.errors import NotFound
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.lineage import Graph, Hop
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.naming import codec_text, table_file, without_counts
from fhirbridge.services.definitions import beside, load_maps


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a line: which field, which element, and the row that joins them. Depth 1 is next to the question."""

    depth: int
    source: str
    target: str
    kind: str
    map: str
    block: str
    location: str
    row: str
    codec: str
    table: str
    data_class: str


def trace_from(folder: Path, name: str, *, back: bool = False) -> tuple[Link, ...]:
    """Return what is made of a field, such as `plan.goals.own_words` or `riverside-plan:doc.case.planName`.

    Args:
        back: follow the rows the way back, from right to left.

    Raises:
        NotFound: no map speaks of such a field; the message names the nearest ones.
        MapError: a map of the folder does not pass its checks.
    """
    graph = _graph(folder, back=back)
    return _links(graph, name, graph.downstream(name), back=back)


def trace_to(folder: Path, name: str, *, back: bool = False) -> tuple[Link, ...]:
    """Return what an element, such as `CarePlan.goal`, is made of, down to the partners' own fields.

    Raises:
        NotFound: no map speaks of such an element; the message names the nearest ones.
        MapError: a map of the folder does not pass its checks.
    """
    graph = _graph(folder, back=back)
    return _links(graph, name, graph.upstream(name), back=back)


def maps_of(folder: Path) -> tuple[Map, ...]:
    """Return the maps of a folder by name, all of them checked.

    Raises:
        MapError: a map of the folder does not pass its checks.
    """
    library = load_maps(folder, beside(folder))
    return tuple(library.get(name) for name in library.names())


def _graph(folder: Path, *, back: bool) -> Graph:
    return Graph.of(maps_of(folder), "left" if back else "right")


def _links(graph: Graph, name: str, hops: Iterator[Hop], *, back: bool) -> tuple[Link, ...]:
    found = tuple(_link(hop) for hop in hops)
    if not found:
        hint = did_you_mean(without_counts(name), graph.names())
        way = "rows that go right are followed without --back" if back else "rows that go back are followed with --back"
        raise NotFound(f"No row leads from or to `{name}`; {hint or way}.".replace("?.", "?"))
    return found


def _link(hop: Hop) -> Link:
    edge, row = hop.edge, hop.edge.row
    return Link(
        depth=hop.depth,
        source=edge.source,
        target=edge.target,
        kind=edge.kind,
        map=edge.map.name,
        block=edge.block.name,
        location=f"{edge.place.file}:{edge.place.line}",
        row=row.text if row else "",
        codec=codec_text(row) if row else "",
        table=table_file(edge.map, row) if row else "",
        data_class=(row.data_class if row else "") or edge.block.data_class,
    )
