"""`new mapping`: a map with a passing test, from samples of four made-up partners."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.support.maps import ROOT

from fhirbridge.cli.root import run
from fhirbridge.errors import MalformedInput, MapError, NotFound
from fhirbridge.services.maps.starting import Started, start

JAIL = """\
Booking No;Last Name;First Name;D.O.B.;Sex;Release Date;Release Type;Facility Code;Facility;Officer;Cell Block
B-1001;Varga;Ilona;03/14/1988;F;12/20/2026;REL;HCJ;Hollow County Jail;Dana Whitfield;C2
B-1002;N\u00fa\u00f1ez;Jude;11/02/1979;M;12/21/2026;TRF;HCJ;Hollow County Jail;Dana Whitfield;C4
""".encode("cp1252")
AGENCY = {
    "exportId": "X-77",
    "client": {
        "clientNo": "C-5001",
        "name": {"lastName": "Varga", "firstName": "Ilona"},
        "dateOfBirth": "1988-03-14",
        "address": {"street": "4 Mill Lane", "city": "Hollow"},
    },
    "release": {"date": "2026-12-20", "kind": "release", "confirmed": True},
    "facility": {"code": "HCJ", "name": "Hollow County Jail"},
    "conditions": [{"no": "1", "kind": "TESTING", "text": "Weekly test", "until": "2027-06-01"}],
    "riskScore": 12,
    "notes": None,
}
PROBATION = b"""<Notice xmlns="https://probation.example/n" noticeNo="PN-1">
  <Person stateId="S-1"><SurName>Varga</SurName><GivenName>Ilona</GivenName><BirthDate>1988-03-14</BirthDate></Person>
  <Release><ReleaseDate>2026-12-20</ReleaseDate><ReleaseType>REL</ReleaseType></Release>
  <Office code="HP"><OfficeName>Hollow Probation</OfficeName></Office>
  <Conditions><Condition no="1" kind="TESTING">Weekly test</Condition></Conditions><Score>12</Score>
</Notice>"""
REPORT = {
    "report_id": "R-9",
    "subject_no": "C-5001",
    "provider_no": "RR",
    "provider_name": "Riverside Recovery",
    "from": "2026-10-01",
    "to": "2026-10-31",
    "appointments_made": 8,
    "appointments_kept": 7,
    "is_compliant": "yes",
    "bed_count": 3,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of maps that holds none yet, with the profiles beside it."""
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    (tmp_path / "mappings").mkdir()
    return tmp_path / "mappings"


def proved(started: Started) -> Started:
    assert [issue for issue in started.issues if issue.severity == "error"] == []
    assert started.failures == ()
    return started


def test_a_jails_list_becomes_a_map_that_passes(folder: Path) -> None:
    started = proved(start(folder, "hollow", JAIL, ["person", "transition"]))
    assert started.unplaced == ('doc."Cell Block"',)
    assert set(started.files) >= {"sources/hollow.yaml", "tests/hollow.csv", "tables/hollow-release-type.csv"}
    text = (folder / "sources" / "hollow.yaml").read_text()
    assert "encoding: windows-1252" in text
    assert 'doc."Release Date"' in text


def test_an_agencys_export_becomes_a_map_that_passes(folder: Path) -> None:
    started = proved(start(folder, "agency", json.dumps(AGENCY).encode(), ["person", "transition"]))
    assert started.unplaced == ("doc.riskScore", "doc.notes")
    output = json.loads((folder / "tests" / "agency.out.json").read_text())
    assert [each["kind"] for each in output] == ["person", "transition"]


def test_a_probation_offices_notice_becomes_a_map_that_passes(folder: Path) -> None:
    started = proved(start(folder, "probation", PROBATION, ["person", "transition"]))
    assert started.unplaced == ("doc.Score",)
    assert "'supervision'" in (folder / "sources" / "probation.yaml").read_text()


def test_a_flat_report_becomes_a_map_that_passes(folder: Path) -> None:
    started = proved(start(folder, "report", json.dumps(REPORT).encode(), ["monitoring"]))
    assert started.unplaced == ("doc.bed_count",)
    assert "sessions_attended" in (folder / "sources" / "report.yaml").read_text()


def test_every_row_is_marked_for_review(folder: Path) -> None:
    start(folder, "report", json.dumps(REPORT).encode(), ["monitoring"])
    text = (folder / "sources" / "report.yaml").read_text()
    rows = [line for line in text.split("\n") if any(arrow in line for arrow in (" <=> ", " => ", " := "))]
    assert rows
    assert all("# REVIEW: " in row for row in rows)


def test_what_is_there_is_not_written_over(folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "report.json").write_text("mine")
    with pytest.raises(MapError, match=r"tests/report\.json is there already"):
        start(folder, "report", json.dumps(REPORT).encode(), ["monitoring"])
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["report.json"]


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"[1]", b"{", b"<a", b'"x', b"A,B\n", b"\xe9\r\r\xff", "A,B\n1,2\n".encode("utf-16")]
)
def test_what_is_no_sample_is_refused(folder: Path, body: bytes) -> None:
    with pytest.raises(MalformedInput):
        start(folder, "probe", body, ["person"])
    assert list(folder.iterdir()) == []


def test_a_sample_of_endless_fields_is_refused(folder: Path) -> None:
    wide = {f"f{number}": "x" for number in range(1_001)}
    with pytest.raises(MalformedInput, match="fields"):
        start(folder, "probe", json.dumps(wide).encode(), ["person"])
    with pytest.raises(MalformedInput, match="kinds of elements"):
        start(folder, "probe", b"<a>" + b"".join(b"<b%d/>" % n for n in range(501)) + b"</a>", ["person"])


@pytest.mark.parametrize("name", ["", "../x", "Jail", "a_b", "-a"])
def test_a_name_that_is_none_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(MalformedInput):
        start(folder, name, JAIL, ["person"])


def test_an_unknown_kind_is_refused(folder: Path) -> None:
    with pytest.raises(NotFound):
        start(folder, "probe", JAIL, ["patient"])


# -- at the keyboard ---------------------------------------------------------------------------------------------------


def test_the_command_lists_files_and_tells_what_to_decide(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "jail.csv").write_bytes(JAIL)
    sample, maps = str(tmp_path / "jail.csv"), str(folder)
    assert run(["new", "mapping", "hollow", "--from", sample, "--to", "person,transition", "--folder", maps]) == 0
    told = capsys.readouterr()
    assert "sources/hollow.yaml" in told.out.split("\n")
    assert 'could not place: doc."Cell Block"' in told.err
    assert "to decide: transition.setting" in told.err
    assert "made-up people only" in told.err
    assert not any(value in told.out + told.err for value in ("Varga", "Whitfield", "B-1001", "1988"))


def test_the_command_says_why_there_is_no_map(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text('{"id": 12, "surname": "Varga"}')
    assert run(["new", "mapping", "probe", "--from", str(tmp_path / "a.json"), "--folder", str(folder)]) == 1
    assert "sent as text" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_consent_is_not_started_by_guessing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = {"formNo": "F-1", "clientNo": "C-1", "type": "disclosure", "status": "active"}
    (tmp_path / "a.json").write_text(json.dumps(form))
    assert run(
        ["new", "mapping", "form", "--from", str(tmp_path / "a.json"), "--to", "consent", "--folder", str(folder)]
    )
    assert "never guessed" in capsys.readouterr().err


def test_the_kinds_of_records_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "mapping", "--list-kinds"]) == 0
    assert "transition\n" in capsys.readouterr().out
