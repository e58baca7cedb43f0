"""`fhirbridge tables`: code tables from CSV to FHIR ConceptMap and back."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.services.maps import tables


@click.group("tables")
def command() -> None:
    """Turn code tables from CSV into FHIR ConceptMaps and back."""


@command.command("convert")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "form", required=True, type=click.Choice(tables.FORMS), help="The form to print it in.")
def convert(file: Path, form: tables.Form) -> None:
    """Print the code table in FILE (.csv, or .json for a ConceptMap) in another form.

    What the other form has no place for is named on stderr.

    \b
    fhirbridge tables convert tables/need.csv --to conceptmap > tables/need.conceptmap.json
    """
    converted = tables.convert_table(file, form)
    click.echo(converted.text, nl=False)
    for path in converted.losses:
        click.echo(f"left out: {path}", err=True)
