"""XML schemas: what is understood, over several files, and what is refused by name with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhirbridge.formats.xsd import MAX_DEPTH, read_schema
from fhirbridge.mapping.shapes import SchemaShape

HEAD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t"'
    ' elementFormDefault="qualified">'
)


def schema(inside: str, head: str = HEAD) -> str:
    return f"{head}\n{inside}\n</xs:schema>"


def shape(inside: str, **files: str) -> SchemaShape:
    texts = {
        "schemas/a.xsd": schema(inside),
        **{name.replace("_", "/", 1) + ".xsd": text for name, text in files.items()},
    }
    return read_schema("schemas/a.xsd", "R", texts.__getitem__)


def of(type_: str) -> str:
    """Return a root element whose type stands in it."""
    return f'<xs:element name="R">{type_}</xs:element>'


def children(type_: str) -> dict[str, SchemaShape]:
    return dict(shape(of(type_)).children or {})


def sequence(inside: str, after: str = "") -> str:
    return f"<xs:complexType><xs:sequence>{inside}</xs:sequence>{after}</xs:complexType>"


A = '<xs:element name="A" type="xs:string"/>'


def test_elements_and_attributes_become_fields_in_their_order() -> None:
    found = children(sequence(A + '<xs:element name="B" type="xs:int" minOccurs="0" maxOccurs="9"/>', ATTRIBUTE))
    assert list(found) == ["@no", "A", "B"]
    assert (found["A"].type, found["A"].is_required, found["A"].is_list) == ("string", True, False)
    assert (found["B"].type, found["B"].is_required, found["B"].is_list) == ("integer", False, True)
    assert found["@no"].is_required and found["@no"].xml and found["@no"].xml.namespace == ""


ATTRIBUTE = '<xs:attribute name="no" type="xs:token" use="required"/>'


@pytest.mark.parametrize(
    ("head", "form", "namespace"),
    [
        (HEAD, "", "urn:t"),
        (HEAD, 'form="unqualified"', ""),
        (HEAD.replace("qualified", "unqualified"), "", ""),
        (HEAD.replace(' elementFormDefault="qualified"', ""), 'form="qualified"', "urn:t"),
    ],
)
def test_local_elements_are_in_the_namespace_that_the_schema_says(head: str, form: str, namespace: str) -> None:
    text = schema(of(sequence(f'<xs:element name="A" type="xs:string" {form}/>')), head)
    child = (read_schema("a.xsd", "R", lambda _: text).children or {})["A"]
    assert child.xml and child.xml.namespace == namespace


def test_an_extension_has_the_fields_of_its_base_first() -> None:
    base = f'<xs:complexType name="Base"><xs:sequence>{A}</xs:sequence>{ATTRIBUTE}</xs:complexType>'
    own = '<xs:complexType><xs:complexContent><xs:extension base="t:Base"><xs:sequence>'
    own += '<xs:element name="B" type="xs:boolean"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    assert list(shape(base + of(own)).children or {}) == ["@no", "A", "B"]


def test_text_with_attributes_has_its_text_as_value() -> None:
    own = '<xs:complexType><xs:simpleContent><xs:extension base="xs:date">' + ATTRIBUTE
    found = children(own + "</xs:extension></xs:simpleContent></xs:complexType>")
    assert list(found) == ["@no", "value"]
    assert found["value"].xml and (found["value"].xml.kind, found["value"].xml.lexical) == ("text", "date")


def test_codes_bounds_and_documentation_are_kept() -> None:
    simple = '<xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="a"/><xs:enumeration value="b"/>'
    told = "<xs:annotation><xs:documentation> The\n kind. </xs:documentation></xs:annotation>"
    found = children(sequence(f'<xs:element name="K">{told}{simple}</xs:restriction></xs:simpleType></xs:element>'))[
        "K"
    ]
    assert (sorted(found.codes), found.description) == (["a", "b"], "The kind.")


def test_other_files_of_the_folder_are_followed() -> None:
    core = schema(A.replace('"A"', '"Who"'), HEAD.replace("urn:t", "urn:core"))
    more = schema('<xs:simpleType name="K"><xs:restriction base="xs:token"/></xs:simpleType>')
    inside = (
        '<xs:import namespace="urn:core" schemaLocation="core.xsd"/><xs:include schemaLocation="./more.xsd"/>'
        + of(sequence('<xs:element xmlns:c="urn:core" ref="c:Who"/><xs:element name="K" type="t:K"/>'))
    )
    found = shape(inside, schemas_core=core, schemas_more=more).children or {}
    assert found["Who"].xml and found["Who"].xml.namespace == "urn:core"
    assert list(found) == ["Who", "K"]


def test_files_that_import_each_other_end() -> None:
    head = HEAD.replace("urn:t", "urn:core")
    core = schema('<xs:import namespace="urn:t" schemaLocation="a.xsd"/>' + A, head)
    inside = '<xs:import namespace="urn:core" schemaLocation="core.xsd"/>' + of(sequence(A))
    assert list(shape(inside, schemas_core=core).children or {}) == ["A"]


REFUSED = [
    (of("<xs:complexType><xs:choice/></xs:complexType>"), "xs:choice is not supported"),
    (of("<xs:complexType><xs:all/></xs:complexType>"), "xs:all is not supported"),
    (of(sequence("<xs:any/>")), "xs:any is not supported"),
    (of(sequence('<xs:group ref="t:g"/>')), "xs:group is not supported"),
    (of("<xs:complexType><xs:anyAttribute/></xs:complexType>"), "xs:anyAttribute is not supported"),
    (of('<xs:complexType mixed="true"/>'), "mixed content"),
    (of('<xs:complexType><xs:sequence maxOccurs="2"/></xs:complexType>'), "a sequence that repeats"),
    (of(sequence('<xs:element name="A" type="xs:string" default="x"/>')), "a default"),
    (of(sequence('<xs:element name="A" type="xs:string" fixed="x"/>')), "a fixed value"),
    (of(sequence('<xs:element name="A" type="xs:string" maxOccurs="0"/>')), "minOccurs and maxOccurs"),
    (of(sequence('<xs:element name="A" type="xs:duration"/>')), "the type xs:duration"),
    (of(sequence('<xs:element name="A" type="t:None"/>')), "there is no type `t:None`"),
    (of(sequence('<xs:element name="A" type="u:None"/>')), "stands for no namespace"),
    (of(sequence('<xs:element ref="t:None"/>')), "there is no element `t:None`"),
    (of(sequence('<xs:element name="A"/>')), "has no type"),
    (of(sequence(A + A)), "two children `A`"),
    (of("<xs:simpleType><xs:list itemType='xs:string'/></xs:simpleType>"), "xs:list of a simple type"),
    (of("<xs:simpleType><xs:union/></xs:simpleType>"), "xs:union of a simple type"),
    (of("<xs:simpleType/>"), "xs:simpleType is empty"),
    (of("<xs:simpleType><xs:restriction base='t:n'/></xs:simpleType>"), "there is no simple type `t:n`"),
    (
        of("<xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='a+'/></xs:restriction></xs:simpleType>"),
        "xs:pattern is not supported",
    ),
    (
        of("<xs:simpleType><xs:restriction base='xs:string'><xs:length value='a'/></xs:restriction></xs:simpleType>"),
        "xs:length must be a number",
    ),
    (
        of("<xs:complexType><xs:complexContent><xs:restriction base='t:n'/></xs:complexContent></xs:complexType>"),
        "xs:restriction of a complex type",
    ),
    ('<xs:element name="R" abstract="true" type="xs:string"/>', "an abstract part"),
    ('<xs:element name="R" substitutionGroup="t:x" type="xs:string"/>', "substitution"),
    (A, "there is no one root element `R`; known: A"),
    (A + A, "stands twice in one namespace"),
    ("<xs:redefine/>", "xs:redefine is not supported"),
    ('<xs:import namespace="urn:x"/>', "must name a file beside this one"),
    ('<xs:import namespace="urn:x" schemaLocation="http://x.example/x.xsd"/>', "must name a file beside this one"),
    ('<xs:import namespace="urn:x" schemaLocation="/etc/x.xsd"/>', "must name a file beside this one"),
]


@pytest.mark.parametrize(("inside", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_is_outside_is_refused_by_name_with_its_line(inside: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^schemas/a\.xsd:") as caught:
        shape(inside)
    assert words in str(caught.value)


def test_two_children_of_one_local_name_in_two_namespaces_are_refused() -> None:
    core = schema(A, HEAD.replace("urn:t", "urn:core"))
    inside = '<xs:import namespace="urn:core" schemaLocation="core.xsd"/>'
    inside += of(sequence(A + '<xs:element xmlns:c="urn:core" ref="c:A"/>'))
    with pytest.raises(ValueError, match="two children `A`; one path cannot name both"):
        shape(inside, schemas_core=core)


def test_a_type_that_holds_itself_is_refused() -> None:
    own = '<xs:complexType name="N"><xs:sequence><xs:element name="N" type="t:N" minOccurs="0"/></xs:sequence>'
    with pytest.raises(ValueError, match="refers to itself"):
        shape(own + '</xs:complexType><xs:element name="R" type="t:N"/>')


def test_a_small_schema_that_unfolds_to_millions_of_fields_is_refused() -> None:
    level = "".join(
        f'<xs:complexType name="D{n}"><xs:sequence><xs:element name="a" type="t:D{n + 1}"/>'
        f'<xs:element name="b" type="t:D{n + 1}"/></xs:sequence></xs:complexType>'
        for n in range(MAX_DEPTH - 2)
    )
    last = f'<xs:complexType name="D{MAX_DEPTH - 2}"><xs:sequence>{A}</xs:sequence></xs:complexType>'
    with pytest.raises(ValueError, match="too many fields"):
        shape(level + last + '<xs:element name="R" type="t:D0"/>')


def test_a_simple_type_that_restricts_itself_is_refused() -> None:
    own = '<xs:simpleType name="S"><xs:restriction base="t:S"/></xs:simpleType><xs:element name="R" type="t:S"/>'
    with pytest.raises(ValueError, match="not supported"):
        shape(own)


@pytest.mark.parametrize("text", ["<a/>", "no XML", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a\.xsd"):
        read_schema("a.xsd", "R", lambda _: text)


def test_the_shipped_schema_is_understood() -> None:
    folder = Path(__file__).parents[3] / "mappings"
    found = read_schema("schemas/state-parole.xsd", "ParoleNotice", lambda name: (folder / name).read_text("utf-8"))
    assert found.xml and dict(found.xml.prefixes).keys() == {"core", "parole"}
