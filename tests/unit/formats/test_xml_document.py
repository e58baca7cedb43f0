"""A partner's XML by its schema: names, order, attributes, types; hostile texts; and the way back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.errors import InvalidContent, MalformedInput
from fhirbridge.formats import xml_document
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.shapes import SchemaShape

XSD = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t"
           elementFormDefault="qualified">
  <xs:simpleType name="Sex"><xs:restriction base="xs:token">
    <xs:enumeration value="F"/><xs:enumeration value="M"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Short"><xs:restriction base="xs:string"><xs:maxLength value="5"/></xs:restriction>
  </xs:simpleType>
  <xs:complexType name="Weight"><xs:simpleContent><xs:extension base="xs:decimal">
    <xs:attribute name="unit" type="xs:token" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="Notice"><xs:complexType><xs:sequence>
    <xs:element name="Name" type="xs:string"/>
    <xs:element name="Sex" type="t:Sex" minOccurs="0"/>
    <xs:element name="Born" type="xs:date" minOccurs="0"/>
    <xs:element name="At" type="xs:dateTime" minOccurs="0"/>
    <xs:element name="Final" type="xs:boolean" minOccurs="0"/>
    <xs:element name="Count" type="xs:positiveInteger" minOccurs="0"/>
    <xs:element name="Code" type="t:Short" minOccurs="0"/>
    <xs:element name="Weight" type="t:Weight" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="Visit" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="Place" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
  </xs:sequence><xs:attribute name="no" type="xs:token" use="required"/></xs:complexType></xs:element>
</xs:schema>
"""
SHAPE: SchemaShape = read_schema("t.xsd", "Notice", lambda _: XSD)
TREE = {
    "@no": "N-1",
    "Name": " Inés \n Núñez ",
    "Sex": "F",
    "Born": "1991-07-02",
    "At": "2026-12-11T09:30:00-05:00",
    "Final": True,
    "Count": 3,
    "Code": "a<&>b",
    "Weight": [{"@unit": "kg", "value": Decimal("61.50")}, {"@unit": "lb", "value": Decimal("135")}],
    "Visit": [{"Place": "Harbour House"}, {}],
}


def notice(inside: str, attributes: str = 'no="N-1"') -> bytes:
    return f'<Notice xmlns="urn:t" {attributes}>{inside}</Notice>'.encode()


def issues(body: bytes) -> list[tuple[str, str, str]]:
    return [(i.severity, i.code, i.expression) for i in xml_document.parse(body, SHAPE).issues]


def test_what_was_written_is_read_as_it_was() -> None:
    document = xml_document.parse(xml_document.format(TREE, SHAPE), SHAPE)
    assert (document.tree, document.issues) == (TREE, ())


def test_elements_are_written_in_the_order_of_the_schema() -> None:
    body = xml_document.format(dict(reversed(TREE.items())), SHAPE)
    assert body == xml_document.format(TREE, SHAPE)
    assert body.index(b"Name>") < body.index(b"Sex>") < body.index(b"Place>")


def test_prefixes_blanks_and_comments_do_not_matter() -> None:
    body = b'<p:Notice xmlns:p="urn:t" no=" N-1 ">\n <!-- x --> <p:Name>Ada</p:Name><p:Final> 1 </p:Final></p:Notice>'
    assert xml_document.parse(body, SHAPE).tree == {"@no": "N-1", "Name": "Ada", "Final": True}


def test_an_encoding_is_taken_from_the_text_itself() -> None:
    body = '<?xml version="1.0" encoding="windows-1252"?><Notice xmlns="urn:t" no="1"><Name>Núñez</Name></Notice>'
    assert xml_document.parse(body.encode("cp1252"), SHAPE).tree["Name"] == "Núñez"


def test_an_empty_element_counts_as_absent() -> None:
    body = notice('<Name>A</Name><Sex/><Count xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>')
    assert xml_document.parse(body, SHAPE).tree == {"@no": "N-1", "Name": "A"}
    assert issues(body) == []


UNFIT = [
    ("<Sex>F</Sex><Name>A</Name>", "FB301", "doc.Name"),
    ("<Name>A</Name><Name>B</Name>", "FB301", "doc.Name"),
    ("<Name>A</Name><Sex>Q</Sex>", "FB303", "doc.Sex"),
    ("<Name>A</Name><Born>2026-02-30</Born>", "FB304", "doc.Born"),
    ("<Name>A</Name><Born>2026-02</Born>", "FB304", "doc.Born"),
    ("<Name>A</Name><At>2026-02-01</At>", "FB304", "doc.At"),
    ("<Name>A</Name><Final>yes</Final>", "FB308", "doc.Final"),
    ("<Name>A</Name><Count>0</Count>", "FB308", "doc.Count"),
    ("<Name>A</Name><Count>٣</Count>", "FB308", "doc.Count"),
    ("<Name>A</Name><Code>abcdef</Code>", "FB308", "doc.Code"),
    ('<Name>A</Name><Weight unit="kg">1e3</Weight>', "FB308", "doc.Weight[0].value"),
    ("<Name>A</Name>text", "FB301", "doc"),
    ('<Name xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x">A</Name>', "FB301", "doc.Name"),
]


@pytest.mark.parametrize(("inside", "code", "path"), UNFIT)
def test_what_does_not_fit_is_an_error_at_its_path_and_line(inside: str, code: str, path: str) -> None:
    assert issues(notice(inside)) == [("error", code, path)]
    (issue,) = xml_document.parse(notice(inside), SHAPE).issues
    assert issue.location == "line 1" and "abcdef" not in issue.message


UNKNOWN = [
    ("<Name>A</Name><Shoe>9</Shoe>", "doc.Shoe"),
    ('<Name>A</Name><Shoe xmlns="urn:other">9</Shoe>', "doc.Shoe"),
    ("<Name>A<b/></Name>", "doc.Name.b"),
    ('<Name lang="es">A</Name>', "doc.Name.@lang"),
]


@pytest.mark.parametrize(("inside", "path"), UNKNOWN)
def test_what_the_schema_does_not_have_is_told_and_not_read(inside: str, path: str) -> None:
    assert issues(notice(inside)) == [("warning", "FB306", path)]
    strict = xml_document.parse(notice(inside), SHAPE, unknown="error")
    assert strict.issues[0].severity == "error"


BOMB = (
    '<!DOCTYPE l [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + ']><Notice xmlns="urn:t" no="1"><Name>&j;</Name></Notice>'
)
EXTERNAL = (
    '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><Notice xmlns="urn:t" no="1"><Name>&x;</Name></Notice>'
)
HOSTILE = {
    "billion laughs": BOMB.encode(),
    "an external entity": EXTERNAL.encode(),
    "an external DTD": b'<!DOCTYPE Notice SYSTEM "http://127.0.0.1:9/x.dtd"><Notice xmlns="urn:t" no="1"/>',
    "deep nesting": b"<a>" * 50_000 + b"</a>" * 50_000,
    "a million elements": b'<Notice xmlns="urn:t" no="1">' + b"<Visit/>" * 1_000_000 + b"</Notice>",
    "another root": b'<Notice xmlns="urn:other" no="1"/>',
    "an encoding that nobody knows": b'<?xml version="1.0" encoding="klingon"?><Notice/>',
    "no XML at all": b"No;Name\n1;Vega\n",
    "nothing": b"",
    "an entity that nobody declared": notice("<Name>&x;</Name>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused(name: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        xml_document.parse(HOSTILE[name], SHAPE)
    assert "root:" not in repr(caught.value.issues) and "Vega" not in repr(caught.value.issues)


UNWRITABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"Name": None}, "FB302", "doc.Name"),
    ({"Name": "a\0b"}, "FB308", "doc.Name"),
    ({"Name": ["A"]}, "FB301", "doc.Name"),
    ({"Name": {"x": 1}}, "FB301", "doc.Name"),
    ({"Visit": "x"}, "FB301", "doc.Visit"),
    ({"Visit": ["x"]}, "FB301", "doc.Visit[0]"),
    ({"Weight": [{"value": Decimal(1)}]}, "FB302", "doc.Weight[0].@unit"),
    ({"Born": "2026-11"}, "FB304", "doc.Born"),
    ({"Sex": "Q"}, "FB303", "doc.Sex"),
    ({"Shoe": 9}, "FB301", "doc"),
    ({"@no": "N\n1"}, "FB308", "doc.@no"),
]


@pytest.mark.parametrize(("change", "code", "path"), UNWRITABLE)
def test_what_the_schema_does_not_admit_is_not_written(change: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        xml_document.format({**TREE, **change}, SHAPE)
    assert [(issue.code, issue.expression) for issue in caught.value.issues] == [(code, path)]
