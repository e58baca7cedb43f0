"""Every finding of `check`: one bad map each, its code, its place, its hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.maps import check_text, extensions

from fhirbridge.mapping.findings import RULES, did_you_mean
from fhirbridge.mapping.library import check_folder

GOOD = """\
map: probe
version: 1.0.0
left: {record: monitoring}
right: {fhir: R4}
tables:
  result: tables/result.csv
resources:
  report:
    make: Observation
    key: monitoring.id
    class: D2
    rows: |
      'final'                        := status
      'Monitoring report'            := code.text
      monitoring.client             <=> subject                 | ref Patient by number in system
      monitoring.agency             <=> performer[0]            | ref agency
      monitoring.period_start       <=> effectivePeriod.start   | date
      monitoring.period_end         <=> effectivePeriod.end     | date
      monitoring.sessions_offered   <=> component[code.text=offered].valueInteger
      monitoring.sessions_attended  <=> component[code.text=attended].valueInteger
      monitoring.tests[].id         <=> note[].id
      monitoring.tests[].on         <=> note[].time             | date
      monitoring.tests[].result     <=> note[].text             | code result
  agency:
    make: Organization for organisation in monitoring.agency
    use: organisation
ignore:
  monitoring.worker: not here
  monitoring.requirement: not here
  monitoring.compliant: not here
  monitoring.progress: not here
  monitoring.clinical_comment: not here
"""
TABLE = """\
source,system,target,display,equivalence,back
negative,,neg,,equal,
positive,,pos,,equal,
refused,,ref,,equal,
invalid,,inv,,equal,
pending,,pen,,equal,
"""
FRAGMENT = """\
fragment: organisation
version: 1.0.0
item: organisation
key: organisation.number
keyed: organisation
class: D0
rows: |
  organisation.name   <=> name                        | verbatim
  organisation.phone  <=> telecom[system=phone].value
"""

SPOILT = [
    ("FB101", "map: probe", "map: [probe", ""),
    ("FB102", "version: 1.0.0", "versoin: 1.0.0", "version"),
    ("FB103", "map: probe\n", "", ""),
    ("FB104", "'final'                        := status", "final status", "<=>"),
    ("FB105", "monitoring.tests[].id ", "monitoring.tests[]id ", ""),
    ("FB106", "subject                 | ref", "subject                 | reff", "ref"),
    ("FB107", "effectivePeriod.start   | date", "effectivePeriod.start   | date MM DD YYYY", ""),
    ("FB108", "| code result", "| code resluts", "result"),
    ("FB109", "tables/result.csv", "tables/broken.csv", ""),
    ("FB110", "| ref agency", "| ref agencys", "agency"),
    ("FB111", "use: organisation", "use: organization", "organisation"),
    ("FB112", "for organisation in monitoring.agency", "for organisation of monitoring.agency", "for g in"),
    ("FB113", "note[].id\n", "note[].extension[knid]\n", "kind"),
    ("FB114", "use: organisation", "use: organisation\n    with: {system: jail}", "takes none"),
    ("FB201", "monitoring.period_start ", "monitoring.period_strat ", "period_start"),
    ("FB202", "effectivePeriod.end ", "effectivePeriod.edn ", "end"),
    ("FB203", "performer[0] ", "performer ", "performer[]"),
    ("FB204", ":= code.text", ":= code[0].text", ""),
    ("FB205", "<=> note[].id", "<=> note[0].id", ""),
    ("FB206", "component[code.text=offered].valueInteger", "component[code.text=offered].valueString", ""),
    ("FB207", "effectivePeriod.end ", "effectivePeriod.start ", ""),
    ("FB208", "monitoring.period_end  ", "monitoring.period_start", ""),
    ("FB209", "'final'                        := status", "", ""),
    ("FB210", "'final'     ", "'finall'    ", "final"),
    ("FB211", "'final'                        := status", "monitoring.tests[0].result => status | code result", ""),
    ("FB212", "tables/result.csv", "tables/doubled.csv", "back = yes"),
    ("FB213", "  monitoring.progress: not here\n", "", "ignore"),
    ("FB214", "monitoring.progress: not", "monitoring.progresss: not", "progress"),
    ("FB215", "| ref Patient by", "| ref Practitioner by", "Patient"),
    ("FB216", "  result: tables/result.csv", "  result: tables/result.csv\n  other: tables/result.csv", ""),
    ("FB217", "monitoring.period_end         <=>", "monitoring.period_end          =>", ""),
    ("FB218", "tables/result.csv", "tables/short.csv", ""),
    ("FB219", "note[].id\n", "note[].id | when monitoring.tests[].id = 'x'\n", "first()"),
    ("FB220", "effectivePeriod.start   | date", "effectivePeriod.start   | date default '2026'", "lossy"),
    (
        "FB221",
        "'Monitoring report'            :=",
        "monitoring.id & monitoring.clinical_comment =>",
        "one row for each",
    ),
]


FILES = {
    "tables__result_csv": TABLE,
    "tables__broken_csv": TABLE.replace("equal", "same"),
    "tables__doubled_csv": TABLE.replace("pos", "neg", 1).replace("pos,", "neg,"),
    "tables__short_csv": TABLE.replace("pending,,pen,,equal,\n", ""),
    "fragments__organisation_yaml": FRAGMENT,
    "tables__semicolons_csv": TABLE.replace(",", ";"),
    "tables__yes_csv": TABLE.replace("equal,", "equal,Y"),
}


SLIPS = [
    # what an analyst slips in, the finding, words of the message, words of the hint
    ("<=> performer[0] ", "<-> performer[0] ", "FB104", "`<->` is no arrow", ":="),
    (".agency             <=> performer", ".agency<=> performer", "FB104", "missing beside `<=>`", "left.path"),
    ("'final'  ", "final  ", "FB104", "needs a constant", "'final' := status"),
    ("'final'                        :=", "'final' <=>", "FB104", "takes the arrow `:=`", "'final' := status"),
    (
        "note[].time             | date",
        "note[].time             date",
        "FB105",
        "unexpected ` `",
        "bar: note[].time | date",
    ),
    ("note[].time  ", "note[.time  ", "FB104", "bracket is not closed", "]"),
    ("note[].time  ", "note[1000].time  ", "FB105", "is no selector", "[999]"),
    ("note[].text             | code result", "note[].text | code", "FB107", "takes 1 to 3", "code TABLE else CODE"),
    ("note[].time             | date", "note[].time | date DD.MM.YY", "FB107", "no format", "DD.MM.YYYY"),
    ("note[].time             | date", "note[].time | date %d.%m.%Y", "FB107", "no format", "DD.MM.YYYY"),
    ("note[].time             | date", "note[].time | flag Y Y", "FB107", "two different words", "YES NO"),
    ("note[].time             | date", "note[].time | date when", "FB112", "says nothing", "when path"),
    ("note[].time             | date", "note[].time | date lossy a b", "FB107", "one reason, in quotes", "last"),
    ("'Monitoring report'            := code.text", "12 := code.text", "FB210", "holds text, not a number", "quotes"),
    ("'Monitoring report'            := code.text", "'x' := code", "FB210", "holds an object", "below `code`"),
    ("[system=phone]", "[system=phnoe]", "FB210", "`phnoe` is no code", "phone"),
    ("| ref Patient by", "| ref Patinet by", "FB110", "no resource type", "Patient"),
    ("| ref agency", "| ref Organization", "FB110", "no block", "ref Organization keyed NAME"),
    ("key: monitoring.id", "key: monitoring.client", "FB206", "no single text", "one text"),
    ("key: monitoring.id", "key: monitoring.tests[].id", "FB206", "no single text", "one text"),
    ("make: Observation", "make: Observaton", "FB110", "no such resource", "Observation"),
    ("class: D2", "class: D12", "FB103", "no data class", "D0 to D8"),
    ("right: {fhir: R4}", "right: {fhir: R5}", "FB103", "not spoken here", "R4"),
    ("right: {fhir: R4}", "right: {fhir: R4}\nzone: Europe/Lodnon", "FB103", "no time zone", "Europe/London"),
    ("right: {fhir: R4}", "right: {fhir: R4}\nzone: ../../etc/passwd", "FB103", "no time zone", "IANA"),
    ("right: {fhir: R4}", "right: {fhir: R4}\npolicy: {unmapped-code: warn}", "FB103", "is no policy", "text-and-warn"),
    ("right: {fhir: R4}", "right: {fhir: R4}\npolicy: {unmaped-code: reject}", "FB102", "unknown key", "unmapped-code"),
    ("right: {fhir: R4}", "right: {fhir: R4}\nright: {fhir: R4}", "FB102", "stands here twice", "one of the two"),
    ("resources:\n", "records:\n", "FB103", "`resources:` is missing", "rename `records:`"),
    ("  monitoring.worker: not here", "  monitoring.worker:", "FB103", "without a reason", "why"),
    ("  result: tables/result.csv", "  result: [tables/result.csv]", "FB103", "one word or line", ""),
    ("tables/result.csv", "tables/semicolons.csv", "FB109", "semicolons", "records/probe.yaml:6:3"),
    ("tables/result.csv", "tables/yes.csv", "FB109", "back must be yes", "records/probe.yaml:6:3"),
    ("    make: Observation", "\tmake: Observation", "FB101", "a tab", "spaces"),
    ("      monitoring.client  ", "   monitoring.client  ", "FB101", "indented unlike", "rows: |"),
    ("version: 1.0.0", "version:1.0.0", "FB101", "no `name: value`", "space behind the colon"),
    ("right: {fhir: R4}", "right: {fhir: R4", "FB101", "is not closed", "quote"),
    ("version: 1.0.0", "version: 1.0.0\n---", "FB101", "second document", "---"),
    ("version: 1.0.0", "version: '1\0'", "FB101", "control character", "UTF-8"),
    ("version: 1.0.0", "version: &v 1.0.0\nzone: *v", "FB101", "alias", "fragment"),
    ("map: probe", "map: " + "[" * 100_000, "FB101", "levels", ""),
    ("monitoring.client  ", "monitoring.client" + " " * 100_000, "FB104", "longer than", ""),
]


@pytest.mark.parametrize(("good", "bad", "code", "message", "hint"), SLIPS, ids=[f"{s[2]} {s[3]}" for s in SLIPS])
def test_a_slip_is_told_in_plain_words(tmp_path: Path, good: str, bad: str, code: str, message: str, hint: str) -> None:
    whole = GOOD if good in GOOD else FRAGMENT
    assert good in whole
    if whole is GOOD:
        _, issues = check_text(tmp_path, GOOD.replace(good, bad, 1), **FILES)
    else:
        _, issues = check_text(tmp_path, GOOD, **{**FILES, "fragments__organisation_yaml": FRAGMENT.replace(good, bad)})
    told = [(i.code, i.message, i.hint) for i in issues]
    assert [each for each in told if each[0] == code and message in each[1] and hint in each[2]], told


def findings(folder: Path, text: str) -> list[tuple[str, str, str]]:
    _, issues = check_text(folder, text, **FILES)
    return [(issue.code, issue.location, issue.hint) for issue in issues]


def test_the_good_map_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(("code", "good", "bad", "hint"), SPOILT, ids=[row[0] for row in SPOILT])
def test_a_spoilt_map_has_its_finding(tmp_path: Path, code: str, good: str, bad: str, hint: str) -> None:
    assert good in GOOD
    found = findings(tmp_path, GOOD.replace(good, bad, 1))
    assert [(place, has) for own, place, has in found if own == code and hint in has], found


def test_every_rule_has_a_spoilt_map() -> None:
    assert sorted(row[0] for row in SPOILT) == sorted(RULES)


def test_a_finding_points_at_line_and_column(tmp_path: Path) -> None:
    found = findings(tmp_path, GOOD.replace("monitoring.period_start ", "monitoring.period_strat ", 1))
    line = next(n for n, text in enumerate(GOOD.split("\n"), 1) if "period_start" in text)
    assert found[0][1] == f"records/probe.yaml:{line}:7"


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    found = findings(tmp_path, GOOD.replace("tables/result.csv", "../../etc/hostname"))
    assert found[0][0] == "FB111"


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    found = findings(tmp_path, GOOD.replace("map: probe", "map: !!python/object/apply:os.getcwd []"))
    assert found[0][0] == "FB103"


def only_issue(folder: Path, **files: str) -> tuple[str, str, str]:
    (issue,) = check_text(folder, GOOD, **{**FILES, **files})[1]
    return issue.location, issue.code, issue.message


def test_a_broken_table_is_pointed_at_itself(tmp_path: Path) -> None:
    broken = TABLE.replace("refused,,ref,,equal,", "refused,,ref")
    assert only_issue(tmp_path, tables__result_csv=broken)[:2] == ("tables/result.csv:4:1", "FB109")


def test_a_table_that_excel_marked_as_utf8_is_read(tmp_path: Path) -> None:
    assert check_text(tmp_path, GOOD, **{**FILES, "tables__result_csv": "\ufeff" + TABLE})[1] == []


def test_a_finding_in_a_fragment_says_which_map_met_it_once(tmp_path: Path) -> None:
    spoilt = FRAGMENT.replace("<=> name ", "<=> nmae ")
    place, code, message = only_issue(tmp_path, fragments__organisation_yaml=spoilt)
    assert (place, code) == ("fragments/organisation.yaml:8:27", "FB202")
    assert "records/probe.yaml" in message


def test_a_broken_fragment_is_not_called_missing(tmp_path: Path) -> None:
    issues = check_text(tmp_path, GOOD, **{**FILES, "fragments__organisation_yaml": "fragment: [x"})[1]
    assert [issue.location for issue in issues if issue.code == "FB101"] == ["fragments/organisation.yaml:1:11"]
    assert "does not pass" in next(issue.message for issue in issues if issue.code == "FB111")


@pytest.mark.parametrize("name", ["sources/other.yml", "other.yaml", "sources/deep/other.yaml"])
def test_a_map_where_none_is_looked_for_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(GOOD)
    assert [(i.code, i.location) for i in check_text(tmp_path, GOOD, **FILES)[1]] == [("FB111", f"{name}:1:1")]


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    check_text(tmp_path, GOOD, **FILES)
    (tmp_path / "tables" / "result.csv").write_bytes(TABLE.encode() + b"\xfc,,x,,equal,\n")
    found = check_folder(tmp_path, extensions())[1]
    assert [(i.code, i.location) for i in found] == [("FB101", "tables/result.csv:7:1")]


@pytest.mark.parametrize("name", ["tables/result.csv", "records/other.yaml"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    (tmp_path / "secret").write_text(TABLE)
    check_text(folder, GOOD, **FILES)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "secret")
    assert [issue.code for issue in check_folder(folder, extensions())[1]] == ["FB111"]


@pytest.mark.parametrize("name", ["/etc/hostname", "tables", '"tables/\\0.csv"', "tables/" + "x" * 5000])
def test_a_name_that_is_no_file_is_a_finding(tmp_path: Path, name: str) -> None:
    assert findings(tmp_path, GOOD.replace("tables/result.csv", name))[0][0] == "FB111"


def test_lines_are_counted_as_yaml_counts_them(tmp_path: Path) -> None:
    text = GOOD.replace("period_start ", "period_strat ", 1)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "strat" in row)
    for ending in ("\r\n", "\r"):
        (tmp_path / "records").mkdir(exist_ok=True)
        check_text(tmp_path, GOOD, **FILES)
        (tmp_path / "records" / "probe.yaml").write_bytes(text.replace("\n", ending).encode())
        assert check_folder(tmp_path, extensions())[1][0].location == f"records/probe.yaml:{line}:7"


def test_case_is_a_near_miss_too() -> None:
    assert did_you_mean("STATUS", ["status", "subject"]) == "did you mean status?"


def test_a_word_too_long_for_a_slip_is_not_compared() -> None:
    assert did_you_mean("s" * 200_000, ["status", "subject"]) == ""
