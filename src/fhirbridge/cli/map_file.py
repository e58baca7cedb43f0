"""`fhirbridge map FILE --map NAME`: try a map on files, both directions; nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import print_issues, print_json, progress
from fhirbridge.errors import EXIT_FINDINGS, Issue
from fhirbridge.services.maps import explaining, trying

EXPLAIN_HELP = "Tell where each element came from, or one: goal[0].target[0].dueDate, and why it is absent."


@click.command("map")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--map", "name", required=True, help="Name of the map, such as plan or riverside-plan.")
@click.option("--to-left", is_flag=True, help="Run it backwards: from its right side to its left.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: print output and explanation as JSON.")
@click.option("--explain", "element", metavar="[ELEMENT]", is_flag=False, flag_value="", help=EXPLAIN_HELP)
@click.pass_context
def command(ctx: click.Context, /, files: tuple[Path, ...], name: str, to_left: bool, **more: Any) -> None:
    """Send each FILE through a map and print what comes out: JSON, or CSV or XML where the map's side is that.

    One file: one JSON text. Several files, or lines of a .ndjson file: one line of JSON each, in the order they came.
    Exit code 1 when a message does not fit the map.

    \b
    fhirbridge map export.json --map riverside-plan
    fhirbridge map bundle.json --map plan --to-left
    fhirbridge map plan.json --map plan --explain goal[0].target[0].dueDate
    """
    where = more["folder"] or find_maps(ctx.obj)
    bodies = [body for file in files for body in iter_bodies(file)]
    is_single = len(files) == 1 and files[0].suffix != ".ndjson"
    element, failed = more["element"], False
    if element is not None and to_left:
        raise click.UsageError("--explain tells where the right side comes from; leave --to-left out.")
    with progress(bodies, "mapping") as each_body:
        for body in each_body:
            if element is None:
                tried = trying.map_file(where, name, body, reverse=to_left)
                issues = tried.issues
                _print_tried(tried, is_single=is_single)
            else:
                told = explaining.explain_file(where, name, body, element=element)
                issues = told.issues
                _print_explained(told, as_json=more["as_json"], is_single=is_single)
            failed = failed or any(issue.severity in ("error", "fatal") for issue in issues)
    if failed:
        ctx.exit(EXIT_FINDINGS)


def iter_bodies(file: Path) -> Iterator[bytes]:
    """Yield the messages in a file: each line that is not empty of a .ndjson file, else the whole file."""
    body = file.read_bytes()
    if file.suffix != ".ndjson":
        yield body
        return
    yield from (line for line in body.splitlines() if line.strip())


def _print(issues: Iterable[Issue], output: object, *, is_single: bool) -> None:
    print_issues(issues)
    if is_single:
        print_json(output)
    else:
        click.echo(json.dumps(output, ensure_ascii=False, default=str))


def _print_tried(tried: trying.Tried, *, is_single: bool) -> None:
    """Print CSV or XML where that is what came out, else JSON."""
    if tried.text:
        print_issues(tried.issues)
        click.echo(tried.text, nl=False)
    else:
        _print(tried.issues, tried.output, is_single=is_single)


def _print_explained(told: explaining.Explained, *, as_json: bool, is_single: bool) -> None:
    """Print where each element came from as text, or beside the output as JSON."""
    if as_json:
        _print(told.issues, told.to_tree(), is_single=is_single)
    else:
        print_issues(told.issues)
        click.echo("\n".join(told.to_lines()))
