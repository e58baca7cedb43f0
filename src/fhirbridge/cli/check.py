"""`fhirbridge check`: prove maps; each finding with file, line, column, the row and a caret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import issue_line, json_option, print_rows
from fhirbridge.errors import EXIT_FINDINGS, Issue
from fhirbridge.services.maps import checking

COLUMNS = ["name", "version", "file", "findings"]


@click.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None, as_json: bool) -> None:
    """Prove the maps in FOLDER (default: those of the settings, else those of the package).

    Exit code 1 when a map has an error; warnings are shown and do not count.
    """
    folder = folder or find_maps(ctx.obj)
    checked = checking.check_all(folder)
    print_rows([_row(each) for each in checked], COLUMNS, as_json=as_json)
    issues = [issue for each in checked for issue in each.issues]
    for issue in issues:
        click.echo("\n".join(frame(folder, issue)), err=True)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        ctx.exit(EXIT_FINDINGS)


def _row(checked: checking.Checked) -> dict[str, object]:
    return {
        "name": checked.name,
        "version": checked.version,
        "file": checked.file,
        "hash": checked.hash,
        "findings": len(checked.issues),
        "issues": [
            {"code": each.code, "severity": each.severity, "location": each.location, "message": each.message}
            for each in checked.issues
        ],
    }


def frame(folder: Path, issue: Issue) -> Iterator[str]:
    """Yield the lines that show one finding: what, the row it is in, a caret below its column, what to do."""
    yield issue_line(issue)
    file, line, column = parse_location(issue.location)
    text = _read_line(folder / file, line) if line else ""
    if text:
        yield f"{line:>5} | {text}"
        yield f"{'':>5} | {'^':>{max(column, 1)}}"
    if issue.hint:
        yield f"{'':>5} = {issue.hint}"


def parse_location(location: str) -> tuple[str, int, int]:
    """Return file, line and column of a place; 0 for what it does not tell.

    >>> parse_location("records/plan.yaml:23:5"), parse_location("records/plan.yaml")
    (('records/plan.yaml', 23, 5), ('records/plan.yaml', 0, 0))
    """
    parts = location.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():
        return parts[0], int(parts[1]), int(parts[2])
    return location, 0, 0


def _read_line(file: Path, line: int) -> str:
    """Return one line of a file, or nothing when the file has no such line."""
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[line - 1] if line <= len(lines) else ""
