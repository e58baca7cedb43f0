"""`fhirbridge export MAP`: a map as FHIR Mapping Language or StructureMap, one direction at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.services.maps import exporting


@click.command("export")
@click.argument("name", metavar="MAP")
@click.option("--as", "form", type=click.Choice(list(exporting.FORMS)), default="fml", show_default=True, help="Form.")
@click.option("--direction", type=click.Choice(["right", "left"]), default="right", show_default=True, help="Way.")
@click.option("--source", default="local", show_default=True, help="Partner under whose name keys travel.")
@click.option("-o", "out", type=click.Path(dir_okay=False, path_type=Path), help="File; ConceptMaps are put beside it.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_obj
def command(settings: str, /, name: str, out: Path | None, folder: Path | None, **wanted: Any) -> None:
    """Write a map for engines that know nothing of our rows: FHIR Mapping Language (R4) or a StructureMap.

    What the mapping language cannot say stands in the text and on stderr, with the rows it is about.

    \b
    fhirbridge export plan --as structuremap --direction left -o plan-left.json
    """
    exported = exporting.export(folder or find_maps(settings), name, **wanted)
    if out is None:
        click.echo(exported.text, nl=False)
    else:
        out.write_text(exported.text, encoding="utf-8")
        for file, text in exported.concept_maps.items():
            (out.parent / file).write_text(text, encoding="utf-8")
    for gap in exported.gaps:
        click.echo(f"not said: {gap}", err=True)
    where = "beside it" if out else "with -o FILE"
    if exported.concept_maps:
        click.echo(f"{len(exported.concept_maps)} ConceptMaps {where}: {', '.join(exported.concept_maps)}", err=True)
