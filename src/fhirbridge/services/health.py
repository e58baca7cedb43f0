"""Whether this process can do its work."""

from __future__ import annotations

import logging

from fhirbridge.services import logs
from fhirbridge.services.bridge import Bridge

LOG = logging.getLogger(__name__)


def is_ready(bridge: Bridge) -> bool:
    """Say whether the store answers; why it does not stands in the log."""
    try:
        with bridge.store.snapshot() as tx:
            tx.find_message("")
    except Exception as error:
        LOG.error("store does not answer", extra=logs.fault(error))
        return False
    return True


def is_behind(bridge: Bridge) -> bool:
    """Say whether this process works with the maps before the active ones, because it cannot read those."""
    return bridge.active is not None and bridge.active.is_behind
