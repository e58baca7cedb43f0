"""`fhirbridge bulk FILE --map NAME --out OUT`: a large file through a map on all cores; nothing is stored."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import BinaryIO

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import issue_line
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps.bulk import Job, Summary, map_bulk

_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("bulk")
@click.argument("file", type=_IN)
@click.option("--map", "name", required=True, help="Name of the map.")
@click.option("--out", required=True, type=_OUT, help="Gets one line of JSON for each document.")
@click.option("--source", default="local", show_default=True, help="The partner in whose name keys are made.")
@click.option("--processes", type=click.IntRange(1, 256), help="One for each core when left out.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_context
def command(ctx: click.Context, /, file: Path, name: str, out: Path, source: str, **more: object) -> None:
    """Send each document of FILE through a map: lines of JSON (.ndjson), or the CSV file that the map states.

    What cannot be used is set aside in OUT.rejected, each with its line and findings; exit code 1 then.
    Memory stays flat however long the file is.
    """
    folder, processes = more["folder"], more["processes"]
    job = Job(folder if isinstance(folder, Path) else find_maps(ctx.obj), name, source)
    aside = out.with_name(f"{out.name}.rejected")
    count = processes if isinstance(processes, int) else None
    with _private(out) as written, _private(aside) as rejected:
        summary = _shown(map_bulk(job, file, written, rejected, processes=count), file.stat().st_size)
    _print(summary, out, aside)
    if summary.refused:
        ctx.exit(EXIT_FINDINGS)
    aside.unlink()


def _private(file: Path) -> BinaryIO:
    """Open a file that only its owner may read: it holds records of persons."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _shown(summaries: Iterable[Summary], size: int) -> Summary:
    """Return the last summary; on a terminal, with a bar on the way."""
    summary = Summary()
    if not sys.stderr.isatty():
        return reduce(lambda _, latest: latest, summaries, summary)
    with click.progressbar(length=size, label="mapping", file=sys.stderr, item_show_func=_count) as bar:
        for summary in summaries:
            bar.update(summary.read_bytes - bar.pos, summary)
    return summary


def _count(summary: Summary | None) -> str:
    return f"{summary.done:,} documents, {summary.refused:,} set aside" if summary else ""


def _print(summary: Summary, out: Path, aside: Path) -> None:
    for finding in summary.findings:
        click.echo(f"line {finding.line}: {issue_line(finding.issue)}", err=True)
    for (code, severity, where), count in summary.counts.most_common(20):
        click.echo(f"{count:>9,} x {code} {severity} {where}", err=True)
    click.echo(f"{summary.mapped:,} documents mapped to {out.name}", err=True)
    if summary.refused:
        click.echo(f"{summary.refused:,} set aside in {aside.name}, with their findings", err=True)
