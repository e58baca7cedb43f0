"""`fhirbridge effective`: a whole map, with its fragments and overlays written in."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.services.maps import effective


@click.command("effective")
@click.argument("name", metavar="MAP")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_context
def command(ctx: click.Context, /, name: str, folder: Path | None) -> None:
    """Print MAP as one whole: its fragments and overlays written in, each row with the file and line it comes from.

    \b
    fhirbridge effective lakeside-hospital-plan
    """
    click.echo(effective.effective(folder or find_maps(ctx.obj), name), nl=False)
