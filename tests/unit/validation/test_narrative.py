"""The narrative's XHTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.validation.narrative import XHTML, find_fault, read_narrative


def div(inner: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


@pytest.mark.parametrize(
    "inner",
    [
        "Own words",
        '<p class="x" xml:lang="en">a &amp; b &#8211; <b>c</b><br/></p>',
        '<img src="#pic" alt="x"/>',
        '<a href="https://a.example/x">x</a><a href="page.html#a:b">y</a><a href="mailto:x@a.example">z</a>',
        "<table><tbody><tr><td>x</td></tr></tbody></table>",
        '<p title="a > b">x</p><td>y</td >',
        "<!-- said <b> --><![CDATA[words]]>",
        "<p>x</p><ul><li>y</li></ul>",
        '<div><p style="margin: 0"/><p>x</p></div>',
    ],
)
def test_plain_narrative_is_accepted(inner: str) -> None:
    assert find_fault(div(inner)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (div(""), "empty"),
        (div("<p> \n </p>"), "empty"),
        (div("<script>go()</script>x"), "element"),
        (div('<p onclick="go()">x</p>'), "attribute"),
        (div('<a href="javascript:go()">x</a>'), "scheme"),
        (div('<a href=" java&#9;script:go()">x</a>'), "scheme"),
        (div('<img src="data:text/html,x" alt=""/>'), "scheme"),
        (div("<p>x"), "well-formed"),
        (div("<b>x</i>"), "well-formed"),
        (div("a < b"), "well-formed"),
        (div("<b"), "element"),
        (div('<a title=">" onclick="go()">x</a>'), "attribute"),
        (div('<b href="x">x</b>'), "attribute"),
        (div('<a href="java&#115;cript:go()">x</a>'), "scheme"),
        (div("<p>x<ul><li>y</li></ul></p>"), "block"),
        (div("<x:b>x</x:b>"), "element"),
        (div("</script>"), "element"),
        (div("<?go x?>y"), "element"),
        (div("x") + div("y"), "well-formed"),
        (div("&nbsp;"), "well-formed"),
        ("<div>x</div>", "namespace"),
        ('<p xmlns="http://www.w3.org/1999/xhtml">x</p>', "one div"),
        (div('<svg xmlns="http://www.w3.org/2000/svg"/>x'), "namespace"),
        ('<!DOCTYPE div [<!ENTITY a "x">]>' + div("&a;"), "DTD"),
        ("words", "well-formed"),
        (div("\ud800"), "well-formed"),
    ],
)
def test_anything_else_is_refused_with_a_fixed_text(text: str, words: str) -> None:
    fault = find_fault(text)
    assert fault is not None
    assert words in fault


def test_what_a_narrative_holds_is_read() -> None:
    read = read_narrative(div('<a href="#x" id="y">z</a><a name="n" href="">w</a><img src="#p" alt="p"/>'))
    assert set(read.links) == {"x", "p"}
    assert set(read.anchors) == {"y", "n"}
    assert read.is_idle
    told = f'<div xmlns="{XHTML}" lang="en" xml:lang="en-GB">x</div>'
    assert read_narrative(told).languages == ("en", "en-GB")
    assert read_narrative("<").languages == ("", "")


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert find_fault(div(text)) is None or isinstance(find_fault(text), str)
