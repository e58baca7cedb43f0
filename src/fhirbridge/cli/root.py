"""The `fhirbridge` command: the table of commands, loaded when asked for, and how errors end a process.

Laws of this file: listing the commands imports none of them; every error of ours ends in its row of
`errors.CONDITIONS`, without a traceback; an unexpected one says its class and place and ends with 3.
Source: docs/adr/0003-one-error-table.md
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from traceback import extract_tb
from typing import NoReturn

import click

from fhirbridge import __version__
from fhirbridge.cli.output import print_error
from fhirbridge.errors import EXIT_FAULT, EXIT_OK, BridgeError

EXIT_INTERRUPTED = 130

COMMANDS: dict[str, str] = {
    "demo": "Play the main job through real processes on this machine.",
    "init": "Make a folder with settings, keys and a database.",
    "serve": "Answer HTTP: FHIR, intake and tokens.",
    "worker": "Process what arrived and deliver what has to leave.",
    "map": "Send a file through a map and print what comes out.",
    "document": "Print a record as a document, with a narrative that a person can read.",
    "propose": "Show what came back as a change of a record that is held.",
    "bulk": "Send a large file through a map on all cores.",
    "check": "Prove maps before a message meets them.",
    "test": "Run the tests beside maps, and the laws of every map.",
    "new": "Start a map, with a passing test, from a sample of a partner's format.",
    "fmt": "Bring maps and fragments into their one layout.",
    "effective": "Print a whole map, with its fragments and overlays written in.",
    "tables": "Turn code tables from CSV into FHIR ConceptMaps and back.",
    "terminology": "Look up, check, list and translate codes.",
    "explain": "Show where one element of a resource came from.",
    "lineage": "Show which fields become which elements, over all maps.",
    "docs": "Make pages that those who review the maps can read.",
    "export": "Write a map as FHIR Mapping Language or StructureMap.",
    "diff": "Show what a change of maps does to messages.",
    "plan": "Prove a change of maps and show what it would do.",
    "activate": "Make reviewed maps the active ones, at once.",
    "rollback": "Make maps active again that were so before.",
    "releases": "List which maps were active when, and why.",
    "shadow": "Run new maps beside the active ones and count differences.",
    "profiles": "Add official FHIR packages and show what profiles demand.",
    "validate": "Check resources against R4 and their profiles.",
    "schema": "Print the JSON Schema of a record kind.",
    "quality": "Report what good practice misses in records.",
    "queue": "List, show and retry what is waiting or parked.",
    "consent": "List consents.",
    "ledger": "List disclosures made and refused.",
}
"""Command and its one line of help. The command itself is `command` in the module of that name."""

MODULES = {name: f"fhirbridge.cli.{name}" for name in COMMANDS} | {
    "map": "fhirbridge.cli.map_file",
    "test": "fhirbridge.cli.test_maps",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(MODULES[cmd_name]).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; for a name that is none, suggest those of the table."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.option(
    "--settings",
    "-s",
    envvar="FHIRBRIDGE_SETTINGS",
    default="fhirbridge.toml",
    show_default=True,
    type=click.Path(dir_okay=False),
    help="The settings file.",
)
@click.version_option(__version__, prog_name="fhirbridge")
@click.pass_context
def fhirbridge(ctx: click.Context, settings: str) -> None:
    """Carry plans, referrals and transition records between case management, justice systems and hospital EHRs.

    \b
    Start here:
      fhirbridge demo              see it work, in a minute, on made-up people
      fhirbridge init my-bridge    make a bridge of your own
      fhirbridge check mappings    prove your maps
    """
    ctx.obj = settings
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def run(arguments: Sequence[str] | None = None, *, group: click.Group = fhirbridge) -> int:
    """Run one command and return the exit code of the process."""
    try:
        code = group.main(args=arguments, prog_name="fhirbridge", standalone_mode=False)
    except BridgeError as error:
        print_error(error)
        return error.condition.exit
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except SystemExit:  # click's answer to a reader that left, as `head` does; it has dealt with stdout
        return EXIT_OK
    except Exception as error:  # the last net: what falls in here is a fault of the program
        return _fault(error)
    return code if isinstance(code, int) else EXIT_OK


def _fault(error: Exception) -> int:
    """Say class and place of a fault; its message could hold data of a person."""
    frame = extract_tb(error.__traceback__)[-1]
    click.echo(f"fhirbridge failed: {type(error).__name__} in {frame.name}, line {frame.lineno}", err=True)
    return EXIT_FAULT


def main() -> NoReturn:
    """Run the command of this process and end it."""
    sys.exit(run())
