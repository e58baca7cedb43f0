"""The sides of a map: how CSV and XML sides are written, what they are bound to, and documents on the right."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import check_text

from fhirbridge.errors import Issue
from fhirbridge.mapping.csv_layout import csv_layout
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, to_left, to_right

HERE = Context("jail")
CSV = """\
map: probe
version: 1.0.0
left:
  csv: {Case No.: text required, Who: text required, "Kept [n]": integer, Fee: decimal, Sex: M | F}
  encoding: windows-1252
  delimiter: tab
right: {record: monitoring}
records:
  report:
    make: monitoring
    key: doc."Case No."
    rows: |
      doc."Case No."   <=> id
      doc.Who          <=> client.number
      'urn:jail'        := client.system
      'J'               := agency.number
      'County jail'     := agency.name
      '2026-11'         := period_start
      '2026-12'         := period_end
      3                 := sessions_offered
      2                 := sessions_attended
ignore: {doc.Fee: money, 'doc."Kept [n"': nobody asks, doc.Sex: nobody asks}
""".replace('"Kept [n]"', "Kept").replace("""'doc."Kept [n"'""", "doc.Kept")


def checked(folder: Path, text: str, **files: str) -> tuple[list[Map], list[Issue]]:
    maps, issues = check_text(folder, text, **files)
    return maps, [issue for issue in issues if issue.severity == "error"]


def told(folder: Path, text: str, **files: str) -> list[tuple[str, str, str]]:
    return [(issue.code, issue.message, str(issue.hint)) for issue in checked(folder, text, **files)[1]]


def the_map(folder: Path, text: str, **files: str) -> Map:
    maps, issues = checked(folder, text, **files)
    assert issues == []
    return maps[0]


SLIPS = [
    ("encoding: windows-1252", "encoding: windows-1525", "FB103", "is no encoding", "windows-1252"),
    ("encoding: windows-1252", "encoding: utf-16", "FB103", "is no encoding", ""),
    ("delimiter: tab", "delimiter: '::'", "FB103", "is no delimiter", "tab"),
    ("Kept: integer", "Kept: number", "FB103", "must be text, integer, decimal", ""),
    ("Kept: integer", "Kept: integr", "FB103", "must be text, integer, decimal", "integer"),
    ("Sex: M | F", "Sex: M | M", "FB103", "must be text, integer, decimal", ""),
    ("Sex: M | F", "Sex: M", "FB103", "must be text, integer, decimal", ""),
    ("delimiter: tab", "group: Whom", "FB103", "is no column", "Who"),
    ("delimiter: tab", "group: Kept", "FB103", "must be text", ""),
    ("delimiter: tab", "root: Release", "FB102", "says nothing about `csv:`", ""),
    ("csv: {", "csv: {rows: text, ", "FB103", "a column `rows`", "rename"),
    ('doc."Case No."   <=> id', 'doc."Case No"   <=> id', "FB201", "there is no `Case No`", "Case No."),
    ("doc.Fee: money", "doc.Fees: money", "FB214", "", "doc.Fee"),
]


@pytest.mark.parametrize(("good", "bad", "code", "message", "hint"), SLIPS, ids=[f"{s[2]} {s[1]}" for s in SLIPS])
def test_a_slip_in_a_csv_side_is_told(tmp_path: Path, good: str, bad: str, code: str, message: str, hint: str) -> None:
    assert good in CSV
    text = CSV.replace(good, bad, 1)
    text = text if "rows: text" not in bad else text.replace("delimiter: tab", "group: Who")
    assert [each for each in told(tmp_path, text) if each[0] == code and message in each[1] and hint in each[2]]


def test_a_csv_side_without_columns_or_with_too_many_is_told(tmp_path: Path) -> None:
    many = ", ".join(f"c{n}: text" for n in range(1001))
    for columns in ("", many):
        text = CSV.replace(CSV[CSV.index("csv: {") : CSV.index("}\n") + 1], f"csv: {{{columns}}}", 1)
        assert any("1 to 1000 columns" in message for _, message, _ in told(tmp_path, text))


def test_a_csv_side_has_its_layout(tmp_path: Path) -> None:
    layout = csv_layout(the_map(tmp_path, CSV).left)
    assert (layout.encoding, layout.delimiter, layout.group) == ("cp1252", "\t", "")
    assert [(c.name, c.type, c.codes, c.is_required) for c in layout.columns] == [
        ("Case No.", "string", (), True),
        ("Who", "string", (), True),
        ("Kept", "integer", (), False),
        ("Fee", "number", (), False),
        ("Sex", "string", ("M", "F"), False),
    ]


def test_a_column_with_a_point_in_its_name_is_read_and_comes_back(tmp_path: Path) -> None:
    map_ = the_map(tmp_path, CSV)
    tree = {"Case No.": "C-1", "Who": "7"}
    made = to_right(map_, tree, HERE)
    assert (made.issues, made.items[0].key) == ((), "C-1")
    assert to_left(map_, [("monitoring", made.items[0].body)], HERE).tree == tree


def test_cells_are_checked_like_json(tmp_path: Path) -> None:
    made = to_right(the_map(tmp_path, CSV), {"Case No.": "C-1", "Kept": "3", "Fee": Decimal("1.5")}, HERE)
    assert {(i.code, i.expression) for i in made.issues} >= {("FB302", "doc.Who"), ("FB301", "doc.Kept")}


# -- XML

XSD = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Notice"><xs:complexType><xs:sequence>
  <xs:element name="Who" type="xs:string"/><xs:element name="Visit" minOccurs="0" maxOccurs="unbounded">
  <xs:complexType><xs:attribute name="on" type="xs:date"/></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="no" type="xs:token" use="required"/></xs:complexType></xs:element></xs:schema>
"""
XML = CSV.replace(CSV[CSV.index("left:") : CSV.index("right:")], "left: {xml: schemas/notice.xsd, root: Notice}\n")
XML = XML.replace('doc."Case No."', "doc.@no").replace(CSV[CSV.index("ignore:") :], "ignore: {doc.Visit.@on: no}\n")


def test_an_attribute_is_named_with_an_at_sign(tmp_path: Path) -> None:
    map_ = the_map(tmp_path, XML, schemas__notice_xsd=XSD)
    assert map_.blocks[0].key[0].name == "@no"
    assert to_right(map_, {"@no": "N-1", "Who": "7"}, HERE).items[0].key == "N-1"


def test_an_attribute_may_be_asked_for_in_a_condition(tmp_path: Path) -> None:
    text = XML.replace(":= agency.number", ":= agency.number  | when doc.@no = 'N-1'")
    made = to_right(the_map(tmp_path, text, schemas__notice_xsd=XSD), {"@no": "N-2", "Who": "7"}, HERE)
    assert "number" not in made.items[0].body["agency"]


@pytest.mark.parametrize(
    ("good", "bad", "schema", "code", "message"),
    [
        (", root: Notice", "", XSD, "FB103", "`root:` is missing"),
        ("root: Notice", "root: Notise", XSD, "FB111", "no one root element `Notise`; known: Notice"),
        ("notice.xsd", "notise.xsd", XSD, "FB111", "no file"),
        ("left:", "left:", XSD.replace("xs:sequence", "xs:choice"), "FB111", "schemas/notice.xsd:1: xs:choice"),
        ("left:", "left:", "<a>", "FB111", "not well-formed"),
    ],
)
def test_a_slip_in_an_xml_side_is_told(
    tmp_path: Path, good: str, bad: str, schema: str, code: str, message: str
) -> None:
    found = told(tmp_path, XML.replace(good, bad, 1), schemas__notice_xsd=schema)
    assert [each for each in found if each[0] == code and message in each[1]], found


# -- documents on the right

REPORT = """\
map: probe
version: 1.0.0
zone: America/New_York
left: {record: monitoring}
right: {csv: {No: text, From: text, To: text, Kept: text, Compliant: Y | N, Result: NEG | POS}}
tables: {result: tables/result.csv}
documents:
  test:
    make: document for t in monitoring.tests[]
    key: t.id
    rows: |
      t.id                          <=> No
      t.on                          <=> From        | date MM/DD/YYYY
      monitoring.period_end          => To          | date DD.MM.YYYY
      monitoring.sessions_attended   => Kept        | integer
      monitoring.compliant           => Compliant   | flag Y N
      t.result                      <=> Result      | code result
ignore: {monitoring: only the tests are sent}
"""
RESULT = """\
source,system,target,display,equivalence,back
negative,,NEG,,equal,
positive,,POS,,equal,
refused,,NEG,,equal,no
invalid,,NEG,,equal,no
pending,,NEG,,equal,no
""".replace(",no\n", ",\n").replace("negative,,NEG,,equal,", "negative,,NEG,,equal,yes")
RECORD: dict[str, Any] = {
    "id": "m-1",
    "period_end": "2026-11-30",
    "sessions_attended": 8,
    "compliant": False,
    "tests": [{"id": "t-1", "on": "2026-11-02", "result": "positive"}, {"id": "t-2", "on": "2026-11-09"}],
}


def report(folder: Path) -> Map:
    text = REPORT.replace(
        "ignore: {monitoring: only the tests are sent}\n",
        "ignore:\n"
        + "".join(
            f"  monitoring.{name}: only the tests are sent\n"
            for name in (
                "id",
                "client",
                "agency",
                "worker",
                "requirement",
                "period_start",
                "sessions_offered",
                "progress",
                "clinical_comment",
            )
        ),
    )
    maps, _ = check_text(folder, text, tables__result_csv=RESULT)
    return maps[0]


def test_a_codec_speaks_of_how_the_partner_writes_also_on_the_right(tmp_path: Path) -> None:
    made = to_right(report(tmp_path), RECORD, HERE)
    assert [item.body for item in made.items] == [
        {"No": "t-1", "From": "11/02/2026", "To": "30.11.2026", "Kept": "8", "Compliant": "N", "Result": "POS"},
        {"No": "t-2", "From": "11/09/2026", "To": "30.11.2026", "Kept": "8", "Compliant": "N"},
    ]


def test_a_document_comes_back_to_the_place_its_key_names(tmp_path: Path) -> None:
    documents = [("document", {"No": "t-2", "From": "11/09/2026"}), ("document", {"No": "t-1", "Result": "POS"})]
    back = to_left(report(tmp_path), documents, HERE)
    assert back.tree["tests"] == [{"id": "t-2", "on": "2026-11-09"}, {"id": "t-1", "result": "positive"}]


def test_a_document_without_its_key_is_reported(tmp_path: Path) -> None:
    back = to_left(report(tmp_path), [("document", {"From": "11/09/2026"}), ("document", {"No": 7})], HERE)
    assert [(issue.code, issue.expression) for issue in back.issues] == [("FB302", "No")]
    assert back.tree == {}


def test_a_date_that_the_partner_cannot_write_is_an_error_at_our_field(tmp_path: Path) -> None:
    made = to_right(report(tmp_path), {**RECORD, "period_end": "2026-11"}, HERE)
    assert {(i.code, i.expression) for i in made.issues} == {("FB304", "monitoring.period_end")}


def test_a_document_that_does_not_carry_its_key_is_a_finding(tmp_path: Path) -> None:
    text = REPORT.replace("t.id                          <=> No", "t.id                           => No")
    assert "FB222" in [code for code, _, _ in told(tmp_path, text, tables__result_csv=RESULT)]


def test_only_documents_are_made_of_a_partners_format(tmp_path: Path) -> None:
    found = told(tmp_path, REPORT.replace("make: document", "make: monitoring"), tables__result_csv=RESULT)
    assert ("FB110", "make: document") in [
        (code, "make: document" if "make: document" in m + h else h) for code, m, h in found
    ]


# -- Bundles

BUNDLE = """\
map: probe
version: 1.0.0
left: {record: monitoring}
right: {fhir: R4, bundle: document}
resources:
  report:
    make: Observation
    key: monitoring.id
    rows: |
      'final'              := status
      'x'                  := code.text
"""


@pytest.mark.parametrize(("kind", "first"), [("document", "Composition"), ("message", "MessageHeader")])
def test_a_document_or_message_begins_with_its_head(tmp_path: Path, kind: str, first: str) -> None:
    found = told(tmp_path, BUNDLE.replace("document", kind))
    assert [hint for code, message, hint in found if code == "FB209" and "begins with one" in message] == [
        f"write first a block with: make: {first}"
    ]


def test_a_collection_needs_no_head(tmp_path: Path) -> None:
    assert not [m for _, m, _ in told(tmp_path, BUNDLE.replace("document", "collection")) if "begins with" in m]
