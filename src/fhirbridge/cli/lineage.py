"""`fhirbridge lineage`: which field becomes which element, over all maps; no message is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import json_option, print_rows
from fhirbridge.services.maps import lineage

_KINDS = {"value": "", "constant": "constant", "key": "key", "condition": "condition"}


@click.command("lineage")
@click.option("--from", "start", metavar="FIELD", help="Show what is made of a field.")
@click.option("--to", "end", metavar="ELEMENT", help="Show what an element is made of.")
@click.option("--back", is_flag=True, help="Follow the rows the way back, from right to left.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@json_option
@click.pass_obj
def command(settings: str, /, folder: Path | None, as_json: bool, **asked: Any) -> None:
    """Show which fields become which elements, row by row, over all maps.

    A name is a path without list signs: `plan.goals.own_words` of a record, `CarePlan.goal` of FHIR, or
    `riverside-plan:doc.case.planName` of the format that a map reads. A name above others stands for all of them.

    \b
    fhirbridge lineage --from riverside-plan:doc.case.goals.clientSays
    fhirbridge lineage --to CarePlan.goal
    """
    links = _links(folder or find_maps(settings), **asked)
    if as_json:
        print_rows([asdict(link) for link in links], [], as_json=True)
    else:
        is_forward = asked["start"] is not None
        click.echo("\n".join(dict.fromkeys(_texts(links, forward=is_forward))))  # an overlay says what its base says


def _texts(links: Iterable[lineage.Link], *, forward: bool) -> Iterator[str]:
    """Yield the text of each link that begins a way, with the links further in."""
    way: list[str] = []
    for link in links:
        if link.depth == 1 and way:
            yield "\n".join(way)
            way = []
        way += _lines(link, forward=forward)
    if way:
        yield "\n".join(way)


def _links(folder: Path, *, start: str | None, end: str | None, back: bool) -> tuple[lineage.Link, ...]:
    if start is not None and end is None:
        return lineage.trace_from(folder, start, back=back)
    if end is not None and start is None:
        return lineage.trace_to(folder, end, back=back)
    raise click.UsageError("Say either --from FIELD or --to ELEMENT.")


def _lines(link: lineage.Link, *, forward: bool) -> Iterator[str]:
    """Yield a link as text: the step, and below it its place and row, further in the further it is away."""
    indent = "    " * (link.depth - 1)
    source = link.source or "a constant"
    how = ", ".join(part for part in (_KINDS[link.kind], link.codec, link.table, link.data_class) if part)
    step = f"{source}  ->  {link.target}" if forward else f"{link.target}  <-  {source}"
    yield f"{indent}{step}" + (f"   ({how})" if how else "")
    yield f"{indent}    {link.location}" + (f"   {_squeezed(link.row)}" if link.row else "")


def _squeezed(row: str) -> str:
    return " ".join(row.split())
