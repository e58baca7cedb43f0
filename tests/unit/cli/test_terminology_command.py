from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fhirbridge.cli.root import run

STATUS = "http://hl7.org/fhir/ValueSet/request-status"
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings: what comes with the package is asked."""
    monkeypatch.chdir(tmp_path)


def ask(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["terminology", *arguments]) == code
    return capsys.readouterr().out


def test_lookup_prints_what_a_system_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert "display\tNon-resid. Alcohol/Drug Treatment" in ask(capsys, "lookup", SERVICE_TYPE, "108")


@pytest.mark.parametrize(("word", "outcome", "code"), [("active", "in", 0), ("asleep", "out", 1)])
def test_validate_ends_with_its_verdict(capsys: pytest.CaptureFixture[str], word: str, outcome: str, code: int) -> None:
    assert ask(capsys, "validate", STATUS, word, code=code).startswith(outcome)


def test_a_wrong_display_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    out = ask(capsys, "validate", SERVICE_TYPE, "108", "--display", "Cooking", "--json", code=1)
    found: dict[str, Any] = json.loads(out)["items"][0]
    assert (found["outcome"], found["display"]) == ("in", "wrong")


def test_expand_lists_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ask(capsys, "expand", STATUS, "--count", "2").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["draft", "active"]


def test_translate_knows_a_table_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "translate", "service-type", "child-care").startswith("equivalent\t284")


def test_subsumes_says_how_codes_stand(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "subsumes", PURPOSE, "PurposeOfUse", "TREAT") == "subsumes\n"


def test_what_is_not_loaded_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "validate", "urn:nowhere", "x", code=1) == ""
