"""One suite over every format that carries FHIR resources: the same tree, whatever the bytes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.support.fhir_resources import VALID, make_care_plan, make_goal, make_patient

from fhirbridge.errors import BridgeError
from fhirbridge.fhir.bundles import Found, searchset
from fhirbridge.formats import fhir_json, fhir_xml

FORMATS = pytest.mark.parametrize("format_", [fhir_json, fhir_xml], ids=["json", "xml"])
WHY = {"extension": [{"url": "https://a.example/why", "valueCode": "unknown"}]}


@FORMATS
@pytest.mark.parametrize("make", VALID)
def test_a_resource_comes_back_equal(format_: ModuleType, make: Callable[[], dict[str, Any]]) -> None:
    assert format_.parse(format_.format(make())) == make()


@FORMATS
def test_a_bundle_comes_back_equal(format_: ModuleType) -> None:
    found = [Found(make_care_plan()), Found(make_goal(), "include")]
    bundle = searchset(found, base_url="https://b.example/fhir", total=1, self_url="https://b.example/fhir/CarePlan")
    assert format_.parse(format_.format(bundle)) == bundle


@FORMATS
def test_siblings_of_primitives_come_back_equal(format_: ModuleType) -> None:
    name = [{"given": ["Li", None, "Mei"], "_given": [None, WHY, {"id": "g3"}]}]
    patient = make_patient(name=name, birthDate=None, _birthDate=WHY)
    assert format_.parse(format_.format(patient)) == patient


@FORMATS
def test_contained_resources_and_the_narrative_come_back_equal(format_: ModuleType) -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml">Amina &amp; Li</div>'
    contained = [{"resourceType": "Organization", "id": "o", "name": "Mill House"}]
    patient = make_patient(
        contained=contained, managingOrganization={"reference": "#o"}, text={"status": "generated", "div": div}
    )
    assert format_.parse(format_.format(patient)) == patient


@FORMATS
def test_words_are_verbatim(format_: ModuleType) -> None:
    words = '  I said: "never again" & <meant> it \u2013\tbut\nthen\u2026 \U0001f642 '
    goal = make_goal(description={"text": words})
    assert format_.parse(format_.format(goal))["description"]["text"] == words


@FORMATS
@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff\xfe", b"{", b"<", b"[]", b"<a/>", b"7"])
def test_other_bytes_are_malformed(format_: ModuleType, body: bytes) -> None:
    with pytest.raises(BridgeError) as caught:
        format_.parse(body)
    assert caught.value.code == "FB400"
