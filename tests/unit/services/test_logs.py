"""Log lines hold listed fields and nothing else."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from fhirbridge.services import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    out = io.StringIO()
    logs.install(out)
    yield out
    root.handlers[:], root.level = before[0], before[1]


def test_a_line_is_json_with_the_listed_fields(stream: io.StringIO) -> None:
    extra = {"message_id": "m-1", "count": 3, "name_of_client": "Vega"}
    logging.getLogger("fhirbridge.services.x").info("message stored", extra=extra)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["message_id"], line["count"]) == ("message stored", "m-1", 3)
    assert "Vega" not in stream.getvalue()


def test_arguments_are_not_written(stream: io.StringIO) -> None:
    logging.getLogger("fhirbridge.x").info("found %s", "Vega")
    assert json.loads(stream.getvalue())["event"] == "found %s"


def test_a_line_of_another_library_says_who_and_how_bad_only(stream: io.StringIO) -> None:
    logging.getLogger("urllib3").warning("GET /Patient?name=Vega")
    assert json.loads(stream.getvalue()).keys() == {"time", "level", "logger"}


def test_an_error_is_its_class_and_place(stream: io.StringIO) -> None:
    try:
        raise ValueError("Vega")
    except ValueError:
        logging.getLogger("fhirbridge.x").exception("fault")
    line = json.loads(stream.getvalue())
    assert line["error"] == "ValueError" and line["at"].startswith("test_logs.py:")
    assert "Vega" not in stream.getvalue()


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert logs.fault(ValueError()) == {"error": "ValueError", "at": ""}


def test_a_value_that_is_no_json_is_told_by_its_class(stream: io.StringIO) -> None:
    logging.getLogger("fhirbridge.x").info("odd", extra={"state": object()})
    assert json.loads(stream.getvalue())["state"] == "object"
