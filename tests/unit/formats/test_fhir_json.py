"""FHIR JSON."""

from __future__ import annotations

import pytest

from fhirbridge.errors import MalformedInput
from fhirbridge.formats import fhir_json


@pytest.mark.parametrize(
    "body", [b"{}", b'{"resourceType": 7}', b'{"resourceType": "Thing"}', b'{"resourceType": "Resource"}']
)
def test_a_resource_type_of_r4_is_needed(body: bytes) -> None:
    with pytest.raises(MalformedInput) as caught:
        fhir_json.parse(body)
    assert caught.value.issues[0].expression == "resourceType"


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(MalformedInput):
        fhir_json.parse(b"[]")


def test_the_resource_type_is_written_first() -> None:
    assert fhir_json.format({"id": "1", "resourceType": "Goal"}) == b'{"resourceType":"Goal","id":"1"}'
