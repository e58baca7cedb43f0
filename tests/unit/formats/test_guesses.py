"""What a CSV or XML file of unknown make looks like."""

from __future__ import annotations

import pytest

from fhirbridge.errors import MalformedInput
from fhirbridge.formats import csv_guess, xml_document
from fhirbridge.formats.xsd import read_schema
from fhirbridge.formats.xsd_guess import guess_schema

NOTICE = b"""<?xml version="1.0"?>
<n:Notice xmlns:n="https://probation.example/n" no="PN-1">
  <n:Person no="S-1">
    <n:SurName>Varga</n:SurName><n:GivenName>Ilona</n:GivenName><n:GivenName>May</n:GivenName>
  </n:Person>
  <n:Held>true</n:Held><n:On>2026-12-20</n:On><n:At>2026-12-20T09:30:00Z</n:At><n:Empty/>
  <n:Terms><n:Term kind="A" until="2027-01-01">Weekly test</n:Term></n:Terms>
  <n:Visit><n:Where>Here</n:Where></n:Visit><n:Visit><n:Where>There</n:Where><n:With>Dana</n:With></n:Visit>
</n:Notice>
"""


@pytest.mark.parametrize(
    ("body", "encoding", "delimiter"),
    [
        (b"A,B\n1,2\n", "utf-8", ","),
        (b"\xef\xbb\xbfA;B\n1;2\n", "utf-8", ";"),
        ("A|B\nN\u00fa|2\n".encode("cp1252"), "windows-1252", "|"),
        (b'"A,X"\tB\n1\t2\n', "utf-8", "tab"),
    ],
)
def test_encoding_and_delimiter_are_guessed(body: bytes, encoding: str, delimiter: str) -> None:
    found = csv_guess.guess(body)
    assert (found.encoding, found.delimiter, len(found.header)) == (encoding, delimiter, 2)


def test_empty_cells_and_lines_are_left_out() -> None:
    assert csv_guess.guess(b"A,B\n\n1,\n").lines == ({"A": "1"},)


@pytest.mark.parametrize("body", [b"", b"\n", b"A,\n1,2\n", b"A,A\n1,2\n", b"A,B\n", b'A,B\n"1,2\n'])
def test_what_has_no_header_or_lines_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        csv_guess.guess(body)


def test_a_document_fits_the_schema_that_is_guessed_from_it() -> None:
    schema, root = guess_schema(NOTICE)
    document = xml_document.parse(NOTICE, read_schema("x.xsd", root, lambda _: schema))
    assert document.issues == ()
    assert document.tree["Person"] == {"@no": "S-1", "SurName": "Varga", "GivenName": ["Ilona", "May"]}
    assert document.tree["Terms"]["Term"] == [{"@kind": "A", "@until": "2027-01-01", "value": "Weekly test"}]
    assert (document.tree["Held"], len(document.tree["Visit"])) == (True, 2)


def test_what_is_not_in_each_element_may_be_missing() -> None:
    schema, _ = guess_schema(NOTICE, optional={"doc.Held", "doc.Person.@no"})
    assert '<xs:element name="With" type="xs:string" minOccurs="0"/>' in schema
    assert '<xs:element name="Held" type="xs:boolean" minOccurs="0"/>' in schema
    assert schema.count('use="required"') == 3


def test_nothing_of_the_document_stands_in_the_schema() -> None:
    schema, _ = guess_schema(NOTICE)
    assert not any(word in schema for word in ("Varga", "Ilona", "Weekly", "S-1", "2026"))


@pytest.mark.parametrize(
    "body",
    [
        b"<a xmlns='u'><b xmlns='v'/></a>",
        b"<a xmlns:p='u' p:x='1'/>",
        b"<a>text<b/></a>",
        b"<a><b/><c/><b/></a>",
        b"<a><x><b/><c/></x><x><c/><b/></x></a>",
        b"<a",
    ],
)
def test_what_no_schema_here_describes_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        guess_schema(body)


@pytest.mark.parametrize("body", [b"<a><b>1</b></a>", b"<p:a xmlns:p='u'><b>1</b></p:a>"])
def test_a_document_without_namespace_or_with_local_names_is_guessed(body: bytes) -> None:
    schema, root = guess_schema(body)
    assert xml_document.parse(body, read_schema("x.xsd", root, lambda _: schema)).tree == {"b": "1"}
