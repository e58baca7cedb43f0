"""What commands print: rows as a table, tab-separated lines or JSON; issues and errors on stderr.

On a terminal rows are a table with colour (not with NO_COLOR); in a pipe they are lines with tabs; with `--json`
one object `{"format": 1, "items": [...]}`, whose shape changes only together with that number.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from fhirbridge.errors import BridgeError, Issue

JSON_FORMAT = 1
Row = dict[str, Any]
Function = TypeVar("Function", bound=Callable[..., Any])


def json_option(function: Function) -> Function:
    """Add `--json` to a command that lists."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, in a stable form.")(function)


def print_rows(rows: Iterable[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: JSON with everything in them, or the named columns."""
    rows = list(rows)
    if as_json:
        print_json({"format": JSON_FORMAT, "items": rows})
    elif sys.stdout.isatty():
        _print_table(rows, columns)
    else:
        for row in rows:
            click.echo("\t".join(_cell(row.get(column)) for column in columns))


def print_json(tree: Any) -> None:
    """Print a tree as JSON that a person can read and a program can parse."""
    click.echo(json.dumps(tree, indent=2, ensure_ascii=False, default=str))


def print_issues(issues: Iterable[Issue]) -> None:
    """Print one line an issue on stderr: code, place, message, and the hint below it."""
    for issue in issues:
        click.echo(issue_line(issue), err=True)
        if issue.hint:
            click.echo(f"      {printable(issue.hint)}", err=True)


def print_error(error: BridgeError) -> None:
    """Print an error and each of its issues on stderr."""
    click.echo(f"fhirbridge: {error.message}", err=True)
    print_issues(issue for issue in error.issues if issue.message != error.message or issue.expression)


def printable(text: str) -> str:
    """Return a text in which no sign moves the cursor of a terminal; a tab becomes blanks, `?` stands for the others.

    >>> printable("doc.a\x1b[2J"), printable("a\tb")
    ('doc.a?[2J', 'a    b')
    """
    text = text.replace("\t", "    ")
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def issue_line(issue: Issue) -> str:
    """Return an issue as one line: severity and code, where, what.

    >>> issue_line(Issue("FB500", "expected a date", "event.on"))
    'FB500 event.on: expected a date'
    """
    place = " ".join(part for part in (issue.location, issue.expression) if part)
    label = issue.code if issue.severity == "error" else f"{issue.code} {issue.severity}"
    return printable(f"{label} {place}: {issue.message}" if place else f"{label} {issue.message}")


@contextmanager
def progress(items: Sequence[Any], label: str) -> Iterator[Iterable[Any]]:
    """Give the items back one by one; on a terminal, with a bar on stderr."""
    if not sys.stderr.isatty() or len(items) < 2:
        yield items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield bar


def _cell(value: Any) -> str:
    return "" if value is None else printable(" ".join(str(value).split()))


def _print_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    from rich.console import Console  # lazily: only a terminal needs it
    from rich.table import Table

    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console().print(table)
