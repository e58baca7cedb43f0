"""`fhirbridge document RECORD --map NAME`: a record as a document Bundle; nothing is stored and no consent is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import print_issues
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps.documenting import Source, document_of
from fhirbridge.times import format_instant, utc_now


@click.command("document")
@click.argument("record", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "name", required=True, help="Name of the map, such as plan or discharge.")
@click.option("--person", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The client's own record.")
@click.option("--source", default="local", show_default=True, help="The partner's id that keys and ids are made under.")
@click.option("--xml", "as_xml", is_flag=True, help="Print FHIR XML in place of JSON.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_context
def command(ctx: click.Context, /, record: Path, name: str, as_xml: bool, **more: Any) -> None:
    """Print a RECORD as a document: its Composition and all that it reaches, with the narrative of each.

    Without the client's own record the document holds the client's number and nothing else of them. Exit code 1 when
    the record does not fit the map.

    \b
    fhirbridge document plan.json --map plan
    fhirbridge document discharge.json --map discharge --person person.json --xml
    """
    person = more["person"].read_bytes() if more["person"] else b""
    where, source = more["folder"] or find_maps(ctx.obj), Source(more["source"], person)
    made = document_of(where, name, record.read_bytes(), moment=format_instant(utc_now()), source=source)
    print_issues(made.issues)
    if made.bundle is None:
        ctx.exit(EXIT_FINDINGS)
    click.echo(made.to_xml() if as_xml else made.to_json())
