from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.terminology import FRUIT, FRUIT_MAP, FRUIT_SET, FRUIT_TREE, make_map, make_set, make_terminology

from fhirbridge.errors import BadSettings, BridgeError, CannotTell, NotFound
from fhirbridge.services.definitions import find_defaults, read_terminology
from fhirbridge.services.terminology.desk import TerminologyDesk, is_fine
from fhirbridge.terminology.service import Coding

MAP = make_map(
    {
        "source": FRUIT,
        "target": "urn:c",
        "element": [{"code": "lemon", "target": [{"code": "y", "equivalence": "equal"}]}],
    }
)
DESK = TerminologyDesk(
    make_terminology(FRUIT_TREE, MAP, make_set({"system": FRUIT}), make_set({"system": "urn:none"}, url="urn:out"))
)
SERVICES = "https://fhirbridge.org/fhir/ValueSet/service-category"


def test_a_code_is_looked_up_line_by_line() -> None:
    rows = [(each["name"], each["value"]) for each in DESK.lookup(FRUIT, "orange")]
    assert rows == [
        ("code", "orange"),
        ("display", "Orange"),
        ("parent", "citrus"),
        ("taste", "sweet"),
        ("ripe", "true"),
    ]
    assert {"name": "not selectable", "value": "true"} in DESK.lookup(FRUIT, "citrus")
    assert {"name": "inactive", "value": "true"} in DESK.lookup(FRUIT, "plum")


@pytest.mark.parametrize(
    ("system", "error"), [(FRUIT, NotFound), ("urn:none", NotFound), ("urn:iso:std:iso:3166", CannotTell)]
)
def test_a_code_that_is_not_there_is_not_found(system: str, error: type[BridgeError]) -> None:
    with pytest.raises(error):
        DESK.lookup(system, "AAA")


@pytest.mark.parametrize(
    ("url", "code", "display", "outcome", "fine"),
    [
        (FRUIT_SET, "lemon", "", "in", True),
        (FRUIT_SET, "lemon", "Lime", "in", False),
        (FRUIT, "rock", "", "out", False),
        ("urn:out", "x", "", "not-checked", False),
    ],
)
def test_a_code_is_judged_by_set_or_system(url: str, code: str, display: str, outcome: str, fine: bool) -> None:
    verdict = DESK.validate(url, code, display=display)
    assert (verdict["outcome"], is_fine(verdict)) == (outcome, fine)


def test_what_is_not_loaded_is_said() -> None:
    for ask in (
        lambda: DESK.validate("urn:nowhere", "x"),
        lambda: DESK.expand("urn:out"),
        lambda: DESK.translate("nowhere", "x"),
        lambda: DESK.subsumes("urn:nowhere", "a", "b"),
        lambda: DESK.subsumes(FRUIT, "lemon", "rock"),
    ):
        with pytest.raises((NotFound, CannotTell)):
            ask()


def test_codes_are_listed_compared_and_translated() -> None:
    assert [each["code"] for each in DESK.expand(FRUIT_SET, text="app")] == ["apple"]
    assert DESK.subsumes(FRUIT, "citrus", "lemon") == "subsumes"
    assert [each["code"] for each in DESK.translate(FRUIT_MAP, "lemon")] == ["y"]
    assert [each["code"] for each in DESK.translate(FRUIT_MAP, "y", is_back=True)] == ["lemon"]


def test_the_folder_of_profiles_is_read_with_what_ships() -> None:
    found = read_terminology(find_defaults() / "profiles")
    own = Coding("https://fhirbridge.org/fhir/CodeSystem/service-category", "relapse-prevention", "Relapse prevention")
    assert found.validate(SERVICES, own).display == "ok"
    assert found.is_known("http://hl7.org/fhir/ValueSet/request-status|4.0.1")


def test_a_site_has_its_own_code_systems(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "fruit.json").write_text(json.dumps(FRUIT_TREE), encoding="utf-8")
    assert read_terminology(tmp_path).validate_in_system(Coding(FRUIT, "lemon")).outcome == "in"
    (tmp_path / "own" / "fruit.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadSettings):
        read_terminology(tmp_path)
