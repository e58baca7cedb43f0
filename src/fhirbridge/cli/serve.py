"""`fhirbridge serve`: the HTTP server, granian around the WSGI app."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fhirbridge import settings as settings_file
from fhirbridge.cli.opening import open_bridge

APP = "fhirbridge.web.wsgi:make_app"
SETTINGS_VARIABLE = "FHIRBRIDGE_SETTINGS"
"""How the server's processes learn which settings file is meant."""

RESPAWN_S = 0.5


@click.command("serve")
@click.option("--bind", help="host:port, in place of that of the settings.")
@click.pass_obj
def command(settings: str, bind: str | None) -> None:
    """Answer HTTP until told to stop (SIGTERM or Ctrl-C finish what is being answered)."""
    path = Path(settings).resolve()
    with open_bridge(str(path)):  # what cannot serve is refused here, in one clear message, before a process is made
        found = settings_file.load(path)
    host, _, port = (bind or found.bind).rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter("expected host:port, such as 127.0.0.1:8080", param_hint="--bind")
    os.environ[SETTINGS_VARIABLE] = str(path)
    click.echo(f"fhirbridge serves {found.base_url}/fhir on {host}:{port}", err=True)
    _serve(host, int(port), workers=found.workers, threads=found.threads)


def _serve(host: str, port: int, *, workers: int, threads: int) -> None:
    from granian.constants import Interfaces  # lazily: only this command needs the server
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        APP,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_S,
    ).serve()
