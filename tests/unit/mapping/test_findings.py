"""Every finding of `check`: one bad map each, its code, its place, its hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.maps import check_text

from fhirbridge.mapping.findings import RULES

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
]


def findings(folder: Path, text: str) -> list[tuple[str, str, str]]:
    files = {
        "tables__result_csv": TABLE,
        "tables__broken_csv": TABLE.replace("equal", "same"),
        "tables__doubled_csv": TABLE.replace("pos", "neg", 1).replace("pos,", "neg,"),
        "tables__short_csv": TABLE.replace("pending,,pen,,equal,\n", ""),
        "fragments__organisation_yaml": FRAGMENT,
    }
    _, issues = check_text(folder, text, **files)
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
