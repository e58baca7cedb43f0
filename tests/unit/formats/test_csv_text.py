"""CSV: cells by type, headers that fit or are refused with what is wrong, hostile files, and the way back."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.errors import InvalidContent, MalformedInput
from fhirbridge.formats import csv_text
from fhirbridge.mapping.csv_layout import Column, CsvLayout

LAYOUT = CsvLayout(
    (
        Column("No", "string", is_required=True),
        Column("Sex", "string", ("M", "F")),
        Column("Days", "integer"),
        Column("Held", "number"),
        Column("Note", "string"),
    )
)
GROUPED = CsvLayout(LAYOUT.columns, group="No")
HEADER = "No,Sex,Days,Held,Note\n"


def trees(text: str, layout: CsvLayout = LAYOUT) -> list[Any]:
    return [document.tree for document in csv_text.parse(text.encode("utf-8"), layout)]


def issues(text: str, layout: CsvLayout = LAYOUT) -> list[tuple[str, str, str, str]]:
    documents = csv_text.parse(text.encode("utf-8"), layout)
    return [(i.severity, i.code, i.expression, i.location) for document in documents for i in document.issues]


def refused(body: bytes, layout: CsvLayout = LAYOUT) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        csv_text.parse(body, layout)
    return caught.value


def test_each_line_is_a_document_of_typed_cells() -> None:
    assert trees(HEADER + 'B-1,F,41,12.50,"a ""word"", and more"\nB-2,,,,\n') == [
        {"No": "B-1", "Sex": "F", "Days": 41, "Held": Decimal("12.50"), "Note": 'a "word", and more'},
        {"No": "B-2"},
    ]


def test_columns_may_stand_in_any_order_and_optional_ones_be_left_out() -> None:
    assert trees("Days,No\n3,B-1\n") == [{"No": "B-1", "Days": 3}]


def test_a_mark_at_the_beginning_and_empty_lines_do_no_harm() -> None:
    assert trees("\ufeff" + HEADER + "\nB-1,,,,\n,,,,\n\n") == [{"No": "B-1"}]


def test_text_is_never_trimmed_or_taken_for_a_formula() -> None:
    assert trees(HEADER + "B-1,,,,  =1+1 \n") == [{"No": "B-1", "Note": "  =1+1 "}]


def test_lines_of_one_group_are_one_document_wherever_they_stand() -> None:
    documents = csv_text.parse(f"{HEADER}A,F,1,,\nB,M,2,,\nA,,3,,\n".encode(), GROUPED)
    assert [(each.tree, each.lines) for each in documents] == [
        ({"No": "B", "rows": [{"Sex": "M", "Days": 2}]}, (3,)),
        ({"No": "A", "rows": [{"Sex": "F", "Days": 1}, {"Days": 3}]}, (2, 4)),
    ]


def test_a_line_without_its_group_is_named() -> None:
    assert issues(HEADER + ",F,1,,\n", GROUPED) == [("error", "FB302", "doc.No", "line 2")]


CELLS = [
    ("B-1,X,,,\n", "FB303", "doc.Sex"),
    ("B-1,,1.5,,\n", "FB308", "doc.Days"),
    ("B-1,,٣,,\n", "FB308", "doc.Days"),
    ("B-1,,9999999999999999999,,\n", "FB308", "doc.Days"),
    ('B-1,,,"12,50",\n', "FB308", "doc.Held"),
    ("B-1,,,1e9,\n", "FB308", "doc.Held"),
]


@pytest.mark.parametrize(("line", "code", "path"), CELLS)
def test_a_cell_that_does_not_fit_is_named_with_line_and_column_and_left_out(line: str, code: str, path: str) -> None:
    assert issues(HEADER + line) == [("error", code, path, "line 2")]
    assert trees(HEADER + line) == [{"No": "B-1"}]


def test_a_cell_of_a_group_is_named_with_its_row() -> None:
    assert issues(HEADER + "A,,,,\nA,Q,,,\n", GROUPED) == [("error", "FB303", "doc.rows[1].Sex", "line 3")]


def test_a_line_of_another_length_is_told_too_long_is_an_error() -> None:
    assert issues(HEADER + "B-1,F\n") == [("warning", "FB301", "doc", "line 2")]
    assert issues(HEADER + "B-1,F,1,,x,y\n") == [("error", "FB301", "doc", "line 2")]


def test_a_quoted_cell_over_two_lines_counts_them() -> None:
    text = HEADER + 'B-1,,,,"two\nlines"\nB-2,X,,,\n'
    assert trees(text)[0]["Note"] == "two\nlines"
    assert issues(text) == [("error", "FB303", "doc.Sex", "line 4")]


HEADERS = [
    ("Sex,Days\n", "FB302", "the required column `No` is missing", ""),
    ("No,No,Sex\n", "FB400", "column `No` stands more than once", ""),
    ("No;Sex;Days\n", "FB400", "names no column", 'delimiter: ";"'),
    ("No\tSex\tDays\n", "FB400", "names no column", 'delimiter: "tab"'),
    ("Vega,Marisol\n", "FB400", "names no column", "names of the columns"),
    ("", "FB400", "names no column", "names of the columns"),
]


@pytest.mark.parametrize(("header", "code", "message", "hint"), HEADERS)
def test_a_header_that_does_not_fit_is_refused(header: str, code: str, message: str, hint: str) -> None:
    found = refused((header + "B-1,F\n").encode() if header else b"").issues
    assert [each for each in found if each.code == code and message in each.message and hint in each.hint]
    assert "Vega" not in repr(found)


def test_a_column_that_the_map_does_not_have_is_told_once_by_its_number() -> None:
    body = b"No,Sxe,Days\nB-1,Vega,1\nB-2,,2\n"
    documents = csv_text.parse(body, LAYOUT)
    (issue,) = [issue for document in documents for issue in document.issues]
    assert (issue.severity, issue.code, issue.message) == ("warning", "FB306", "column 2 is none that the map has")
    assert "Sex" in issue.hint
    with pytest.raises(MalformedInput):
        csv_text.parse(body, LAYOUT, unknown="error")


def test_another_encoding_is_told_with_the_line() -> None:
    western = CsvLayout(LAYOUT.columns, encoding="cp1252")
    body = f"{HEADER}B-1,,,,Núñez\n"
    assert csv_text.parse(body.encode("cp1252"), western)[0].tree["Note"] == "Núñez"
    assert "line 2: byte 9" in refused(body.encode("cp1252")).message
    assert "another encoding" in refused(body.encode("utf-8-sig"), western).message
    assert "UTF-16" in refused(body.encode("utf-16")).message
    assert "line 2" in refused(f"{HEADER}B-1,,,,".encode() + b"\x81\n", western).message


HOSTILE = {
    "a quote that is never closed": HEADER.encode() + b'B-1,,,,"' + b"x,\n" * 500_000,
    "text behind a closing quote": HEADER.encode() + b'B-1,,,,"a"b\n',
    "a cell of ten megabytes": HEADER.encode() + b"B-1,,,," + b"x" * 10_000_000,
    "NUL": HEADER.encode() + b"B-1,,,,a\0b\n",
    "a hundred thousand columns": b"No," * 100_000 + b"\n",
    "a quote that the file ends in": HEADER.encode() + b'B-1,,,,"a',
    "a line end in the middle": HEADER.encode() + b"B-1,,,,a\rb\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon(name: str) -> None:
    began = time.process_time()
    error = refused(HOSTILE[name])
    assert time.process_time() - began < 2
    assert all(len(issue.message) < 300 for issue in error.issues)


class Lines(io.RawIOBase):
    """A file of many lines that is nowhere held whole."""

    def __init__(self, count: int) -> None:
        self._lines = iter([HEADER.encode()])
        self._rest: Iterator[bytes] = (f"B-{n},F,{n},1.50,note\n".encode() for n in range(count))

    def __next__(self) -> bytes:
        return next(self._lines, b"") or next(self._rest)


def test_a_long_file_is_read_with_flat_memory() -> None:
    tracemalloc.start()
    stream: Any = Lines(20_000)
    assert sum(1 for _ in csv_text.iter_documents(stream, LAYOUT)) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


# -- writing

UNWRITABLE = [
    ({"No": None}, "FB302", "doc.No"),
    ({"No": "B-1", "Days": "3"}, "FB301", "doc.Days"),
    ({"No": "B-1", "Days": True}, "FB301", "doc.Days"),
    ({"No": "B-1", "Sex": "X"}, "FB303", "doc.Sex"),
    ({"No": "B-1", "Note": "a\0b"}, "FB308", "doc.Note"),
]


@pytest.mark.parametrize(("tree", "code", "path"), UNWRITABLE)
def test_what_has_no_place_in_a_file_is_refused(tree: Any, code: str, path: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        csv_text.format([tree], LAYOUT)
    assert [(issue.code, issue.expression, issue.location) for issue in caught.value.issues] == [(code, path, "line 2")]


def test_a_character_that_the_encoding_has_not_is_refused() -> None:
    with pytest.raises(InvalidContent) as caught:
        csv_text.format([{"No": "B-1", "Note": "日本"}], CsvLayout(LAYOUT.columns, encoding="cp1252"))
    assert caught.value.issues[0].expression == "doc.Note"


def test_a_file_is_written_as_rfc_4180_says() -> None:
    tree = {"No": "B-1", "Days": 3, "Held": Decimal("1E+2"), "Note": 'a;b "c"'}
    layout = CsvLayout(LAYOUT.columns, delimiter=";")
    assert csv_text.format([tree], layout) == b'No;Sex;Days;Held;Note\r\nB-1;;3;100;"a;b ""c"""\r\n'


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=[chr(n) for n in (*range(9), 11, 12, *range(14, 32))]))
_NOTES = _TEXTS.filter(lambda text: text != "" and not {"\ufffe", "\uffff"} & set(text))
_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "Sex": st.sampled_from(["M", "F"]),
        "Days": st.integers(-(10**17), 10**17),
        "Held": st.decimals(-(10**9), 10**9, places=2),
        "Note": _NOTES,
    },
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.uuids().map(str), _ROWS), max_size=5))
def test_what_was_written_is_read_as_it_was(rows: list[tuple[str, dict[str, Any]]]) -> None:
    written = [{"No": key, **row} for key, row in rows]
    assert [each.tree for each in csv_text.parse(csv_text.format(written, LAYOUT), LAYOUT)] == written


@settings(deadline=None)
@given(st.dictionaries(st.uuids().map(str), st.lists(_ROWS, min_size=1, max_size=4), max_size=4))
def test_groups_that_were_written_are_read_as_they_were(groups: dict[str, list[dict[str, Any]]]) -> None:
    written = [{"No": key, "rows": rows} for key, rows in groups.items()]
    assert [each.tree for each in csv_text.parse(csv_text.format(written, GROUPED), GROUPED)] == written
