"""Log lines that cannot hold a person's data: JSON, with only the fields that stand in one list.

Laws of this file: a line of ours carries its constant text and listed fields, never its arguments; a line of
somebody else's library carries its logger and level only, for nobody vouches for its text (a web server logs URLs).
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from fhirbridge.times import format_instant

FIELDS = (
    "request_id",
    "partner",
    "method",
    "route",
    "status",
    "duration_ms",
    "message_id",
    "delivery_id",
    "kind",
    "state",
    "attempts",
    "code",
    "codes",
    "count",
    "table_row",
    "version",
    "error",
    "at",
    "port",
    "workers",
    "release",
    "activation",
)
"""What a log line may say: ids of ours, codes, counts, route patterns, class names, places in our code."""

OURS = "fhirbridge"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON, without its arguments and without a traceback's text."""
        line: dict[str, object] = {
            "time": format_instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] == OURS:
            line["event"] = str(record.msg)
            line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line |= fault(record.exc_info[1])
        return json.dumps(line, default=lambda value: type(value).__name__)


def fault(error: BaseException) -> dict[str, str]:
    """Return what may be told of an unexpected error: its class, and the file and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "at": at}


def install(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Send the log of this program to a stream as JSON lines, and nowhere else. For entry points only."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
