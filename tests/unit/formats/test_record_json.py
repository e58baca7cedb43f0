"""Records and partners' exports as JSON."""

from __future__ import annotations

import pytest

from fhirbridge.errors import MalformedInput
from fhirbridge.formats import record_json


def test_a_record_is_read_and_written() -> None:
    body = '{"id":"7","words":"I want my mornings back \u2013 for good."}'.encode()
    assert record_json.format(record_json.parse(body)) == body


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput, match="not a JSON object"):
        record_json.parse(body)
