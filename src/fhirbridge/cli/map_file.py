"""`fhirbridge map FILE --map NAME`: try a map on files, both directions; nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import print_issues, print_json, progress
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps import trying


@click.command("map")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--map", "name", required=True, help="Name of the map, such as plan or riverside-plan.")
@click.option("--to-left", is_flag=True, help="Run it backwards: from its right side to its left.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_context
def command(ctx: click.Context, /, files: tuple[Path, ...], name: str, to_left: bool, folder: Path | None) -> None:
    """Send each FILE through a map and print what comes out, as JSON.

    One file: one JSON text. Several files, or lines of a .ndjson file: one line of JSON each, in the order they came.
    Exit code 1 when a message does not fit the map.

    \b
    fhirbridge map export.json --map riverside-plan
    fhirbridge map bundle.json --map plan --to-left
    """
    where = folder or find_maps(ctx.obj)
    bodies = [body for file in files for body in iter_bodies(file)]
    is_single = len(files) == 1 and files[0].suffix != ".ndjson"
    failed = False
    with progress(bodies, "mapping") as each_body:
        for body in each_body:
            tried = trying.map_file(where, name, body, reverse=to_left)
            _print(tried, is_single=is_single)
            failed = failed or any(issue.severity in ("error", "fatal") for issue in tried.issues)
    if failed:
        ctx.exit(EXIT_FINDINGS)


def iter_bodies(file: Path) -> Iterator[bytes]:
    """Yield the messages in a file: each line that is not empty of a .ndjson file, else the whole file."""
    body = file.read_bytes()
    if file.suffix != ".ndjson":
        yield body
        return
    yield from (line for line in body.splitlines() if line.strip())


def _print(tried: trying.Tried, *, is_single: bool) -> None:
    print_issues(tried.issues)
    if is_single:
        print_json(tried.output)
    else:
        click.echo(json.dumps(tried.output, ensure_ascii=False, default=str))
