"""`fhirbridge worker`: process what arrived and deliver what has to leave, until told to stop."""

from __future__ import annotations

import signal
import sys
from threading import Event
from types import FrameType

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.errors import EXIT_OK
from fhirbridge.services import logs, worker
from fhirbridge.services.bridge import Bridge

SHADOW_S = 2.0
INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: EXIT_OK}


@click.command("worker")
@click.option("--once", is_flag=True, help="Work off what is due now, then end.")
@click.option("--pause", "pause_s", default=0.5, show_default=True, help="Seconds to wait when there is no work.")
@click.pass_context
def command(ctx: click.Context, once: bool, pause_s: float) -> None:
    """Work until told to stop. SIGTERM and Ctrl-C let it finish what it holds; a killed worker's work is taken over."""
    with open_bridge(ctx.obj) as bridge:
        logs.install(sys.stderr)
        if once:
            while worker.run_once(bridge):
                pass
            _finish_shadow(bridge)
            return
        stopping = Stopping()
        click.echo("fhirbridge worker waits for work", err=True)
        worker.run(bridge, stopping.event.is_set, idle=stopping.event.wait, pause_s=pause_s)
        _finish_shadow(bridge)
        ctx.exit(stopping.code)


def _finish_shadow(bridge: Bridge) -> None:
    """Let a shadow count what it was shown; it is not waited for longer than a moment."""
    if bridge.shadow:
        bridge.shadow.drain(SHADOW_S)


class Stopping:
    """Turns SIGTERM and SIGINT into an event that the loop looks at between two items."""

    def __init__(self) -> None:
        self.event = Event()
        self.code = EXIT_OK
        for number in INTERRUPTED:
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.code = INTERRUPTED[signal.Signals(number)]
        self.event.set()
