"""A clock that stands still until it is told to move, in a zone that is not UTC, so that zone mistakes show."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=5, minutes=45), "Kathmandu")
START = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=ZONE)


class FixedClock:
    """A `fhirbridge.times.Clock`; call it for the moment, `advance` it to let time pass."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> datetime:
        """Let so many seconds pass and return the new moment."""
        self.moment += timedelta(seconds=seconds)
        return self.moment
