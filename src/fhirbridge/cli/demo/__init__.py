"""`fhirbridge demo`: the main job, played by real processes on loopback with made-up people."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click

from fhirbridge.cli.demo.keeping import keep_running
from fhirbridge.cli.demo.processes import Launcher
from fhirbridge.cli.demo.stage import set_up
from fhirbridge.cli.demo.story import play
from fhirbridge.cli.demo.telling import StoryFault, Teller
from fhirbridge.errors import EXIT_FINDINGS, EXIT_OK


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave server and worker running; print addresses and curl lines to try.")
@click.pass_context
def command(ctx: click.Context, keep: bool) -> None:
    """Play the main job on made-up people: server, worker, tokens and HTTP are real; everything stays on this machine.

    Exit code 1 when a step does not turn out as told.
    """
    folder = Path(tempfile.mkdtemp(prefix="fhirbridge-demo-"))
    code = perform(folder, keep=keep)
    if code == EXIT_OK and not keep:
        shutil.rmtree(folder)
    ctx.exit(code)


def perform(folder: Path, *, keep: bool = False, launcher: Launcher | None = None) -> int:
    """Play the story in an empty folder and return the exit code; what went wrong is said on stderr."""
    teller = Teller()
    begun = time.monotonic()
    with set_up(folder, launcher=launcher) as stage:
        try:
            stage.start()
            teller.open("fhirbridge demo: made-up people, real processes, keys made a moment ago")
            teller.line(
                f"server {stage.base_url} (pid {stage.server.pid}), worker (pid {stage.worker.pid}), SQLite file"
            )
            play(stage, teller)
        except StoryFault as fault:
            click.echo(f"\nThe story did not turn out as told; {fault}\nLogs and database: {folder}", err=True)
            return EXIT_FINDINGS
        click.echo(f"\nAll {teller.count} steps as told, in {time.monotonic() - begun:.1f} s.")
        if keep:
            keep_running(stage)
    return EXIT_OK
