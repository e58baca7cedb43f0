"""`fhirbridge docs`: the maps as a site of plain pages, the records as Markdown, for readers without this program."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.services.maps.pages import build, records


@click.group("docs")
def command() -> None:
    """Make pages that those who review the maps can read."""


@command.command("build")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_obj
def build_site(settings: str, directory: Path, folder: Path | None) -> None:
    """Write the site to DIR: a page for each map, code table, record and partner's format.

    The pages need no network and no program but a browser. What an earlier build has written in DIR is replaced;
    a folder with other files in it is refused. The same maps give the same bytes.

    \b
    fhirbridge docs build review
    """
    files = build.build(folder or find_maps(settings), directory)
    pages = sum(name.endswith(".html") for name in files)
    click.echo(f"{pages} pages in {directory}; open {directory / 'index.html'}", err=True)


@command.command("records")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_obj
def write_records(settings: str, directory: Path, folder: Path | None) -> None:
    """Write to DIR a page of Markdown for each record kind: its fields, what they become in FHIR, an example.

    \b
    fhirbridge docs records docs/records
    """
    pages = records.write_pages(folder or find_maps(settings), directory)
    click.echo(f"{len(pages)} pages in {directory}", err=True)
