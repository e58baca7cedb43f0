"""Findings of `check`: slips told in plain words, near misses mended, places, and files that are not read.

What each code means, with a bad and a good sample, is tested in test_finding_pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.finding_pages import MAP, base, findings

from fhirbridge.errors import Fix, Issue
from fhirbridge.mapping.findings import did_you_mean

TABLE_FILE, FRAGMENT_FILE = "tables/result.csv", "fragments/organisation.yaml"
FILES = base("report")
GOOD, TABLE, FRAGMENT = FILES[MAP], FILES[TABLE_FILE], FILES[FRAGMENT_FILE]
MORE = {
    "tables/semicolons.csv": TABLE.replace(",", ";"),
    "tables/yes.csv": TABLE.replace("equal,", "equal,Y"),
}
"""Files that only one slip names."""


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
    ("note[].time             | date", 'note[].time | date lossy " "', "FB107", "one reason, in quotes", "last"),
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


NEAR_MISSES = [
    # what is written, what was meant, the code: one correction only, so it is a fix
    ("version: 1.0.0", "versoin: 1.0.0", "FB102", "version"),
    ("subject                 | ref", "subject                 | reff", "FB106", "ref"),
    ("| code result", "| code resluts", "FB108", "result"),
    ("| ref agency", "| ref agencys", "FB110", "agency"),
    ("use: organisation", "use: organization", "FB111", "organisation"),
    ("tables/result.csv", "tables/reslut.csv", "FB111", "tables/result.csv"),
    ("note[].id\n", "note[].extension[knid]\n", "FB113", "kind"),
    ("monitoring.period_start ", "monitoring.period_strat ", "FB201", "period_start"),
    ("effectivePeriod.end ", "effectivePeriod.edn ", "FB202", "end"),
    ("'final'     ", "'finall'    ", "FB210", "final"),
    ("monitoring.progress: not", "monitoring.progresss: not", "FB214", "monitoring.progress"),
    ("<=> performer[0] ", "<-> performer[0] ", "FB104", "<=>"),
]


def check(folder: Path, text: str = GOOD, **files: str) -> list[Issue]:
    """Return what `check` says of the map with this text; other files are named like `tables__x_csv`."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    more = {name: content for name, content in MORE.items() if name in text}
    return findings(folder, {**FILES, MAP: text, **more, **named})


def spoilt(good: str, bad: str) -> dict[str, str]:
    """Return the map, or its fragment, with one thing changed."""
    assert good in GOOD or good in FRAGMENT
    if good in GOOD:
        return {"text": GOOD.replace(good, bad, 1)}
    return {"fragments__organisation_yaml": FRAGMENT.replace(good, bad)}


@pytest.mark.parametrize(("good", "bad", "code", "message", "hint"), SLIPS, ids=[f"{s[2]} {s[3]}" for s in SLIPS])
def test_a_slip_is_told_in_plain_words(tmp_path: Path, good: str, bad: str, code: str, message: str, hint: str) -> None:
    told = [(i.code, i.message, i.hint) for i in check(tmp_path, **spoilt(good, bad))]
    assert [each for each in told if each[0] == code and message in each[1] and hint in each[2]], told


@pytest.mark.parametrize(("good", "bad", "code", "meant"), NEAR_MISSES, ids=[f"{n[2]} {n[3]}" for n in NEAR_MISSES])
def test_a_near_miss_is_named_and_can_be_mended(tmp_path: Path, good: str, bad: str, code: str, meant: str) -> None:
    found = [issue for issue in check(tmp_path, **spoilt(good, bad)) if issue.code == code]
    assert [issue.fix.new for issue in found if issue.fix] == [meant], found
    assert meant in found[0].hint or code == "FB104"


def test_a_word_that_stands_twice_in_its_line_is_not_mended_by_itself(tmp_path: Path) -> None:
    text = GOOD.replace(
        "monitoring.period_end         <=> effectivePeriod.end ", "monitoring.edn <=> effectivePeriod.edn "
    )
    assert [(issue.code, issue.fix) for issue in check(tmp_path, text)] == [("FB201", None)]


def test_a_word_with_several_near_misses_is_not_mended_by_itself(tmp_path: Path) -> None:
    (found,) = check(tmp_path, GOOD.replace("monitoring.sessions_offered ", "monitoring.sessions_ ", 1))
    assert "sessions_offered or sessions_attended" in found.hint
    assert found.fix is None


def test_a_fix_knows_its_column(tmp_path: Path) -> None:
    (found,) = check(tmp_path, GOOD.replace("monitoring.period_start ", "monitoring.period_strat ", 1))
    assert found.fix == Fix("period_strat", "period_start", 18)


def test_the_good_map_has_no_finding(tmp_path: Path) -> None:
    assert check(tmp_path) == []


def test_a_finding_points_at_line_and_column(tmp_path: Path) -> None:
    found = check(tmp_path, GOOD.replace("monitoring.period_start ", "monitoring.period_strat ", 1))
    line = next(n for n, text in enumerate(GOOD.split("\n"), 1) if "period_start" in text)
    assert found[0].location == f"records/probe.yaml:{line}:7"


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    found = check(tmp_path, GOOD.replace("tables/result.csv", "../../etc/hostname"))
    assert [issue.code for issue in found] == ["FB111"]


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    found = check(tmp_path, GOOD.replace("map: probe", "map: !!python/object/apply:os.getcwd []"))
    assert [issue.code for issue in found] == ["FB103"]


def only_issue(folder: Path, **files: str) -> tuple[str, str, str]:
    (issue,) = check(folder, **files)
    return issue.location, issue.code, issue.message


def test_a_broken_table_is_pointed_at_itself(tmp_path: Path) -> None:
    broken = TABLE.replace("refused,,ref,,equal,", "refused,,ref")
    assert only_issue(tmp_path, tables__result_csv=broken)[:2] == ("tables/result.csv:4:1", "FB109")


def test_a_table_that_excel_marked_as_utf8_is_read(tmp_path: Path) -> None:
    assert check(tmp_path, tables__result_csv="\ufeff" + TABLE) == []


def test_a_finding_in_a_fragment_says_which_map_met_it_once(tmp_path: Path) -> None:
    spoilt = FRAGMENT.replace("<=> name ", "<=> nmae ")
    place, code, message = only_issue(tmp_path, fragments__organisation_yaml=spoilt)
    assert (place, code) == ("fragments/organisation.yaml:8:27", "FB202")
    assert "records/probe.yaml" in message


def test_a_broken_fragment_is_not_called_missing(tmp_path: Path) -> None:
    issues = check(tmp_path, fragments__organisation_yaml="fragment: [x")
    assert [issue.location for issue in issues if issue.code == "FB101"] == ["fragments/organisation.yaml:1:11"]
    assert "does not pass" in next(issue.message for issue in issues if issue.code == "FB111")


@pytest.mark.parametrize("name", ["sources/other.yml", "other.yaml", "sources/deep/other.yaml"])
def test_a_map_where_none_is_looked_for_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(GOOD)
    assert [(i.code, i.location) for i in check(tmp_path)] == [("FB111", f"{name}:1:1")]


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    check(tmp_path)
    (tmp_path / "tables" / "result.csv").write_bytes(TABLE.encode() + b"\xfc,,x,,equal,\n")
    found = findings(tmp_path, {})
    assert [(i.code, i.location) for i in found] == [("FB101", "tables/result.csv:7:1")]


@pytest.mark.parametrize("name", ["tables/result.csv", "records/other.yaml"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    (tmp_path / "secret").write_text(TABLE)
    check(folder)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "secret")
    assert [issue.code for issue in findings(folder, {})] == ["FB111"]


@pytest.mark.parametrize("name", ["/etc/hostname", "tables", '"tables/\\0.csv"', "tables/" + "x" * 5000])
def test_a_name_that_is_no_file_is_a_finding(tmp_path: Path, name: str) -> None:
    assert [issue.code for issue in check(tmp_path, GOOD.replace("tables/result.csv", name))] == ["FB111"]


def test_lines_are_counted_as_yaml_counts_them(tmp_path: Path) -> None:
    text = GOOD.replace("period_start ", "period_strat ", 1)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "strat" in row)
    for ending in ("\r\n", "\r"):
        assert check(tmp_path, text.replace("\n", ending))[0].location == f"records/probe.yaml:{line}:7"


def test_case_is_a_near_miss_too() -> None:
    assert did_you_mean("STATUS", ["status", "subject"]) == "did you mean status?"


def test_a_word_too_long_for_a_slip_is_not_compared() -> None:
    assert did_you_mean("s" * 200_000, ["status", "subject"]) == ""
