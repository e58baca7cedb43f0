"""Maps whose blocks claim the profiles of an official package: what it demands, they must write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.packages import CORE, GUIDE, make_package_bytes, make_structure
from tests.support.small_maps import MAP, make_folder

from fhirbridge.services.definitions import check_maps
from fhirbridge.services.profiles import add_package


def findings(folder: Path, *elements: dict[str, Any], claim: str = f"{GUIDE}patient") -> list[tuple[str, str]]:
    """Return code and message of what profiles find in a small map whose one block claims one of a package."""
    text = MAP.replace("{fhir: R4}", f'{{fhir: R4, profiles: {{person: "{claim}"}}}}')
    maps = make_folder(folder, "", map_text=text)
    patient = make_structure("patient", "Patient", *elements)
    add_package(folder / "profiles", make_package_bytes(patient))
    issues = check_maps(maps, folder / "profiles")[1]
    return [(each.code, each.message) for each in issues if "FB256" <= each.code <= "FB267"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a folder of profiles."""
    (tmp_path / "profiles").mkdir()
    return tmp_path


MAIL = {"system": "email"}


@pytest.mark.parametrize(
    ("element", "code", "words"),
    [
        ({"path": "Patient.maritalStatus", "min": 1}, "FB259", "Patient.maritalStatus"),
        ({"path": "Patient.name.use", "min": 1}, "FB259", "Patient.name.use"),
        ({"path": "Patient.telecom", "max": "0"}, "FB261", "Patient.telecom"),
        ({"path": "Patient.telecom.system", "fixedCode": "email"}, "FB262", "email"),
        ({"path": "Patient.photo", "mustSupport": True}, "FB264", "Patient.photo"),
        ({"path": "Patient.name", "max": "0"}, "FB261", "Patient.name"),
        (
            {
                "path": "Patient.extension",
                "sliceName": "born",
                "min": 1,
                "type": [{"code": "Extension", "profile": [f"{CORE}patient-birthPlace"]}],
            },
            "FB260",
            "patient-birthPlace",
        ),
        (
            {
                "path": "Patient.telecom",
                "sliceName": "mail",
                "min": 1,
                "patternContactPoint": MAIL,
            },
            "FB260",
            "Patient.telecom",
        ),
    ],
)
def test_what_an_official_profile_demands_is_demanded_of_the_map(
    site: Path, element: dict[str, Any], code: str, words: str
) -> None:
    assert any(found == code and words in message for found, message in findings(site, element))


def test_a_map_that_writes_what_is_demanded_has_no_findings(site: Path) -> None:
    elements = ({"path": "Patient.gender", "min": 1}, {"path": "Patient.telecom.system", "fixedCode": "phone"})
    assert findings(site, *elements) == []


@pytest.mark.parametrize(("version", "code"), [("1.0.0", "FB259"), ("2.0.0", "FB257")])
def test_a_claim_may_name_a_version(site: Path, version: str, code: str) -> None:
    found = findings(site, {"path": "Patient.maritalStatus", "min": 1}, claim=f"{GUIDE}patient|{version}")
    assert [each for each, _ in found] == [code]
