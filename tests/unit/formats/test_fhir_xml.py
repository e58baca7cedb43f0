"""FHIR XML: what is refused, and where JSON and XML differ."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.errors import BridgeError, InvalidContent, MalformedInput
from fhirbridge.formats import fhir_xml

NS = 'xmlns="http://hl7.org/fhir"'
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">See <b>you</b>, 5 &lt; 6</div>'


def parsed(inner: str, type_: str = "Patient") -> dict[str, Any]:
    return fhir_xml.parse(f"<{type_} {NS}>{inner}</{type_}>".encode())


def refused(inner: str, type_: str = "Patient") -> list[str]:
    with pytest.raises(MalformedInput) as caught:
        parsed(inner, type_)
    return [issue.expression for issue in caught.value.issues]


def test_values_get_the_json_type_of_their_element() -> None:
    tree = parsed('<active value="true"/><multipleBirthInteger value="2"/><birthDate value="1990"/>')
    assert tree == {"resourceType": "Patient", "active": True, "multipleBirthInteger": 2, "birthDate": "1990"}


def test_decimals_keep_their_digits() -> None:
    tree = parsed('<valueQuantity><value value="1.50"/></valueQuantity>', "Observation")
    assert str(tree["valueQuantity"]["value"]) == "1.50"


@pytest.mark.parametrize(("name", "text"), [("active", "yes"), ("multipleBirthInteger", "1_0")])
def test_a_text_that_does_not_fit_is_left_for_the_check(name: str, text: str) -> None:
    assert parsed(f'<{name} value="{text}"/>')[name] == text


@pytest.mark.parametrize("text", ["+1", "1e99999999999999999999", "٣"])
def test_an_odd_decimal_is_left_for_the_check(text: str) -> None:
    tree = parsed(f'<valueQuantity><value value="{text}"/></valueQuantity>', "Observation")
    assert tree["valueQuantity"]["value"] == text


def test_a_repeating_element_is_a_list() -> None:
    tree = parsed('<name><given value="Li"/><given value="Mei"/></name>')
    assert tree["name"] == [{"given": ["Li", "Mei"]}]


def test_ids_and_extensions_of_primitives_stand_beside_them() -> None:
    why = '<extension url="https://a.example/why"><valueCode value="unknown"/></extension>'
    tree = parsed(f'<name><given id="g1" value="Li"/><given>{why}</given><given value="Mei"/></name>')
    extension = {"extension": [{"url": "https://a.example/why", "valueCode": "unknown"}]}
    assert tree["name"] == [{"given": ["Li", None, "Mei"], "_given": [{"id": "g1"}, extension, None]}]


def test_a_primitive_with_only_an_extension_has_no_value() -> None:
    tree = parsed('<birthDate><extension url="https://a.example/why"><valueCode value="x"/></extension></birthDate>')
    assert "birthDate" not in tree
    assert tree["_birthDate"]["extension"][0]["valueCode"] == "x"


def test_contained_resources_lose_their_wrapper() -> None:
    tree = parsed('<contained><Organization><id value="o"/><name value="Mill"/></Organization></contained>')
    assert tree["contained"] == [{"resourceType": "Organization", "id": "o", "name": "Mill"}]


def test_the_narrative_stays_one_text() -> None:
    tree = parsed(f'<text><status value="generated"/>{DIV}</text>')
    assert tree["text"] == {"status": "generated", "div": DIV}
    assert DIV.encode() in fhir_xml.format(tree)


@pytest.mark.parametrize(
    ("inner", "path"),
    [
        ("<nothing/>", "Patient"),
        ('<x:active xmlns:x="urn:x" value="true"/>', "Patient"),
        ('<active value="true" colour="red"/>', "Patient.active"),
        ('<active value="true"/><active value="true"/>', "Patient.active"),
        (
            '<active><extension url="u"><valueCode value="x"/></extension></active><active value="true"/>',
            "Patient.active",
        ),
        ("<name>Li Mei</name>", "Patient.name[0]"),
        ("Li Mei", "Patient"),
        ("<contained/>", "Patient.contained[0]"),
        ("<contained><Nothing/></contained>", "Patient.contained[0]"),
        ("<name><id value='x'/></name>", "Patient.name[0]"),
    ],
)
def test_what_r4_has_no_place_for_is_refused_with_its_path(inner: str, path: str) -> None:
    assert refused(inner) == [path]


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    with pytest.raises(MalformedInput) as caught:
        parsed("\n<one/>\n<two/>")
    assert [issue.location for issue in caught.value.issues] == ["line 2", "line 3"]


def test_deep_nesting_is_refused() -> None:
    inner = '<extension url="u">' * 80 + "</extension>" * 80
    assert len(refused(inner)) == 1


def test_a_fault_never_quotes_the_text() -> None:
    with pytest.raises(MalformedInput) as caught:
        parsed("<name>Rosa Whitfield</name>")
    assert "Rosa" not in repr(caught.value.issues) + str(caught.value)


# -- hostile XML

DTD = '<!DOCTYPE Patient [<!ENTITY a "aaaaaaaaaa">]>'
BOMB = "<!DOCTYPE Patient [" + "".join(
    f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 10}">' for i in range(12)
)  + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<Patient/>",
        f"<Nothing {NS}/>".encode(),
        f"<Patient {NS}>".encode(),
        f"{DTD}<Patient {NS}/>".encode(),
        f"{DTD}<Patient {NS}><name>&a;</name></Patient>".encode(),
        f"{BOMB}<Patient {NS}><name>&e11;</name></Patient>".encode(),
        f"<Patient {NS}/>".encode("utf-16"),
        f"<Patient {NS}>{'<a>' * 300}{'</a>' * 300}</Patient>".encode(),
        b"<b/>" * 200_001,
        f'<Patient {NS}><active value="\x00"/></Patient>'.encode(),
    ],
)
def test_hostile_or_broken_xml_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        fhir_xml.parse(body)


def test_a_document_type_never_opens_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY leak "gotcha">')
    for declaration in (f'SYSTEM "{secret.as_uri()}"', f'[<!ENTITY leak SYSTEM "{secret.as_uri()}">]'):
        body = f"<!DOCTYPE Patient {declaration}><Patient {NS}><name><family value='x'/>&leak;</name></Patient>"
        with pytest.raises(MalformedInput) as caught:
            fhir_xml.parse(body.encode())
        assert "gotcha" not in repr(caught.value.issues)


def test_comments_and_instructions_are_passed_over() -> None:
    assert parsed('<?go now?><!-- hello --><active value="true"/>') == {"resourceType": "Patient", "active": True}


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        fhir_xml.parse(body)
    except BridgeError as error:
        assert error.code == "FB400"


# -- writing


def test_elements_are_written_in_the_order_of_the_specification() -> None:
    body = fhir_xml.format({"resourceType": "Patient", "birthDate": "1990", "id": "1", "active": True})
    assert body.index(b"<id") < body.index(b"<active") < body.index(b"<birthDate")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"nothing": 1}, "Patient"),
        ({"_name": {}}, "Patient"),
        ({"name": {"family": "x"}}, "Patient.name"),
        ({"name": ["x"]}, "Patient.name"),
        ({"birthDate": ["1990"]}, "Patient.birthDate"),
        ({"birthDate": {"a": 1}}, "Patient.birthDate"),
        ({"birthDate": "\x00"}, "Patient.birthDate"),
        ({"birthDate": "\ud800"}, "Patient.birthDate"),
        ({"_birthDate": "x"}, "Patient.birthDate"),
        ({"contained": [{"id": "1"}]}, "Patient.contained"),
        ({"text": {"div": "<div>no namespace</div>"}}, "Patient.text.div"),
        ({"text": {"div": "<p>"}}, "Patient.text.div"),
        ({"text": {"div": 7}}, "Patient.text.div"),
        ({"text": {"div": f"<!DOCTYPE div>{DIV}"}}, "Patient.text.div"),
        ({"extension": [{"url": {}}]}, "Patient.extension.url"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_path(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        fhir_xml.format({"resourceType": "Patient", **changes})
    assert caught.value.issues[0].expression == path


def test_no_resource_is_refused() -> None:
    with pytest.raises(InvalidContent):
        fhir_xml.format({"resourceType": "Nothing"})


def test_numbers_are_written_with_their_digits() -> None:
    body = fhir_xml.format({"resourceType": "Observation", "valueQuantity": {"value": Decimal("0.10")}})
    assert b'value="0.10"' in body
