"""XHTML of a narrative: whatever text goes in, what comes out is well-formed and shows it."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from fhirbridge.fhir.narrative.xhtml import (
    bullets,
    escape,
    is_own_words,
    narrative,
    paragraph,
    table,
    without_narrative,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1)


@given(ANY_TEXT)
@example("<script>alert('x')</script> & \"more\"")
@example("\x00\ud800\ufffe]]>")
def test_any_text_makes_well_formed_xhtml(text: str) -> None:
    made = narrative(paragraph(text) + bullets([escape(text)]) + table([(escape(text), escape(text))]))
    ElementTree.fromstring(made["div"])  # noqa: S314  # what is read was made here


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_a_text_comes_out_as_it_went_in(text: str) -> None:
    assert "".join(ElementTree.fromstring(f"<p>{escape(text)}</p>").itertext()) == text  # noqa: S314


def test_line_ends_become_breaks() -> None:
    assert escape("one\r\ntwo\nthree\rfour") == "one<br/>two<br/>three<br/>four"


def test_the_language_is_told_where_it_is_known() -> None:
    assert narrative("<p>x</p>", "es-MX")["div"].startswith(
        '<div xmlns="http://www.w3.org/1999/xhtml" lang="es-MX" xml:lang="es-MX">'
    )


def test_what_is_no_language_is_left_out() -> None:
    assert "lang" not in narrative("<p>x</p>", '"><script>')["div"]


def test_no_row_is_no_table() -> None:
    assert table([]) == ""


def test_generated_narrative_is_taken_out_of_resource_and_sections_and_own_words_stay() -> None:
    own = {"status": "additional", "div": "<div/>"}
    made = {"status": "generated", "div": "<div/>"}
    tree = {"text": own, "section": [{"title": "a", "text": made, "section": [{"title": "b", "text": made}]}, "odd"]}
    assert without_narrative(tree) == {"text": own, "section": [{"title": "a", "section": [{"title": "b"}]}, "odd"]}
    assert without_narrative({"id": "x", "text": made}) == {"id": "x"}


def test_only_additional_narrative_is_somebodys_own_words() -> None:
    assert is_own_words({"status": "additional"})
    assert not any(is_own_words(each) for each in ({"status": "extensions"}, "additional", None))
