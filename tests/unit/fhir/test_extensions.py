"""Our own extensions, read from their definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fhirbridge.errors import BadSettings
from fhirbridge.fhir.extensions import ExtensionDefinition, load_extensions

URL = "https://fhirbridge.example/StructureDefinition/review-due"


def written(folder: Path, *elements: dict[str, Any], **changes: Any) -> Path:
    definition = {
        "resourceType": "StructureDefinition",
        "id": "review-due",
        "url": URL,
        "type": "Extension",
        "differential": {"element": [{"path": "Extension"}, *elements]},
        **changes,
    }
    (folder / "review-due.json").write_text(json.dumps(definition))
    return folder


def test_a_simple_extension_has_url_and_type(tmp_path: Path) -> None:
    folder = written(tmp_path, {"path": "Extension.value[x]", "type": [{"code": "date"}]})
    definition = load_extensions(folder)["review-due"]
    assert definition == ExtensionDefinition(URL, "date")
    assert definition.value_name == "valueDate"


def test_a_reference_has_its_targets(tmp_path: Path) -> None:
    profile = "http://hl7.org/fhir/StructureDefinition/Practitioner"
    folder = written(
        tmp_path, {"path": "Extension.value[x]", "type": [{"code": "Reference", "targetProfile": [profile]}]}
    )
    assert load_extensions(folder)["review-due"].targets == ("Practitioner",)


def test_an_extension_of_extensions_has_no_type(tmp_path: Path) -> None:
    assert load_extensions(written(tmp_path, {"path": "Extension.value[x]", "max": "0"}))["review-due"].type == ""


@pytest.mark.parametrize(
    "changes",
    [{"type": "Patient"}, {"resourceType": "CodeSystem"}, {"differential": {"element": [{}]}}, {"differential": {}}],
)
def test_another_file_is_refused_by_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match=r"review-due\.json"):
        load_extensions(written(tmp_path, {"path": "Extension.value[x]", "type": [{"code": "date"}]}, **changes))


def test_two_value_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings):
        load_extensions(written(tmp_path, {"path": "Extension.value[x]", "type": [{"code": "date"}, {"code": "code"}]}))


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(BadSettings):
        load_extensions(tmp_path)


def test_the_extensions_we_ship_are_simple() -> None:
    shipped = load_extensions(Path(__file__).parents[3] / "profiles/fhirbridge/extensions")
    assert shipped
    assert all(definition.type and definition.url.endswith(f"/{name}") for name, definition in shipped.items())
