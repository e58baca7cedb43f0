"""The command table, and how errors end a process."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest

from fhirbridge.cli.output import print_error
from fhirbridge.cli.root import COMMANDS, MODULES, run
from fhirbridge.errors import BadSettings, Forbidden, Issue, NotFound, Unavailable

HEAVY = ("flask", "sqlalchemy", "granian", "requests", "lxml", "rich", "pydantic", "joserfc", "fhir")


def test_help_lists_every_command_and_imports_none() -> None:
    script = (
        "import sys\n"
        "from fhirbridge.cli.root import run\n"
        "code = run(['--help'])\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_table_says(name: str) -> None:
    command = import_module(MODULES[name]).command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def test_an_unknown_command_is_a_usage_error_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["legder"]) == 2
    assert "'ledger'" in capsys.readouterr().err


def test_a_missing_argument_is_a_usage_error() -> None:
    assert run(["explain"]) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound(), 1),
        (BadSettings("no key x"), 2),
        (Unavailable(), 5),
        (Forbidden(), 6),
        (ZeroDivisionError("canary"), 3),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_each_error_ends_with_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command("fail")
    def fail() -> None:
        raise error

    assert run(["fail"], group=click.Group("test", commands=[fail])) == code
    assert "canary" not in capsys.readouterr().err


def test_issues_are_printed_with_code_path_message_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    issue = Issue("FB500", "expected a date", "event.on", hint="write YYYY-MM-DD")
    print_error(NotFound("nothing here", issues=[issue]))
    assert capsys.readouterr().err.splitlines() == [
        "fhirbridge: nothing here",
        "FB500 event.on: expected a date",
        "      write YYYY-MM-DD",
    ]
