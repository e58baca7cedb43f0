"""Reading rows and paths: parts and places, and what cannot be read."""

from __future__ import annotations

import pytest

from fhirbridge.mapping.model import Place, Selector
from fhirbridge.mapping.text.expressions import parse_expression
from fhirbridge.mapping.text.paths import RowError, parse_path
from fhirbridge.mapping.text.rows import parse_row

AT = Place("probe.yaml", 7, 5)


def test_a_row_has_left_arrow_right_and_codec() -> None:
    row = parse_row("plan.status   <=> status  | code plan-status else draft", AT)
    assert (row.left and row.left.text, row.arrow, row.right.text) == ("plan.status", "<=>", "status")
    assert (row.codec.name, row.codec.arguments) == ("code", ("plan-status", "else", "draft"))


def test_the_right_side_knows_its_column() -> None:
    assert str(parse_row("plan.status <=> status", AT).right.place) == "probe.yaml:7:21"


def test_a_row_without_a_codec_copies() -> None:
    assert parse_row("plan.phase <=> extension[plan-phase]", AT).codec.name == "copy"


@pytest.mark.parametrize(("text", "value"), [("'a b' := x", "a b"), ("true := x", True), ("12 := x", 12)])
def test_a_constant_is_text_number_or_truth(text: str, value: object) -> None:
    assert parse_row(text, AT).constant == value


def test_a_comment_is_dropped_but_not_inside_quotes() -> None:
    row = parse_row("'a # b' := x  # what it is", AT)
    assert (row.constant, row.right.text) == ("a # b", "x")


def test_lossy_keeps_its_reason_and_when_its_conditions() -> None:
    row = parse_row("a.b => c | verbatim when a.d = 'x' and not a.e lossy \"why\"", AT)
    assert row.lossy == "why"
    assert row.when and [part.kind for part in row.when.parts] == ["compare", "not"]
    assert str(row.when.parts[0].parts[0].place) == "probe.yaml:7:30"


def test_selectors_are_read_in_order() -> None:
    step = parse_path("note[kind=preference][].text", AT).steps[0]
    assert [s.kind for s in step.selectors] == ["where", "each"]


def test_an_index_and_a_name_are_selectors_too() -> None:
    steps = parse_path("category[2].extension[phase]", AT).steps
    assert [s.selectors for s in steps] == [(Selector("index", index=2),), (Selector("named", value="phase"),)]


@pytest.mark.parametrize(
    ("text", "column"), [("a..b", 7), ("a.b!", 8), ("", 5), ("a[x!].b", 6)]
)  # columns count from the place of the path
def test_a_bad_path_points_at_the_column(text: str, column: int) -> None:
    with pytest.raises(RowError) as caught:
        parse_path(text, AT)
    assert caught.value.issue.location == f"probe.yaml:7:{column}"


@pytest.mark.parametrize("text", ["just words", "a.b <=>", "<=> b", "plan.x := y"])
def test_what_is_no_row_is_refused(text: str) -> None:
    with pytest.raises(RowError) as caught:
        parse_row(text, AT)
    assert caught.value.issue.code == "FB104"


def test_a_default_is_a_literal_and_a_name_in_quotes_may_hold_blanks() -> None:
    row = parse_row("doc.\"Booking No\" => id | verbatim default 'none'", AT)
    assert row.left and [step.name for step in row.left.steps] == ["doc", "Booking No"]
    assert row.default == "none"


def test_texts_are_joined_by_an_expression_on_the_left() -> None:
    row = parse_row("p.first & ' => ' & p.last => name[0].text | verbatim when p.age <= 3 or p.b.exists()", AT)
    assert row.expression and [part.kind for part in row.expression.parts] == ["path", "constant", "path"]
    assert row.when and (row.when.kind, row.when.operator) == ("logic", "or")


@pytest.mark.parametrize(
    ("text", "column"),
    [("a = 'b' c", 13), ("a =", 8), ("a = 'b", 9), ("(a = 'b'", 13), ("a.exist()", 5), ("a in 'x'", 10)],
)
def test_an_expression_that_cannot_be_read_points_at_the_column(text: str, column: int) -> None:
    with pytest.raises(RowError) as caught:
        parse_expression(text, AT)
    assert caught.value.issue.location == f"probe.yaml:7:{column}"
    assert caught.value.issue.code == "FB112"


def test_an_expression_nests_only_so_deep() -> None:
    with pytest.raises(RowError):
        parse_expression("(" * 30 + "a" + ")" * 30, AT)
