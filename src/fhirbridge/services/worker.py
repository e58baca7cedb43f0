"""The worker's loop: messages in, deliveries out. A fault of one turn is logged and does not end the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fhirbridge.services import deliver, intake, logs
from fhirbridge.services.bridge import Bridge

LOG = logging.getLogger(__name__)


def run_once(bridge: Bridge) -> bool:
    """Work off one message and one delivery, with the maps active now; False when there was nothing to do."""
    bridge = bridge.now()
    processed = intake.process_next(bridge)
    delivered = deliver.deliver_next(bridge)
    return processed or delivered


def run(bridge: Bridge, stop: Callable[[], bool], *, idle: Callable[[float], object], pause_s: float = 0.5) -> None:
    """Work until `stop()` says so; when there is nothing to do, call `idle(pause_s)` (sleep, or Event.wait).

    A turn that fails (the store is away, the disk is full) is logged by class and tried again after a pause: what was
    claimed comes back when its lease runs out.
    """
    while not stop():
        try:
            busy = run_once(bridge)
        except Exception as error:
            LOG.error("worker turn failed", extra=logs.fault(error))
            busy = False
        if not busy:
            idle(pause_s)
