"""`fhirbridge check`: prove maps; each finding with file, line, column, the row and a caret, and its fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps, find_own_maps, is_inactive
from fhirbridge.cli.output import issue_line, json_option, print_json, print_rows, printable
from fhirbridge.errors import EXIT_FINDINGS, Issue
from fhirbridge.services.maps import checking, explaining_findings, sarif

COLUMNS = ["name", "version", "file", "findings"]
INACTIVE = "These are not the active maps: they count after `fhirbridge plan` and `fhirbridge activate`."
FORMATS = ("text", "json", "sarif", "github")


@click.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--output-format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed.")
@json_option
@click.option("--strict", is_flag=True, help="Warnings count too.")
@click.option("--fix", "is_fixing", is_flag=True, help="Write the fixes that are certain into the files; check again.")
@click.option("--explain", "code", metavar="CODE", help="Print the page of a finding, such as FB101, and nothing else.")
@click.pass_context
def command(ctx: click.Context, /, folder: Path | None, form: str, code: str | None, **flags: bool) -> None:
    """Prove the maps in FOLDER (default: those of the settings, else those of the package).

    Exit code 1 when a map has an error; warnings are shown and count with --strict only. A finding that is right and
    accepted is hidden by a comment at its row: # fhirbridge: ignore[FB264] the source has no such field
    """
    if code:
        click.echo(explaining_findings.explain_finding(code).rstrip())
        return
    folder = folder or (find_own_maps if flags["is_fixing"] else find_maps)(ctx.obj)
    checked: Sequence[checking.Checked] = checking.check_all(folder)
    if flags["is_fixing"]:
        checked = _fixed(folder, checked)
    _print(folder, checked, "json" if flags["as_json"] else form)
    if is_inactive(ctx.obj, folder):
        click.echo(INACTIVE, err=True)
    issues = [issue for each in checked for issue in each.issues]
    if any(not each.passes for each in checked) or (flags["strict"] and issues):
        ctx.exit(EXIT_FINDINGS)


def _fixed(folder: Path, checked: Sequence[checking.Checked]) -> Sequence[checking.Checked]:
    """Write the fixes, say how many, and return the maps checked again."""
    count = checking.apply_fixes(folder, (issue for each in checked for issue in each.issues))
    click.echo(f"{count} {'fix' if count == 1 else 'fixes'} written", err=True)
    return checking.check_all(folder) if count else checked


def _print(folder: Path, checked: Sequence[checking.Checked], form: str) -> None:
    prefix = sarif.prefix_of(folder)
    match form:
        case "sarif":
            print_json(sarif.to_sarif(checked, prefix=prefix))
        case "github":
            for line in sarif.to_github(checked, prefix=prefix):
                click.echo(line)
        case _:
            print_rows([_row(each) for each in checked], COLUMNS, as_json=form == "json")
            for issue in (issue for each in checked for issue in each.issues):
                click.echo("\n".join(frame(folder, issue)), err=True)


def _row(checked: checking.Checked) -> dict[str, object]:
    return {
        "name": checked.name,
        "version": checked.version,
        "file": checked.file,
        "hash": checked.hash,
        "findings": len(checked.issues),
        "issues": [_told(issue) for issue in checked.issues],
        "ignored": [{**_told(each.issue), "reason": each.reason} for each in checked.accepted],
    }


def _told(issue: Issue) -> dict[str, object]:
    told: dict[str, object] = {
        "code": issue.code,
        "severity": issue.severity,
        "location": issue.location,
        "message": issue.message,
        "hint": issue.hint,
    }
    if issue.fix is not None:
        told["fix"] = {"column": issue.fix.column, "old": issue.fix.old, "new": issue.fix.new}
    return told


def frame(folder: Path, issue: Issue) -> Iterator[str]:
    """Yield the lines that show one finding: what, the row it is in, a caret below its column, what to do."""
    yield issue_line(issue)
    file, line, column = parse_location(issue.location)
    text = _read_line(folder / file, line) if line else ""
    if text:
        yield f"{line:>5} | {printable(text)}"
        yield f"{'':>5} | {'^':>{max(column, 1)}}"
    if issue.hint:
        yield f"{'':>5} = {printable(issue.hint)}"
    if text and issue.fix is not None:
        begin = issue.fix.column - 1
        fixed = f"{text[:begin].lstrip()}{issue.fix.new}{text[begin + len(issue.fix.old) :].rstrip()}"
        yield f"{'':>5} = fix: {printable(fixed)}"


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
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[line - 1] if line <= len(lines) else ""
